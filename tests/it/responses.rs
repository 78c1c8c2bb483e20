//! What all responses of the endpoints have in common. `TestApp::send` holds every answer of every test to it; here are the
//! tests that would show if it looked away.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use serde_json::json;

use crate::support::browser::Browser;

#[tokio::test]
async fn every_response_forbids_caching() {
    // T52
    let browser = Browser::start();
    let login = browser.login().await;
    let answers = [
        browser.request_authorize().await,
        browser.refresh(login.json()["session"].as_str().unwrap()).await,
        login,
        browser.refresh("unknown").await,
        browser.check_chat(&[]).await,
        browser.app.get("/api/authorize").await,
        browser.app.post("/api/logout", &json!({})).await,
        browser.app.get("/api/nothing").await,
        browser.app.post("/api/authorize", &json!({})).await,
    ];
    for answer in answers {
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-store", "{answer:?}");
    }
}

#[tokio::test]
async fn cookies_are_neither_set_nor_read() {
    // T97
    let browser = Browser::start();
    let signed_in = browser.sign_in().await;
    let cookies = [
        format!("session={0}; access_token={1}; Authorization=DPoP {1}", signed_in.session, signed_in.access_token),
        "a=b; a=c;;;=\u{e9}".to_owned(),
    ];
    for cookie in &cookies {
        let with_cookie = |access_token: Option<&str>| {
            let request = browser.request(Method::GET, "/api/chat", access_token).header(header::COOKIE, cookie);
            browser.app.send(request.body(Body::empty()).unwrap())
        };
        let token = signed_in.access_token.as_str();
        assert_eq!(with_cookie(None).await.without_request_id(), browser.check_chat(&[]).await.without_request_id());
        let without_cookie = browser.check_chat(&[&format!("DPoP {token}")]).await;
        assert_eq!(with_cookie(Some(token)).await.without_request_id(), without_cookie.without_request_id());
    }
}

#[tokio::test]
async fn cookies_do_not_identify_a_login() {
    // T97
    let browser = Browser::start();
    let response = browser.authorization_response().await;
    let request = browser
        .request(Method::POST, "/api/token", None)
        .header(header::COOKIE, "state=another")
        .header(header::CONTENT_TYPE, "application/json");
    let answer = browser.app.send(request.body(Body::from(response.to_string())).unwrap()).await;
    answer.assert_ok();
    assert!(!answer.headers.contains_key(header::SET_COOKIE));
}

#[tokio::test]
async fn every_503_has_a_retry_after_header() {
    let browser = Browser::start();
    let session = browser.sign_in().await.session;
    browser.set(json!({ "refresh_faults": [{ "kind": "server_error" }] })).await;
    let answer = browser.refresh(&session).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.header(header::RETRY_AFTER).parse::<u64>().is_ok_and(|seconds| (1..60).contains(&seconds)));
}

#[tokio::test]
async fn json_responses_declare_their_content_type() {
    // T93
    let browser = Browser::start();
    for answer in [browser.login().await, browser.refresh("unknown").await, browser.app.get("/api/nothing").await] {
        assert_eq!(answer.header(header::CONTENT_TYPE), "application/json", "{answer:?}");
    }
}

#[tokio::test]
async fn a_referer_header_does_not_turn_a_response_into_a_redirect() {
    // T59: Dioxus answers form posts so.
    let browser = Browser::start();
    for accept in ["text/html", "*/*"] {
        let request = browser
            .request(Method::POST, "/api/logout", None)
            .header(header::REFERER, "https://evil.example/")
            .header(header::ACCEPT, accept)
            .header(header::CONTENT_TYPE, "application/json");
        let answer = browser.app.send(request.body(Body::from(r#"{"session":"unknown"}"#)).unwrap()).await;
        answer.assert_ok();
        assert!(!answer.headers.contains_key(header::LOCATION), "{answer:?}");
    }
}

#[tokio::test]
async fn livez_responds_without_calling_any_external_service() {
    let answer = Browser::start().app.get("/livez").await;
    answer.assert_ok();
}
