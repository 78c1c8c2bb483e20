//! Metrics for Prometheus. No label names a person.
//!
//! They are process-wide, as logs are. Label values come from fixed lists in the code, so that requests can't add time
//! series.

use std::{borrow::Cow, fmt, sync::LazyLock, time::Duration};

use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Metric, Registry},
};
use serde::Serialize;

use crate::wire::chat::{AnswerErrorKind, EndReason};

/// The kinds of requests to the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderEndpoint {
    Metadata,
    Keys,
    /// The token endpoint, for the exchange of a code.
    Token,
    /// The token endpoint, for a refresh.
    Refresh,
    Userinfo,
    Introspection,
    Revocation,
    PushedAuthorization,
    /// A check by `oracle-ai doctor`.
    Diagnostics,
}

/// The outcome of a request to the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderOutcome {
    Answered,
    /// 4xx, or an error in a response with status 200.
    Refused,
    /// A refusal of this client, as for wrong credentials.
    ClientRefused,
    /// 5xx
    Failed,
    NoAnswer,
}

/// The buckets of all histograms, in seconds: from responses of this server to those of a slow provider or model.
const BUCKETS: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];

static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

struct Metrics {
    registry: Registry,
    audit_events: Family<AuditLabels, Counter>,
    provider_calls: Timed<ProviderLabels>,
    requests: Timed<RequestLabels>,
    first_tokens: Histogram,
    upstream_deviations: Family<UpstreamDeviationLabels, Counter>,
    answers: Family<AnswerLabels, Counter>,
    running_answers: Gauge,
    limited: Family<LimitLabels, Counter>,
    provider_deviations: Family<DeviationLabels, Counter>,
    sessions: Family<SessionLabels, Gauge>,
    ready: Family<ReadyLabels, Gauge>,
    closed_connections: Counter,
}

type Timed<L> = Family<L, Histogram, fn() -> Histogram>;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AuditLabels {
    event: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ProviderLabels {
    endpoint: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: Cow<'static, str>,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct UpstreamDeviationLabels {
    deviation: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AnswerLabels {
    reason: String,
    /// Empty if there was none.
    error: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LimitLabels {
    endpoint: &'static str,
    caller: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DeviationLabels {
    document: &'static str,
    member: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SessionLabels {
    /// `all`, or `in_use_here`.
    counted: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReadyLabels {
    part: &'static str,
}

pub fn audit_event(event: &'static str, outcome: &'static str) {
    METRICS.audit_events.get_or_create(&AuditLabels { event, outcome }).inc();
}

pub fn provider_call(endpoint: ProviderEndpoint, outcome: ProviderOutcome, took: Duration) {
    let labels = ProviderLabels { endpoint: endpoint.name(), outcome: outcome.name() };
    METRICS.provider_calls.get_or_create(&labels).observe(took.as_secs_f64());
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
    let labels = AnswerLabels { reason: wire_name(reason), error: error.map(wire_name).unwrap_or_default() };
    METRICS.answers.get_or_create(&labels).inc();
}

/// Sets how many answers this process is writing.
pub fn set_running_answers(count: usize) {
    METRICS.running_answers.set(i64::try_from(count).unwrap_or(i64::MAX));
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
    METRICS.sessions.get_or_create(&SessionLabels { counted }).set(i64::try_from(count).unwrap_or(i64::MAX));
}

/// Sets whether a part of `/readyz` works.
pub fn set_ready(part: &'static str, is_ready: bool) {
    METRICS.ready.get_or_create(&ReadyLabels { part }).set(i64::from(is_ready));
}

/// A connection to the database was closed because its transaction did not end.
pub fn database_connection_closed() {
    METRICS.closed_connections.inc();
}

/// A request was answered. `route` is the pattern in the code, never the path that the caller sent.
pub fn request_answered(method: &'static str, route: Cow<'static, str>, status: u16, took: Duration) {
    METRICS.requests.get_or_create(&RequestLabels { method, route, status }).observe(took.as_secs_f64());
}

/// All metrics in the text format of OpenMetrics.
pub fn text() -> Result<String, fmt::Error> {
    let mut page = String::new();
    text::encode(&mut page, &METRICS.registry)?;
    Ok(page)
}

impl Metrics {
    fn new() -> Self {
        let mut registry = Registry::with_prefix("oracle_ai");
        Self {
            audit_events: registered(
                &mut registry,
                "audit_events",
                "Audit events, see audit-events.md",
                Family::default(),
            ),
            provider_calls: registered(
                &mut registry,
                "provider_call_seconds",
                "Calls to the identity provider, to the end of its answer",
                timed(),
            ),
            requests: registered(
                &mut registry,
                "http_request_seconds",
                "Requests, to the head of the answer: streams go on after it",
                timed(),
            ),
            first_tokens: registered(
                &mut registry,
                "first_token_seconds",
                "From a question to the first words of its answer",
                histogram(),
            ),
            upstream_deviations: registered(
                &mut registry,
                "upstream_deviations",
                "What the model's server sends against its API, see operations.md",
                Family::default(),
            ),
            answers: registered(&mut registry, "answers", "Answers that have ended, and why", Family::default()),
            running_answers: registered(
                &mut registry,
                "running_answers",
                "Answers that are being written",
                Gauge::default(),
            ),
            limited: registered(&mut registry, "limited", "Calls that came too often", Family::default()),
            provider_deviations: registered(
                &mut registry,
                "provider_deviations",
                "What the provider sends against the specifications, and is accepted",
                Family::default(),
            ),
            sessions: registered(&mut registry, "sessions", "Sessions, see operations.md", Family::default()),
            ready: registered(&mut registry, "ready", "1 for each part of /readyz that works", Family::default()),
            closed_connections: registered(
                &mut registry,
                "database_connections_closed",
                "Connections to the database that were closed as their transaction did not end",
                Counter::default(),
            ),
            registry,
        }
    }
}

impl ProviderEndpoint {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::Keys => "keys",
            Self::Token => "token",
            Self::Refresh => "refresh",
            Self::Userinfo => "userinfo",
            Self::Introspection => "introspection",
            Self::Revocation => "revocation",
            Self::PushedAuthorization => "pushed_authorization",
            Self::Diagnostics => "examined",
        }
    }
}

impl ProviderOutcome {
    const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::ClientRefused => "client_refused",
            Self::Failed => "failed",
            Self::NoAnswer => "no_answer",
        }
    }
}

fn registered<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register(name, help, metric.clone());
    metric
}

fn timed<L: Clone + std::hash::Hash + Eq>() -> Timed<L> {
    Family::new_with_constructor(histogram)
}

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

/// Its name on the wire.
fn wire_name(value: impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or("other").to_owned()
}
