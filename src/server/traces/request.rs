//! A span for each request, by the route that it found: a path that somebody made up is none.

use axum::extract::{MatchedPath, Request};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::{Span, field, trace_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::{TARGET, is_on};
use crate::server::{
    http::ingress::RequestId,
    metrics::{method_name, route_name},
};

/// To the head of the answer. It belongs to the trace that the request names: at the edge, such names were taken from
/// whoever is no proxy of ours.
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
