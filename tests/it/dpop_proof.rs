//! DPoP proofs: each is valid once, for one request, for a short time (RFC 9449 §4.3, §8, §11.1). Their form is tested in
//! `server::auth::dpop`.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Method, header},
};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    app::{TestResponse, request},
    browser::Browser,
    dpop::{DPOP_NONCE, token_hash},
};

const THREE_HOURS: i64 = 3 * 60 * 60;

/// The endpoints that require a proof before they read the body.
const SESSION_ENDPOINTS: [&str; 3] = ["/api/token", "/api/refresh", "/api/logout"];

/// A call with these proofs.
async fn call(
    browser: &Browser,
    method: Method,
    path: &str,
    token: Option<&str>,
    proofs: &[&str],
    body: &Value,
) -> TestResponse {
    let mut request = request(method, path).header(header::CONTENT_TYPE, "application/json");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("DPoP {token}"));
    }
    for proof in proofs {
        request = request.header("DPoP", *proof);
    }
    browser.app.send(request.body(Body::from(body.to_string())).unwrap()).await
}

async fn check_chat(browser: &Browser, token: &str, proofs: &[&str]) -> TestResponse {
    call(browser, Method::GET, "/api/chat", Some(token), proofs, &Value::Null).await
}

async fn refresh(browser: &Browser, session: &str, proofs: &[&str]) -> TestResponse {
    call(browser, Method::POST, "/api/refresh", None, proofs, &json!({ "session": session })).await
}

