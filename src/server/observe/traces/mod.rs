//! Spans for OpenTelemetry, if a collector is configured: the calls that a request made, and how long each took.
//!
//! | file | holds |
//! |---|---|
//! | `settings` | where the collector is |
//! | `export` | how spans get there |
//!
//! A span holds names from lists that are fixed in the code, statuses, and the request ID. It never holds a URL, a header, a
//! token, an address or anything about a person; and no log line gets into one.
//!
//! All spans have one target at the lowest level: without a collector they are disabled and cost a comparison.

mod export;
mod settings;

use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::propagation::TextMapPropagator;
use opentelemetry_http::HeaderInjector;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use reqwest::header::{HeaderMap, HeaderName};
use tracing::{Instrument, Span, field, trace_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::metrics::ProviderEndpoint;
use crate::wire::chat::{AnswerErrorKind, EndReason};

pub use export::{Traces, TracesSetupError, pipeline};
pub use settings::{CollectorHeader, Sampling, TraceSettings};

pub const TARGET: &str = "oracle_ai::traces";

/// The headers that name the trace of a request (W3C Trace Context). Anybody can send them.
pub const HEADERS: [HeaderName; 2] = [HeaderName::from_static("traceparent"), HeaderName::from_static("tracestate")];

static IS_ON: AtomicBool = AtomicBool::new(false);

/// Whether spans are exported.
pub fn is_on() -> bool {
    IS_ON.load(Ordering::Relaxed)
}

/// A call to the provider.
pub fn provider_call(endpoint: ProviderEndpoint) -> Span {
    trace_span!(
        target: TARGET,
        "provider",
        otel.name = format_args!("provider {}", endpoint.name()),
        otel.kind = "client",
        otel.status_code = field::Empty,
        http.response.status_code = field::Empty,
    )
}

/// A call to a store, such as `session store get`, within a request or an answer. Background calls, one a second for each
/// open page, get no span: each would be a trace of its own.
pub fn store_span(name: &'static str) -> Span {
    if Span::current().is_none() {
        return Span::none();
    }
    trace_span!(target: TARGET, "store", otel.name = name, otel.kind = "client", otel.status_code = field::Empty)
}

/// Makes the call within a span of it.
pub async fn store_call<T, E>(name: &'static str, call: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let span = store_span(name);
    let outcome = call.instrument(span.clone()).await;
    if outcome.is_err() {
        failed(&span);
    }
    outcome
}

/// One try to have the upstream answer, to its first words.
pub fn upstream_call() -> Span {
    trace_span!(
        target: TARGET,
        "upstream",
        otel.name = "upstream first words",
        otel.kind = "client",
        otel.status_code = field::Empty,
        http.response.status_code = field::Empty,
    )
}

/// The writing of one answer. It outlives the request that asks for it, and does not keep that one's span open.
pub fn answer() -> Span {
    if !is_on() {
        return Span::none();
    }
    let span = trace_span!(
        target: TARGET,
        parent: None,
        "answer",
        reason = field::Empty,
        error = field::Empty,
        otel.status_code = field::Empty,
    );
    // Fails only where the span has begun.
    let _ = span.set_parent(Span::current().context());
    span
}

/// Of the span around the writing.
pub fn answer_ended(reason: EndReason, error: Option<AnswerErrorKind>) {
    let span = Span::current();
    span.record("reason", field::debug(reason));
    if let Some(error) = error {
        span.record("error", field::debug(error));
        failed(&span);
    }
}

/// Records the outcome of a call.
pub fn answered(span: &Span, status: u16) {
    span.record("http.response.status_code", status);
    if status >= 500 {
        failed(span);
    }
}

pub fn failed(span: &Span) {
    span.record("otel.status_code", "ERROR");
}

/// Adds the headers that name the current trace to a request to an external service.
pub fn carry(headers: &mut HeaderMap) {
    if is_on() {
        TraceContextPropagator::new().inject_context(&Span::current().context(), &mut HeaderInjector(headers));
    }
}
