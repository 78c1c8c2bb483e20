//! Requests, by the route that they found: a path that somebody made up is none.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    http::Method,
    middleware::Next,
    response::Response,
};

use super::RequestLabels;

/// Routes that are told apart; doors are, each.
const OTHERS: [&str; 4] = ["/livez", "/readyz", "/backchannel-logout", "/csp-report"];

/// Counts and times a request.
pub async fn measure(request: Request, next: Next) -> Response {
    let (came_at, method) = (Instant::now(), method_name(request.method()));
    let route = route_name(request.extensions().get::<MatchedPath>().map(MatchedPath::as_str));
    let response = next.run(request).await;
    let labels = RequestLabels { method, route, status: response.status().as_u16() };
    super::request(&labels, came_at.elapsed());
    response
}

/// `found` is the route as the code has it, with placeholders.
pub fn route_name(found: Option<&str>) -> String {
    match found {
        None => "page".to_owned(),
        Some("/api" | "/api/" | "/api/{*door}") => "no door".to_owned(),
        Some(route) if route.starts_with("/api/") || OTHERS.contains(&route) => route.to_owned(),
        Some(_) => "file".to_owned(),
    }
}

/// A word for it; one that somebody made up has none of its own.
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
        assert_eq!(route_name(Some("/api/{*door}")), "no door");
        assert_eq!(route_name(Some("/assets/{*file}")), "file");
        assert_eq!(route_name(None), "page");
        assert_eq!(method_name(&Method::from_bytes(b"MADEUP").unwrap()), "other");
    }
}
