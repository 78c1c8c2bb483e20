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
//! | `error` | every way to be refused |
//! | `service` | one request's proof verified, and its `jti` spent: two steps, for what lies between them |
//!
//! Nothing but `service` does I/O, keeps state or reads a clock. One thing is left to its callers: to compare the
//! thumbprint with the one that the pending authorization, the session or the access token is bound to.

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

pub use check::{Expected, IAT_WINDOW, MAX_PROOF_LENGTH, Proof, REPLICA_SKEW, check};
pub use error::ProofError;
pub use nonce::{NONCE_LIFETIME, Nonces};
pub use service::{BrowserKey, NamedKey, ProofChallenge, Proofs, UnspentProof};
pub use thumbprint::{Thumbprint, ThumbprintError};
