//! DPoP proofs: that a request was signed with a certain key (RFC 9449).
//!
//! | file | holds |
//! |---|---|
//! | `check` | the twelve steps of RFC 9449 §4.3, in their order: start reading here |
//! | `header`, `claims` | what §4.2 wants in a proof |
//! | `key` | the public key in the proof's header, and signatures by it |
//! | `thumbprint` | the key's thumbprint (RFC 7638) |
//! | `htu` | whether two URLs are the same |
//! | `nonce` | the server's nonces (§8) |
//! | `error` | why a proof is refused |
//! | `service` | one request's proof: verified, its key compared, its `jti` consumed |
//!
//! Nothing but `service` does I/O, keeps state or reads a clock.

mod check;
mod claims;
mod error;
mod header;
mod htu;
mod key;
mod nonce;
mod service;
#[cfg(test)]
mod tests;
mod thumbprint;

pub use check::{Expected, IAT_LEEWAY, IAT_WINDOW, MAX_PROOF_LENGTH, NonceRule, Proof, REPLICA_SKEW, check};
pub use error::ProofError;
pub use nonce::{NONCE_LIFETIME, Nonces};
pub use service::{
    KeyRefusal, ProofChallenge, ProofRefusal, Proofs, SignedRequest, Verification, VerifiedKey, VerifiedProof,
};
pub use thumbprint::{Thumbprint, ThumbprintError};
