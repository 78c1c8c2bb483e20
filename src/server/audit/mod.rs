//! What auditors ask for: who signed in, who was refused, and what was tried (T99, T100).
//!
//! Each [`Event`] is one line of the log with the target [`TARGET`], written whatever `LOG` says: its name, its outcome,
//! the person as a hash, and the reason in words. The time is the log's, in UTC; the request's span says the rest.
//! `docs/audit-events.md` lists them all.

mod event;
mod user_hash;

use std::fmt::Display;

pub use event::{Event, Outcome, markdown};
pub use user_hash::UserHash;

use super::metrics;
use crate::wire::auth::UserClaims;

/// Of audit lines in the log.
pub const TARGET: &str = "oracle_ai::audit";

/// Writes the event down. The reason is one of our errors in words: what others wrote is quoted in it, and no secret
/// is.
pub fn record(event: Event, user: Option<&UserClaims>, reason: Option<&dyn Display>) {
    let (name, outcome) = (event.name(), event.outcome().name());
    metrics::audit_event(name, outcome);
    let user = user.map(UserHash::of);
    let user = user.as_ref().map(UserHash::as_str);
    let reason = reason.map(ToString::to_string);
    match event.outcome() {
        Outcome::Success | Outcome::Unchanged => tracing::info!(target: TARGET, event = name, outcome, user, reason),
        Outcome::Refused | Outcome::Failed => tracing::warn!(target: TARGET, event = name, outcome, user, reason),
    }
}
