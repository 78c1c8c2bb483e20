//! Strict parsing of compact JWTs (RFC 7515, RFC 7519), for DPoP proofs and for tokens. Nothing is verified here.

mod compact;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod json;
#[cfg(test)]
pub mod mutation;
#[cfg(test)]
pub mod wycheproof;

pub use compact::Compact;

/// Not a JWT, or one that parsers may interpret differently. The text names the fault and quotes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub &'static str);
