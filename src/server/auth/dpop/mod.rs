//! DPoP proofs: that a request comes from the browser that holds the key (RFC 9449).
//!
//! | room | holds |
//! |---|---|
//! | `check` | the twelve steps of RFC 9449 §4.3, in their order: start reading here |
//! | `header`, `claims` | what §4.2 wants in a proof |
//! | `key` | the public key in the proof's header, and signatures by it |
//! | `thumbprint` | the key's name (RFC 7638) |
//! | `htu` | whether two URLs are the same |
//! | `nonce` | the server's own clock, carried by the client (§8) |
//! | `next_nonce` | a new one with each answer (§8.2) |
//! | `error` | every way to be refused |
//! | `service` | one request's proof: verified, its key compared, its `jti` consumed |
//!
//! Nothing but `service` does I/O, keeps state or reads a clock.

mod check;
mod claims;
mod error;
mod header;
mod htu;
mod key;
mod next_nonce;
mod nonce;
mod service;
#[cfg(test)]
mod tests;
mod thumbprint;

pub use check::{Expected, IAT_LEEWAY, IAT_WINDOW, MAX_PROOF_LENGTH, NonceRule, Proof, REPLICA_SKEW, check};
pub use error::ProofError;
pub use next_nonce::NextNonce;
pub use nonce::{NONCE_LIFETIME, Nonces};
pub use service::{BrowserKey, KeyRefusal, NamedKey, ProofChallenge, Proofs, VerifiedProof};
pub use thumbprint::{Thumbprint, ThumbprintError};
