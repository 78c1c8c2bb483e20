//! The examples of docs/pattern.md: they are messages of this server.

use std::collections::BTreeSet;

use axum::{
    body::Body,
    http::{HeaderName, Method, StatusCode, header},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use oracle_ai::wire::{
    auth::{
        AuthorizationRequest, AuthorizationResponse, LogoutRequest, LogoutResponse, RefreshRequest, RefreshResponse,
        TokenResponse,
    },
    error::ApiError,
    sessions::SessionEvent,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::support::{
    app::{TestResponse, request},
    browser::Browser,
};

const PATTERN: &str = include_str!("../../docs/pattern.md");

/// An example of a request or a response.
struct Message {
    first_line: &'static str,
    headers: Vec<(HeaderName, &'static str)>,
    body: Option<Value>,
}

/// The block of code with this label, such as `http token-request`.
#[track_caller]
fn block(label: &str) -> &'static str {
    let blocks: Vec<_> = PATTERN.split(&format!("\n```{label}\n")).skip(1).collect();
    assert_eq!(blocks.len(), 1, "{label}");
    blocks[0].split("\n```").next().unwrap()
}

#[track_caller]
fn json_of(label: &str) -> Value {
    serde_json::from_str(block(&format!("json {label}"))).unwrap_or_else(|error| panic!("{label}: {error}"))
}

#[track_caller]
fn message(label: &str) -> Message {
    let text = block(&format!("http {label}"));
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let (first_line, headers) = head.split_once('\n').unwrap();
    let headers = headers.lines().map(|line| line.split_once(": ").unwrap_or_else(|| panic!("{label}: {line}")));
    let body =
        (!body.is_empty()).then(|| serde_json::from_str(body).unwrap_or_else(|error| panic!("{label}: {error}")));
    let headers = headers.map(|(name, value)| (name.parse().unwrap(), value)).collect();
    Message { first_line, headers, body }
}

/// Asserts that the example has all members of this type, and no others.
#[track_caller]
fn assert_is<T: Serialize + DeserializeOwned>(label: &str, example: Value) {
    let read: T = serde_json::from_value(example.clone()).unwrap_or_else(|error| panic!("{label}: {error}"));
    assert_eq!(serde_json::to_value(&read).unwrap(), example, "{label}");
}

#[track_caller]
fn assert_body_is<T: Serialize + DeserializeOwned>(label: &str) {
    assert_is::<T>(label, message(label).body.unwrap());
}

fn members(value: &Value) -> BTreeSet<&str> {
    value.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect()
}

/// Asserts that the server answers with the status, the headers and the members of the example.
#[track_caller]
fn assert_answers(label: &str, answer: &TestResponse) {
    let example = message(label);
    let status = example.first_line.split(' ').nth(1).unwrap();
    assert_eq!(answer.status.as_str(), status, "{label}: {answer:?}");
    for (name, value) in example.headers {
        let sent = answer.header(name.clone());
        // A nonce is another each time.
        assert!(if name == "dpop-nonce" { !sent.is_empty() } else { sent == value }, "{label}: {name}: {answer:?}");
    }
    let (sent, written) = (answer.json(), example.body.unwrap());
    assert_eq!(members(&sent), members(&written), "{label}");
    assert_eq!(sent["token_type"], written["token_type"], "{label}");
    if status != "200" {
        for member in ["code", "message", "data"] {
            assert_eq!(sent[member], written[member], "{label}");
        }
    }
}

#[test]
fn the_examples_have_the_members_that_cross_the_network() {
    assert_body_is::<AuthorizationRequest>("authorize-response");
    assert_body_is::<AuthorizationResponse>("token-request");
    assert_body_is::<TokenResponse>("token-response");
    assert_body_is::<RefreshRequest>("refresh-request");
    assert_body_is::<RefreshResponse>("refresh-response");
    assert_body_is::<LogoutRequest>("logout-request");
    assert_body_is::<LogoutResponse>("logout-response");
    assert_is::<SessionEvent>("session-event", json_of("session-event"));
    for label in ["nonce-challenge", "error-response"] {
        assert_is::<ApiError>(label, message(label).body.unwrap()["data"].clone());
    }
}

#[tokio::test]
async fn the_server_answers_as_in_the_examples() {
    let browser = Browser::start();
    // Its first proof has no nonce, and only the call that begins a login may be without one.
    let claims = browser.claims(&Method::POST, "/api/refresh", None);
    let call = request(Method::POST, "/api/refresh").header("DPoP", browser.key.sign(&claims));
    let call = call.header(header::CONTENT_TYPE, "application/json").body(Body::from(r#"{"session":"none"}"#));
    assert_answers("nonce-challenge", &browser.app.send(call.unwrap()).await);

    assert_answers("authorize-response", &browser.request_authorize().await);
    let signed_in = browser.login().await;
    assert_answers("token-response", &signed_in);
    let session = signed_in.json()["session"].as_str().unwrap().to_owned();
    assert_answers("refresh-response", &browser.refresh(&session).await);
    assert_answers("logout-response", &browser.logout(&session).await);
    assert_answers("error-response", &browser.refresh(&session).await);
}

#[tokio::test]
async fn every_request_of_the_examples_is_for_an_endpoint_and_has_a_proof() {
    let browser = Browser::start();
    for label in ["authorize-request", "token-request", "call-request", "refresh-request", "logout-request"] {
        let example = message(label);
        let [method, path, version] = example.first_line.split(' ').collect::<Vec<_>>()[..] else { panic!("{label}") };
        assert_eq!(version, "HTTP/1.1");
        assert!(example.headers.iter().any(|(name, _)| name == "dpop"), "{label}");
        let call = request(method.parse().unwrap(), path).body(Body::empty()).unwrap();
        // Without a proof or a token, which every endpoint wants.
        assert_eq!(browser.app.send(call).await.status, StatusCode::UNAUTHORIZED, "{label}");
    }
}

#[tokio::test]
async fn a_proof_with_the_members_of_the_example_is_accepted() {
    let browser = Browser::start();
    let session = browser.sign_in().await.session;
    let mut claims = browser.claims(&Method::POST, "/api/refresh", None);
    let written = json_of("proof-claims");
    assert_eq!(members(&claims), members(&written));
    assert_eq!((&claims["htm"], &written["htu"]), (&written["htm"], &json!("https://chat.example/api/refresh")));
    claims["jti"] = written["jti"].clone();
    let proof = browser.key.sign(&claims);
    let header: Value =
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(proof.split('.').next().unwrap()).unwrap()).unwrap();
    let written = json_of("proof-header");
    assert_eq!((members(&header), members(&header["jwk"])), (members(&written), members(&written["jwk"])));
    for member in ["typ", "alg"] {
        assert_eq!(header[member], written[member]);
    }
    let call = request(Method::POST, "/api/refresh").header("DPoP", proof);
    let call = call.header(header::CONTENT_TYPE, "application/json");
    let answer = browser.app.send(call.body(Body::from(json!({ "session": session }).to_string())).unwrap()).await;
    answer.assert_ok();
}
