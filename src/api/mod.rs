//! The doors: server functions, with their signatures on both targets and their bodies on the server only ([`door`]).
//!
//! A body is a few lines that call a service of the server room. Two rules keep a door honest on both sides:
//! what comes in is a [`proof::Proven`] or an [`authorized::Authorized`], so that bad input is a clear 4xx; what goes
//! out is a [`payload::Answer`], so that a refusal arrives in the browser as the [`crate::wire::error::ApiError`]
//! that was meant.

pub mod auth;
pub mod authorized;
pub mod chat;
pub mod conversations;
pub mod door;
pub mod events;
pub mod fetch;
pub mod payload;
pub mod proof;
pub mod sessions;
