//! `POST /api/token`: successful logins, and the checks of `state` and `iss`.

use std::time::Duration;

use axum::http::StatusCode;
use base64::{Engine, prelude::BASE64_STANDARD};
use futures_util::future::join_all;
use oracle_ai::server::auth::oidc::{ClientAuthentication, ClientSecret, ProviderSettings};
use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    browser::Browser,
    provider::{CALLBACK, CLIENT_ID, CLIENT_SECRET, MockProvider},
    scripted_provider::ScriptedProvider,
};

#[tokio::test]
async fn a_user_who_returns_with_a_code_is_signed_in() {
    let browser = Browser::start();
    let answer = browser.login().await;
    answer.assert_ok();
    let answer = answer.json();
    assert_eq!(answer["token_type"], "DPoP");
    assert_eq!(answer["expires_in"], 300);
    // T38
    assert_eq!(answer["user"]["iss"], browser.provider.issuer);
    assert_eq!(answer["user"]["sub"].as_str().unwrap().len(), 24);
    assert_eq!(answer["user"]["preferred_username"], browser.user);
    assert_eq!(answer["user"]["email"], format!("{}@example.com", browser.user));
    assert!(browser.is_accepted(answer["access_token"].as_str().unwrap()).await);
    assert_eq!(browser.exchanges_seen().await, 1);
}

#[tokio::test]
async fn the_session_id_is_256_new_random_bits_and_not_the_state() {
    let browser = Browser::start();
    let response = browser.authorization_response().await;
    let answer = browser.exchange(&response).await.json();
    // T05
    let session = answer["session"].as_str().unwrap();
    assert_eq!(session.len(), 43);
    assert_ne!(answer["session"], response["state"]);
    assert_ne!(session, browser.sign_in().await.session);
    // The state is no session id.
    let state = response["state"].as_str().unwrap();
    browser.refresh(state).await.assert_refused(401, "session_ended");
}

#[tokio::test]
async fn no_response_contains_tokens_or_secrets_of_the_server() {
    // T03
    let browser = Browser::start();
    let begun = browser.start_login().await;
    let response = browser.authorize(&begun).await;
    let login = browser.exchange(&response).await;
    let session = login.json()["session"].as_str().unwrap().to_owned();
    let kept = browser.app.session(&session).await.unwrap();
    let refresh = browser.refresh(&session).await;
    let renewed = browser.app.session(&session).await.unwrap();
    let logout = browser.logout(&session).await;
    logout.assert_ok();
    // But for the hint, which the browser takes to the provider (OpenID Connect RP-Initiated Logout §2).
    assert!(!logout.text.replace(renewed.id_token.secret(), "").contains("eyJ"));
    assert!(!logout.text.contains(renewed.refresh_token.as_ref().unwrap().secret()));
    for answer in [login, refresh] {
        answer.assert_ok();
        for kept in [&kept, &renewed] {
            assert!(!answer.text.contains(kept.refresh_token.as_ref().unwrap().secret()));
            assert!(!answer.text.contains(kept.id_token.secret()));
        }
        for member in ["refresh_token", "id_token", "code_verifier", "nonce", "client_secret"] {
            assert!(!answer.text.contains(member), "{member}: {}", answer.text);
        }
        // A JWT begins so, and the mock's access tokens are none.
        assert!(!answer.text.contains("eyJ"), "{}", answer.text);
    }
}

#[tokio::test]
async fn both_client_secret_methods_are_supported() {
    // T02
    let provider = MockProvider::shared();
    for method in [ClientAuthentication::basic, ClientAuthentication::post] {
        let mut settings = provider.settings();
        settings.client_authentication = method(ClientSecret::new(CLIENT_SECRET));
        let browser = Browser::at(TestApp::new(settings), provider.clone());
        let signed_in = browser.sign_in().await;
        browser.refresh_access_token(&signed_in.session).await;
    }
}

