//! DPoP nonces (RFC 9449 §8): old proofs are refused, and a page in use needs no extra requests.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Method, header, request},
};
use oracle_ai::server::{auth::sessions::REPLAY_WINDOW, store::MemoryStore};
use serde_json::{Value, json};

use crate::support::{
    app::{self, TestApp, TestResponse, request},
    browser::Browser,
    dpop::{DPOP_NONCE, ProofClaims},
    provider::MockProvider,
};

const MINUTE: Duration = Duration::from_secs(60);
const USE_NONCE: &str = r#"DPoP error="use_dpop_nonce", algs="ES256""#;
const INVALID_PROOF: &str = r#"DPoP error="invalid_dpop_proof", algs="ES256""#;

/// One request and no second try. The nonce of the answer is kept.
async fn once(browser: &Browser, mut request: request::Builder, body: &Value) -> TestResponse {
    request.extensions_mut().unwrap().remove::<ProofClaims>();
    let request = request.header(header::CONTENT_TYPE, "application/json");
    let answer = browser.app.send(request.body(Body::from(body.to_string())).unwrap()).await;
    browser.key.keep_nonce(&answer.headers);
    answer
}

async fn post_once(browser: &Browser, path: &str, body: &Value) -> TestResponse {
    once(browser, browser.request(Method::POST, path, None), body).await
}

async fn get_once(browser: &Browser, path: &str, token: Option<&str>) -> TestResponse {
    once(browser, browser.request(Method::GET, path, token), &Value::Null).await
}

fn authorize_path(browser: &Browser) -> String {
    format!("/api/authorize?dpop_jkt={}", browser.key.thumbprint())
}

/// A login begun with a proof of these claims.
async fn begin_with(browser: &Browser, claims: &Value) -> TestResponse {
    let request = request(Method::GET, &authorize_path(browser)).header("DPoP", browser.key.sign(claims));
    browser.app.send(request.body(Body::empty()).unwrap()).await
}

#[track_caller]
fn assert_challenged(answer: &TestResponse, challenge: &str) {
    answer.assert_refused(401, "invalid_proof");
    assert_eq!(answer.header(header::WWW_AUTHENTICATE), challenge, "{answer:?}");
}

#[tokio::test]
async fn proofs_signed_in_advance_are_refused_without_a_current_nonce() {
    // T69: RFC 9449 §11.2. `iat` alone was enough once: a script that ran for 0.1 s signed proofs for a whole day.
    let browser = Browser::with_long_sessions();
    browser.set(json!({ "access_token_ttl": 100_000, "id_token_ttl": 100_000 })).await;
    let signed_in = browser.sign_in().await;
    let start = browser.app.clock.now();
    let mut stock = vec![];
    for minute in 0..60 {
        for (method, path, token) in
            [(Method::POST, "/api/refresh", None), (Method::GET, "/api/chat", Some(&*signed_in.access_token))]
        {
            let mut claims = browser.claims(&method, path, token);
            claims["iat"] = (claims["iat"].as_u64().unwrap() + 60 * minute).into();
            let with_nonce = browser.key.sign(&claims);
            claims["jti"] = format!("without-{minute}-{path}").into();
            claims.as_object_mut().unwrap().remove("nonce");
            stock.push((minute, method, path, token, with_nonce, browser.key.sign(&claims)));
        }
    }
    for (minute, method, path, token, with_nonce, without) in stock {
        let then = start + MINUTE * u32::try_from(minute).unwrap();
        browser.app.clock.jump(then.duration_since(browser.app.clock.now()).unwrap_or_default());
        let call = async |proof: &str| {
            let mut request = request(method.clone(), path).header("DPoP", proof);
            if let Some(token) = token {
                request = request.header(header::AUTHORIZATION, format!("DPoP {token}"));
            }
            let request = request.header(header::CONTENT_TYPE, "application/json");
            browser.app.send(request.body(json!({ "session": signed_in.session }).to_string().into()).unwrap()).await
        };
        assert_challenged(&call(&without).await, USE_NONCE);
        match minute {
            // Valid for the lifetime of the nonce: two minutes.
            0 | 1 => call(&with_nonce).await.assert_ok(),
            2 => {}
            _ => assert_challenged(&call(&with_nonce).await, USE_NONCE),
        }
    }
    assert_eq!(browser.refreshes_seen().await, 2);
    assert!(browser.app.session(&signed_in.session).await.is_some());
}

