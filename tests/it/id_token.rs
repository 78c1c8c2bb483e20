//! ID tokens that must be refused (OpenID Connect Core §3.1.3.7), and unusual ones that must be accepted.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    browser::Browser,
    provider::MockProvider,
    scripted_provider::{Change, SUB, ScriptedProvider, unix_seconds},
};

#[tokio::test]
async fn an_invalid_id_token_is_refused() {
    for fault in [
        "wrong_nonce",      // T33
        "wrong_iss",        // T30
        "wrong_aud",        // T30
        "expired_id_token", // T32
        "bad_signature",    // T24
        "alg_none",         // T25
        "missing_id_token",
    ] {
        let browser = Browser::start();
        browser.set(json!({ "token_faults": [{ "kind": fault }] })).await;
        let answer = browser.login().await;
        assert_eq!(answer.json()["data"]["kind"], "login_failed", "{fault}: {answer:?}");
        answer.assert_refused(401, "login_failed");
        // The exchange took place: the token was refused.
        assert_eq!(browser.exchanges_seen().await, 1, "{fault}");
        browser.sign_in().await;
    }
}

#[tokio::test]
async fn claims_for_another_audience_or_another_time_are_refused() {
    let provider = ScriptedProvider::start().await;
    let now = unix_seconds();
    for (changes, why) in [
        (json!({ "nonce": null }), "T33: none"),
        (json!({ "nonce": "" }), "T33: empty"),
        (json!({ "aud": [] }), "T30: nobody"),
        (json!({ "aud": ["another"] }), "T30: another"),
        (json!({ "aud": ["oracle-ai", "another"] }), "T30: us and one we don't trust"),
        (json!({ "aud": null }), "T30: none"),
        (json!({ "iss": format!("{}/", provider.issuer) }), "T30: almost"),
        (json!({ "sub": null }), "T38: nobody's"),
        (json!({ "exp": now - 60 }), "T32: past, beyond the tolerance"),
        (json!({ "exp": null }), "T32: without an end"),
        (json!({ "iat": now + 120 }), "T32: from the future"),
        (json!({ "exp": "soon" }), "T32: no time"),
    ] {
        let answer = provider.login(|script| merge(&mut script.claims, changes.clone())).await;
        assert_eq!(answer.status, 401, "{why}: {answer:?}");
        answer.assert_refused(401, "login_failed");
    }
}

#[tokio::test]
async fn unsigned_and_symmetric_algorithms_are_refused() {
    // T25: the metadata of this provider lists them, which changes nothing.
    let provider = ScriptedProvider::start().await;
    for header in [
        json!({ "alg": "none" }),
        json!({ "alg": "HS256" }),
        json!({ "alg": "HS256", "kid": "1" }),
        json!({ "alg": "RS384", "kid": "1" }),
    ] {
        let answer = provider.login(|script| script.header = header.clone()).await;
        assert_eq!(answer.status, 401, "{header}: {answer:?}");
        answer.assert_refused(401, "login_failed");
    }
}

#[tokio::test]
async fn an_id_token_that_is_not_a_jwt_is_refused() {
    let provider = ScriptedProvider::start().await;
    provider.login(|script| script.header = json!("no header")).await.assert_refused(401, "login_failed");
}

#[tokio::test]
async fn unusual_token_responses_of_real_providers_are_accepted() {
    let provider = ScriptedProvider::start().await;
    let changes: [(&str, Change); 9] = [
        ("as it should be", |_| {}),
        ("no kid", |script| script.header = json!({ "alg": "RS256" })),
        ("a typ", |script| script.header["typ"] = "JWT".into()),
        ("aud as a list", |script| script.claims["aud"] = json!(["oracle-ai"])),
        ("a clock some seconds ahead", |script| script.claims["iat"] = (unix_seconds() + 20).into()),
        ("a clock some seconds behind", |script| script.claims["exp"] = (unix_seconds() - 20).into()),
        // T23
        ("token_type in lower case", |script| script.members["token_type"] = "bearer".into()),
        ("unknown members", |script| script.members["session_state"] = json!({ "a": [1] })),
        ("JSON declared as text", |script| script.content_type = "text/html;charset=utf-8"),
    ];
    for (what, change) in changes {
        let answer = provider.login(change).await;
        assert_eq!(answer.status, 200, "{what}: {answer:?}");
        assert_eq!(answer.json()["user"]["sub"], SUB, "{what}");
    }
}

