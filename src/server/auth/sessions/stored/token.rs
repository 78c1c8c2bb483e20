//! A token as the bytes that its text stands for: a quarter less.
//!
//! A JWS in compact serialization is three texts of base64url with full stops between them (RFC 7515 §7.1); many opaque
//! tokens, and random values of our own, are one. What is anything else, or base64url that has another writing too, is kept as it is.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, SeqAccess, Visitor},
};
use serde_bytes::ByteBuf;

use crate::{
    server::auth::oidc::{CodeVerifier, IdToken, Nonce, RefreshToken},
    wire::auth::AccessToken,
};

/// A token that only its text is known of.
pub trait Token {
    fn text(&self) -> &str;

    fn with(text: String) -> Self;
}

/// A text, as it is written in a record.
pub enum Packed {
    /// The parts between its full stops, decoded.
    Parts(Vec<ByteBuf>),
    Text(String),
}

pub fn serialize<T: Token, S: Serializer>(token: &T, serializer: S) -> Result<S::Ok, S::Error> {
    Packed::of(token.text()).serialize(serializer)
}

pub fn deserialize<'de, T: Token, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    Ok(T::with(Packed::deserialize(deserializer)?.text()))
}

impl Packed {
    pub fn of(text: &str) -> Self {
        // The decoder takes no writing but its own.
        let parts = text.split('.').map(|part| BASE64_URL_SAFE_NO_PAD.decode(part).map(ByteBuf::from));
        parts.collect::<Result<_, _>>().map_or_else(|_| Self::Text(text.to_owned()), Self::Parts)
    }

    pub fn text(self) -> String {
        match self {
            Self::Parts(parts) => {
                let parts: Vec<_> = parts.iter().map(|part| BASE64_URL_SAFE_NO_PAD.encode(part)).collect();
                parts.join(".")
            }
            Self::Text(text) => text,
        }
    }
}

impl Serialize for Packed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Parts(parts) => parts.serialize(serializer),
            Self::Text(text) => text.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Packed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PackedVisitor)
    }
}

struct PackedVisitor;

impl<'de> Visitor<'de> for PackedVisitor {
    type Value = Packed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, or its parts")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Packed, E> {
        Ok(Packed::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Packed, A::Error> {
        let mut read = vec![];
        while let Some(part) = parts.next_element()? {
            read.push(part);
        }
        Ok(Packed::Parts(read))
    }
}

macro_rules! token {
    ($name:ident) => {
        impl Token for $name {
            fn text(&self) -> &str {
                self.secret()
            }

            fn with(text: String) -> Self {
                Self::new(text)
            }
        }
    };
}

token!(AccessToken);
token!(CodeVerifier);
token!(IdToken);
token!(Nonce);
token!(RefreshToken);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::server::auth::sessions::stored::{read, write};

    fn back(text: &str) -> String {
        read::<Packed>(&write(&Packed::of(text)).unwrap()).unwrap().text()
    }

    #[test]
    fn a_jws_is_a_quarter_less_and_comes_back_as_it_was() {
        let part = |len| BASE64_URL_SAFE_NO_PAD.encode(vec![7; len]);
        let jws = format!("{}.{}.{}", part(40), part(400), part(64));
        assert_eq!(write(&Packed::of(&jws)).unwrap().len(), 1 + (2 + 40) + (3 + 400) + (2 + 64));
        assert_eq!(back(&jws), jws);
    }

    #[test]
    fn what_has_another_writing_stays_as_it_is() {
        for text in ["", ".", "..", "a", "ab", "YQ", "YR", "YQ==", "Y Q", "a.b~c", "YWI.", ".YWI", "é", "a+b/", "a\n"]
        {
            assert_eq!(back(text), text);
        }
    }

    proptest! {
        #[test]
        fn every_text_comes_back_as_it_was(text in "[A-Za-z0-9_.=+/ -]{0,40}|\\PC{0,20}") {
            prop_assert_eq!(back(&text), text);
        }
    }
}
