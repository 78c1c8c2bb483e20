//! Security events, such as logins and refused requests (T99, T100).
//!
//! Each [`Event`] is one line of the log with the target [`TARGET`], which the filter in `LOG` can't suppress. It has the
//! event's name and outcome, the person, the session and the key that it is about ([`Context`]), and the reason as text.
//! The log adds the time, in UTC, and the request's span. `docs/audit-events.md` lists all events.

mod event;
mod pseudonym;
mod repeats;
mod subject;
mod user_hash;

use std::{
    fmt::Display,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

pub use event::{Event, Outcome, markdown};
pub use pseudonym::{Pseudonym, Pseudonyms};
pub use subject::{
    Context, Source, in_context, request_id, session_handle, set_bound_key, set_proof_key, set_session, set_subject,
};
pub use user_hash::UserHash;

use repeats::{Kind, Line, Repeats};
use subject::Fields;

use super::metrics;
use crate::wire::auth::UserClaims;

/// The log target of audit events.
pub const TARGET: &str = "oracle_ai::audit";

/// Process-wide, as logs are.
static REPEATS: LazyLock<Mutex<Repeats>> = LazyLock::new(Mutex::default);

/// Records the event. It is about `user` or, without one, about the user of the request's context. The reason is the text of
/// one of this project's errors, which quote external texts as excerpts, and contain no secret.
pub fn record(event: Event, user: Option<&UserClaims>, reason: Option<&dyn Display>) {
    let (name, outcome) = (event.name(), event.outcome().name());
    metrics::audit_event(name, outcome);
    let Fields { user, session, key, bound_key } = subject::fields(user);
    let user = user.as_ref().map(Pseudonym::as_str);
    let reason = reason.map(ToString::to_string);
    let Line::Written { repeated } = line(event, user, reason.as_deref()) else { return };
    match event.outcome() {
        Outcome::Success | Outcome::Unchanged => {
            tracing::info!(target: TARGET, event = name, outcome, user, session, key, bound_key, reason);
        }
        Outcome::Refused | Outcome::Failed => {
            tracing::warn!(target: TARGET, event = name, outcome, user, session, key, bound_key, reason, repeated);
        }
    }
}

/// Creates the counters of all events, at zero.
pub fn declare_metrics() {
    for event in Event::ALL {
        metrics::declare_audit_event(event.name(), event.outcome().name());
    }
}

/// Logs the number of repetitions of each kind of event that was last written more than a minute before `now`. Without a
/// time, of all kinds.
pub fn write_repeated(now: Option<Instant>) {
    let counted = repeats().take_counted(now);
    for (Kind { event, source: Source(client), user }, repeated) in counted {
        let (name, outcome) = (event.name(), event.outcome().name());
        tracing::warn!(target: TARGET, event = name, outcome, user, %client, repeated);
    }
}

/// Whether the event is written, or counted as a repetition.
fn line(event: Event, user: Option<&str>, reason: Option<&str>) -> Line {
    match subject::source() {
        Some(source) if repeats::can_be_flooded(event) => {
            let kind = Kind { event, source, user: user.map(str::to_owned) };
            repeats().record(kind, reason, Instant::now())
        }
        _ => Line::Written { repeated: None },
    }
}

fn repeats() -> MutexGuard<'static, Repeats> {
    // A panic can't leave it half-changed, so a poisoned lock is ignored.
    REPEATS.lock().unwrap_or_else(PoisonError::into_inner)
}
