//! The doors: server functions, with their signatures on both targets and their bodies on the server only ([`door`]).
//!
//! A body is a few lines that call a service of the server room. Two rules keep a door honest on both sides:
//! what comes in is a [`Proven`] or an [`Authorized`], so that bad input is a clear 4xx; what goes
//! out is a [`Answer`], so that a refusal arrives in the browser as the [`crate::wire::error::ApiError`]
//! that was meant.

// In the release, `Debug` prints nothing (scripts/lib/slim.mjs).
#![cfg_attr(not(test), deny(clippy::use_debug))]

pub mod auth;
pub mod chat;
pub mod conversations;
pub mod door;
pub mod sessions;
pub mod transport;

pub use transport::{Answer, Authorized, EventStream, ProofRequest, ProofSigner, Proven, request_refused_with};
