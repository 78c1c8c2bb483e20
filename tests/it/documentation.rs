//! The documents for auditors: they contain what they must, and agree with the code.

use std::{collections::BTreeSet, path::Path, time::Duration};

use oracle_ai::server::{
    auth::sessions::{PENDING_LIFETIME, SessionLimits},
    config::reference,
    http::ingress::LimitSettings,
};

const SECURITY: &str = include_str!("../../docs/security.md");
const ASSERTIONS: &str = include_str!("../../docs/assertions.md");
const STATUS: &str = include_str!("../../docs/evidence-status.md");

/// The attacks that remain possible.
const REMAINING: [&str; 6] = [
    "Script in the page",
    "The person's device",
    "The provider",
    "The model's upstream",
    "Redis and replay",
    "In-memory sessions",
];

/// The text below a heading.
fn section(heading: &str) -> &'static str {
    let after = SECURITY.split(&format!("\n## {heading}\n")).nth(1).unwrap_or_else(|| panic!("no {heading}"));
    after.split("\n## ").next().unwrap()
}

/// A letter T and a number.
fn is_assertion(word: &str) -> bool {
    word.strip_prefix('T')
        .is_some_and(|rest| (2..=3).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_digit()))
}

/// All assertions of a range, as two of them with a line between.
fn ranges(text: &str) -> impl Iterator<Item = String> {
    let number = |id: &str| id.strip_prefix('T').and_then(|rest| rest.parse::<u32>().ok());
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let ends = words.filter_map(move |word| word.split_once('-').and_then(|(a, b)| Some((number(a)?, number(b)?))));
    ends.flat_map(|(from, to)| (from..=to).map(|number| format!("T{number:02}")))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
}

fn in_backticks(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// `SESSION_KEYS`
fn is_setting(text: &str) -> bool {
    text.contains('_') && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
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
    assert!(section("Why no cookie").contains("`HttpOnly`"), "what is lost with the cookie");
    assert!(section("Compared with device-bound sessions").contains("DBSC"));
    let remaining = section("What stays possible");
    for attack in REMAINING {
        assert!(remaining.contains(&format!("- **{attack}")), "{attack}");
    }
    let writer = section("What a writer could do");
    assert!(writer.contains("Redis") && writer.contains("database"));
}

#[test]
fn the_threat_model_refers_to_held_assertions_existing_settings_and_existing_pages() {
    // T55
    let cited: BTreeSet<_> = words(SECURITY).filter(|word| is_assertion(word)).collect();
    assert!(cited.len() > 20, "{cited:?}");
    for id in ranges(SECURITY).chain(cited.iter().map(|id| (*id).to_owned())) {
        let row = |page: &'static str| page.lines().find(|line| line.starts_with(&format!("| {id} |")));
        assert!(row(ASSERTIONS).is_some(), "{id} is no assertion");
        let status = row(STATUS).unwrap_or_else(|| panic!("{id} has no verdict"));
        assert!(!status.contains("| not held |"), "{status}");
    }
    let settings: BTreeSet<_> = reference::names().collect();
    for name in in_backticks(SECURITY).filter(|name| is_setting(name)) {
        assert!(settings.contains(name), "{name} is no setting");
    }
    for link in SECURITY.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
        let file = link.split('#').next().filter(|file| !file.is_empty()).unwrap_or("security.md");
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(file).is_file(), "{link}");
    }
}

#[test]
fn the_documented_lifetimes_are_those_of_the_code() {
    // T55
    let minutes = |limit: Duration| limit.as_secs() / 60;
    assert_eq!(minutes(PENDING_LIFETIME), 10);
    assert!(section("What is protected").contains("the pending authorization's record, ten minutes at most, sealed"));
    assert!(section("Sessions end").contains("T85"), "what is not revoked is said where sessions end");
}

