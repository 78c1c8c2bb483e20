//! `POST /security-events` (RFC 8935) and `POST /global-token-revocation` (Okta's Universal Logout).

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Method, header},
};
use oracle_ai::server::{
    auth::oidc::{ProviderSettings, SignalIssuer, SignalSettings},
    store::{MemoryStore, OutageStore},
};
use serde_json::{Value, json};

use crate::{
    store::UnreachableStore,
    support::{
        app::{self, TestApp, TestResponse, request},
        browser::Browser,
        provider::{FRONT_URL, MockProvider},
        scripted_provider::unix_seconds,
    },
};

const EVENTS: &str = "/security-events";
const REVOCATION: &str = "/global-token-revocation";

const SESSION_REVOKED: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
const CREDENTIAL_CHANGE: &str = "https://schemas.openid.net/secevent/caep/event-type/credential-change";
const VERIFICATION: &str = "https://schemas.openid.net/secevent/ssf/event-type/verification";

fn receiving(provider: &MockProvider) -> ProviderSettings {
    let mut settings = provider.settings();
    settings.logout.signals =
        SignalSettings { security_events: true, global_revocation: true, ..SignalSettings::default() };
    settings
}

fn start() -> Browser {
    let provider = MockProvider::shared();
    Browser::at(TestApp::new(receiving(&provider)), provider)
}

/// The `sub` that ID tokens have for this user.
async fn sub_of(browser: &Browser, session: &str) -> String {
    browser.app.session(session).await.unwrap().user.sub
}

fn user(browser: &Browser, sub: &str) -> Value {
    json!({ "format": "iss_sub", "iss": browser.provider.issuer, "sub": sub })
}

/// The claims of a good security event token.
fn event(browser: &Browser, uri: &str, subject: Value) -> Value {
    json!({
        "iss": browser.provider.issuer, "aud": format!("{FRONT_URL}{EVENTS}"), "iat": unix_seconds(),
        "jti": jti(), "sub_id": subject, "events": { uri: { "event_timestamp": unix_seconds() } },
    })
}

fn jti() -> String {
    format!("jti-{}", crate::support::chat_client::uuid())
}

