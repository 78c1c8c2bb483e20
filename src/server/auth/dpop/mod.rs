//! DPoP proofs, which show that the sender of a request has a certain private key (RFC 9449).
//!
//! | file | holds |
//! |---|---|
//! | `check` | the twelve steps of RFC 9449 §4.3, in their order: start reading here |
//! | `header`, `claims` | the required contents of a proof (§4.2) |
//! | `key` | the public key in the proof's header, and verification of signatures |
//! | `thumbprint` | the key's thumbprint (RFC 7638) |
//! | `htu` | the comparison of URLs |
//! | `nonce` | the server's nonces (§8) |
//! | `error` | why a proof is refused |
//! | `proof_key` | the other side: this server's own key at the provider, and the proofs that it signs |
//! | `service` | one request's proof: verified, its key compared, its `jti` consumed |
//!
//! Only `service` does I/O, has state or reads a clock.

mod check;
mod claims;
mod error;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod header;
mod htu;
mod key;
mod nonce;
mod proof_key;
mod service;
#[cfg(test)]
mod tests;
mod thumbprint;

pub use check::{Expected, IAT_LEEWAY, IAT_WINDOW, MAX_PROOF_LENGTH, NonceRule, Proof, REPLICA_SKEW, check};
pub use error::ProofError;
pub use nonce::{NONCE_LIFETIME, Nonces};
pub use proof_key::{ProofKey, ProofKeyError, ProofOf};
pub use service::{
    KeyRefusal, ProofChallenge, ProofRefusal, Proofs, SignedRequest, Verification, VerifiedKey, VerifiedProof,
};
pub use thumbprint::{Thumbprint, ThumbprintError};
