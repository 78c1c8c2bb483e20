//! What proofs and ID tokens have in common: JWTs taken apart, strictly (RFC 7515, RFC 7519). Nothing here verifies.

mod compact;
pub mod json;
#[cfg(test)]
pub mod mutation;
#[cfg(test)]
pub mod wycheproof;

pub use compact::Compact;

/// Not a JWT, or not one that every reader reads alike. Says where, and repeats nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub &'static str);
