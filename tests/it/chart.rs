//! The Helm chart: it agrees with itself, with the settings, and with the example for Kubernetes, whose probes and rights are
//! tested against a server. `scripts/test lint` renders it where there is a helm.

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use oracle_ai::server::{config::reference, http::shutdown::LONGEST};
use serde_json::Value;

const VALUES: &str = include_str!("../../deploy/chart/values.yaml");
const SCHEMA: &str = include_str!("../../deploy/chart/values.schema.json");
const CONFIG_MAP: &str = include_str!("../../deploy/chart/templates/configmap.yaml");
const DEPLOYMENT: &str = include_str!("../../deploy/chart/templates/deployment.yaml");
const KUBERNETES: &str = include_str!("../../deploy/kubernetes.yaml");

fn values() -> Value {
    serde_saphyr::from_str(VALUES).unwrap()
}

fn names_in<'a>(values: &'a Value, pointer: &str) -> impl Iterator<Item = &'a str> {
    values.pointer(pointer).unwrap().as_object().unwrap().keys().map(String::as_str)
}

/// All templates.
fn templates() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/chart/templates");
    fs::read_dir(folder).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect()
}

/// The settings that the template writes itself.
fn set_by_chart() -> BTreeSet<&'static str> {
    let lines = CONFIG_MAP.lines().filter_map(|line| line.strip_prefix("  ")?.split_once(": "));
    lines
        .map(|(name, _)| name)
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'))
        .collect()
}

/// The lines from the first one that contains `begin` to the first one after it that contains `end`, without indentation.
#[track_caller]
fn block(text: &'static str, begin: &str, end: &'static str) -> Vec<&'static str> {
    let mut lines = text.lines().map(str::trim).skip_while(|line| !line.contains(begin));
    let mut found: Vec<_> = lines.by_ref().take_while(|line| !line.contains(end)).collect();
    assert!(!found.is_empty(), "no {begin}");
    found.push(end);
    found
}

#[test]
fn the_chart_sets_settings_only() {
    let known: BTreeSet<_> = reference::names().collect();
    let values = values();
    let by_chart = set_by_chart();
    assert!(by_chart.contains("DRAIN_SECONDS") && by_chart.len() == 5, "{by_chart:?}");
    for name in names_in(&values, "/settings").chain(names_in(&values, "/secret/files")).chain(by_chart) {
        assert!(known.contains(name), "{name} is no setting");
    }
}

#[test]
fn what_is_secret_is_refused_among_the_settings_and_so_is_what_the_chart_sets() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let refused = schema.pointer("/properties/settings/propertyNames/not/enum").unwrap();
    let refused: BTreeSet<_> = refused.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let known: BTreeSet<_> = reference::names().collect();
    let secrets = known.iter().copied().filter(|name| known.contains(&*format!("{name}_FILE")));
    assert_eq!(refused, secrets.chain(set_by_chart()).collect());
}

#[test]
fn each_value_is_used_by_a_template_and_each_template_uses_existing_values() {
    let (values, templates) = (values(), templates());
    let mut used = BTreeSet::new();
    for text in templates.split(".Values.").skip(1) {
        let path: String = text.chars().take_while(|c| c.is_ascii_alphanumeric() || "._".contains(*c)).collect();
        let pointer = format!("/{}", path.trim_end_matches('.').replace('.', "/"));
        assert!(values.pointer(&pointer).is_some(), "no value {pointer}");
        used.insert(pointer);
    }
    let members = |name: &str| values[name].as_object().map(|members| members.keys().cloned().collect::<Vec<_>>());
    for name in values.as_object().unwrap().keys() {
        let whole = used.contains(&format!("/{name}"));
        for member in members(name).filter(|_| !whole).unwrap_or_default() {
            assert!(used.contains(&format!("/{name}/{member}")), "{name}.{member} is used nowhere");
        }
        assert!(whole || members(name).is_some(), "{name} is used nowhere");
    }
}

#[test]
fn kubernetes_waits_longer_for_a_pod_than_the_server_takes_to_stop() {
    let sum = DEPLOYMENT.split("{{ add .Values.drain.noticeSeconds .Values.drain.answersSeconds ").nth(1).unwrap();
    let more: u64 = sum.split(' ').next().unwrap().parse().unwrap();
    assert!(Duration::from_secs(more) > LONGEST);
    let written = CONFIG_MAP.matches("{{ .Values.drain.").count();
    assert_eq!(written, 2, "both are settings of the server");
}

#[test]
fn the_pods_of_the_chart_have_the_probes_and_the_rights_of_the_example() {
    for (begin, end) in [
        ("startupProbe:", "resources:"),
        ("allowPrivilegeEscalation:", "volumeMounts:"),
        ("runAsNonRoot:", "containers:"),
        ("automountServiceAccountToken:", "# Variables"),
        ("rollingUpdate:", "template:"),
    ] {
        assert_eq!(block(DEPLOYMENT, begin, end), block(KUBERNETES, begin, end));
    }
}
