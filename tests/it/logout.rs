//! `POST /api/logout`: ends the session here first, then at the provider.

use std::time::Duration;

use serde_json::json;
use url::Url;

use crate::support::{
    app::{TestApp, wait_until},
    browser::Browser,
    provider::{CLIENT_ID, MockProvider, SIGNED_OUT},
};

#[tokio::test]
async fn a_logout_ends_the_session_revokes_its_refresh_token_and_says_where_to_sign_out_at_the_provider() {
    // T75, T76
    let browser = Browser::start();
    let signed_in = browser.sign_in().await;
    let id_token = browser.app.session(&signed_in.session).await.unwrap().id_token;
    let answer = browser.logout(&signed_in.session).await;
    answer.assert_ok();
    assert!(!browser.is_accepted(&signed_in.access_token).await);
    assert_eq!(browser.provider.calls_for(&browser.user, "revoke").await, 1);

    let answer = answer.json();
    let url: Url = answer["end_session_url"].as_str().unwrap().parse().unwrap();
    let asked: Vec<_> = url.query_pairs().into_owned().collect();
    let expected = [
        ("id_token_hint", id_token.secret()),
        ("client_id", CLIENT_ID),
        ("post_logout_redirect_uri", SIGNED_OUT),
        ("state", answer["state"].as_str().unwrap()),
    ];
    assert_eq!(asked, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(answer["state"].as_str().unwrap().len(), 43);

    // The provider takes it as it is, and sends the browser back with the `state`.
    let back = browser.provider.get(&url).await;
    let location = back.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(location, format!("{SIGNED_OUT}?state={}", answer["state"].as_str().unwrap()));
}

#[tokio::test]
async fn logging_out_twice_succeeds_and_revokes_once() {
    // T78
    let browser = Browser::start();
    let session = browser.sign_in().await.session;
    browser.logout(&session).await.assert_ok();
    let again = browser.logout(&session).await;
    again.assert_ok();
    assert_eq!(again.json(), json!({}));
    browser.logout("never-there").await.assert_ok();
    assert_eq!(browser.provider.calls_for(&browser.user, "revoke").await, 1);
}

#[tokio::test]
async fn a_logout_succeeds_without_waiting_for_a_provider_that_is_down() {
    // T79
    let provider = MockProvider::dedicated().await;
    let browser = Browser::at(TestApp::new(provider.settings()), provider.clone());
    let second = browser.with_new_key();
    let (one, other) = (browser.sign_in().await, second.sign_in().await);
    provider.set_outage(&["revoke", "end_session"]).await;
    browser.logout(&one.session).await.assert_ok();
    // Of four tries within 143 seconds.
    assert!(provider.outcomes_of("revoke").await.len() <= 2, "the logout waited for the retries");
    assert!(!browser.is_accepted(&one.access_token).await);
    // The revocation is retried in the background.
    provider.set_outage(&[]).await;
    wait_until("the token is revoked", async || {
        provider.outcomes_of("revoke").await.iter().any(|outcome| outcome == "ok")
    })
    .await;
    // The same without the metadata.
    provider.set_outage(&["revoke", "discovery"]).await;
    let tries_before = provider.outcomes_of("revoke").await.len();
    second.logout(&other.session).await.assert_ok();
    assert!(provider.outcomes_of("revoke").await.len() <= tries_before + 2, "the logout waited for the retries");
}

#[tokio::test]
async fn without_an_end_session_endpoint_the_configured_logout_url_is_returned() {
    // T77
    let provider = crate::support::scripted_provider::ScriptedProvider::start_with(|settings| {
        settings.logout.url = Some("https://sso.example.com/logoff?realm=1".parse().unwrap());
    })
    .await;
    let session = provider.login(|_| {}).await.json()["session"].as_str().unwrap().to_owned();
    let answer = provider.browser.logout(&session).await.json();
    assert_eq!(answer, json!({ "end_session_url": "https://sso.example.com/logoff?realm=1" }));

    let provider = crate::support::scripted_provider::ScriptedProvider::start().await;
    let session = provider.login(|_| {}).await.json()["session"].as_str().unwrap().to_owned();
    assert_eq!(provider.browser.logout(&session).await.json(), json!({}));
}

#[tokio::test]
async fn a_logout_during_a_refresh_revokes_the_new_refresh_token() {
    // T75, RFC 7009 §2.1. The provider has granted it before the logout, and it is on its way since.
    let browser = Browser::start();
    let session = browser.sign_in().await.session;
    browser.set(json!({ "refresh_faults": [{ "kind": "slow_answer", "ms": 800 }] })).await;
    let refresh = tokio::spawn({
        let (browser, session) = (browser.clone(), session.clone());
        async move { browser.refresh(&session).await }
    });
    browser.provider.wait_for_refresh(&browser.user, "slow_answer").await;
    browser.logout(&session).await.assert_ok();
    assert_eq!(browser.provider.calls_for(&browser.user, "revoke").await, 1);
    refresh.await.unwrap().assert_refused(401, "session_ended");
    until_revoked(&browser, 2).await;
}

#[tokio::test]
async fn a_logout_during_a_refresh_revokes_the_new_refresh_token_even_if_its_access_token_is_unusable() {
    // T75. The keys are away, so the refresh decides nothing; the logout has.
    let provider = MockProvider::dedicated().await;
    let browser = Browser::at(TestApp::new(provider.settings()), provider.clone());
    let session = browser.sign_in().await.session;
    provider.rotate_keys(json!({ "remove_old": true })).await;
    provider.set_outage(&["jwks"]).await;
    browser.app.clock.jump(Duration::from_secs(60));
    browser.set(json!({ "refresh_faults": [{ "kind": "slow_answer", "ms": 800 }] })).await;
    let refresh = tokio::spawn({
        let (browser, session) = (browser.clone(), session.clone());
        async move { browser.refresh(&session).await }
    });
    provider.wait_for_refresh(&browser.user, "slow_answer").await;
    browser.logout(&session).await.assert_ok();
    refresh.await.unwrap().assert_refused(401, "session_ended");
    until_revoked(&browser, 2).await;
}

async fn until_revoked(browser: &Browser, times: usize) {
    wait_until("the provider has revoked them", async || {
        browser.provider.calls_for(&browser.user, "revoke").await == times
    })
    .await;
}