fn with(mut claims: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

async fn signed(provider: &MockProvider, typ: &str, claims: Value) -> String {
    provider.sign(json!({ "typ": typ }), claims).await
}

async fn send_event(browser: &Browser, token: &str) -> TestResponse {
    browser.app.post_body(EVENTS, "application/secevent+jwt", token.to_owned()).await
}

async fn receive(browser: &Browser, claims: Value) -> TestResponse {
    send_event(browser, &signed(&browser.provider, "secevent+jwt", claims).await).await
}

#[track_caller]
fn assert_taken(answer: &TestResponse) {
    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!(answer.text, "");
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
}

/// RFC 8935 §2.3.
#[track_caller]
fn assert_refused(answer: &TestResponse, err: &str) {
    assert_eq!(answer.status, 400, "{answer:?}");
    assert_eq!(answer.json()["err"], err, "{answer:?}");
    assert!(answer.json()["description"].is_string(), "{answer:?}");
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
}

#[tokio::test]
async fn a_revoked_session_or_a_changed_credential_ends_all_sessions_of_the_user_and_of_nobody_else() {
    // T83
    for (uri, subject) in [
        (SESSION_REVOKED, "iss_sub"),
        (CREDENTIAL_CHANGE, "iss_sub"),
        ("https://schemas.openid.net/secevent/risc/event-type/account-disabled", "opaque"),
        (SESSION_REVOKED, "email"),
        (SESSION_REVOKED, "in the event"),
    ] {
        let browser = start();
        let another = browser.other_user();
        let other_browser = browser.with_new_key();
        let (one, two, theirs) = (browser.sign_in().await, other_browser.sign_in().await, another.sign_in().await);
        let stored = browser.app.session(&one.session).await.unwrap().user;
        let named = user(&browser, &stored.sub);
        let claims = match subject {
            "iss_sub" => event(&browser, uri, named),
            "opaque" => event(&browser, uri, json!({ "format": "opaque", "id": stored.sub })),
            "email" => {
                let email = stored.email.unwrap().to_uppercase();
                event(&browser, uri, json!({ "format": "email", "email": email }))
            }
            _ => with(
                event(&browser, uri, Value::Null),
                json!({ "sub_id": null, "events": { uri: { "subject": { "user": named } } } }),
            ),
        };
        let mut claims = claims;
        if claims["sub_id"].is_null() {
            claims.as_object_mut().unwrap().remove("sub_id");
        }
        assert_taken(&receive(&browser, claims).await);
        for (browser, session) in [(&browser, &one), (&other_browser, &two)] {
            assert!(!browser.is_accepted(&session.access_token).await, "{uri} {subject}");
            browser.refresh(&session.session).await.assert_refused(401, "session_ended");
        }
        assert!(another.is_accepted(&theirs.access_token).await, "{uri} {subject}");
    }
}

#[tokio::test]
async fn an_event_about_one_session_ends_that_one() {
    // T83
    let browser = start();
    let other_browser = browser.with_new_key();
    let (one, two) = (browser.sign_in().await, other_browser.sign_in().await);
    let sid = browser.app.session(&one.session).await.unwrap().provider_session.unwrap();
    let subject = json!({
        "format": "complex", "session": { "format": "opaque", "id": sid },
        "user": user(&browser, &sub_of(&browser, &one.session).await),
    });
    assert_taken(&receive(&browser, event(&browser, SESSION_REVOKED, subject)).await);
    assert!(!browser.is_accepted(&one.access_token).await);
    assert!(other_browser.is_accepted(&two.access_token).await);
}

#[tokio::test]
async fn an_event_that_fails_any_check_ends_nothing_and_is_answered_with_the_reason() {
    // T80
    let browser = start();
    let signed_in = browser.sign_in().await;
    let subject = user(&browser, &sub_of(&browser, &signed_in.session).await);
    let good = || event(&browser, SESSION_REVOKED, subject.clone());
    let now = unix_seconds();
    for (changes, err) in [
        (json!({ "iss": "https://evil.example" }), "invalid_issuer"),
        (json!({ "iss": null }), "invalid_issuer"),
        (json!({ "aud": "another" }), "invalid_audience"),
        (json!({ "aud": format!("{FRONT_URL}{REVOCATION}") }), "invalid_audience"),
        (json!({ "aud": FRONT_URL }), "invalid_audience"),
        (json!({ "iat": null }), "invalid_request"),
        (json!({ "iat": now + 300 }), "invalid_request"),
        (json!({ "iat": now - 2 * 24 * 60 * 60 }), "invalid_request"),
        (json!({ "exp": now - 60 }), "invalid_request"),
        (json!({ "nbf": now + 300 }), "invalid_request"),
        (json!({ "jti": null }), "invalid_request"),
        (json!({ "jti": "" }), "invalid_request"),
        (json!({ "events": {} }), "invalid_request"),
        (json!({ "events": [] }), "invalid_request"),
        (json!({ "events": { SESSION_REVOKED: true } }), "invalid_request"),
        (json!({ "sub_id": { "format": "unheard-of" } }), "invalid_request"),
        (json!({ "sub_id": "ada" }), "invalid_request"),
    ] {
        assert_refused(&receive(&browser, with(good(), changes.clone())).await, err);
    }
    for header in [
        json!({}),
        json!({ "typ": "JWT" }),
        json!({ "typ": "logout+jwt" }),
        json!({ "typ": "secevent+jwt", "crit": ["x"] }),
    ] {
        let token = browser.provider.sign(header, good()).await;
        assert_refused(&send_event(&browser, &token).await, "invalid_request");
    }
    let token = signed(&browser.provider, "secevent+jwt", good()).await;
    let (signed_part, _) = token.rsplit_once('.').unwrap();
    let forged = format!("{signed_part}.{}", "A".repeat(342));
    assert_refused(&send_event(&browser, &forged).await, "invalid_key");
    for body in ["", "a.b", "x.y.z", &"a".repeat(70_000)] {
        assert_refused(&send_event(&browser, body).await, "invalid_request");
    }
    for content_type in ["application/json", "text/plain", "application/x-www-form-urlencoded"] {
        assert_refused(&browser.app.post_body(EVENTS, content_type, token.clone()).await, "invalid_request");
    }
    assert_eq!(browser.app.post_body(EVENTS, "application/secevent+jwt", "a".repeat(300_000)).await.status, 413);
    assert!(browser.is_accepted(&signed_in.access_token).await);
    // The same with nothing wrong.
    assert_taken(&send_event(&browser, &token).await);
    assert!(!browser.is_accepted(&signed_in.access_token).await);
}

#[tokio::test]
async fn an_event_that_is_sent_again_is_acknowledged_and_ends_nothing() {
    // T82, RFC 8935 §2.2
    let browser = start();
    let first = browser.sign_in().await;
    let subject = user(&browser, &sub_of(&browser, &first.session).await);
    let token = signed(&browser.provider, "secevent+jwt", event(&browser, SESSION_REVOKED, subject)).await;
    assert_taken(&send_event(&browser, &token).await);
    let again = browser.sign_in().await;
    assert_taken(&send_event(&browser, &token).await);
    assert!(browser.is_accepted(&again.access_token).await);
    // And by the time it is forgotten, it is too old.
    browser.app.clock.jump(Duration::from_secs(25 * 60 * 60));
    assert_refused(&send_event(&browser, &token).await, "invalid_request");
}

#[tokio::test]
async fn a_stream_is_verified_and_other_events_are_taken_without_effect() {
    let browser = start();
    let signed_in = browser.sign_in().await;
    let sub = sub_of(&browser, &signed_in.session).await;
    let stream = json!({ "format": "opaque", "id": "stream-1" });
    let mut verification = event(&browser, VERIFICATION, stream);
    verification["events"][VERIFICATION]["state"] = "VGhpcyBpcw".into();
    assert_taken(&receive(&browser, verification).await);
    let other = "https://schemas.openid.net/secevent/caep/event-type/token-claims-change";
    assert_taken(&receive(&browser, event(&browser, other, user(&browser, &sub))).await);
    let of_another_issuer = json!({ "format": "iss_sub", "iss": "https://other.example", "sub": sub });
    assert_taken(&receive(&browser, event(&browser, SESSION_REVOKED, of_another_issuer)).await);
    assert!(browser.is_accepted(&signed_in.access_token).await);
}

/// The claims of a good authorization of a revocation.
fn authorization(browser: &Browser) -> Value {
    json!({
        "iss": browser.provider.issuer, "aud": format!("{FRONT_URL}{REVOCATION}"), "sub": "our client there",
        "iat": unix_seconds(), "exp": unix_seconds() + 300, "jti": jti(),
    })
}

async fn revoke_with(browser: &Browser, token: &str, body: Value) -> TestResponse {
    let request = request(Method::POST, REVOCATION)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json");
    browser.app.send(request.body(Body::from(body.to_string())).unwrap()).await
}

const TYP: &str = "global-token-revocation+jwt";

async fn revoke(browser: &Browser, body: Value) -> TestResponse {
    let token = signed(&browser.provider, TYP, authorization(browser)).await;
    revoke_with(browser, &token, body).await
}

#[tokio::test]
async fn a_global_revocation_ends_all_sessions_of_the_user_and_of_nobody_else() {
    // T83
    for by in ["sub_id", "subject", "email"] {
        let browser = start();
        let another = browser.other_user();
        let other_browser = browser.with_new_key();
        let (one, two, theirs) = (browser.sign_in().await, other_browser.sign_in().await, another.sign_in().await);
        let stored = browser.app.session(&one.session).await.unwrap().user;
        let body = match by {
            "email" => json!({ "sub_id": { "format": "email", "email": stored.email.unwrap() } }),
            member => json!({ member: user(&browser, &stored.sub) }),
        };
        let answer = revoke(&browser, body.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.header(header::CACHE_CONTROL)), (204, "no-store"), "{answer:?}");
        for (browser, session) in [(&browser, &one), (&other_browser, &two)] {
            assert!(!browser.is_accepted(&session.access_token).await, "{by}");
            browser.refresh(&session.session).await.assert_refused(401, "session_ended");
        }
        assert!(another.is_accepted(&theirs.access_token).await, "{by}");
        // Nobody is signed in any more, which is success too.
        assert_eq!(revoke(&browser, body).await.status, 204);
    }
}

