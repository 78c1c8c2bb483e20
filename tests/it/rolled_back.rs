//! Refresh with a store that has lost what it had acknowledged, and with a lock that was lost.

use std::time::Duration;

use oracle_ai::server::{
    auth::sessions::REPLAY_WINDOW,
    store::{Kind, RecordName},
};
use serde_json::{Value, json};

use crate::{
    replicas::in_redis,
    support::{
        app::{TestApp, TestResponse, wait_until},
        browser::Browser,
        provider::{MockProvider, settings},
        redis::Redis,
        scripted_provider::ScriptedProvider,
    },
};

/// A session whose record in Redis is written back as it was before.
struct RolledBack {
    redis: Redis,
    browser: Browser,
    session: String,
    access_token: String,
    /// The revision that the browser received last.
    revision: u64,
}

impl RolledBack {
    /// Signs in, and refreshes twice. The record is that of the first refresh again.
    async fn start() -> Self {
        let redis = Redis::start().await;
        let provider = MockProvider::shared();
        let browser = Browser::at(TestApp::with_storage(provider.settings(), in_redis(&redis)), provider);
        let session = browser.sign_in().await.session;
        browser.refresh_access_token(&session).await;
        let key = format!("oracle-ai:{}", RecordName::of(Kind::Session, &session));
        assert_eq!(redis.command(&["COPY", &key, "earlier"]).await.trim(), "1");
        browser.app.clock.jump(REPLAY_WINDOW);
        let answer = browser.refresh(&session).await;
        answer.assert_ok();
        let (access_token, revision) = (answer.json()["access_token"].as_str().unwrap().to_owned(), revision(&answer));
        assert_eq!(redis.command(&["COPY", "earlier", &key, "REPLACE"]).await.trim(), "1");
        browser.app.clock.jump(REPLAY_WINDOW);
        Self { redis, browser, session, access_token, revision }
    }
}

fn revision(answer: &TestResponse) -> u64 {
    answer.json()["session_revision"].as_u64().unwrap()
}

async fn refresh_at(browser: &Browser, session: &str, revision: impl Into<Value>) -> TestResponse {
    browser.post("/api/refresh", &json!({ "session": session, "session_revision": revision.into() })).await
}

#[tokio::test]
async fn the_provider_is_not_called_with_a_record_that_is_older_than_what_the_browser_has_seen() {
    // T46
    let RolledBack { redis: _redis, browser, session, access_token, revision } = RolledBack::start().await;
    refresh_at(&browser, &session, revision).await.assert_refused(401, "session_ended");
    assert_eq!(browser.refreshes_seen().await, 2);
    // The session has ended, and its refresh token was not revoked, as it was used before.
    assert!(browser.app.session(&session).await.is_none());
    assert!(!browser.is_accepted(&access_token).await);
    refresh_at(&browser, &session, Value::Null).await.assert_refused(401, "session_ended");
    browser.app.sessions.finished().await;
    assert_eq!(browser.provider.calls_for(&browser.user, "revoke").await, 0);
    // The person signs in again.
    browser.sign_in().await;
}

#[tokio::test]
async fn a_page_of_the_release_before_which_sends_no_revision_refreshes_as_before() {
    let RolledBack { redis: _redis, browser, session, .. } = RolledBack::start().await;
    // Here, the provider takes it for a theft.
    browser.refresh(&session).await.assert_refused(401, "session_ended");
    assert_eq!(browser.refreshes_seen().await, 3);
}

#[tokio::test]
async fn a_record_that_is_as_new_as_what_the_browser_has_seen_or_newer_is_used() {
    let browser = Browser::start();
    let login = browser.login().await;
    let session = login.json()["session"].as_str().unwrap().to_owned();
    let mut seen = vec![revision(&login)];
    for _ in 0..3 {
        browser.app.clock.jump(REPLAY_WINDOW);
        let answer = refresh_at(&browser, &session, *seen.last().unwrap()).await;
        answer.assert_ok();
        seen.push(revision(&answer));
    }
    assert!(seen.is_sorted_by(|one, next| one < next), "{seen:?}");
    // The tab may not have received the latest ones.
    browser.app.clock.jump(REPLAY_WINDOW);
    refresh_at(&browser, &session, seen[1]).await.assert_ok();
    assert_eq!(browser.refreshes_seen().await, 4);
}

#[tokio::test]
async fn a_repeated_answer_has_the_revision_that_is_stored() {
    let browser = Browser::with_long_sessions();
    browser.set(json!({ "access_token_ttl": 3600 })).await;
    let session = browser.sign_in().await.session;
    browser.app.clock.jump(Duration::from_secs(60));
    let first = browser.refresh_idle(&session, 60).await;
    let again = refresh_at(&browser, &session, revision(&first)).await;
    assert_eq!(again.json()["access_token"], first.json()["access_token"]);
    assert_eq!(browser.app.session(&session).await.unwrap().revision, revision(&again));
    assert!(revision(&first) < revision(&again), "the activity was stored");
}

#[tokio::test]
async fn another_browser_cannot_end_a_session_by_a_high_revision() {
    // T53
    let browser = Browser::start();
    let signed_in = browser.sign_in().await;
    let thief = browser.with_new_key();
    refresh_at(&thief, &signed_in.session, u64::MAX).await.assert_refused(401, "session_ended");
    assert!(browser.is_accepted(&signed_in.access_token).await);
    browser.refresh_access_token(&signed_in.session).await;
}

#[tokio::test]
async fn a_revision_that_is_not_a_number_is_refused() {
    let browser = Browser::start();
    let session = browser.sign_in().await.session;
    for wrong in [json!("1"), json!(-1), json!(1.5), json!([1])] {
        let answer = refresh_at(&browser, &session, wrong.clone()).await;
        assert!(answer.status.is_client_error() && answer.status != 401, "{wrong}: {answer:?}");
    }
    refresh_at(&browser, &session, Value::Null).await.assert_ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_has_lost_the_lock_while_it_waited_sends_no_refresh_token() {
    // T46. Found by the model: the other server may have used the token that this one has read.
    let redis = Redis::start().await;
    let mut provider = ScriptedProvider::start().await;
    let app = || TestApp::with_storage(settings(&provider.issuer), in_redis(&redis));
    let (first, second) = (app(), app());
    provider.browser = Browser::at(first, MockProvider::shared());
    let waiting = provider.browser.with_app(second);
    let session = provider.login(|_| {}).await.json()["session"].as_str().unwrap().to_owned();

    // The second server has the lock, and waits for the provider's metadata.
    let hanging = provider.hang_metadata().await;
    let fetched = provider.metadata_requests();
    let refresh = tokio::spawn({
        let session = session.clone();
        async move { waiting.refresh(&session).await }
    });
    wait_until("it fetches the metadata", async || provider.metadata_requests() > fetched).await;
    let lock = redis.keys().await.into_iter().find(|key| key.starts_with("oracle-ai:refresh:")).unwrap();
    // As after a lease that could not be renewed.
    redis.command(&["DEL", &lock]).await;
    for _ in 0..2 {
        provider.browser.app.clock.jump(REPLAY_WINDOW);
        provider.refresh(&session, |_| {}).await.assert_ok();
    }
    let sent = provider.last_request().form["refresh_token"].clone();
    drop(hanging);

    refresh.await.unwrap().assert_refused(503, "unavailable");
    assert_eq!(provider.last_request().form["refresh_token"], sent);
    provider.browser.app.clock.jump(REPLAY_WINDOW);
    provider.refresh(&session, |_| {}).await.assert_ok();
}
