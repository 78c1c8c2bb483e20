//! Metrics for Prometheus. No label names a person.
//!
//! They are process-wide, as logs are. Label values come from fixed lists in the code, so that requests can't add time
//! series. Counters are declared at the start: one that appeared with its first event would hide that event from
//! `increase()`.
//!
//! | file | holds |
//! |---|---|
//! | `labels` | the labels of each metric |
//! | `outcomes` | their values |
//! | `process` | memory, processor time, open files |
//! | `formats` | the text formats of Prometheus and OpenMetrics |

mod formats;
mod labels;
mod outcomes;
mod process;

use std::{borrow::Cow, fmt, hash::Hash, sync::LazyLock, time::Duration};

use prometheus_client::{
    encoding::text,
    metrics::{
        counter::Counter,
        family::{Family, MetricConstructor},
        gauge::Gauge,
        histogram::Histogram,
    },
    registry::{Metric, Registry},
};
use serde::Serialize;

use crate::{
    server::version::{REVISION, VERSION},
    wire::{
        chat::{AnswerErrorKind, EndReason},
        feedback::FeedbackValue,
    },
};

pub use formats::Format;
pub use outcomes::{ProviderEndpoint, ProviderOutcome, Store};

use labels::{
    AnswerLabels, AuditLabels, BuildLabels, ConnectionLabels, DeviationLabels, FeedbackLabels, LimitLabels,
    ModelLabels, ProviderLabels, ReadyLabels, RequestLabels, SessionLabels, StoreLabels, UpstreamDeviationLabels,
};
use process::Process;

/// The buckets of all histograms, in seconds: from responses of this server to those of a slow provider or model. None ends
/// at a timeout (2, 5, 15, 60 or 300 seconds): calls that ended by it take a little longer, and would count as anything up to
/// the next bound.
pub const BUCKETS: [f64; 15] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 6.0, 10.0, 17.0, 30.0, 70.0, 330.0];

/// The errors that interrupt an answer.
const ANSWER_ERRORS: [AnswerErrorKind; 7] = [
    AnswerErrorKind::Auth,
    AnswerErrorKind::Limit,
    AnswerErrorKind::Busy,
    AnswerErrorKind::Upstream,
    AnswerErrorKind::TooLong,
    AnswerErrorKind::Network,
    AnswerErrorKind::Timeout,
];

static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

struct Metrics {
    registry: Registry,
    audit_events: Family<AuditLabels, Counter>,
    provider_calls: Timed<ProviderLabels>,
    requests: Timed<RequestLabels>,
    first_tokens: Histogram,
    model_calls: Timed<ModelLabels>,
    store_calls: Timed<StoreLabels>,
    upstream_deviations: Family<UpstreamDeviationLabels, Counter>,
    answers: Family<AnswerLabels, Counter>,
    running_answers: Gauge,
    max_answers: Gauge,
    lost_ends: Counter,
    open_streams: Gauge,
    database_connections: Family<ConnectionLabels, Gauge>,
    max_database_connections: Gauge,
    limited: Family<LimitLabels, Counter>,
    provider_deviations: Family<DeviationLabels, Counter>,
    sessions: Family<SessionLabels, Gauge>,
    ready: Family<ReadyLabels, Gauge>,
    closed_connections: Counter,
    feedback: Family<FeedbackLabels, Counter>,
    expired_conversations: Counter,
}

type Timed<L> = Family<L, Histogram, fn() -> Histogram>;

/// Creates what is counted here, at zero.
pub fn declare() {
    for outcome in ProviderOutcome::ALL {
        // The calls that nobody can sign in or refresh without.
        for endpoint in [ProviderEndpoint::Metadata, ProviderEndpoint::Token, ProviderEndpoint::Refresh] {
            create(&METRICS.provider_calls, ProviderLabels::of(endpoint, outcome));
        }
    }
    for store in Store::ALL {
        for is_ok in [true, false] {
            create(&METRICS.store_calls, StoreLabels::of(store, is_ok));
        }
    }
    let interrupted = ANSWER_ERRORS.map(|error| (EndReason::Interrupted, Some(error)));
    let reasons = [EndReason::Complete, EndReason::Stopped, EndReason::Length, EndReason::Interrupted];
    let filtered = (EndReason::Filtered, Some(AnswerErrorKind::Filtered));
    let others = reasons.map(|reason| (reason, None)).into_iter().chain([(EndReason::Filtered, None), filtered]);
    for (reason, error) in interrupted.into_iter().chain(others) {
        create(&METRICS.answers, AnswerLabels::of(reason, error));
    }
    for error in ANSWER_ERRORS.into_iter().chain([AnswerErrorKind::Filtered]) {
        create(&METRICS.model_calls, ModelLabels::of(Err(error)));
    }
    create(&METRICS.model_calls, ModelLabels::of(Ok(())));
    for value in [Some(FeedbackValue::Up), Some(FeedbackValue::Down), None] {
        create(&METRICS.feedback, FeedbackLabels::of(value));
    }
}

