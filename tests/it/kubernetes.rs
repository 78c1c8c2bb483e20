//! The operators' example for Kubernetes: it agrees with itself, with the settings, and with what the server does.

use std::{collections::BTreeSet, time::Duration};

use oracle_ai::server::{
    config::reference,
    http::shutdown::{DrainSettings, LONGEST},
};
use serde_json::Value;

use crate::support::{provider::MockProvider, server_process::ServerProcess};

const EXAMPLE: &str = include_str!("../../deploy/kubernetes.yaml");
const DOCKERFILE: &str = include_str!("../../Dockerfile");

/// The object of this kind.
fn object(kind: &str) -> Value {
    let objects: Vec<Value> = serde_saphyr::from_multiple(EXAMPLE).unwrap();
    objects.into_iter().find(|object| object["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"))
}

fn pod() -> Value {
    object("Deployment")["spec"]["template"]["spec"].take()
}

fn container() -> Value {
    pod()["containers"][0].take()
}

fn setting(name: &str) -> String {
    object("ConfigMap")["data"][name].as_str().unwrap_or_else(|| panic!("{name} is no string")).to_owned()
}

fn seconds(name: &str) -> Duration {
    Duration::from_secs(setting(name).parse().unwrap())
}

#[test]
fn the_config_map_of_the_example_has_settings_only_and_no_secret() {
    let names: BTreeSet<_> = reference::names().collect();
    let data = object("ConfigMap")["data"].take();
    for (name, value) in data.as_object().unwrap() {
        assert!(names.contains(&**name) && value.is_string(), "{name}: {value}");
    }
    // Each secret is a file of the volume, and the command that makes the secret has the file.
    let mount = container()["volumeMounts"][0]["mountPath"].as_str().unwrap().to_owned();
    for name in ["CLIENT_SECRET", "SESSION_KEYS", "REDIS_URL", "DATABASE_URL"] {
        assert!(data.get(name).is_none(), "{name} is a secret");
        let path = setting(&format!("{name}_FILE"));
        let file = path.strip_prefix(&format!("{mount}/")).unwrap();
        assert!(EXAMPLE.contains(&format!("--from-file={file}")), "{file}");
    }
}

#[test]
fn kubernetes_waits_longer_for_a_pod_than_the_server_takes_to_stop() {
    let grace = Duration::from_secs(pod()["terminationGracePeriodSeconds"].as_u64().unwrap());
    let (notice, answers) = (seconds("DRAIN_NOTICE_SECONDS"), seconds("DRAIN_SECONDS"));
    assert!(grace > notice + answers + LONGEST, "{grace:?}");
    let usual = DrainSettings::DEFAULT;
    assert!(notice >= usual.notice && answers >= usual.answers);
    // The probe alone takes a pod that drains out of the Service within the notice.
    let probe = container()["readinessProbe"].take();
    let of_probe = |name: &str| probe[name].as_u64().unwrap();
    assert!(Duration::from_secs(of_probe("periodSeconds") * of_probe("failureThreshold")) < notice);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ports_and_probes_of_the_example_are_those_of_the_server() {
    let (container, service) = (container(), object("Service"));
    let port_of = |name: &str| {
        let ports = container["ports"].as_array().unwrap();
        ports.iter().find(|port| port["name"] == name).unwrap()["containerPort"].to_string()
    };
    assert_eq!(port_of("http"), setting("PORT"));
    assert!(DOCKERFILE.contains(&format!("EXPOSE {}\n", port_of("http"))));
    assert_eq!(setting("METRICS_ADDR"), format!("0.0.0.0:{}", port_of("metrics")));
    assert_eq!(service["spec"]["ports"][0]["targetPort"], "http");
    assert_eq!(service["spec"]["ports"].as_array().unwrap().len(), 1, "metrics are no service for people");

    let server = ServerProcess::start(&MockProvider::shared().issuer, &[]).await;
    for (probe, path) in [("startupProbe", "/livez"), ("readinessProbe", "/readyz"), ("livenessProbe", "/livez")] {
        let get = &container[probe]["httpGet"];
        assert_eq!((get["path"].as_str(), get["port"].as_str()), (Some(path), Some("http")), "{probe}");
        assert_eq!(server.status(path).await, Some(200), "{probe}");
    }
}

#[test]
fn all_objects_of_the_example_are_about_the_same_pods() {
    let (deployment, service, budget) = (object("Deployment"), object("Service"), object("PodDisruptionBudget"));
    let labels = &deployment["spec"]["template"]["metadata"]["labels"];
    assert!(labels.is_object());
    assert_eq!(&deployment["spec"]["selector"]["matchLabels"], labels);
    assert_eq!(&service["spec"]["selector"], labels);
    assert_eq!(&budget["spec"]["selector"]["matchLabels"], labels);
    let replicas = deployment["spec"]["replicas"].as_u64().unwrap();
    assert!(replicas > budget["spec"]["maxUnavailable"].as_u64().unwrap());
}

#[test]
fn the_container_of_the_example_has_no_privileges() {
    let (pod, container) = (pod(), container());
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    let user = pod["securityContext"]["runAsUser"].as_u64().unwrap();
    assert!(DOCKERFILE.contains(&format!("USER {user}:{user}\n")), "the image's user, by number");
    assert_eq!(pod["securityContext"]["fsGroup"], user);
    assert_eq!(pod["automountServiceAccountToken"], false);
    let context = &container["securityContext"];
    assert_eq!(context["readOnlyRootFilesystem"], true);
    assert_eq!(context["allowPrivilegeEscalation"], false);
    assert_eq!(context["capabilities"]["drop"], serde_json::json!(["ALL"]));
}
