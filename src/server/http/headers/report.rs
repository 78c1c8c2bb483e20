//! Browsers report violations of the content security policy; each report is one line of the log.
//!
//! Anybody can send anything here. So values are cut and cleaned, URLs lose their query, which may hold a code, reports
//! from pages of other sites are refused, and the number of lines is limited: for each address, and apart for reports
//! about documents that are not ours.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use axum::{
    Extension, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    routing::post,
};
use serde::Deserialize;

use super::REPORT_PATH;
use crate::{
    server::{environment::Environment, http::ingress::ClientAddress},
    wire::error::ApiError,
};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Largest body, in bytes. A browser's is well below 2 KB.
const MAX_BODY: usize = 16 * 1024;

/// Most lines in a minute about our own documents.
const MAX_LINES: u32 = 20;
/// The same about other documents: they are invented, or of a browser extension.
const MAX_OTHER_LINES: u32 = 4;
/// Of these, most for one address.
const MAX_OF_ADDRESS: u32 = 4;
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

/// The lines of this minute.
#[derive(Default)]
struct Lines {
    since: Option<SystemTime>,
    of_ours: u32,
    of_others: u32,
    /// Only addresses with a line, so not more than there are lines.
    of_addresses: HashMap<IpAddr, u32>,
    is_full: bool,
}

#[derive(Clone)]
struct Reports {
    /// Where browsers see us.
    front_url: Arc<str>,
    environment: Environment,
    lines: Arc<Mutex<Lines>>,
}

/// `POST /csp-report`
pub fn route(front_url: String, environment: Environment) -> Router {
    let reports = Reports { front_url: front_url.into(), environment, lines: Arc::default() };
    Router::new().route(REPORT_PATH, post(take)).layer(DefaultBodyLimit::max(MAX_BODY)).with_state(reports)
}

async fn take(
    State(reports): State<Reports>,
    Extension(client): Extension<ClientAddress>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, ApiError> {
    if !is_of_our_page(&headers) {
        return Err(ApiError::Forbidden);
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    for violation in read(kind, &body)?.iter().take(MAX_IN_BODY) {
        reports.log(client, violation);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Some browsers do not say where a report comes from.
fn is_of_our_page(headers: &HeaderMap) -> bool {
    headers.get_all(SEC_FETCH_SITE).iter().all(|site| site == "same-origin")
}

impl Reports {
    fn log(&self, client: ClientAddress, violation: &Violation) {
        if !self.has_room(client.network(), &violation.document) {
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

    fn has_room(&self, client: IpAddr, document: &str) -> bool {
        let now = self.environment.now();
        let mut lines = self.lines.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // A clock that was set back begins a new minute too.
        let is_this_minute = |since: SystemTime| now.duration_since(since).is_ok_and(|passed| passed < MINUTE);
        if !lines.since.is_some_and(is_this_minute) {
            *lines = Lines { since: Some(now), ..Lines::default() };
        }
        let has_room = lines.take_one(client, self.is_ours(document));
        if !has_room && !std::mem::replace(&mut lines.is_full, true) {
            tracing::warn!("more reports of violated policies this minute: not logged");
        }
        has_room
    }

    fn is_ours(&self, document: &str) -> bool {
        document.strip_prefix(&*self.front_url).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
    }
}

impl Lines {
    fn take_one(&mut self, client: IpAddr, is_ours: bool) -> bool {
        let of_address = self.of_addresses.get(&client).copied().unwrap_or_default();
        let (of_kind, max) = match is_ours {
            true => (&mut self.of_ours, MAX_LINES),
            false => (&mut self.of_others, MAX_OTHER_LINES),
        };
        if of_address >= MAX_OF_ADDRESS || *of_kind >= max {
            return false;
        }
        *of_kind += 1;
        self.of_addresses.insert(client, of_address + 1);
        true
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

/// Without characters that could begin another line (T102).
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

    fn reports() -> Reports {
        let (front_url, environment) = ("https://chat.example".into(), Environment::system());
        Reports { front_url, environment, lines: Arc::default() }
    }

    const OURS: &str = "https://chat.example/chat";

    fn logged(reports: &Reports, address: u8, document: &str, count: usize) -> usize {
        (0..count).filter(|_| reports.has_room([192, 0, 2, address].into(), document)).count()
    }

    #[test]
    fn a_flood_of_reports_leaves_a_few_lines_and_room_for_others() {
        // T106. 25 invented reports silenced all others for the minute.
        let reports = reports();
        assert_eq!(logged(&reports, 1, OURS, 1000), MAX_OF_ADDRESS as usize);
        assert_eq!(logged(&reports, 2, OURS, 1), 1);
        let all = (3..100).map(|address| logged(&reports, address, OURS, 1000)).sum::<usize>();
        assert_eq!(all + 5, MAX_LINES as usize, "nor do many addresses fill the log");
        *reports.lines.lock().unwrap().since.as_mut().unwrap() -= MINUTE;
        assert_eq!(logged(&reports, 1, OURS, 1), 1);
    }

    #[test]
    fn reports_about_invented_documents_take_no_room_from_those_about_ours() {
        let reports = reports();
        for document in
            ["", "about", "https://evil.example/", "https://chat.example.evil.example/", "https://chat.example:8443/"]
        {
            assert!(!reports.is_ours(document), "{document}");
        }
        let of_others: usize = (0..100).map(|address| logged(&reports, address, "https://evil.example/", 10)).sum();
        assert_eq!(of_others, MAX_OTHER_LINES as usize);
        assert_eq!(logged(&reports, 200, OURS, 1), 1);
        assert_eq!(logged(&reports, 201, "https://chat.example", 1), 1);
    }

    #[test]
    fn a_page_of_another_site_can_send_none() {
        let from = |site: &'static str| {
            let headers = [(SEC_FETCH_SITE, header::HeaderValue::from_static(site))];
            is_of_our_page(&headers.into_iter().collect())
        };
        assert!(from("same-origin") && is_of_our_page(&HeaderMap::new()));
        for site in ["cross-site", "same-site", "none", ""] {
            assert!(!from(site), "{site}");
        }
    }
}
