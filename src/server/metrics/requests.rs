//! Requests, by the route that they found: a path that somebody made up is none.

use std::{borrow::Cow, time::Instant};

use axum::{
    extract::{MatchedPath, Request},
    http::{Method, StatusCode},
};

use super::RequestLabels;

/// Routes that are told apart; doors are, each.
const OTHERS: [&str; 4] = ["/livez", "/readyz", "/backchannel-logout", "/csp-report"];

/// A request that is answered now.
pub struct Counted {
    came_at: Instant,
    method: &'static str,
    route: Cow<'static, str>,
}

impl Counted {
    pub fn of(request: &Request) -> Self {
        let found = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
        Self { came_at: Instant::now(), method: method_name(request.method()), route: route_name(found) }
    }

    /// Counts and times it.
    pub fn answered(self, status: StatusCode) {
        let Self { came_at, method, route } = self;
        super::request(&RequestLabels { method, route, status: status.as_u16() }, came_at.elapsed());
    }
}

/// `found` is the route as the code has it, with placeholders.
pub fn route_name(found: Option<&str>) -> Cow<'static, str> {
    match found {
        None => "page".into(),
        Some("/api" | "/api/" | "/api/{*path}") => "no door".into(),
        Some(route) if route.starts_with("/api/") || OTHERS.contains(&route) => route.to_owned().into(),
        Some(_) => "file".into(),
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
        assert_eq!(route_name(Some("/api/{*path}")), "no door");
        assert_eq!(route_name(Some("/assets/{*file}")), "file");
        assert_eq!(route_name(None), "page");
        assert_eq!(method_name(&Method::from_bytes(b"MADEUP").unwrap()), "other");
    }
}
