//! Values that cross the network, shared by server and client. `serde` only: no I/O, no signals.

pub mod auth;
pub mod chat;
pub mod conversations;
pub mod error;
pub mod events;
pub mod link_hosts;
pub mod name;
pub mod returned_error;
pub(crate) mod secret;
pub mod sessions;
mod told;