#[tokio::test]
async fn a_revocation_without_a_good_authorization_or_subject_ends_nothing() {
    // T80, T82
    let browser = start();
    let signed_in = browser.sign_in().await;
    let subject = json!({ "sub_id": user(&browser, &sub_of(&browser, &signed_in.session).await) });
    let now = unix_seconds();
    for changes in [
        json!({ "iss": "https://evil.example" }),
        json!({ "aud": "oracle-ai" }),
        json!({ "aud": format!("{FRONT_URL}{EVENTS}") }),
        json!({ "exp": null }),
        json!({ "exp": now - 60 }),
        json!({ "iat": null }),
        json!({ "iat": now - 2 * 60 * 60 }),
        json!({ "nbf": now + 300 }),
        json!({ "jti": null }),
    ] {
        let token = signed(&browser.provider, TYP, with(authorization(&browser), changes.clone())).await;
        let answer = revoke_with(&browser, &token, subject.clone()).await;
        assert_eq!(answer.status, 401, "{changes}: {answer:?}");
        assert!(answer.header(header::WWW_AUTHENTICATE).starts_with("Bearer "), "{answer:?}");
    }
    for typ in ["JWT", "at+jwt", "secevent+jwt"] {
        let token = signed(&browser.provider, typ, authorization(&browser)).await;
        assert_eq!(revoke_with(&browser, &token, subject.clone()).await.status, 401, "{typ}");
    }
    // T36: no token of a person's.
    let id_token = browser.app.session(&signed_in.session).await.unwrap().id_token;
    assert_eq!(revoke_with(&browser, id_token.secret(), subject.clone()).await.status, 401);
    let without = browser.app.post_body(REVOCATION, "application/json", subject.to_string()).await;
    assert_eq!(without.status, 401);
    for (body, status) in [
        (json!({}), 400),
        (json!([]), 400),
        (json!({ "sub_id": { "format": "unheard-of" } }), 400),
        (json!({ "sub_id": { "format": "iss_sub", "iss": "https://other.example", "sub": "x" } }), 404),
        (json!({ "sub_id": { "format": "complex", "session": { "format": "opaque", "id": "x" } } }), 400),
    ] {
        assert_eq!(revoke(&browser, body.clone()).await.status, status, "{body}");
    }
    assert!(browser.is_accepted(&signed_in.access_token).await);

    let token = signed(&browser.provider, TYP, authorization(&browser)).await;
    assert_eq!(revoke_with(&browser, &token, subject.clone()).await.status, 204);
    let again = browser.sign_in().await;
    assert_eq!(revoke_with(&browser, &token, subject).await.status, 401, "the same token again");
    assert!(browser.is_accepted(&again.access_token).await);
}

