//! What browsers report that a page's policy kept them from: a line in the log for each, as long as they are few.
//!
//! Anybody may send anything here. So little of it is taken, all of it is cut and cleaned, and no address keeps its
//! query, which may hold a code.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, header},
    routing::post,
};
use serde::Deserialize;

use super::REPORT_PATH;
use crate::{server::environment::Environment, wire::error::ApiError};

/// Largest body, in bytes. A browser's is well below 2 KB.
const MAX_BODY: usize = 16 * 1024;

/// Most lines in a minute. The first tell as much as all of them.
const MAX_LINES: u32 = 20;
const MINUTE: Duration = Duration::from_secs(60);

/// Most reports taken from one body.
const MAX_IN_BODY: usize = 4;

/// Longest value in the log, in characters.
const MAX_CHARS: usize = 120;

/// CSP3 §5.3, and the older shape of `report-uri`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Violation {
    #[serde(alias = "document-uri", alias = "documentURL")]
    document: String,
    #[serde(alias = "effective-directive", alias = "effectiveDirective", alias = "violated-directive")]
    directive: String,
    #[serde(alias = "blocked-uri", alias = "blockedURL")]
    blocked: String,
    #[serde(alias = "source-file", alias = "sourceFile")]
    source: String,
    #[serde(alias = "line-number", alias = "lineNumber")]
    line: u32,
}

/// `application/csp-report`
#[derive(Deserialize)]
struct Old {
    #[serde(rename = "csp-report")]
    report: Violation,
}

/// `application/reports+json`
#[derive(Deserialize)]
struct New {
    #[serde(rename = "type")]
    kind: String,
    body: serde_json::Value,
}

/// How many lines this minute has had.
struct Lines {
    since: SystemTime,
    count: u32,
}

#[derive(Clone)]
struct Reports {
    environment: Environment,
    lines: Arc<Mutex<Lines>>,
}

/// `POST /csp-report`
pub fn route(environment: Environment) -> Router {
    let lines = Lines { since: environment.now(), count: 0 };
    let reports = Reports { environment, lines: Arc::new(Mutex::new(lines)) };
    Router::new().route(REPORT_PATH, post(take)).layer(DefaultBodyLimit::max(MAX_BODY)).with_state(reports)
}

async fn take(State(reports): State<Reports>, headers: HeaderMap, body: Bytes) -> Result<StatusCode, ApiError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    for violation in read(kind, &body)?.iter().take(MAX_IN_BODY) {
        reports.log(violation);
    }
    Ok(StatusCode::NO_CONTENT)
}

impl Reports {
    fn log(&self, violation: &Violation) {
        if !self.has_room() {
            return;
        }
        tracing::warn!(
            directive = clean(&violation.directive),
            blocked = clean(without_query(&violation.blocked)),
            document = clean(without_query(&violation.document)),
            source = clean(without_query(&violation.source)),
            line = violation.line,
            "a browser reports that a page's content security policy was violated"
        );
    }

    fn has_room(&self) -> bool {
        let now = self.environment.now();
        let mut lines = self.lines.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // A clock that was set back begins a new minute too.
        if now.duration_since(lines.since).map_or(true, |passed| passed >= MINUTE) {
            *lines = Lines { since: now, count: 0 };
        }
        lines.count = lines.count.saturating_add(1);
        if lines.count == MAX_LINES + 1 {
            tracing::warn!("more reports of violated policies this minute: not logged");
        }
        lines.count <= MAX_LINES
    }
}

fn read(kind: &str, body: &[u8]) -> Result<Vec<Violation>, ApiError> {
    let malformed = |error: serde_json::Error| ApiError::MalformedRequest { reason: error.to_string() };
    match kind.split(';').next().map(str::trim).unwrap_or_default() {
        "application/csp-report" => Ok(vec![serde_json::from_slice::<Old>(body).map_err(malformed)?.report]),
        "application/reports+json" => serde_json::from_slice::<Vec<New>>(body)
            .map_err(malformed)?
            .into_iter()
            .filter(|report| report.kind == "csp-violation")
            .map(|report| serde_json::from_value(report.body).map_err(malformed))
            .collect(),
        _ => Err(ApiError::UnsupportedMediaType),
    }
}

fn without_query(address: &str) -> &str {
    address.split(['?', '#']).next().unwrap_or_default()
}

/// Nothing that could end the line, or begin another (T102).
fn clean(text: &str) -> String {
    text.chars().take(MAX_CHARS).map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '.' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_of_a_report_are_read() {
        // T92
        let old = br#"{"csp-report": {"document-uri": "https://chat.example/chat", "effective-directive": "img-src",
            "blocked-uri": "https://evil.example/x", "line-number": 7, "something": "else"}}"#;
        let new = br#"[{"type": "csp-violation", "age": 1, "url": "x", "body": {"documentURL": "https://chat.example/chat",
            "effectiveDirective": "img-src", "blockedURL": "https://evil.example/x", "lineNumber": 7}}, {"type": "crash", "body": {}}]"#;
        for (kind, body) in [("application/csp-report", &old[..]), ("application/reports+json", &new[..])] {
            let violations = read(kind, body).unwrap();
            let [violation] = &violations[..] else { panic!("{violations:?}") };
            assert_eq!(violation.document, "https://chat.example/chat");
            assert_eq!(violation.directive, "img-src");
            assert_eq!(violation.blocked, "https://evil.example/x");
            assert_eq!(violation.line, 7);
        }
    }

    #[test]
    fn what_is_no_report_is_refused() {
        assert!(matches!(read("text/plain", b"{}"), Err(ApiError::UnsupportedMediaType)));
        assert!(matches!(read("application/csp-report", b"{"), Err(ApiError::MalformedRequest { .. })));
        assert!(matches!(read("application/csp-report", b"{}"), Err(ApiError::MalformedRequest { .. })));
        assert!(matches!(read("application/reports+json", b"{}"), Err(ApiError::MalformedRequest { .. })));
    }

    #[test]
    fn no_query_and_no_second_line_gets_into_the_log() {
        // T102
        assert_eq!(
            without_query("https://chat.example/auth/callback?code=secret#x"),
            "https://chat.example/auth/callback"
        );
        assert_eq!(clean("a\r\n{\"level\"}\u{1b}[0m é"), "a..{\"level\"}.[0m .");
        assert_eq!(clean(&"x".repeat(500)).len(), MAX_CHARS);
    }

    #[test]
    fn a_flood_of_reports_leaves_a_few_lines() {
        let environment = Environment::system();
        let lines = Lines { since: environment.now(), count: 0 };
        let reports = Reports { environment, lines: Arc::new(Mutex::new(lines)) };
        assert_eq!((0..1000).filter(|_| reports.has_room()).count(), MAX_LINES as usize);
        reports.lines.lock().unwrap().since -= MINUTE;
        assert!(reports.has_room());
    }
}
