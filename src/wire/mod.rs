//! Types that cross the network, shared by server and client: `serde` derives only, no I/O, no signals.
//!
//! # Compatibility
//!
//! Replicas are upgraded one by one, and an open tab runs the code it was loaded with until it is reloaded. So a client
//! and a server of neighbouring releases must understand each other:
//!
//! - Unknown fields are ignored. No type here has `deny_unknown_fields`.
//! - A new field is optional: an `Option`, or `#[serde(default)]`. Its absence means what the release before did.
//! - A field is not renamed, removed or given another meaning while a release in use still needs it.
//! - A value with an unknown `kind` or `type`, or without a required field, can't be read. For an error the client then
//!   falls back on the HTTP status; a stream of events ends there. So a new variant is sent one release after clients
//!   learned to read it.

pub mod attachments;
pub mod auth;
pub mod branding;
pub mod chat;
pub mod conversations;
pub mod error;
pub mod events;
pub mod feedback;
pub mod identifier;
pub mod link_hosts;
pub mod operators;
pub mod options;
pub mod returned_error;
pub(crate) mod secret;
pub mod sessions;
pub mod step_up;
