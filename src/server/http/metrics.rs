//! Metrics of the requests to this server, and the listener where they are scraped.

use std::{borrow::Cow, io, net::SocketAddr, time::Instant};

use axum::{
    Router,
    extract::{MatchedPath, Request},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::net::TcpListener;

use super::{Services, ingress};
use crate::server::{
    chat::upstream,
    conversations::Connections,
    observe::{
        audit,
        metrics::{self, Format},
    },
    store::SessionCount,
};

/// Routes with a label of their own, besides the API endpoints.
const OTHERS: [&str; 6] =
    ["/livez", "/readyz", "/backchannel-logout", "/security-events", "/global-token-revocation", "/csp-report"];

/// A request that is being answered.
pub struct Counted {
    started_at: Instant,
    method: &'static str,
    route: Cow<'static, str>,
}

/// Serves `/metrics` at an address of its own, which browsers don't reach, until the process ends.
pub async fn serve(address: SocketAddr, services: Services) -> io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    metrics::declare();
    audit::declare_metrics();
    ingress::declare_metrics();
    upstream::declare_metrics();
    tracing::info!(%address, "figures are at /metrics of");
    let router = Router::new().route("/metrics", get(async move |headers: HeaderMap| page(&services, &headers).await));
    tokio::spawn(async { axum::serve(listener, router).await });
    Ok(())
}

async fn page(services: &Services, headers: &HeaderMap) -> Response {
    // The report sets the gauges of its parts.
    services.readiness.report().await;
    metrics::set_running_answers(services.chat.running(), services.chat.max_running());
    metrics::set_open_streams(services.edge.open_streams());
    if let Some(Connections { in_use, idle, most }) = services.conversations.connections() {
        metrics::set_database_connections(in_use, idle, most);
    }
    match services.sessions.count() {
        SessionCount::All(count) => metrics::set_sessions("all", count),
        SessionCount::InUseHere(count) => metrics::set_sessions("in_use_here", count),
        SessionCount::Unknown => {}
    }
    let format = Format::wanted(headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()));
    match metrics::text(format) {
        Ok(text) => ([(header::CONTENT_TYPE, format.content_type())], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

impl Counted {
    pub fn of(request: &Request) -> Self {
        let pattern = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
        Self { started_at: Instant::now(), method: method_name(request.method()), route: route_name(pattern) }
    }

    /// Counts and times it.
    pub fn answered(self, status: StatusCode) {
        metrics::request_answered(self.method, self.route, status.as_u16(), self.started_at.elapsed());
    }
}

/// The label of a route. `found` is its pattern in the code, with placeholders.
pub fn route_name(found: Option<&str>) -> Cow<'static, str> {
    match found {
        None => "page".into(),
        Some("/api" | "/api/" | "/api/{*path}") => "unknown".into(),
        Some(route) if route.starts_with("/api/") || OTHERS.contains(&route) => route.to_owned().into(),
        Some(_) => "file".into(),
    }
}

/// The label of a method. Unknown methods share one: a caller can send any name.
pub fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_caller_makes_up_is_no_label() {
        assert_eq!(route_name(Some("/api/chat")), "/api/chat");
        assert_eq!(route_name(Some("/api/{*path}")), "unknown");
        assert_eq!(route_name(Some("/assets/{*file}")), "file");
        assert_eq!(route_name(None), "page");
        assert_eq!(method_name(&Method::from_bytes(b"MADEUP").unwrap()), "other");
    }
}
