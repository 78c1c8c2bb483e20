//! Rotation of the provider's signing keys (OpenID Connect Core §10.1.1), and outages of the provider.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    app::{TestApp, wait_until},
    browser::Browser,
    provider::MockProvider,
    scripted_provider::ScriptedProvider,
};

/// How long the same keys are not fetched again.
const A_MINUTE: Duration = Duration::from_secs(60);

/// A signed-in user at a new provider, whose keys were fetched once, just now.
async fn signed_in() -> (Browser, String) {
    let provider = MockProvider::dedicated().await;
    let browser = Browser::at(TestApp::new(provider.settings()), provider);
    let session = browser.sign_in().await.session;
    (browser, session)
}

#[tokio::test]
async fn logins_and_refreshes_go_on_after_the_keys_have_changed() {
    // T28, T29
    for how in [
        json!({}),
        json!({ "remove_old": true }),
        json!({ "same_kid": true }),
        json!({ "same_kid": true, "remove_old": true }),
    ] {
        // At once, and again within the same minute.
        let (browser, session) = signed_in().await;
        browser.provider.rotate_keys(how.clone()).await;
        browser.refresh_access_token(&session).await;
        browser.with_new_key().sign_in().await;

        browser.provider.rotate_keys(how.clone()).await;
        browser.other_user().sign_in().await;

        browser.provider.rotate_keys(how).await;
        browser.app.clock.jump(A_MINUTE);
        browser.refresh_access_token(&session).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_concurrent_callers_fetch_new_keys_once() {
    // T28
    let (browser, _) = signed_in().await;
    let people: Vec<_> = (0..50).map(|_| browser.other_user()).collect();
    let sessions = join_all(people.iter().map(|person| async { person.sign_in().await.session })).await;
    browser.provider.rotate_keys(json!({ "remove_old": true })).await;
    let answers = join_all(people.iter().zip(&sessions).map(|(person, session)| person.refresh(session))).await;
    answers.iter().for_each(|answer| answer.assert_ok());
    assert_eq!(browser.provider.calls_of("jwks").await, 2);
}

#[tokio::test]
async fn unknown_signatures_fetch_the_same_keys_at_most_once_a_minute() {
    // T28
    let (browser, _) = signed_in().await;
    browser.set(json!({ "token_faults": [{ "kind": "bad_signature", "times": 20 }] })).await;
    for fetches in 2..=3 {
        browser.login().await.assert_refused(401, "login_failed");
        for _ in 0..9 {
            // The provider may have changed its keys again.
            let answer = browser.login().await;
            answer.assert_refused(503, "provider_unavailable");
            assert!(answer.headers.contains_key("retry-after"), "{answer:?}");
        }
        assert_eq!(browser.provider.calls_of("jwks").await, fetches);
        browser.app.clock.jump(A_MINUTE);
    }
}

#[tokio::test]
async fn an_unsupported_algorithm_does_not_fetch_the_keys() {
    // T25, T28
    let (browser, _) = signed_in().await;
    browser.app.clock.jump(A_MINUTE);
    browser.set(json!({ "token_faults": [{ "kind": "alg_none" }] })).await;
    browser.login().await.assert_refused(401, "login_failed");
    assert_eq!(browser.provider.calls_of("jwks").await, 1);
}

#[tokio::test]
async fn a_refresh_that_needs_new_keys_is_undecided_until_they_are_fetched() {
    // T28, T43, T45
    let (browser, session) = signed_in().await;
    // A signature that no key verifies: the keys were fetched again, and may not be for a minute.
    let stranger = browser.other_user();
    stranger.set(json!({ "token_faults": [{ "kind": "bad_signature" }] })).await;
    stranger.login().await.assert_refused(401, "login_failed");
    assert_eq!(browser.provider.calls_of("jwks").await, 2);

    browser.provider.rotate_keys(json!({ "remove_old": true })).await;
    let kept = browser.app.session(&session).await.unwrap().refresh_token;
    for _ in 0..2 {
        browser.refresh(&session).await.assert_refused(503, "provider_unavailable");
    }
    // A login is not refused either: its person can start again.
    let answer = browser.other_user().login().await;
    answer.assert_refused(503, "provider_unavailable");
    assert!(answer.headers.contains_key("retry-after"), "{answer:?}");
    assert_eq!(browser.provider.calls_of("jwks").await, 2);
    // Each answer's refresh token is kept: the mock ends the grant where a superseded one comes again.
    assert!(browser.app.session(&session).await.unwrap().refresh_token != kept);

    browser.app.clock.jump(A_MINUTE);
    browser.refresh_access_token(&session).await;
    browser.sign_in().await;
}

#[tokio::test]
async fn keys_that_were_fetched_after_the_token_came_decide() {
    // T24, T42
    let (browser, session) = signed_in().await;
    browser.set(json!({ "refresh_faults": [{ "kind": "bad_signature" }] })).await;
    browser.refresh(&session).await.assert_refused(401, "session_ended");
    assert_eq!(browser.provider.calls_of("jwks").await, 2);
}

#[tokio::test]
async fn keys_stay_in_use_while_they_cannot_be_fetched_and_are_retried_once_a_minute() {
    // T28
    let (browser, session) = signed_in().await;
    browser.set(json!({ "refresh_faults": [{ "kind": "bad_signature", "times": 3 }] })).await;
    browser.provider.set_outage(&["discovery", "jwks"]).await;
    browser.app.clock.jump(A_MINUTE);
    for _ in 0..3 {
        browser.refresh(&session).await.assert_refused(503, "provider_unavailable");
    }
    assert_eq!(browser.provider.calls_of("discovery").await, 2);
    browser.refresh_access_token(&session).await;
    browser.sign_in().await;
}

#[tokio::test]
async fn a_refresh_token_is_stored_even_if_its_access_token_is_unusable() {
    // T43
    let provider = ScriptedProvider::start().await;
    let login = provider.login(|_| {}).await.json();
    let session = login["session"].as_str().unwrap();
    let unusable = |script: &mut crate::support::scripted_provider::Script| {
        script.members["token_type"] = "N_A".into();
        script.members["refresh_token"] = "the next one".into();
    };
    provider.refresh(session, unusable).await.assert_refused(503, "provider_unavailable");
    provider.refresh(session, |script| script.members["refresh_token"] = Value::Null).await.assert_ok();
    assert_eq!(provider.last_request().form["refresh_token"], "the next one");
}

#[tokio::test]
async fn while_one_request_waits_for_the_metadata_others_use_the_cached_copy() {
    // T28
    let provider = ScriptedProvider::start().await;
    provider.login(|_| {}).await.assert_ok();
    provider.browser.app.clock.jump(Duration::from_secs(60 * 60));
    let hanging = provider.hang_metadata().await;
    let first = tokio::spawn({
        let browser = provider.browser.clone();
        async move { browser.request_authorize().await }
    });
    wait_until("the metadata is asked for again", async || provider.metadata_requests() == 2).await;
    tokio::time::timeout(Duration::from_secs(5), provider.browser.request_authorize()).await.unwrap().assert_ok();
    assert!(!first.is_finished());
    drop(hanging);
    first.await.unwrap().assert_ok();
    assert_eq!(provider.metadata_requests(), 2);
}

#[tokio::test]
async fn metadata_and_keys_are_fetched_again_when_they_are_as_old_as_is_set() {
    // Less and more than the hour that is the default.
    for max_age in [A_MINUTE, 24 * 60 * A_MINUTE] {
        let provider = MockProvider::dedicated().await;
        let mut settings = provider.settings();
        settings.metadata.max_age = max_age;
        let browser = Browser::at(TestApp::new(settings), provider);
        let fetches = async || {
            browser.request_authorize().await.assert_ok();
            (browser.provider.calls_of("discovery").await, browser.provider.calls_of("jwks").await)
        };
        assert_eq!(fetches().await, (1, 1));
        browser.app.clock.jump(max_age - A_MINUTE / 2);
        assert_eq!(fetches().await, (1, 1), "{max_age:?}");
        browser.app.clock.jump(A_MINUTE / 2);
        assert_eq!(fetches().await, (2, 2), "{max_age:?}");
    }
}

#[tokio::test]
async fn readiness_reports_the_provider_metadata_and_does_not_depend_on_it() {
    // T28
    let provider = MockProvider::dedicated().await;
    let browser = Browser::at(TestApp::new(provider.settings()), provider);
    let readiness = async || {
        let answer = browser.app.get("/readyz").await;
        answer.assert_ok();
        (answer.json()["status"].clone(), answer.json()["provider_metadata"].clone())
    };
    assert_eq!(readiness().await, (json!("ready"), json!("not asked for yet")));
    browser.provider.set_outage(&["discovery", "jwks"]).await;
    browser.request_authorize().await.assert_refused(502, "provider_unavailable");
    assert_eq!(readiness().await, (json!("degraded"), json!("failed")));
    browser.provider.set_outage(&[]).await;
    browser.request_authorize().await.assert_ok();
    assert_eq!(readiness().await, (json!("ready"), json!("fetched")));
    browser.provider.set_outage(&["discovery", "jwks"]).await;
    browser.app.clock.jump(60 * A_MINUTE);
    browser.request_authorize().await.assert_ok();
    assert_eq!(readiness().await, (json!("degraded"), json!("failed")));
}
