//! Access to `/api/chat` (RFC 6750, RFC 9449 §7). The requirements on proofs are in `dpop_proof`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    http::{Method, header},
};
use oracle_ai::server::store::{Kind, RecordName};
use serde_json::json;

use crate::{
    store::UnreachableStore,
    support::{
        app::{TestApp, TestResponse, request},
        browser::Browser,
        provider::MockProvider,
    },
};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// RFC 6750 §3.1: no error code if the request has no token.
const NO_TOKEN: &str = r#"DPoP algs="ES256""#;
const INVALID_TOKEN: &str = r#"DPoP error="invalid_token", algs="ES256""#;

#[track_caller]
fn assert_challenged(answer: &TestResponse, challenge: &str) {
    answer.assert_refused(401, "unauthenticated");
    assert_eq!(answer.header(header::WWW_AUTHENTICATE), challenge);
}

#[tokio::test]
async fn a_valid_access_token_is_accepted() {
    let browser = Browser::start();
    let token = browser.sign_in().await.access_token;
    for authorization in [format!("DPoP {token}"), format!("dpop {token}"), format!("DPOP  {token}")] {
        let answer = browser.check_chat(&[&authorization]).await;
        answer.assert_ok();
        assert_eq!(answer.json(), json!({ "message": "chat ok" }));
    }
}

#[tokio::test]
async fn a_call_without_a_token_is_challenged_without_an_error() {
    let browser = Browser::start();
    assert_challenged(&browser.check_chat(&[]).await, NO_TOKEN);
}

#[tokio::test]
async fn another_authorization_scheme_counts_as_no_token() {
    // RFC 6750 §3.1: "using an unsupported authentication method" gets no error code.
    let browser = Browser::start();
    browser.sign_in().await;
    for authorization in ["Basic YWxpY2U6c2VjcmV0", "Negotiate abc", "Digest username=\"alice\""] {
        assert_challenged(&browser.check_chat(&[authorization]).await, NO_TOKEN);
    }
}

#[tokio::test]
async fn a_malformed_token_is_refused() {
    let browser = Browser::start();
    let token = browser.sign_in().await.access_token;
    for authorization in [
        "DPoP".to_owned(),
        "DPoP ".to_owned(),
        format!("DPoP{token}"),
        format!("DPoP {token} {token}"),
        format!("DPoP {token},DPoP {token}"),
        format!("DPoP \"{token}\""),
        format!("DPoP\t{token}"),
        format!("DPoP {token}é"),
        format!("DPoP {}", "a".repeat(8000)),
        token.clone(),
    ] {
        let answer = browser.check_chat(&[&authorization]).await;
        answer.assert_refused(401, "unauthenticated");
        assert!(answer.header(header::WWW_AUTHENTICATE).starts_with("DPoP"), "{authorization}: {answer:?}");
    }
}

#[tokio::test]
async fn two_authorization_headers_are_refused_even_if_both_are_valid() {
    let browser = Browser::start();
    let good = format!("DPoP {}", browser.sign_in().await.access_token);
    for second in [&good, "DPoP x", "Bearer x", "Basic x"] {
        assert_challenged(&browser.check_chat(&[&good, second]).await, INVALID_TOKEN);
    }
}

#[tokio::test]
async fn a_token_is_accepted_in_the_authorization_header_only() {
    // T50
    let browser = Browser::start();
    let token = browser.sign_in().await.access_token;
    assert_challenged(&browser.app.get(&format!("/api/chat?access_token={token}")).await, NO_TOKEN);
    let form = format!("access_token={token}");
    let answer = browser.app.post_body("/api/chat", "application/x-www-form-urlencoded", form).await;
    assert_challenged(&answer, NO_TOKEN);
}

#[tokio::test]
async fn only_access_tokens_that_this_server_issued_are_accepted() {
    let browser = Browser::start();
    let begun = browser.start_login().await;
    let response = browser.authorize(&begun).await;
    let login = browser.exchange(&response).await.json();
    let session = login["session"].as_str().unwrap();
    let kept = browser.app.session(session).await.unwrap();
    let foreign = Browser::start().sign_in().await.access_token;
    let refresh_token = kept.refresh_token.unwrap();
    for not_ours in [
        "unknown",
        session,
        begun.state.as_str(),
        response["code"].as_str().unwrap(),
        kept.id_token.secret(),
        refresh_token.secret(),
        // Of the same provider, and good: but another server's.
        &foreign,
    ] {
        assert_challenged(&browser.check_chat(&[&format!("DPoP {not_ours}")]).await, INVALID_TOKEN);
    }
}

#[tokio::test]
async fn a_token_is_valid_until_it_expires_and_no_longer() {
    let browser = Browser::start();
    let token = browser.sign_in().await.access_token;
    browser.app.clock.jump(Duration::from_secs(300 - 30));
    assert!(browser.is_accepted(&token).await);
    browser.app.clock.jump(Duration::from_secs(30));
    assert_challenged(&browser.check_chat(&[&format!("DPoP {token}")]).await, INVALID_TOKEN);
}