#[tokio::test]
async fn a_page_in_use_repeats_no_request() {
    // T66, T69: RFC 9449 §8.2. Every response has the next nonce, so no request is repeated.
    let browser = Browser::start();
    browser.set(json!({ "access_token_ttl": 100_000, "id_token_ttl": 100_000 })).await;
    let begun = get_once(&browser, &authorize_path(&browser), None).await;
    begun.assert_ok();
    let authorize_url = begun.json()["authorize_url"].as_str().unwrap().parse().unwrap();
    let response = json!(browser.provider.authorize(&authorize_url, &browser.user).await);
    let login = post_once(&browser, "/api/token", &response).await;
    login.assert_ok();
    let session = json!({ "session": login.json()["session"] });
    for _ in 0..10 {
        browser.app.clock.jump(MINUTE + REPLAY_WINDOW);
        let refreshed = post_once(&browser, "/api/refresh", &session).await;
        refreshed.assert_ok();
        browser.app.clock.jump(MINUTE + REPLAY_WINDOW);
        get_once(&browser, "/api/chat", refreshed.json()["access_token"].as_str()).await.assert_ok();
    }
    assert_eq!(browser.refreshes_seen().await, 10);
    post_once(&browser, "/api/logout", &session).await.assert_ok();
}

#[tokio::test]
async fn after_a_pause_only_the_first_request_is_repeated() {
    // T69
    let browser = Browser::start();
    browser.set(json!({ "access_token_ttl": 100_000, "id_token_ttl": 100_000 })).await;
    let signed_in = browser.sign_in().await;
    browser.app.clock.jump(10 * MINUTE);
    let session = json!({ "session": signed_in.session });
    assert_challenged(&post_once(&browser, "/api/refresh", &session).await, USE_NONCE);
    assert_eq!(browser.refreshes_seen().await, 0);
    post_once(&browser, "/api/refresh", &session).await.assert_ok();
    get_once(&browser, "/api/chat", Some(&signed_in.access_token)).await.assert_ok();
}

#[tokio::test]
async fn every_response_to_a_verified_proof_has_a_nonce() {
    // T69: RFC 9449 §8.2
    let browser = Browser::start();
    let signed_in = browser.sign_in().await;
    let token = Some(&*signed_in.access_token);
    let message = json!({ "conversation": "c", "message": "Hello", "idempotency_key": "k" });
    let answers = [
        (200, get_once(&browser, &authorize_path(&browser), None).await),
        (200, get_once(&browser, "/api/chat", token).await),
        // A stream.
        (200, once(&browser, browser.request(Method::POST, "/api/chat", token), &message).await),
        (422, once(&browser, browser.request(Method::POST, "/api/chat", token), &json!({})).await),
        (404, get_once(&browser, "/api/conversation?id=unknown", token).await),
        (401, get_once(&browser, "/api/chat", Some("unknown")).await),
        (400, post_once(&browser, "/api/token", &json!({ "code": "c", "state": "unknown" })).await),
        (401, post_once(&browser, "/api/refresh", &json!({ "session": "unknown" })).await),
        (422, post_once(&browser, "/api/refresh", &json!({})).await),
        (200, post_once(&browser, "/api/refresh", &json!({ "session": signed_in.session })).await),
        (200, post_once(&browser, "/api/logout", &json!({ "session": signed_in.session })).await),
    ];
    for (status, answer) in answers {
        assert_eq!(answer.status, status, "{answer:?}");
        assert_ne!(answer.header(DPOP_NONCE), "", "{answer:?}");
    }
    let unproven = [
        browser.app.get("/api/chat").await,
        browser.app.post("/api/refresh", &json!({ "session": "s" })).await,
        browser.app.get(&authorize_path(&browser)).await,
        browser.app.get("/livez").await,
    ];
    for answer in unproven {
        assert_eq!(answer.header(DPOP_NONCE), "", "{answer:?}");
    }
}