#[tokio::test]
async fn client_secret_basic_is_form_encoded_and_never_in_the_body() {
    // T02: RFC 6749 §2.3.1
    let provider = ScriptedProvider::start().await;
    let login = provider.login(|_| {}).await.json();
    let exchange = provider.last_request();
    provider.refresh(login["session"].as_str().unwrap(), |_| {}).await.assert_ok();
    for request in [exchange, provider.last_request()] {
        let credentials = BASE64_STANDARD.encode("oracle-ai:s%3Acr%26t+%3D%25%2B%C3%A9");
        assert_eq!(request.authorization, Some(format!("Basic {credentials}")));
        assert!(!request.form.contains_key("client_secret"), "{request:?}");
    }
}

#[tokio::test]
async fn client_secret_post_is_in_the_body_and_in_no_header() {
    // T02
    let post = |settings: &mut ProviderSettings| {
        settings.client_authentication = ClientAuthentication::post(ClientSecret::new(CLIENT_SECRET));
    };
    let provider = ScriptedProvider::start_with(post).await;
    let login = provider.login(|_| {}).await.json();
    let exchange = provider.last_request();
    provider.refresh(login["session"].as_str().unwrap(), |_| {}).await.assert_ok();
    for request in [exchange, provider.last_request()] {
        assert_eq!(request.authorization, None);
        assert_eq!(request.form["client_id"], CLIENT_ID);
        assert_eq!(request.form["client_secret"], CLIENT_SECRET);
    }
}

#[tokio::test]
async fn the_code_is_sent_with_the_verifier_and_the_redirect_uri_of_the_request() {
    // T04, T14
    let provider = ScriptedProvider::start().await;
    provider.login(|_| {}).await.assert_ok();
    let request = provider.last_request();
    assert_eq!(request.form["grant_type"], "authorization_code");
    assert_eq!(request.form["code"], "any");
    assert_eq!(request.form["redirect_uri"], CALLBACK);
    assert_eq!(request.form["code_verifier"].len(), 43);
}

#[tokio::test]
async fn expires_in_as_text_is_a_number_and_without_one_five_minutes_are_assumed() {
    // T72
    for (written, ttl, expected) in [("string", 120, 120), ("absent", 120, 300), ("number", 120, 120)] {
        let browser = Browser::start();
        browser.set(json!({ "expires_in": written, "access_token_ttl": ttl })).await;
        let answer = browser.login().await.json();
        assert_eq!(answer["expires_in"], expected, "{written}");
        let refreshed = browser.refresh(answer["session"].as_str().unwrap()).await.json();
        assert_eq!(refreshed["expires_in"], expected, "{written}");
    }
}

#[tokio::test]
async fn a_state_can_be_used_once() {
    // T08
    let browser = Browser::start();
    let response = browser.authorization_response().await;
    let session = browser.exchange(&response).await.json()["session"].clone();
    browser.exchange(&response).await.assert_refused(400, "invalid_state");
    assert_eq!(browser.exchanges_seen().await, 1);
    // Repeating the callback does not end the session.
    browser.refresh_access_token(session.as_str().unwrap()).await;
}