#[test]
fn the_documented_session_limits_are_those_of_the_code_with_their_reasons() {
    // T89
    let (usual, limits) = (SessionLimits::default(), LimitSettings::default());
    let hours = |limit: Duration| format!("{} hours", limit.as_secs() / 3600);
    let minutes = |limit: Duration| format!("{} minutes", limit.as_secs() / 60);
    for (limit, value) in [
        ("idle", minutes(usual.idle_timeout)),
        ("absolute", hours(usual.lifetime)),
        ("pending login", minutes(PENDING_LIFETIME)),
        ("sessions of a browser", "one".into()),
        ("sessions at a time", format!("{} for each person", limits.sessions_per_person.unwrap())),
    ] {
        let [_, written, reason] = row(limit)[..] else { panic!("{limit}: three cells") };
        assert!(written.starts_with(&value), "{limit}: {written} is written, {value} is so");
        assert!(!reason.is_empty(), "{limit}");
    }
    assert!(section("Sessions end").contains("the provider decides"));
}

#[test]
fn the_benches_switch_off_every_limit_that_can_be() {
    let quoted = include_str!("../../benches/load/src/process.rs").split("const UNLIMITED").nth(1).unwrap();
    let switched_off: BTreeSet<_> = quoted.split(';').nth(1).unwrap().split('"').skip(1).step_by(2).collect();
    let settings = reference::markdown();
    let limits = settings.lines().filter(|line| line.contains("0 for no limit"));
    assert_eq!(switched_off, limits.filter_map(|line| in_backticks(line).next()).collect());
}

#[test]
fn the_session_limits_are_compared_with_those_of_nist() {
    // T89
    assert!(SessionLimits::default().are_strict());
    let text = section("Sessions end");
    assert!(text.contains("within what NIST SP 800-63B-4 recommends at AAL2"), "the deviation, or that there is none");
}

#[test]
fn what_a_browser_must_have_is_documented_as_the_page_checks_it() {
    // T98
    let (text, spec) = (section("What a browser must have"), include_str!("../../e2e/specs/unsupported.spec.ts"));
    let checked: Vec<_> = spec.split("lacks: '").skip(1).map(|rest| rest.split('\'').next().unwrap()).collect();
    assert!(checked.len() > 4, "{checked:?}");
    for feature in checked.into_iter().chain(["WebAssembly", "Web Locks"]) {
        assert!(text.contains(feature), "{feature}");
    }
}

/// The paths in a text that begin with a folder of this repository; without globs and placeholders.
fn source_paths(text: &str) -> impl Iterator<Item = &str> {
    const FOLDERS: [&str; 7] = ["src/", "tests/", "scripts/", "e2e/", "benches/", "docs/", "deploy/"];
    let is_part = |c: char| c.is_ascii_alphanumeric() || "/._-*{}$".contains(c);
    text.split(move |c: char| !is_part(c))
        .map(|word| word.trim_end_matches(['.', '/']))
        .filter(|word| FOLDERS.iter().any(|folder| word.starts_with(folder)) && !word.contains(['*', '{', '$']))
}

#[test]
fn every_path_that_a_document_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = ["", "docs", "e2e"].map(|folder| std::fs::read_dir(root.join(folder)).unwrap());
    let files = files.into_iter().flatten().map(|entry| entry.unwrap().path());
    let documents = files.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let mut missing = vec![];
    for document in documents {
        let text = std::fs::read_to_string(&document).unwrap();
        let unknown = source_paths(&text).filter(|path| !root.join(path).exists());
        missing.extend(unknown.map(|path| format!("{}: {path}", document.display())));
    }
    assert!(missing.is_empty(), "\n{}\n", missing.join("\n"));
}

#[test]
fn the_examples_for_browser_tests_are_quoted_as_they_run() {
    let (readme, specs) = (include_str!("../../e2e/README.md"), include_str!("../../e2e/specs/examples.spec.ts"));
    let section = readme.split("\n## Three examples\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let quoted: Vec<_> = section.split("```ts\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(quoted.iter().filter(|block| block.contains("test(")).count(), 3);
    for block in quoted {
        assert!(specs.contains(block), "not in e2e/specs/examples.spec.ts:\n{block}");
    }
}

#[test]
fn a_path_ends_where_its_sentence_does() {
    let text = "See [the map](docs/a.md#b) in `src/x/y.rs`, and scripts/serve. Not `src/*/z` or http://docs.rs/x.";
    assert_eq!(source_paths(text).collect::<Vec<_>>(), ["docs/a.md", "src/x/y.rs", "scripts/serve"]);
}