#[track_caller]
fn assert_proof_refused(answer: &TestResponse) {
    answer.assert_refused(401, "invalid_proof");
    assert_eq!(answer.header(header::WWW_AUTHENTICATE), r#"DPoP error="invalid_dpop_proof", algs="ES256""#);
}

/// The nonce that the caller is to come back with.
#[track_caller]
fn nonce(answer: &TestResponse) -> &str {
    answer.assert_refused(401, "invalid_proof");
    assert_eq!(answer.header(header::WWW_AUTHENTICATE), r#"DPoP error="use_dpop_nonce", algs="ES256""#);
    assert_ne!(answer.header(DPOP_NONCE), "");
    answer.header(DPOP_NONCE)
}

#[tokio::test]
async fn a_replayed_proof_is_refused() {
    // T69
    let browser = Browser::start();
    let signed_in = browser.sign_in().await;
    let claims = browser.claims(&Method::GET, "/api/chat", Some(&signed_in.access_token));
    let proof = browser.key.sign(&claims);
    check_chat(&browser, &signed_in.access_token, &[&proof]).await.assert_ok();
    assert_proof_refused(&check_chat(&browser, &signed_in.access_token, &[&proof]).await);
    // Signed anew, a `jti` is no fresher.
    assert_proof_refused(&check_chat(&browser, &signed_in.access_token, &[&browser.key.sign(&claims)]).await);

    let proof = browser.key.sign(&browser.claims(&Method::POST, "/api/refresh", None));
    refresh(&browser, &signed_in.session, &[&proof]).await.assert_ok();
    assert_proof_refused(&refresh(&browser, &signed_in.session, &[&proof]).await);
    assert_eq!(browser.refreshes_seen().await, 1);
}

#[tokio::test]
async fn a_replayed_proof_is_refused_however_long_it_is_kept() {
    // T69
    for seconds in [1, 59, 60, 61, 119, 120, 121, 180, 300, 3000] {
        let browser = Browser::with_long_sessions();
        browser.set(json!({ "access_token_ttl": 100_000 })).await;
        let token = browser.sign_in().await.access_token;
        let claims = browser.claims(&Method::GET, "/api/chat", Some(&token));
        let proof = browser.key.sign(&claims);
        check_chat(&browser, &token, &[&proof]).await.assert_ok();
        browser.app.clock.jump(Duration::from_secs(seconds));
        check_chat(&browser, &token, &[&proof]).await.assert_refused(401, "invalid_proof");
        assert!(browser.is_accepted(&token).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_concurrent_uses_of_a_proof_one_is_accepted() {
    // T69
    let browser = Browser::start();
    let token = browser.sign_in().await.access_token;
    for _ in 0..10 {
        let proof = browser.key.sign(&browser.claims(&Method::GET, "/api/chat", Some(&token)));
        let calls = (0..20).map(|_| {
            let (browser, token, proof) = (browser.clone(), token.clone(), proof.clone());
            tokio::spawn(async move { check_chat(&browser, &token, &[&proof]).await })
        });
        let answers: Vec<_> = join_all(calls).await.into_iter().map(Result::unwrap).collect();
        let (let_in, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
        assert_eq!(let_in.len(), 1);
        refused.into_iter().for_each(assert_proof_refused);
    }
}

#[tokio::test]
async fn a_jti_counts_per_key() {
    // T69
    let browser = Browser::start();
    let another = browser.other_user();
    for browser in [&browser, &another] {
        let token = browser.sign_in().await.access_token;
        let mut claims = browser.claims(&Method::GET, "/api/chat", Some(&token));
        claims["jti"] = "1".into();
        check_chat(browser, &token, &[&browser.key.sign(&claims)]).await.assert_ok();
    }
}

#[tokio::test]
async fn a_proof_for_another_method_url_or_token_is_refused() {
    // T65
    let browser = Browser::start();
    let signed_in = browser.sign_in().await;
    let newer = browser.refresh_access_token(&signed_in.session).await;
    let good = browser.claims(&Method::GET, "/api/chat", Some(&newer));
    for (claim, value) in [
        ("htm", json!("POST")),
        ("htm", json!("get")),
        ("htm", Value::Null),
        ("htu", json!("http://localhost:8080/api/refresh")),
        ("htu", json!("http://localhost:8080/api/chat/")),
        ("htu", json!("http://localhost:8080/api/Chat")),
        ("htu", json!("http://localhost:8081/api/chat")),
        ("htu", json!("https://localhost:8080/api/chat")),
        ("htu", json!("http://evil.example/api/chat")),
        ("htu", json!("/api/chat")),
        ("htu", Value::Null),
        // Of the same session, and good.
        ("ath", token_hash(&signed_in.access_token).into()),
        ("ath", json!("")),
        ("ath", newer.clone().into()),
        ("ath", Value::Null),
        ("jti", json!("")),
        ("jti", Value::Null),
        ("iat", Value::Null),
    ] {
        let mut claims = good.clone();
        claims[claim] = value.clone();
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let answer = check_chat(&browser, &newer, &[&browser.key.sign(&claims)]).await;
        assert_eq!(answer.status, 401, "{claim}: {value}");
        assert_proof_refused(&answer);
    }
    // None of them has used up the `jti`. The query is not part of a proof.
    let mut claims = good;
    claims["htu"] = "http://LOCALHOST:8080/api/chat?a=1#b".into();
    check_chat(&browser, &newer, &[&browser.key.sign(&claims)]).await.assert_ok();
}

#[tokio::test]
async fn a_proof_for_one_endpoint_is_refused_at_the_others() {
    // T65
    let browser = Browser::start();
    let session = browser.sign_in().await.session;
    for path in SESSION_ENDPOINTS {
        for other in SESSION_ENDPOINTS.into_iter().filter(|other| *other != path) {
            let proof = browser.key.sign(&browser.claims(&Method::POST, other, None));
            let body = json!({ "session": session, "state": "s", "code": "c" });
            assert_proof_refused(&call(&browser, Method::POST, path, None, &[&proof], &body).await);
        }
    }
    assert_eq!(browser.refreshes_seen().await, 0);
    browser.refresh_access_token(&session).await;
}

#[tokio::test]
async fn a_jti_is_stored_only_if_the_proof_completes_a_login_of_its_key() {
    // T69, T106: anybody can make keys.
    let browser = Browser::start();
    let begun = browser.authorization_response().await;
    let stranger = browser.other_user();
    stranger.request_authorize().await.assert_ok();
    let mut made_up = begun.clone();
    made_up["state"] = "made-up".into();
    for (who, response) in [(&browser, &made_up), (&stranger, &made_up)] {
        let proof = who.key.sign(&who.claims(&Method::POST, "/api/token", None));
        for _ in 0..2 {
            let answer = call(who, Method::POST, "/api/token", None, &[&proof], response).await;
            // A proof that was used up would be refused itself.
            answer.assert_refused(400, "invalid_state");
        }
    }
    let proof = browser.key.sign(&browser.claims(&Method::POST, "/api/token", None));
    call(&browser, Method::POST, "/api/token", None, &[&proof], &begun).await.assert_ok();
    let another = browser.authorization_response().await;
    assert_proof_refused(&call(&browser, Method::POST, "/api/token", None, &[&proof], &another).await);
    // Nor was that login lost by it.
    browser.post("/api/token", &another).await.assert_ok();
}

#[tokio::test]
async fn a_proof_signed_by_another_key_than_it_names_is_refused() {
    // T69
    let browser = Browser::start();
    let session = browser.sign_in().await.session;
    let claims = browser.claims(&Method::POST, "/api/refresh", None);
    let (ours, theirs) = (browser.key.sign(&claims), browser.other_user().key.sign(&claims));
    let (head, _) = ours.rsplit_once('.').unwrap();
    let (_, signature) = theirs.rsplit_once('.').unwrap();
    assert_proof_refused(&refresh(&browser, &session, &[&format!("{head}.{signature}")]).await);
    refresh(&browser, &session, &[&ours]).await.assert_ok();
}

#[tokio::test]
async fn two_proofs_are_refused_even_if_both_are_valid() {
    // T69
    let browser = Browser::start();
    let signed_in = browser.sign_in().await;
    let chat = || browser.key.sign(&browser.claims(&Method::GET, "/api/chat", Some(&signed_in.access_token)));
    assert_proof_refused(&check_chat(&browser, &signed_in.access_token, &[&chat(), &chat()]).await);
    let same = chat();
    assert_proof_refused(&check_chat(&browser, &signed_in.access_token, &[&same, &same]).await);
    assert_proof_refused(&check_chat(&browser, &signed_in.access_token, &[&format!("{}, {}", chat(), chat())]).await);
    assert_proof_refused(&check_chat(&browser, &signed_in.access_token, &[]).await);

    let proof = || browser.key.sign(&browser.claims(&Method::POST, "/api/refresh", None));
    assert_proof_refused(&refresh(&browser, &signed_in.session, &[&proof(), &proof()]).await);
    assert_proof_refused(&refresh(&browser, &signed_in.session, &[&proof(), ""]).await);
    assert_eq!(browser.refreshes_seen().await, 0);
}

#[tokio::test]
async fn a_browser_with_a_wrong_clock_is_accepted_with_a_nonce() {
    // T69: RFC 9449 §8
    for wrong_by in [-THREE_HOURS, -70, 70, THREE_HOURS] {
        let browser = Browser::start();
        let claims = |method: Method, path: &str, token: Option<&str>, nonce: Option<&str>| {
            let mut claims = browser.claims(&method, path, token);
            claims["iat"] = (claims["iat"].as_i64().unwrap() + wrong_by).into();
            claims.as_object_mut().unwrap().remove("nonce");
            if let Some(nonce) = nonce {
                claims["nonce"] = nonce.into();
            }
            browser.key.sign(&claims)
        };
        let begin = async |nonce: Option<&str>| {
            let path = format!("/api/authorize?dpop_jkt={}", browser.key.thumbprint());
            let proof = claims(Method::GET, &path, None, nonce);
            call(&browser, Method::GET, &path, None, &[&proof], &Value::Null).await
        };
        let refused = begin(None).await;
        begin(Some(nonce(&refused))).await.assert_ok();

        let response = browser.authorization_response().await;
        let exchange = async |nonce: Option<&str>| {
            let proof = claims(Method::POST, "/api/token", None, nonce);
            call(&browser, Method::POST, "/api/token", None, &[&proof], &response).await
        };
        let refused = exchange(None).await;
        // The refused attempt has not used up the state.
        let login = exchange(Some(nonce(&refused))).await;
        login.assert_ok();

        let login = login.json();
        let token = login["access_token"].as_str().unwrap();
        let check = async |nonce: Option<&str>| {
            let proof = claims(Method::GET, "/api/chat", Some(token), nonce);
            check_chat(&browser, token, &[&proof]).await
        };
        let refused = check(None).await;
        check(Some(nonce(&refused))).await.assert_ok();
        // The same for every call, while it lasts.
        check(Some(nonce(&refused))).await.assert_ok();

        let proof = claims(Method::POST, "/api/refresh", None, Some(nonce(&refused)));
        refresh(&browser, login["session"].as_str().unwrap(), &[&proof]).await.assert_ok();
        // A nonce makes no proof good twice.
        assert_proof_refused(&refresh(&browser, login["session"].as_str().unwrap(), &[&proof]).await);
    }
}