#[tokio::test]
async fn a_nonce_is_bound_to_one_key() {
    // T69
    let browser = Browser::start();
    let another = browser.other_user();
    let (ours, theirs) = (browser.sign_in().await, another.sign_in().await);
    for (who, nonce_of, token, is_good) in
        [(&browser, &another, &ours.access_token, false), (&another, &another, &theirs.access_token, true)]
    {
        let mut claims = who.claims(&Method::GET, "/api/chat", Some(token));
        claims["nonce"] = nonce_of.key.nonce().into();
        let request = request(Method::GET, "/api/chat").header("DPoP", who.key.sign(&claims));
        let request = request.header(header::AUTHORIZATION, format!("DPoP {token}"));
        let answer = browser.app.send(request.body(Body::empty()).unwrap()).await;
        match is_good {
            true => answer.assert_ok(),
            false => assert_challenged(&answer, USE_NONCE),
        }
    }
}

#[tokio::test]
async fn a_nonce_is_valid_at_all_replicas_and_at_no_other_server() {
    // T69
    let provider = MockProvider::shared();
    let storage = app::storage(Arc::new(MemoryStore::new()));
    let browser = Browser::at(TestApp::with_storage(provider.settings(), storage.clone()), provider.clone());
    let replica = browser.with_app(TestApp::with_storage(provider.settings(), storage));
    let signed_in = browser.sign_in().await;
    get_once(&replica, "/api/chat", Some(&signed_in.access_token)).await.assert_ok();
    // Its clock may be a minute behind, or ahead.
    replica.app.clock.jump(MINUTE);
    get_once(&replica, "/api/chat", Some(&signed_in.access_token)).await.assert_ok();
    get_once(&browser, "/api/chat", Some(&signed_in.access_token)).await.assert_ok();

    let stranger = browser.with_app(TestApp::new(provider.settings()));
    assert_challenged(&get_once(&stranger, "/api/chat", Some(&signed_in.access_token)).await, USE_NONCE);
}

#[tokio::test]
async fn a_login_must_be_started_by_the_key_that_it_names() {
    // T06, T106: anybody can read a thumbprint. Once it was enough to use up the limit of whose it is.
    let (browser, stranger) = (Browser::start(), Browser::start());
    let path = authorize_path(&browser);
    assert_challenged(&browser.app.get(&path).await, INVALID_PROOF);
    let claims = stranger.claims(&Method::GET, &path, None);
    let by_another = request(Method::GET, &path).header("DPoP", stranger.key.sign(&claims));
    assert_challenged(&browser.app.send(by_another.body(Body::empty()).unwrap()).await, INVALID_PROOF);
    let for_another_endpoint = browser.claims(&Method::GET, "/api/chat", None);
    assert_challenged(&begin_with(&browser, &for_another_endpoint).await, INVALID_PROOF);
    begin_with(&browser, &browser.claims(&Method::GET, &path, None)).await.assert_ok();
}

#[tokio::test]
async fn a_first_proof_needs_no_nonce_but_a_current_iat_and_can_be_used_once() {
    // T69
    let browser = Browser::start();
    let path = authorize_path(&browser);
    let of = |offset: i64| {
        let mut claims = browser.claims(&Method::GET, &path, None);
        claims["iat"] = (claims["iat"].as_i64().unwrap() + offset).into();
        claims
    };
    // The clock goes on while the test runs: so each is some seconds from the bound.
    for offset in [-120, -65, 20, 60, 3600] {
        assert_challenged(&begin_with(&browser, &of(offset)).await, USE_NONCE);
    }
    for offset in [-40, 0, 3] {
        let claims = of(offset);
        begin_with(&browser, &claims).await.assert_ok();
        for seconds in [0, 30, 200] {
            browser.app.clock.jump(Duration::from_secs(seconds));
            begin_with(&browser, &claims).await.assert_refused(401, "invalid_proof");
        }
    }
}