#[tokio::test]
async fn a_refresh_leaves_the_older_token_valid_until_it_expires() {
    // Calls under way must not fail because another one refreshed.
    let browser = Browser::start();
    let signed_in = browser.sign_in().await;
    let newer = browser.refresh_access_token(&signed_in.session).await;
    assert!(browser.is_accepted(&signed_in.access_token).await);
    assert!(browser.is_accepted(&newer).await);
}

#[tokio::test]
async fn a_token_ends_with_its_session() {
    // T109
    let browser = Browser::start();
    let other_browser = browser.with_new_key();
    let (left, refused) = (browser.sign_in().await, other_browser.sign_in().await);
    browser.logout(&left.session).await.assert_ok();
    assert_challenged(&browser.check_chat(&[&format!("DPoP {}", left.access_token)]).await, INVALID_TOKEN);
    assert!(other_browser.is_accepted(&refused.access_token).await);
    browser.provider.revoke(&browser.user).await;
    other_browser.refresh(&refused.session).await.assert_refused(401, "session_ended");
    assert_challenged(&other_browser.check_chat(&[&format!("DPoP {}", refused.access_token)]).await, INVALID_TOKEN);
}

#[tokio::test]
async fn a_jti_is_stored_only_for_a_proof_by_the_tokens_key() {
    // RFC 9449 §11.1: anybody can make keys and proofs, and must not fill the replay cache with them.
    let browser = Browser::start();
    let (another, token) = (browser.other_user(), browser.sign_in().await.access_token);
    another.request_authorize().await.assert_ok();
    for (who, token, is_accepted) in
        [(&browser, "unknown", false), (&another, token.as_str(), false), (&browser, token.as_str(), true)]
    {
        let claims = who.claims(&Method::GET, "/api/chat", Some(token));
        let call = request(Method::GET, "/api/chat")
            .header(header::AUTHORIZATION, format!("DPoP {token}"))
            .header("DPoP", who.key.sign(&claims));
        let answer = browser.app.send(call.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status == 200, is_accepted, "{answer:?}");
        let spent = who.key.jti_hash(claims["jti"].as_str().unwrap());
        let now = browser.app.clock.now();
        let was_new = browser
            .app
            .records
            .store()
            .consume(&RecordName::of(Kind::UsedProof, &spent), now + HOUR, now)
            .await
            .unwrap();
        assert_eq!(was_new, !is_accepted);
    }
}

#[tokio::test]
async fn requests_are_refused_while_tokens_cannot_be_verified() {
    // T105: with a 503, so that no client signs in again.
    let provider = MockProvider::shared();
    let http = oracle_ai::server::auth::oidc::ProviderHttp::new().unwrap();
    // Whether it breaks before the proof was judged, or after.
    for can_spend in [false, true] {
        let store = Arc::new(UnreachableStore { can_spend });
        let browser = Browser::at(TestApp::with(provider.settings(), http.clone(), store), provider.clone());
        browser.check_chat(&["DPoP anything"]).await.assert_refused(503, "unavailable");
        browser.refresh("anything").await.assert_refused(503, "unavailable");
        browser.logout("anything").await.assert_refused(503, "unavailable");
        browser.request_authorize().await.assert_refused(503, "unavailable");
        browser.exchange(&json!({ "code": "a", "state": "b" })).await.assert_refused(503, "unavailable");
    }
}

#[tokio::test]
async fn the_body_is_not_read_before_token_and_proof_are_verified() {
    let browser = Browser::start();
    browser.request_authorize().await.assert_ok();
    for (request, kind) in [
        (browser.request(Method::POST, "/api/chat", None), "unauthenticated"),
        (browser.request(Method::POST, "/api/chat", Some("unknown")), "unauthenticated"),
        (request(Method::POST, "/api/chat").header(header::AUTHORIZATION, "DPoP unknown"), "invalid_proof"),
        (request(Method::POST, "/api/token"), "invalid_proof"),
        (browser.request(Method::POST, "/api/refresh", None).header("DPoP", "another"), "invalid_proof"),
        (request(Method::POST, "/api/logout").header("DPoP", "a.b.c"), "invalid_proof"),
    ] {
        let is_read = Arc::new(AtomicBool::new(false));
        let noted = is_read.clone();
        let body = futures_util::stream::once(async move {
            noted.store(true, Ordering::Relaxed);
            Ok::<_, std::io::Error>(Bytes::from_static(b"}{"))
        });
        let answer = browser.app.send(request.body(Body::from_stream(body)).unwrap()).await;
        answer.assert_refused(401, kind);
        assert!(!is_read.load(Ordering::Relaxed));
    }
}
