//! Each service with good and bad certificates, seen by the doctor.

use std::{any::Any, net::SocketAddr};

use axum::{Json, Router, routing::get};
use oracle_ai::mock::upstream::Upstream;
use serde_json::json;
use tokio::net::TcpListener;

use crate::{
    doctor::{doctor, line},
    support::{
        authority::{Authority, Certificate},
        postgres::PostgresWithTls,
        provider::MockProvider,
        redis::Redis,
        tls_front::TlsFront,
        trace_collector::TraceCollector,
    },
};

const MODEL_KEY: &str = "sk-not-for-anyone";
pub const SESSION_KEYS: (&str, &str) = ("SESSION_KEYS", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");

/// A running service, and how to call it.
pub struct Service {
    /// What the doctor calls it where it can't be used.
    part: &'static str,
    /// The setting for its authorities.
    setting: &'static str,
    pub issuer: String,
    pub variables: Vec<(&'static str, String)>,
    /// It ends with this.
    _running: Box<dyn Any + Send>,
}

impl Service {
    /// A provider of which only the metadata is there.
    pub async fn provider(certificate: &Certificate) -> Self {
        let front = TlsFront::new(certificate).await;
        let issuer = front.origin();
        let metadata = Json(json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/jwks"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(async || metadata))
            .route("/jwks", get(async || Json(json!({ "keys": [] }))));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        front.pass_to(listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, router).await });
        Self { part: "discovery", setting: "OIDC_CA_FILE", issuer, variables: vec![], _running: Box::new(()) }
    }

    pub async fn model(certificate: &Certificate) -> Self {
        Self::model_behind(TlsFront::new(certificate).await).await
    }

    pub async fn model_behind(front: TlsFront) -> Self {
        let upstream = Upstream::start(SocketAddr::from(([127, 0, 0, 1], 0)), MODEL_KEY).await.unwrap();
        let base_url = format!("{}/v1", front.origin());
        front.pass_to(address_of(&upstream.base_url()));
        let variables = vec![
            ("CHAT_BASE_URL", base_url),
            ("CHAT_API_KEY", MODEL_KEY.to_owned()),
            ("CHAT_MODEL", "mock".to_owned()),
        ];
        Self::beside_the_mock_provider("chat upstream", "CHAT_CA_FILE", variables, upstream)
    }

    pub async fn collector(certificate: &Certificate) -> Self {
        Self::collector_behind(TlsFront::new(certificate).await, &TraceCollector::start().await)
    }

    pub fn collector_behind(front: TlsFront, collector: &TraceCollector) -> Self {
        let variables = vec![("OTEL_EXPORTER_OTLP_ENDPOINT", front.origin())];
        front.pass_to(address_of(collector.endpoint()));
        Self::beside_the_mock_provider("collector", "OTEL_EXPORTER_OTLP_CERTIFICATE", variables, collector.clone())
    }

    pub async fn redis(certificate: &Certificate) -> Self {
        let redis = Redis::start_with_certificate(certificate).await;
        let variables = vec![("REDIS_URL", redis.url()), (SESSION_KEYS.0, SESSION_KEYS.1.to_owned())];
        Self::beside_the_mock_provider("session store", "REDIS_CA_FILE", variables, redis)
    }

    pub async fn postgres(certificate: &Certificate) -> Self {
        let postgres = PostgresWithTls::start(certificate);
        // On another machine that is the default.
        let variables = vec![("DATABASE_URL", format!("{}?sslmode=verify-full", postgres.url()))];
        Self::beside_the_mock_provider("database", "DATABASE_CA_FILE", variables, postgres)
    }

    fn beside_the_mock_provider(
        part: &'static str,
        setting: &'static str,
        variables: Vec<(&'static str, String)>,
        running: impl Any + Send,
    ) -> Self {
        Self { part, setting, issuer: MockProvider::shared().issuer.clone(), variables, _running: Box::new(running) }
    }

    /// The doctor's line about it, with these variables, too.
    pub async fn examined(&self, grade: &str, more: &[(&str, &str)]) -> String {
        let variables: Vec<_> = self.variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        // The system's authorities are those of the machine that runs the tests, unless a test says otherwise.
        let output = doctor(&self.issuer, &[&variables[..], more].concat()).await;
        line(&output, grade, self.part)
    }

    async fn accepted(&self, more: &[(&str, &str)]) {
        self.examined("proven", more).await;
    }

    /// With these words, and the setting to change.
    async fn refused(&self, words: &str, more: &[(&str, &str)]) {
        let line = self.examined("REFUSED", more).await;
        assert!(line.contains(words), "{}: {line}", self.part);
        let remedy = line.split(" -> ").nth(1).unwrap_or_default();
        assert!(remedy.contains(self.setting) && remedy.contains("CA_FILE"), "{line}");
    }
}

fn address_of(url: &str) -> SocketAddr {
    let rest = url.strip_prefix("http://").unwrap();
    rest.split('/').next().unwrap().parse().unwrap()
}

/// What holds for every service.
async fn verifies_certificates(start: impl AsyncFn(&Certificate) -> Service) {
    const UNKNOWN: &str = "by an unknown authority";
    let (house, stranger) = (Authority::new(), Authority::new());
    let (house_file, stranger_file) = (house.file(), stranger.file());
    let (house_file, stranger_file) = (house_file.as_str(), stranger_file.as_str());

    let service = start(&house.issue(&["localhost"])).await;
    let own = service.setting;
    service.refused(UNKNOWN, &[]).await;
    service.refused(UNKNOWN, &[("CA_FILE", stranger_file)]).await;
    service.accepted(&[("CA_FILE", house_file)]).await;
    service.accepted(&[(own, house_file)]).await;
    service.accepted(&[(own, &format!("public, {stranger_file}, {house_file}"))]).await;
    // A setting of its own takes the place of the one for all.
    service.refused(UNKNOWN, &[("CA_FILE", house_file), (own, stranger_file)]).await;
    service.accepted(&[("CA_FILE", stranger_file), (own, house_file)]).await;
    // The system's authorities.
    let system = ("SSL_CERT_FILE", house_file);
    service.accepted(&[system]).await;
    service.accepted(&[system, ("CA_FILE", "system")]).await;
    service.refused(UNKNOWN, &[system, ("CA_FILE", "public")]).await;

    let service = start(&house.issue(&["elsewhere.example.com"])).await;
    service.refused("for another name", &[("CA_FILE", house_file)]).await;
    let service = start(&house.issue_expired(&["localhost"])).await;
    service.refused("has expired", &[("CA_FILE", house_file)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_provider_must_have_a_certificate_for_its_name_by_a_trusted_authority() {
    verifies_certificates(Service::provider).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_model_must_have_a_certificate_for_its_name_by_a_trusted_authority() {
    verifies_certificates(Service::model).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_collector_must_have_a_certificate_for_its_name_by_a_trusted_authority() {
    verifies_certificates(Service::collector).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_must_have_a_certificate_for_its_name_by_a_trusted_authority() {
    verifies_certificates(Service::redis).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_must_have_a_certificate_for_its_name_by_a_trusted_authority() {
    verifies_certificates(Service::postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_which_authorities_each_service_is_checked_against() {
    let house = Authority::new();
    let house_file = house.file();
    let variables = [
        ("REDIS_URL", "rediss://localhost:1"),
        SESSION_KEYS,
        ("DATABASE_URL", "postgres://db.invalid/chat"),
        ("CHAT_BASE_URL", "https://localhost:1/v1"),
        ("CHAT_MODEL", "m"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://localhost:1"),
        ("CA_FILE", &house_file),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "public,system"),
    ];
    let output = doctor("https://localhost:1", &variables).await;
    let text = String::from_utf8(output.stdout).unwrap();
    for service in ["the provider", "the model", "Redis", "PostgreSQL"] {
        let expected = format!("those of {service} are checked against {house_file} (1)");
        assert!(text.contains(&expected), "no {expected} in:\n{text}");
    }
    assert!(
        text.contains("those of the collector are checked against the public authorities, the system's ("),
        "{text}"
    );
}
