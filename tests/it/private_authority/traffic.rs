//! A server process whose services all have certificates of the house's authority.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{Method, header},
};
use oracle_ai::server::store::MemoryStore;

use crate::{
    private_authority::services::Service,
    support::{
        app::{TestApp, storage, wait_until},
        authority::Authority,
        browser::Browser,
        chat_client::message,
        provider::{CLIENT_ID, MockProvider},
        server_process::ServerProcess,
        tls_front::TlsFront,
        trace_collector::TraceCollector,
    },
};

fn browser_of(server: &ServerProcess, provider: &MockProvider) -> Browser {
    let storage = storage(Arc::new(MemoryStore::new()));
    Browser::at(TestApp::remote(server.port, provider.settings(), storage), provider.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_begin_at_a_provider_of_the_house() {
    let house = Authority::new();
    let provider = Service::provider(&house.issue(&["localhost"])).await;
    let house_file = house.file();
    let begin = async |variables: &[(&str, &str)]| {
        let variables = [variables, &[("DATABASE_URL", "sqlite::memory:")]].concat();
        let server = ServerProcess::start(&provider.issuer, &variables).await;
        let answer = server.begin_login().await;
        (answer.status().as_u16(), answer.text().await.unwrap(), server.log())
    };
    for setting in ["OIDC_CA_FILE", "CA_FILE"] {
        let (status, text, log) = begin(&[(setting, &house_file)]).await;
        assert_eq!(status, 200, "{text} {log}");
        assert!(text.contains(&format!("{}/authorize?", provider.issuer)) && text.contains(CLIENT_ID), "{text}");
        let expected = format!("certificates of the provider are checked against {house_file} (1)");
        assert!(log.contains(&expected), "{log}");
    }
    let (status, text, log) = begin(&[]).await;
    assert_eq!(status, 502, "{text}");
    assert!(log.contains("by an unknown authority"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_of_an_unknown_authority_gets_no_question_and_is_recorded() {
    // T100
    let house = Authority::new();
    let model = Service::model(&house.issue(&["localhost"])).await;
    let variables: Vec<_> = model.variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let provider = MockProvider::dedicated().await;
    let variables = [&variables[..], &[("DATABASE_URL", "sqlite::memory:"), ("CA_FILE", "public")]].concat();
    let server = ServerProcess::start(&provider.issuer, &variables).await;
    let browser = browser_of(&server, &provider);
    let token = browser.sign_in().await.access_token;
    let request =
        browser.request(Method::POST, "/api/chat", Some(&token)).header(header::CONTENT_TYPE, "application/json");
    let answer = browser.app.send(request.body(Body::from(message("hello").to_string())).unwrap()).await;
    assert!(answer.text.contains(r#""type":"error""#), "{}", answer.text);
    let log = server.log();
    let recorded = log.lines().find(|line| line.contains("tls.failed"));
    assert!(recorded.is_some_and(|line| line.contains("the model: invalid peer certificate")), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_setting_lets_a_server_use_every_service_of_the_house() {
    let house = Authority::new();
    let certificate = house.issue(&["localhost"]);
    let traces = TraceCollector::start().await;
    let collector = Service::collector_behind(TlsFront::new(&certificate).await, &traces);
    let services = [
        Service::model(&certificate).await,
        Service::redis(&certificate).await,
        Service::postgres(&certificate).await,
        collector,
    ];
    let house_file = house.file();
    let mut variables = vec![("CA_FILE", house_file.as_str()), ("OTEL_BSP_SCHEDULE_DELAY", "20")];
    for service in &services {
        variables.extend(service.variables.iter().map(|(name, value)| (*name, value.as_str())));
    }
    let provider = MockProvider::dedicated().await;
    let server = ServerProcess::start(&provider.issuer, &variables).await;
    let browser = browser_of(&server, &provider);
    let token = browser.sign_in().await.access_token;
    let event = browser.first_event(&token, &message("hello")).await;
    assert!(event.contains("data:"), "{event}");
    wait_until("spans have come", async || !traces.spans().is_empty()).await;
    assert_eq!(server.readiness().await.0, 200);
}
