//! OpenTelemetry spans, if a collector is configured: the external calls of each request, and their duration.
//!
//! | file | holds |
//! |---|---|
//! | `settings` | the configuration of the collector |
//! | `export` | the exporter |
//!
//! A span contains names from fixed lists in the code, statuses, and the request ID. It contains no URL, header, token,
//! address or personal data, and no log events.
//!
//! All spans have one target and the lowest level: without a collector they are disabled and cost one comparison.

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

pub use export::{Traces, TracesSetupError, check, pipeline};
pub use settings::{CollectorHeader, Sampling, TraceSettings};

pub const TARGET: &str = "oracle_ai::traces";

/// The headers that name the trace of a request (W3C Trace Context). Clients can send them, too.
pub const HEADERS: [HeaderName; 2] = [HeaderName::from_static("traceparent"), HeaderName::from_static("tracestate")];

static IS_ON: AtomicBool = AtomicBool::new(false);

/// Whether spans are exported.
pub fn is_on() -> bool {
    IS_ON.load(Ordering::Relaxed)
}

/// The span of a request to the provider.
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

/// The span of a call to a store, such as `session store get`, within a request or an answer. Calls in the background, one
/// a second for each open page, get no span, as each would be a separate trace.
pub fn store_span(name: &'static str) -> Span {
    if Span::current().is_none() {
        return Span::none();
    }
    trace_span!(target: TARGET, "store", otel.name = name, otel.kind = "client", otel.status_code = field::Empty)
}

/// Makes the call within a span with this name.
pub async fn store_call<T, E>(name: &'static str, call: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let span = store_span(name);
    let outcome = call.instrument(span.clone()).await;
    if outcome.is_err() {
        failed(&span);
    }
    outcome
}

/// The span of one request to the upstream, until the first token of its answer.
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

/// The span of one answer. It continues after the request that started it, whose span is its parent but is not kept open.
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
    // Fails only after the span was entered.
    let _ = span.set_parent(Span::current().context());
    span
}

/// Records the end of an answer in its span, which is the current one.
pub fn answer_ended(reason: EndReason, error: Option<AnswerErrorKind>) {
    let span = Span::current();
    span.record("reason", field::debug(reason));
    if let Some(error) = error {
        span.record("error", field::debug(error));
        failed(&span);
    }
}

/// Records the response status of a call.
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
pub fn inject_context(headers: &mut HeaderMap) {
    if is_on() {
        TraceContextPropagator::new().inject_context(&Span::current().context(), &mut HeaderInjector(headers));
    }
}