/// Creates the counter of this event, at zero.
pub fn declare_audit_event(event: &'static str, outcome: &'static str) {
    create(&METRICS.audit_events, AuditLabels { event, outcome });
}

/// Creates the counter of this deviation, at zero.
pub fn declare_upstream_deviation(deviation: &'static str) {
    create(&METRICS.upstream_deviations, UpstreamDeviationLabels { deviation });
}

/// Creates the counter of what was limited, at zero.
pub fn declare_limited(endpoint: &'static str, caller: &'static str) {
    create(&METRICS.limited, LimitLabels { endpoint, caller });
}

pub fn audit_event(event: &'static str, outcome: &'static str) {
    METRICS.audit_events.get_or_create(&AuditLabels { event, outcome }).inc();
}

pub fn provider_call(endpoint: ProviderEndpoint, outcome: ProviderOutcome, took: Duration) {
    METRICS.provider_calls.get_or_create(&ProviderLabels::of(endpoint, outcome)).observe(took.as_secs_f64());
}

/// A call to a store has ended.
pub fn store_call(store: Store, is_ok: bool, took: Duration) {
    METRICS.store_calls.get_or_create(&StoreLabels::of(store, is_ok)).observe(took.as_secs_f64());
}

/// A call to the model has begun to answer, or has failed before that.
pub fn model_call(outcome: Result<(), AnswerErrorKind>, took: Duration) {
    METRICS.model_calls.get_or_create(&ModelLabels::of(outcome)).observe(took.as_secs_f64());
}

/// The time from the stored question to the first token of its answer.
pub fn first_token(took: Duration) {
    METRICS.first_tokens.observe(took.as_secs_f64());
}

/// The model's server deviated from OpenAI's API, and its answer was read nevertheless.
pub fn upstream_deviation(deviation: &'static str) {
    METRICS.upstream_deviations.get_or_create(&UpstreamDeviationLabels { deviation }).inc();
}

pub fn answer_ended(reason: EndReason, error: Option<AnswerErrorKind>) {
    METRICS.answers.get_or_create(&AnswerLabels::of(reason, error)).inc();
}

/// Somebody said what they think of an answer, or took it back.
pub fn feedback_given(value: Option<FeedbackValue>) {
    METRICS.feedback.get_or_create(&FeedbackLabels::of(value)).inc();
}

/// The end of an answer could not be stored.
pub fn answer_end_lost() {
    METRICS.lost_ends.inc();
}

/// Sets how many answers this process is writing, and how many it may.
pub fn set_running_answers(count: usize, most: u32) {
    METRICS.running_answers.set(gauge(count));
    METRICS.max_answers.set(most.into());
}

/// Sets how many streams of events are open.
pub fn set_open_streams(count: u64) {
    METRICS.open_streams.set(gauge(count));
}

/// Sets how many connections to the database there are, and how many there may be.
pub fn set_database_connections(in_use: usize, idle: usize, most: u32) {
    METRICS.database_connections.get_or_create(&ConnectionLabels { state: "in_use" }).set(gauge(in_use));
    METRICS.database_connections.get_or_create(&ConnectionLabels { state: "idle" }).set(gauge(idle));
    METRICS.max_database_connections.set(most.into());
}

/// A request was rate-limited. `endpoint` is what was called, and `caller` the kind of caller that was counted.
pub fn limited(endpoint: &'static str, caller: &'static str) {
    METRICS.limited.get_or_create(&LimitLabels { endpoint, caller }).inc();
}

/// A member of a document of the provider's deviates from the specifications, and was accepted nevertheless.
pub fn provider_deviation(document: &'static str, member: &'static str) {
    METRICS.provider_deviations.get_or_create(&DeviationLabels { document, member }).inc();
}

/// Sets the number of sessions. `counted` says which ones: `all`, or `in_use_here`.
pub fn set_sessions(counted: &'static str, count: u64) {
    METRICS.sessions.get_or_create(&SessionLabels { counted }).set(gauge(count));
}

/// Sets whether a part of `/readyz` works.
pub fn set_ready(part: &'static str, is_ready: bool) {
    METRICS.ready.get_or_create(&ReadyLabels { part }).set(i64::from(is_ready));
}

/// A connection to the database was closed because its transaction did not end.
pub fn database_connection_closed() {
    METRICS.closed_connections.inc();
}

