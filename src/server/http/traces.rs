//! A span for each request, named after its route, never after the path that the caller sent.

use axum::extract::{MatchedPath, Request};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::{Span, field, trace_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::{
    ingress::RequestId,
    metrics::{method_name, route_name},
};
use crate::server::observe::traces::{TARGET, is_on};

pub use crate::server::observe::traces::answered;

/// Lasts until the response headers are sent. It joins the trace that the request names: such headers are removed at the
/// edge where they don't come from a trusted proxy.
pub fn request(request: &Request) -> Span {
    if !is_on() {
        return Span::none();
    }
    let method = method_name(request.method());
    let route = route_name(request.extensions().get::<MatchedPath>().map(MatchedPath::as_str));
    let span = trace_span!(
        target: TARGET,
        "request",
        otel.name = format_args!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = field::Empty,
        http.request.method = method,
        http.route = &*route,
        http.response.status_code = field::Empty,
        request_id = request.extensions().get::<RequestId>().map(RequestId::as_str),
    );
    let caller = TraceContextPropagator::new().extract(&HeaderExtractor(request.headers()));
    // Fails only where the span has begun.
    let _ = span.set_parent(caller);
    span
}