#[tokio::test]
async fn an_id_token_with_another_authorized_party_is_refused() {
    // T31
    let provider = ScriptedProvider::start().await;
    let answer = provider.login(|script| script.claims["azp"] = "another".into()).await;
    answer.assert_refused(401, "login_failed");
}

#[tokio::test]
async fn provider_documents_with_another_content_type_are_accepted() {
    for content_type in
        ["text/plain", "text/html;charset=utf-8", "application/octet-stream", "", "application/jwk-set+json"]
    {
        let provider = ScriptedProvider::start_declaring(content_type, |_| {}).await;
        let answer = provider.login(|script| script.claims["name"] = Value::Null).await;
        assert_eq!(answer.status, 200, "{content_type}: {answer:?}");
        assert_eq!(answer.json()["user"]["name"], "Ada of userinfo", "{content_type}");
    }
}

#[tokio::test]
async fn userinfo_with_another_subject_is_ignored() {
    // T37
    let provider = ScriptedProvider::start().await;
    let answer = provider.login(|script| merge(&mut script.claims, json!({ "sub": "uid=eve", "name": null }))).await;
    answer.assert_ok();
    assert_eq!(answer.json()["user"]["name"], Value::Null);
}

#[tokio::test]
async fn an_id_token_with_the_hash_of_another_access_token_is_refused() {
    // T35
    let provider = ScriptedProvider::start().await;
    let answer = provider.login(|script| script.claims["at_hash"] = "77QmUPtjPfzWtF2AnpK9RQ".into()).await;
    answer.assert_refused(401, "login_failed");
}

#[tokio::test]
async fn a_token_with_another_type_is_refused() {
    // T36
    let provider = ScriptedProvider::start().await;
    let changes: [(&str, Change); 3] = [
        ("an access token", |script| script.header["typ"] = "at+jwt".into()),
        ("a logout token", |script| script.header["typ"] = "logout+jwt".into()),
        ("a logout token without typ", |script| {
            script.claims["events"] = json!({ "http://schemas.openid.net/event/backchannel-logout": {} });
        }),
    ];
    for (what, change) in changes {
        let answer = provider.login(change).await;
        assert_eq!(answer.status, 401, "{what}: {answer:?}");
        answer.assert_refused(401, "login_failed");
    }
}

#[tokio::test]
async fn max_age_is_requested_and_auth_time_is_checked() {
    // T34
    let provider = MockProvider::shared();
    let mut settings = provider.settings();
    settings.id_tokens.authentication.max_age = Some(Duration::from_secs(300));
    let browser = Browser::at(TestApp::new(settings), provider);
    assert_eq!(browser.start_login().await.params()["max_age"], "300");
    // The provider makes the user sign in again.
    browser.set(json!({ "signed_in_ago": 3600 })).await;
    let session = browser.sign_in().await.session;
    browser.set(json!({ "ignores_max_age": true })).await;
    browser.login().await.assert_refused(401, "login_failed");
    browser.refresh_access_token(&session).await;
}

#[tokio::test]
async fn acr_values_are_requested_and_the_acr_is_checked() {
    // T34
    let provider = MockProvider::shared();
    let mut settings = provider.settings();
    settings.id_tokens.authentication.acr_values = vec!["phr".into(), "phrh".into()];
    let browser = Browser::at(TestApp::new(settings), provider);
    assert_eq!(browser.start_login().await.params()["acr_values"], "phr phrh");
    browser.sign_in().await;
    browser.set(json!({ "acr": "phrh" })).await;
    browser.sign_in().await;
    browser.set(json!({ "acr": "0" })).await;
    browser.login().await.assert_refused(401, "login_failed");
}

#[tokio::test]
async fn max_age_and_acr_values_are_requested_only_if_configured() {
    let browser = Browser::start();
    let params = browser.start_login().await.params();
    assert!(!params.contains_key("max_age") && !params.contains_key("acr_values"), "{params:?}");
    browser.set(json!({ "signed_in_ago": 3_000_000 })).await;
    browser.sign_in().await;
}

fn merge(claims: &mut Value, changes: Value) {
    let Value::Object(changes) = changes else { panic!("{changes}") };
    claims.as_object_mut().unwrap().extend(changes);
}
