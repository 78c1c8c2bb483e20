//! The clock of a server that has the mock provider in its process: a test moves both together.

use std::time::{Duration, SystemTime};

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{
    dpop::{self, DpopKey},
    redis::free_port,
    server_process::ServerProcess,
};

/// A server, and the origin of its own provider.
async fn start() -> (ServerProcess, String) {
    let address = format!("127.0.0.1:{}", free_port());
    let variables = [("CLIENT_ID", ""), ("CLIENT_SECRET", ""), ("MOCK_PROVIDER_ADDR", &*address)];
    (ServerProcess::start("", &variables).await, format!("http://{address}"))
}

/// The status of a login that begins with a proof made at this time.
async fn status_of_login_at(server: &ServerProcess, time: SystemTime) -> u16 {
    let key = DpopKey::new();
    let path = format!("/api/authorize?dpop_jkt={}", key.thumbprint());
    let url = format!("http://127.0.0.1:{}{path}", server.port);
    let proof = key.sign(&dpop::claims(&Method::GET, &path, time));
    reqwest::Client::new().get(url).header("DPoP", proof).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn the_servers_clock_is_moved_with_its_providers() {
    let (server, provider) = start().await;
    let now = SystemTime::now();
    let later = now + Duration::from_secs(8 * 60 * 60);
    assert_eq!(status_of_login_at(&server, now).await, 200);
    assert_ne!(status_of_login_at(&server, later).await, 200, "a proof from the future");

    let moved = reqwest::Client::new()
        .post(format!("{provider}/__control/clock"))
        .body(json!({ "advance": 8 * 60 * 60 }).to_string());
    let moved: Value = moved.send().await.unwrap().json().await.unwrap();
    assert_eq!(moved["offset"], 28_800);
    assert_eq!(status_of_login_at(&server, later).await, 200);
    assert_ne!(status_of_login_at(&server, now).await, 200, "a proof of eight hours ago");
}