#[tokio::test]
async fn another_issuer_signs_them_where_that_is_configured_and_the_provider_does_not() {
    let (provider, transmitter) = (MockProvider::shared(), MockProvider::dedicated().await);
    let mut settings = receiving(&provider);
    settings.logout.signals.issuer = Some(SignalIssuer {
        iss: transmitter.issuer.clone(),
        jwks_uri: format!("{}/jwks", transmitter.issuer).parse().unwrap(),
    });
    settings.logout.signals.audience = Some("https://chat.example.com".into());
    let browser = Browser::at(TestApp::new(settings), provider);
    let signed_in = browser.sign_in().await;
    let subject = user(&browser, &sub_of(&browser, &signed_in.session).await);
    let claims = |iss: &str| {
        let changes = json!({ "iss": iss, "aud": ["https://chat.example.com"] });
        with(event(&browser, SESSION_REVOKED, subject.clone()), changes)
    };
    // Made first: it has a key then.
    let good = signed(&transmitter, "secevent+jwt", claims(&transmitter.issuer)).await;
    let of_provider = claims(&browser.provider.issuer);
    assert_refused(&receive(&browser, of_provider).await, "invalid_issuer");
    let by_provider = signed(&browser.provider, "secevent+jwt", claims(&transmitter.issuer)).await;
    let answer = send_event(&browser, &by_provider).await;
    assert_refused(&answer, "invalid_key");
    assert!(browser.is_accepted(&signed_in.access_token).await);
    assert_taken(&send_event(&browser, &good).await);
    assert!(!browser.is_accepted(&signed_in.access_token).await);

    // A new key is fetched, once a minute at most.
    transmitter.rotate_keys(json!({ "remove_old": true })).await;
    let by_new_key = signed(&transmitter, "secevent+jwt", claims(&transmitter.issuer)).await;
    let answer = send_event(&browser, &by_new_key).await;
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.header(header::RETRY_AFTER).parse::<u64>().is_ok(), "{answer:?}");
    browser.app.clock.jump(Duration::from_secs(61));
    assert_taken(&send_event(&browser, &by_new_key).await);
}

#[tokio::test]
async fn where_they_are_not_switched_on_there_are_no_such_endpoints() {
    let browser = Browser::start();
    let signed_in = browser.sign_in().await;
    let subject = user(&browser, &sub_of(&browser, &signed_in.session).await);
    let claims = event(&browser, SESSION_REVOKED, subject.clone());
    assert_eq!(receive(&browser, claims).await.status, 404);
    assert_eq!(revoke(&browser, json!({ "sub_id": subject })).await.status, 404);
    assert!(browser.is_accepted(&signed_in.access_token).await);
}

#[tokio::test]
async fn while_the_store_does_not_answer_a_signal_is_not_acknowledged() {
    // T82: a store outage does not fail open.
    let provider = MockProvider::shared();
    let (good, mut bad) = (Arc::new(MemoryStore::new()), app::storage(Arc::new(MemoryStore::new())));
    bad.store = Arc::new(OutageStore::new(Arc::new(UnreachableStore { can_spend: false })));
    let there = Browser::at(TestApp::with_storage(receiving(&provider), app::storage(good)), provider.clone());
    let here = there.with_app(TestApp::with_storage(receiving(&provider), bad));
    let subject = user(&there, "somebody");
    assert_eq!(receive(&here, event(&here, SESSION_REVOKED, subject.clone())).await.status, 503);
    assert_eq!(revoke(&here, json!({ "sub_id": subject })).await.status, 503);
}
