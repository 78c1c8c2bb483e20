//! Security events, such as logins and refused requests (T99, T100).
//!
//! Each [`Event`] is one line. It has the event's name and outcome, the person, the session and the key that it is about
//! ([`Context`]), and the reason as text. `docs/audit-events.md` lists all events.
//!
//! In the log, its target is [`TARGET`], which the filter in `LOG` can't suppress; the log adds the time, in UTC, and the
//! request's span. In the other formats of `AUDIT_FORMAT`, the lines are in a chain.
//!
//! | file | holds |
//! |---|---|
//! | `event`, `reference` | the table of all events, and its page |
//! | `subject`, `pseudonym`, `user_hash` | whom and what an event is about |
//! | `repeats` | floods of one event |
//! | `entry`, `ocsf` | an event as an object, in our format and in OCSF |
//! | `sink`, `chain` | where lines are written, and their chain |

pub mod chain;
mod entry;
mod event;
mod ocsf;
mod pseudonym;
mod reference;
mod repeats;
mod sink;
mod subject;
mod user_hash;

use std::{
    fmt::Display,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

pub use entry::RequestInfo;
pub use event::{Event, Outcome};
pub use pseudonym::{Pseudonym, Pseudonyms};
pub use reference::markdown;
pub use sink::{AuditFormat, AuditSettings, install, stop, write_due_head};
pub use subject::{
    Context, Source, in_context, request_id, session_handle, set_bound_key, set_conversation, set_operator,
    set_operator_account, set_proof_key, set_session, set_subject,
};
pub use user_hash::UserHash;

use entry::Entry;
use repeats::{Kind, Line, Repeats};
use subject::Fields;

use super::metrics;
use crate::wire::auth::UserClaims;

/// The log target of audit events.
pub const TARGET: &str = "oracle_ai::audit";

/// The version of what the lines hold in the formats other than the log's. It grows where a reader could misunderstand a new
/// version; new events and fields do not raise it.
const SCHEMA_VERSION: u32 = 1;

/// Process-wide, as logs are.
static REPEATS: LazyLock<Mutex<Repeats>> = LazyLock::new(Mutex::default);

/// Records the event. It is about `user` or, without one, about the user of the request's context. The reason is the text of
/// one of this project's errors, which quote external texts as excerpts, and contain no secret.
pub fn record(event: Event, user: Option<&UserClaims>, reason: Option<&dyn Display>) {
    let (name, outcome) = (event.name(), event.outcome().name());
    metrics::audit_event(name, outcome);
    let (fields, request) = (subject::fields(user), subject::request());
    let reason = reason.map(ToString::to_string);
    let (reason, request) = (reason.as_deref(), request.as_ref());
    let Line::Written { repeated } = line(event, fields.user.as_deref(), reason) else { return };
    write(&Entry { event, fields, reason, repeated, request, source: None });
}

/// Creates the counters of all events, at zero.
pub fn declare_metrics() {
    for event in Event::ALL {
        metrics::declare_audit_event(event.name(), event.outcome().name());
    }
}

/// Writes the number of repetitions of each kind of event that was last written more than a minute before `now`. Without a
/// time, of all kinds.
pub fn write_repeated(now: Option<Instant>) {
    let counted = repeats().take_counted(now);
    for (Kind { event, source: Source(client), user }, repeated) in counted {
        let fields = Fields { user, ..Fields::default() };
        let (repeated, source) = (Some(repeated), Some(client));
        write(&Entry { event, fields, reason: None, repeated, request: None, source });
    }
}

fn write(entry: &Entry) {
    if !sink::write(entry) {
        log(entry);
    }
}

/// The request's span has its id and the client's address. Other lines have the address that their events came from.
fn log(Entry { event, fields, reason, repeated, source, .. }: &Entry) {
    let (name, outcome) = (event.name(), event.outcome().name());
    let client = source.map(tracing::field::display);
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                target: TARGET,
                event = name,
                outcome,
                user = fields.user.as_deref(),
                session = fields.session.as_deref(),
                key = fields.key.as_deref(),
                bound_key = fields.bound_key.as_deref(),
                conversation = fields.conversation.as_deref(),
                operator = fields.operator.as_deref(),
                reason,
                client,
                repeated,
            )
        };
    }
    match event.outcome() {
        Outcome::Success | Outcome::Unchanged => line!(info),
        Outcome::Refused | Outcome::Failed => line!(warn),
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