#[tokio::test]
async fn a_state_is_used_up_by_the_first_response_even_if_that_fails() {
    // T08
    let issuer = MockProvider::shared().issuer;
    for first in [
        json!({ "error": "access_denied", "iss": issuer }),
        json!({ "code": "wrong", "iss": issuer }),
        json!({ "code": "wrong", "iss": "https://provider.example" }),
        json!({ "code": "wrong", "error": "access_denied", "iss": issuer }),
        json!({ "iss": issuer }),
        json!({ "code": "c".repeat(4097), "iss": issuer }),
    ] {
        let browser = Browser::start();
        let response = browser.authorization_response().await;
        let mut first = first;
        first["state"] = response["state"].clone();
        assert!(browser.exchange(&first).await.status.is_client_error(), "{first}");
        browser.exchange(&response).await.assert_refused(400, "invalid_state");
        assert_eq!(browser.exchanges_seen().await, 0, "{first}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_concurrent_uses_of_a_state_one_succeeds() {
    // T08
    let browser = Browser::start();
    let response = browser.authorization_response().await;
    let posts = (0..20).map(|_| {
        let (browser, response) = (browser.clone(), response.clone());
        tokio::spawn(async move { browser.exchange(&response).await })
    });
    let answers: Vec<_> = join_all(posts).await.into_iter().map(Result::unwrap).collect();
    let (signed_in, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == StatusCode::OK);
    assert_eq!(signed_in.len(), 1);
    refused.iter().for_each(|answer| answer.assert_refused(400, "invalid_state"));
    assert_eq!(browser.exchanges_seen().await, 1);
}

#[tokio::test]
async fn a_login_may_take_ten_minutes_and_no_longer() {
    // T09
    for (waited, is_good) in [(9 * 60, true), (10 * 60, false)] {
        let browser = Browser::start();
        // The mock signs by the machine's clock.
        browser.set(json!({ "id_token_ttl": 3600 })).await;
        let response = browser.authorization_response().await;
        browser.app.clock.jump(Duration::from_secs(waited));
        let answer = browser.exchange(&response).await;
        match is_good {
            true => answer.assert_ok(),
            false => answer.assert_refused(400, "invalid_state"),
        }
        assert_eq!(browser.exchanges_seen().await, usize::from(is_good));
    }
}

#[tokio::test]
async fn a_response_from_another_issuer_is_refused_before_the_provider_is_called() {
    // T15, T16
    let browser = Browser::start();
    for iss in [
        "https://provider.example".to_owned(),
        format!("{}/", browser.provider.issuer),
        browser.provider.issuer.replace("http", "HTTP"),
        String::new(),
    ] {
        let mut response = browser.authorization_response().await;
        response["iss"] = iss.clone().into();
        browser.exchange(&response).await.assert_refused(401, "login_failed");
        let denial = json!({ "error": "access_denied", "state": browser.start_login().await.state, "iss": iss });
        browser.exchange(&denial).await.assert_refused(401, "login_failed");
    }
    assert_eq!(browser.exchanges_seen().await, 0);
}

#[tokio::test]
async fn a_response_without_iss_is_refused_if_the_metadata_announces_it() {
    // T17: RFC 9207 §2.4, and the mock's metadata does.
    let browser = Browser::start();
    let mut response = browser.authorization_response().await;
    response.as_object_mut().unwrap().remove("iss");
    browser.exchange(&response).await.assert_refused(401, "login_failed");
    assert_eq!(browser.exchanges_seen().await, 0);
}

#[tokio::test]
async fn a_provider_error_reaches_the_browser_as_one_of_four_kinds_without_its_text() {
    // T40
    let browser = Browser::start();
    for (error, expected) in [
        ("access_denied", "access_denied"),
        ("login_required", "interaction_required"),
        ("consent_required", "interaction_required"),
        ("account_selection_required", "interaction_required"),
        ("temporarily_unavailable", "temporarily_unavailable"),
        ("server_error", "temporarily_unavailable"),
        ("invalid_scope", "other"),
        ("<script>alert(1)</script>", "other"),
    ] {
        let mut response = json!({ "error": error, "error_description": "<b>hidden</b>\r\nlevel=info" });
        response["state"] = browser.start_login().await.state.into();
        response["iss"] = browser.provider.issuer.clone().into();
        let answer = browser.exchange(&response).await;
        answer.assert_refused(401, "login_refused");
        assert_eq!(answer.json()["data"]["error"], expected, "{error}");
        assert!(!answer.text.contains("hidden") && !answer.text.contains("script"), "{}", answer.text);
    }
}

#[tokio::test]
async fn access_denied_is_reported_and_the_user_can_try_again() {
    let browser = Browser::start();
    browser.set(json!({ "deny": true })).await;
    let answer = browser.login().await;
    answer.assert_refused(401, "login_refused");
    assert_eq!(answer.json()["data"]["error"], "access_denied");
    browser.set(json!({ "deny": false })).await;
    browser.sign_in().await;
}

#[tokio::test]
async fn a_response_with_neither_code_nor_error_or_with_both_is_an_invalid_field() {
    let browser = Browser::start();
    for response in [json!({}), json!({ "code": "a", "error": "access_denied" }), json!({ "code": null })] {
        let mut response: Value = response;
        response["state"] = browser.start_login().await.state.into();
        response["iss"] = browser.provider.issuer.clone().into();
        browser.exchange(&response).await.assert_field_refused("code");
    }
}