/// So many conversations were deleted for their age.
pub fn conversations_expired(count: usize) {
    METRICS.expired_conversations.inc_by(u64::try_from(count).unwrap_or(u64::MAX));
}

/// A request was answered. `route` is the pattern in the code, never the path that the caller sent.
pub fn request_answered(method: &'static str, route: Cow<'static, str>, status: u16, took: Duration) {
    METRICS.requests.get_or_create(&RequestLabels { method, route, status }).observe(took.as_secs_f64());
}

/// All metrics.
pub fn text(format: Format) -> Result<String, fmt::Error> {
    let mut page = String::new();
    text::encode(&mut page, &METRICS.registry)?;
    Ok(format.of_open_metrics(page))
}

/// An error's or a reason's name on the wire, and in labels.
pub fn wire_name(value: impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or("other").to_owned()
}

impl Metrics {
    fn new() -> Self {
        let mut all = Registry::default();
        all.register_collector(Box::new(Process::started_now()));
        let registry = all.sub_registry_with_prefix("oracle_ai");
        let build = Family::<BuildLabels, Gauge>::default();
        build.get_or_create(&BuildLabels { version: VERSION, revision: REVISION }).set(1);
        registry.register("build_info", "1, with the version of this program", build);
        Self {
            audit_events: registered(registry, "audit_events", "Audit events, see audit-events.md", Family::default()),
            provider_calls: registered(
                registry,
                "provider_call_seconds",
                "Calls to the identity provider, to the end of its answer",
                timed(),
            ),
            requests: registered(
                registry,
                "http_request_seconds",
                "Requests, to the head of the answer: streams go on after it",
                timed(),
            ),
            first_tokens: registered(
                registry,
                "first_token_seconds",
                "From a question to the first words of its answer",
                histogram(),
            ),
            model_calls: registered(
                registry,
                "model_call_seconds",
                "Calls to the model, to the first event of its answer",
                timed(),
            ),
            store_calls: registered(
                registry,
                "store_call_seconds",
                "Calls to the stores of sessions and conversations",
                timed(),
            ),
            upstream_deviations: registered(
                registry,
                "upstream_deviations",
                "What the model's server sends against its API, see operations.md",
                Family::default(),
            ),
            answers: registered(registry, "answers", "Answers that have ended, and why", Family::default()),
            running_answers: registered(
                registry,
                "running_answers",
                "Answers that are being written",
                Gauge::default(),
            ),
            max_answers: registered(
                registry,
                "running_answers_max",
                "How many answers may be written at a time: MAX_ANSWERS",
                Gauge::default(),
            ),
            lost_ends: registered(
                registry,
                "answer_ends_lost",
                "Answers whose end could not be stored",
                Counter::default(),
            ),
            open_streams: registered(
                registry,
                "open_streams",
                "Open streams of events: of answers, and of pages that wait for the end of their session",
                Gauge::default(),
            ),
            database_connections: registered(
                registry,
                "database_connections",
                "Connections to the database",
                Family::default(),
            ),
            max_database_connections: registered(
                registry,
                "database_connections_max",
                "How many connections to the database there may be: DATABASE_CONNECTIONS",
                Gauge::default(),
            ),
            limited: registered(registry, "limited", "Calls that came too often", Family::default()),
            provider_deviations: registered(
                registry,
                "provider_deviations",
                "What the provider sends against the specifications, and is accepted",
                Family::default(),
            ),
            sessions: registered(registry, "sessions", "Sessions, see operations.md", Family::default()),
            ready: registered(registry, "ready", "1 for each part of /readyz that works", Family::default()),
            closed_connections: registered(
                registry,
                "database_connections_closed",
                "Connections to the database that were closed as their transaction did not end",
                Counter::default(),
            ),
            feedback: registered(
                registry,
                "feedback",
                "What people said of answers; taken_back where they changed their mind",
                Family::default(),
            ),
            expired_conversations: registered(
                registry,
                "conversations_expired",
                "Conversations that were deleted for their age: CHAT_RETENTION_DAYS",
                Counter::default(),
            ),
            registry: all,
        }
    }
}

fn registered<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register(name, help, metric.clone());
    metric
}

/// At zero.
fn create<L, M, C>(family: &Family<L, M, C>, labels: L)
where
    L: Clone + Hash + Eq,
    C: MetricConstructor<M>,
{
    drop(family.get_or_create(&labels));
}

fn timed<L: Clone + Hash + Eq>() -> Timed<L> {
    Family::new_with_constructor(histogram)
}

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

/// The value of a gauge.
fn gauge(count: impl TryInto<i64>) -> i64 {
    count.try_into().unwrap_or(i64::MAX)
}
