//! Newtypes for values that must never be printed, and that are compared in constant time.

/// Defines a string newtype whose `Debug` is redacted. It has no `Display`; its text is read with `secret()`. For two
/// values of one length, `==` takes constant time.
macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps the text as it is on the wire.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text itself, for the wire and for hashing. Never for a log.
            pub fn secret(&self) -> &str {
                &self.0
            }
        }

        impl subtle::ConstantTimeEq for $name {
            fn ct_eq(&self, other: &Self) -> subtle::Choice {
                subtle::ConstantTimeEq::ct_eq(self.0.as_bytes(), other.0.as_bytes())
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                subtle::ConstantTimeEq::ct_eq(self, other).into()
            }
        }

        impl Eq for $name {}

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "([redacted])"))
            }
        }
    };
}

pub(crate) use secret;

#[cfg(test)]
mod tests {
    use crate::wire::auth::AccessToken;

    #[test]
    fn two_secrets_are_equal_if_their_texts_are() {
        let is_same = |one: &str, other: &str| AccessToken::new(one) == AccessToken::new(other);
        assert!(is_same("", "") && is_same("hunter2", "hunter2"));
        for (one, other) in [("", "a"), ("hunter2", "hunter"), ("hunter2", "hunter3"), ("hunter2", "Hunter2")] {
            assert!(!is_same(one, other) && !is_same(other, one), "{one} {other}");
        }
    }
}
