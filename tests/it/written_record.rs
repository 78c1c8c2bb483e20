//! What auditors are pointed to: it says what it must, and what it says is so.

use std::time::Duration;

use oracle_ai::server::sessions::{PENDING_LIFETIME, SessionLimits};

const SECURITY: &str = include_str!("../../docs/security.md");

/// The text below a heading.
fn section(heading: &str) -> &'static str {
    let after = SECURITY.split(&format!("\n## {heading}\n")).nth(1).unwrap_or_else(|| panic!("no {heading}"));
    after.split("\n## ").next().unwrap()
}

/// The cells of the table's row for this limit.
fn row(limit: &str) -> Vec<&'static str> {
    let rows = section("Sessions end").lines().filter(|line| line.starts_with('|'));
    let mut cells = rows.map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>());
    cells.find(|cells| cells[0] == limit).unwrap_or_else(|| panic!("no {limit}"))
}

#[test]
fn the_threat_model_says_why_tokens_are_mediated_why_no_cookie_is_set_and_what_stays_possible() {
    // T55
    assert!(section("Why token mediation").contains("RFC 10017"));
    assert!(section("Why no cookie").contains("HttpOnly"));
    assert!(section("What stays possible").lines().filter(|line| line.starts_with("- **")).count() >= 3);
}

#[test]
fn the_limits_of_sessions_are_written_down_as_they_are_with_their_reasons() {
    // T89
    let usual = SessionLimits::default();
    let hours = |limit: Duration| format!("{} hours", limit.as_secs() / 3600);
    let minutes = |limit: Duration| format!("{} minutes", limit.as_secs() / 60);
    for (limit, value) in [
        ("idle", minutes(usual.idle_timeout)),
        ("absolute", hours(usual.lifetime)),
        ("login in flight", minutes(PENDING_LIFETIME)),
        ("sessions of a browser", "one".into()),
        ("sessions at a time", "not limited".into()),
    ] {
        let [_, written, reason] = row(limit)[..] else { panic!("{limit}: three cells") };
        assert!(written.starts_with(&value), "{limit}: {written} is written, {value} is so");
        assert!(!reason.is_empty(), "{limit}");
    }
    assert!(section("Sessions end").contains("the provider decides"));
}
