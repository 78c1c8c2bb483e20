//! Newtypes for identifiers that appear in bodies, queries and logs.

/// Maximum length, in characters.
pub const MAX_IDENTIFIER_CHARS: usize = 64;

/// Defines a string newtype of 1 to [`MAX_IDENTIFIER_CHARS`] characters of `[A-Za-z0-9_-]`, checked when it is
/// deserialized.
macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// For a value of our own, which is not checked. Values of others are parsed.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::wire::identifier::InvalidIdentifier;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                $crate::wire::identifier::check(&text).map(|()| Self(text))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

pub(crate) use identifier;

/// A text is not a valid identifier. The error does not quote it, as it goes to logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIdentifier {
    #[error("is empty")]
    Empty,
    #[error("is longer than {MAX_IDENTIFIER_CHARS} characters")]
    TooLong,
    #[error("may have letters, digits, `-` and `_` only")]
    WrongCharacter,
}

pub(crate) fn check(text: &str) -> Result<(), InvalidIdentifier> {
    match text.len() {
        0 => Err(InvalidIdentifier::Empty),
        _ if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) => {
            Err(InvalidIdentifier::WrongCharacter)
        }
        length if length > MAX_IDENTIFIER_CHARS => Err(InvalidIdentifier::TooLong),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_short_and_plain() {
        assert_eq!(check(&"aZ0-_".repeat(12)), Ok(()));
        assert_eq!(check(&"n".repeat(MAX_IDENTIFIER_CHARS)), Ok(()));
        assert_eq!(check(""), Err(InvalidIdentifier::Empty));
        assert_eq!(check(&"n".repeat(MAX_IDENTIFIER_CHARS + 1)), Err(InvalidIdentifier::TooLong));
        for text in [" ", "a b", "é", "../x", "a\0", "a%20", "a'"] {
            assert_eq!(check(text), Err(InvalidIdentifier::WrongCharacter), "{text:?}");
        }
    }
}
