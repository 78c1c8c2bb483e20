//! Records that an ended session leaves, and the session that a new sign-in replaces.

use std::time::Duration;

use oracle_ai::{
    server::{
        auth::sessions::{REPLAY_WINDOW, SessionLimits, Storage},
        store::{KeyRing, RedisAddress},
    },
    wire::auth::SessionId,
};
use serde_json::json;

use crate::support::{
    app::{TestApp, wait_until},
    browser::{Browser, SignedIn},
    provider::MockProvider,
    redis::Redis,
};

/// What stays for a while, and is no record of a session or of its tokens: proofs, logout tokens and states that were used, and that all
/// sessions of a user have been ended, for the logins in flight.
const STAYS: [&str; 6] = [
    "oracle-ai:spent:",
    "oracle-ai:spent-logout:",
    "oracle-ai:pending:",
    "oracle-ai:used-state:",
    "oracle-ai:ended:",
    "oracle-ai:session-ends",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_has_ended_leaves_no_record_of_itself_or_its_tokens() {
    // T108. Regardless of what ended it: the records of its access tokens are removed too.
    let redis = Redis::start().await;
    let storage = Storage::in_redis(&RedisAddress::parse(&redis.url()).unwrap(), KeyRing::new([7; 32], [])).unwrap();
    let provider = MockProvider::shared();
    let app = TestApp::with_storage(provider.settings(), storage);
    let come = async || {
        let browser = Browser::at(app.clone(), provider.clone());
        // The mock signs by the machine's clock.
        browser.set(json!({ "id_token_ttl": 3600 })).await;
        let signed_in = browser.sign_in().await;
        browser.refresh_access_token(&signed_in.session).await;
        assert!(!left(&redis).await.is_empty(), "there is nothing to be left");
        (browser, signed_in)
    };

    let (browser, signed_in) = come().await;
    browser.logout(&signed_in.session).await.assert_ok();
    assert_eq!(left(&redis).await, [""; 0], "after a logout");

    let (browser, signed_in) = come().await;
    let user = browser.app.session(&signed_in.session).await.unwrap().user;
    browser.app.sessions.end_all(&user, None).await.unwrap();
    assert_eq!(left(&redis).await, [""; 0], "after an end from another browser, or by an operator");

    for by in ["sid", "sub"] {
        let (browser, _) = come().await;
        let [token] = provider.log_out(&browser.user, json!({ "by": by, "keep": true })).await.try_into().unwrap();
        browser.app.sessions.follow_logout_token(&token).await.unwrap();
        assert_eq!(left(&redis).await, [""; 0], "after an end by the provider, by {by}");
    }

    let (browser, signed_in) = come().await;
    provider.revoke(&browser.user).await;
    browser.app.clock.jump(REPLAY_WINDOW);
    browser.refresh(&signed_in.session).await.assert_refused(401, "session_ended");
    assert_eq!(left(&redis).await, [""; 0], "after a refresh that the provider refused");

    let (browser, signed_in) = come().await;
    let before = left(&redis).await;
    let again = browser.sign_in().await;
    let after = left(&redis).await;
    assert!(before.iter().all(|name| !after.contains(name) || name.contains(":of-")), "{before:?} {after:?}");
    browser.refresh(&signed_in.session).await.assert_refused(401, "session_ended");
    browser.logout(&again.session).await.assert_ok();
    assert_eq!(left(&redis).await, [""; 0], "after another sign-in, and its end");

    let (browser, signed_in) = come().await;
    browser.app.clock.jump(SessionLimits::default().idle_timeout);
    browser.refresh(&signed_in.session).await.assert_refused(401, "session_ended");
    assert_eq!(left(&redis).await, [""; 0], "after the idle timeout");
}

#[tokio::test]
async fn a_sign_in_ends_the_previous_session_of_the_same_key_even_of_another_user() {
    // T54, ASVS V7.2.4: a session whose id the browser no longer has must not live on. A step-up is also a second sign-in
    // of the same user, with a new id.
    for is_same_person in [true, false] {
        for sends_previous in [true, false] {
            let browser = Browser::start();
            let first = browser.sign_in().await;
            let next = match is_same_person {
                true => browser.clone(),
                false => Browser { user: browser.other_user().user, ..browser.clone() },
            };
            let second = sign_in_after(&next, sends_previous.then_some(&first)).await;
            assert_ne!(second.session, first.session);
            assert!(!browser.is_accepted(&first.access_token).await);
            browser.refresh(&first.session).await.assert_refused(401, "session_ended");
            assert!(next.is_accepted(&second.access_token).await);
            next.refresh_access_token(&second.session).await;
            // Only the old id opens the record that the old refresh token is in.
            let revoked = async || browser.provider.calls_for(&browser.user, "revoke").await;
            match sends_previous {
                true => wait_until("its refresh token is revoked", async || revoked().await == 1).await,
                false => assert_eq!(revoked().await, 0),
            }
            let other = next.with_new_key().sign_in().await;
            assert_ne!(other.session, second.session);
            assert!(next.is_accepted(&second.access_token).await, "another computer's session is another one");
        }
    }
}

#[tokio::test]
async fn two_concurrent_sign_ins_of_one_browser_leave_one_session() {
    // T54
    for _ in 0..5 {
        let browser = Browser::start();
        let (one, other) = (browser.authorization_response().await, browser.authorization_response().await);
        let (one, other) = tokio::join!(browser.exchange(&one), browser.exchange(&other));
        let mut let_in = 0;
        for answer in [one, other] {
            answer.assert_ok();
            let_in += usize::from(browser.is_accepted(answer.json()["access_token"].as_str().unwrap()).await);
        }
        assert_eq!(let_in, 1);
    }
}

#[tokio::test]
async fn a_copied_session_id_ends_nothing_at_another_browsers_sign_in() {
    // T53
    let owner = Browser::start();
    let signed_in = owner.sign_in().await;
    sign_in_after(&owner.other_user(), Some(&signed_in)).await;
    sign_in_after(&owner.with_new_key(), Some(&signed_in)).await;
    assert!(owner.is_accepted(&signed_in.access_token).await);
    owner.refresh_access_token(&signed_in.session).await;
    assert_eq!(owner.provider.calls_for(&owner.user, "revoke").await, 0);
}

#[tokio::test]
async fn a_sign_in_that_is_refused_ends_nothing_and_its_refresh_token_is_revoked() {
    // T85: a token that is not stored must not stay valid at the provider.
    for fault in ["wrong_nonce", "wrong_iss", "wrong_aud", "expired_id_token", "bad_signature", "alg_none"] {
        let browser = Browser::start();
        let signed_in = browser.sign_in().await;
        browser.set(json!({ "token_faults": [{ "kind": fault }] })).await;
        browser.login().await.assert_refused(401, "login_failed");
        wait_until("it is revoked", async || browser.provider.calls_for(&browser.user, "revoke").await == 1).await;
        assert!(browser.is_accepted(&signed_in.access_token).await, "{fault}");
    }
}

#[tokio::test]
async fn the_refresh_token_of_a_sign_in_that_cannot_be_stored_is_revoked() {
    let redis = Redis::start().await;
    let storage = Storage::in_redis(&RedisAddress::parse(&redis.url()).unwrap(), KeyRing::new([7; 32], [])).unwrap();
    let provider = MockProvider::shared();
    let browser = Browser::at(TestApp::with_storage(provider.settings(), storage), provider);
    let response = browser.authorization_response().await;
    browser.set(json!({ "token_faults": [{ "kind": "slow", "ms": 800 }] })).await;
    let exchange = tokio::spawn({
        let browser = browser.clone();
        async move { browser.exchange(&response).await }
    });
    wait_until("the code is at the provider", async || browser.exchanges_seen().await == 1).await;
    redis.stop().await;
    exchange.await.unwrap().assert_refused(503, "unavailable");
    wait_until("it is revoked", async || browser.provider.calls_for(&browser.user, "revoke").await == 1).await;
}

#[tokio::test]
async fn a_logout_of_an_expired_session_still_revokes_its_refresh_token() {
    // T76
    let browser = Browser::start();
    let session = browser.sign_in().await.session;
    browser.app.clock.jump(SessionLimits::default().idle_timeout + Duration::from_secs(60));
    assert!(browser.app.records.session(&SessionId::new(&session)).await.unwrap().is_none());
    browser.logout(&session).await.assert_ok();
    assert_eq!(browser.provider.calls_for(&browser.user, "revoke").await, 1);
}

/// A sign-in of a browser that still has this session.
async fn sign_in_after(browser: &Browser, previous: Option<&SignedIn>) -> SignedIn {
    let mut response = browser.authorization_response().await;
    if let Some(previous) = previous {
        response["previous_session"] = previous.session.clone().into();
    }
    let answer = browser.exchange(&response).await;
    answer.assert_ok();
    let text = |member: &str| answer.json()[member].as_str().unwrap().to_owned();
    SignedIn { access_token: text("access_token"), session: text("session") }
}

/// The names of all other records.
async fn left(redis: &Redis) -> Vec<String> {
    let keys = redis.keys().await;
    keys.into_iter().filter(|key| !STAYS.iter().any(|kind| key.starts_with(kind))).collect()
}
