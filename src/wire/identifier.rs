//! Newtypes for names that travel in bodies, queries and logs.

/// Longest name, in characters.
pub const MAX_NAME_CHARS: usize = 64;

/// Defines a string newtype of 1 to [`MAX_NAME_CHARS`] characters of `[A-Za-z0-9_-]`, checked when it comes over the
/// wire.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// For a name of our own making; others' are parsed.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::wire::name::NotAName;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                $crate::wire::name::check(&text).map(|()| Self(text))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

pub(crate) use name;

/// A text that is no name of ours. It is not repeated: nobody knows what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAName {
    #[error("is empty")]
    Empty,
    #[error("is longer than {MAX_NAME_CHARS} characters")]
    TooLong,
    #[error("may have letters, digits, `-` and `_` only")]
    WrongCharacter,
}

pub(crate) fn check(text: &str) -> Result<(), NotAName> {
    match text.len() {
        0 => Err(NotAName::Empty),
        _ if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) => {
            Err(NotAName::WrongCharacter)
        }
        length if length > MAX_NAME_CHARS => Err(NotAName::TooLong),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_plain() {
        assert_eq!(check(&"aZ0-_".repeat(12)), Ok(()));
        assert_eq!(check(&"n".repeat(MAX_NAME_CHARS)), Ok(()));
        assert_eq!(check(""), Err(NotAName::Empty));
        assert_eq!(check(&"n".repeat(MAX_NAME_CHARS + 1)), Err(NotAName::TooLong));
        for text in [" ", "a b", "é", "../x", "a\0", "a%20", "a'"] {
            assert_eq!(check(text), Err(NotAName::WrongCharacter), "{text:?}");
        }
    }
}
