//! A token, decoded from base64url, which makes the record a quarter smaller.
//!
//! A JWS in compact serialization is three parts of base64url separated by dots (RFC 7515 §7.1); many opaque tokens,
//! and the random values that we make, are one part. Any other text, or base64url that would be encoded differently, is
//! stored as text.

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

/// A newtype around the text of a token.
pub trait Token {
    fn text(&self) -> &str;

    fn with(text: String) -> Self;
}

/// A text as it is stored.
pub enum Packed {
    /// The parts between the dots, decoded.
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
        // This decoder accepts only canonical base64url, so the same text is encoded again.
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

    fn stored_and_read(text: &str) -> String {
        read::<Packed>(&write(&Packed::of(text)).unwrap()).unwrap().text()
    }

    #[test]
    fn a_jws_is_stored_a_quarter_smaller_and_read_as_it_was() {
        let part = |len| BASE64_URL_SAFE_NO_PAD.encode(vec![7; len]);
        let jws = format!("{}.{}.{}", part(40), part(400), part(64));
        assert_eq!(write(&Packed::of(&jws)).unwrap().len(), 1 + (2 + 40) + (3 + 400) + (2 + 64));
        assert_eq!(stored_and_read(&jws), jws);
    }

    #[test]
    fn text_that_is_not_canonical_base64url_is_read_as_it_was() {
        for text in ["", ".", "..", "a", "ab", "YQ", "YR", "YQ==", "Y Q", "a.b~c", "YWI.", ".YWI", "é", "a+b/", "a\n"]
        {
            assert_eq!(stored_and_read(text), text);
        }
    }

    proptest! {
        #[test]
        fn every_text_is_read_as_it_was_written(text in "[A-Za-z0-9_.=+/ -]{0,40}|\\PC{0,20}") {
            prop_assert_eq!(stored_and_read(&text), text);
        }
    }
}
