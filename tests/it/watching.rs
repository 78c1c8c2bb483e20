//! What operators watch the servers with, in `deploy/prometheus`: its metrics and labels are those of a server, and each alert
//! has tests and a runbook. `scripts/test lint` runs the tests of the alerts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::{provider::MockProvider, redis::free_port, server_process::ServerProcess};

const ALERTS: &str = include_str!("../../deploy/prometheus/alerts.yml");
const TESTS: &str = include_str!("../../deploy/prometheus/alerts.test.yml");
const DASHBOARD: &str = include_str!("../../deploy/prometheus/dashboard.json");
const RUNBOOKS: &str = include_str!("../../docs/runbooks.md");
const OPERATIONS: &str = include_str!("../../docs/operations.md");

/// Prometheus makes it for each server that it asks.
const OF_PROMETHEUS: &str = "up";

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

/// Each alert with its rule.
fn alerts() -> BTreeMap<String, Value> {
    let rules = yaml(ALERTS)["groups"].take();
    let rules = rules.as_array().unwrap().iter().flat_map(|group| group["rules"].as_array().unwrap().clone());
    rules.map(|rule| (rule["alert"].as_str().unwrap().to_owned(), rule)).collect()
}

/// The expressions of alerts and dashboard.
fn expressions() -> Vec<String> {
    fn collect(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => members.iter().for_each(|(name, value)| match value {
                Value::String(text) if name == "expr" => found.push(text.clone()),
                value => collect(value, found),
            }),
            Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
            _ => {}
        }
    }
    let mut found = vec![];
    collect(&yaml(ALERTS), &mut found);
    let of_alerts = found.len();
    collect(&serde_json::from_str(DASHBOARD).unwrap(), &mut found);
    assert!(of_alerts > 10 && found.len() > of_alerts + 10, "{found:?}");
    found
}

/// Each metric of an expression, with what stands in its braces.
fn selectors(expression: &str) -> Vec<(&str, &str)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found = vec![];
    let mut rest = expression;
    while let Some(start) = rest.find(is_name) {
        let word = &rest[start..];
        let (name, after) = word.split_at(word.find(|c| !is_name(c)).unwrap_or(word.len()));
        if name == OF_PROMETHEUS || ["oracle_ai_", "process_"].iter().any(|prefix| name.starts_with(prefix)) {
            let inside = after.strip_prefix('{').and_then(|after| after.split_once('}'));
            found.push((name, inside.map_or("", |(inside, _)| inside)));
        }
        rest = after;
    }
    found
}

/// The labels that a selector names literally: `event=~"a|b"` names two.
fn literal_labels(matchers: &str) -> Vec<String> {
    let is_pattern = |value: &str| value.contains("..") || value.contains(".*") || value.contains('$');
    let named = matchers.split(',').filter_map(|matcher| {
        let (label, value) = matcher.trim().split_once(['=', '!'])?;
        let values = value.trim_start_matches(['=', '~']).trim_matches('"').split('|');
        let values = values.filter(|value| label != "job" && !is_pattern(value));
        Some(values.map(move |value| format!("{label}=\"{value}\"")).collect::<Vec<_>>())
    });
    named.flatten().collect()
}

/// The metrics of a server that has answered a few calls.
async fn page() -> String {
    let address = format!("127.0.0.1:{}", free_port());
    let server = ServerProcess::start(&MockProvider::shared().issuer, &[("METRICS_ADDR", &*address)]).await;
    for path in ["/readyz", "/api/conversations", "/api/refresh"] {
        server.status(path).await;
    }
    reqwest::get(format!("http://{address}/metrics")).await.unwrap().text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_and_dashboard_name_metrics_and_labels_that_a_server_has() {
    let page = page().await;
    for expression in expressions() {
        for (metric, matchers) in selectors(&expression).into_iter().filter(|(metric, _)| *metric != OF_PROMETHEUS) {
            let series: Vec<_> = page.lines().filter(|line| line.split(['{', ' ']).next() == Some(metric)).collect();
            // It has none before the first answer to a person.
            let is_declared = page.contains(&format!("# TYPE {} histogram", metric.trim_end_matches("_bucket")));
            assert!(!series.is_empty() || is_declared, "no {metric}: {expression}");
            for label in literal_labels(matchers) {
                assert!(series.iter().any(|line| line.contains(&label)), "no {metric} with {label}: {expression}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metrics_that_operators_read_about_are_those_of_a_server() {
    let rows = OPERATIONS.lines().filter_map(|line| line.strip_prefix("| `oracle_ai_")?.split_once('`'));
    let documented: BTreeSet<_> = rows.map(|(name, _)| format!("oracle_ai_{name}")).collect();
    let page = page().await;
    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let ours: BTreeSet<_> =
        types.map(|(name, _)| name.to_owned()).filter(|name| name.starts_with("oracle_ai_")).collect();
    let undocumented: Vec<_> = ours.difference(&documented).collect();
    assert!(undocumented.is_empty(), "{undocumented:?}");
    // These have no series before the first deviation.
    let unknown: Vec<_> = documented.difference(&ours).collect();
    assert_eq!(unknown, ["oracle_ai_provider_deviations_total"]);
}

#[test]
fn each_alert_has_a_runbook_that_says_what_people_see_what_to_look_at_and_what_to_do() {
    let alerts = alerts();
    let sections: BTreeMap<_, _> =
        RUNBOOKS.split("\n### ").skip(1).map(|section| section.split_once('\n').unwrap()).collect();
    assert_eq!(alerts.keys().map(String::as_str).collect::<Vec<_>>(), sections.keys().copied().collect::<Vec<_>>());
    for (name, section) in sections {
        for part in ["\n**People see**", "\n**Look at**", "\n**Do** "] {
            assert!(section.contains(part), "{name} lacks {part}");
        }
        let link = format!("docs/runbooks.md#{}", name.to_lowercase());
        assert_eq!(alerts[name]["annotations"]["runbook"], link, "{name}");
        let severity = alerts[name]["labels"]["severity"].as_str().unwrap();
        assert!(["critical", "warning"].contains(&severity), "{name}: {severity}");
    }
}

#[test]
fn each_alert_has_a_test_in_which_it_fires_and_one_in_which_it_does_not() {
    let tests = yaml(TESTS)["tests"].take();
    let rules = tests.as_array().unwrap().iter().flat_map(|test| test["alert_rule_test"].as_array().unwrap().clone());
    let tested: BTreeSet<_> = rules
        .map(|rule| {
            (rule["alertname"].as_str().unwrap().to_owned(), !rule["exp_alerts"].as_array().unwrap().is_empty())
        })
        .collect();
    for name in alerts().into_keys() {
        for fires in [true, false] {
            assert!(tested.contains(&(name.clone(), fires)), "{name}: fires {fires}");
        }
    }
}

#[test]
fn the_metrics_and_labels_of_an_expression_are_found() {
    let expression =
        r#"sum by (le) (rate(oracle_ai_a_bucket{job=~"$job", event=~"b|c.d", route!="/e", status=~"5.."}[5m])) / up"#;
    let [(metric, matchers), (up, "")] = selectors(expression)[..] else { panic!("two metrics") };
    assert_eq!((metric, up), ("oracle_ai_a_bucket", "up"));
    assert_eq!(literal_labels(matchers), [r#"event="b""#, r#"event="c.d""#, r#"route="/e""#]);
}
