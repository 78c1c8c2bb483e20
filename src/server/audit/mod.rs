//! What auditors ask for: who signed in, who was refused, and what was tried (T99, T100).
//!
//! Each [`Event`] is one line of the log with the target [`TARGET`], written whatever `LOG` says: its name, its outcome,
//! its [`Subject`], and the reason in words. The time is the log's, in UTC; the request's span says the rest.
//! `docs/audit-events.md` lists them all.

mod event;
mod pseudonym;
mod subject;
mod user_hash;

use std::fmt::Display;

pub use event::{Event, Outcome, markdown};
pub use pseudonym::{Pseudonym, Pseudonyms};
pub use subject::Subject;
pub use user_hash::UserHash;

use super::metrics;
use crate::wire::auth::UserClaims;

/// Of audit lines in the log.
pub const TARGET: &str = "oracle_ai::audit";

/// Writes the event down. The reason is one of our errors in words: what others wrote is quoted in it, and no secret
/// is.
pub fn record(event: Event, about: impl Into<Subject>, reason: Option<&dyn Display>) {
    let (name, outcome) = (event.name(), event.outcome().name());
    metrics::audit_event(name, outcome);
    let Subject { user, session, key, bound_key } = about.into();
    let user = user.as_ref().map(Pseudonym::as_str);
    let reason = reason.map(ToString::to_string);
    // Fields that are `None` are not written.
    match event.outcome() {
        Outcome::Success | Outcome::Unchanged => {
            tracing::info!(target: TARGET, event = name, outcome, user, session, key, bound_key, reason);
        }
        Outcome::Refused | Outcome::Failed => {
            tracing::warn!(target: TARGET, event = name, outcome, user, session, key, bound_key, reason);
        }
    }
}

/// For call sites that know no more than the person, without the server's key.
impl From<Option<&UserClaims>> for Subject {
    fn from(user: Option<&UserClaims>) -> Self {
        user.map_or_else(Self::unknown, |user| Self::unknown().user(Pseudonym::unkeyed(user)))
    }
}
