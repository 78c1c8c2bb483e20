//! Records that an ended session leaves, and the session that a new sign-in replaces.

use std::time::Duration;

use futures_util::future::try_join_all;
use oracle_ai::{
    server::{
        auth::sessions::{REPLAY_WINDOW, Records, SessionLimits},
        store::{Kind, RecordName, SecretHash},
    },
    wire::auth::SessionId,
};
use serde_json::json;

use crate::{
    replicas::in_redis,
    support::{
        app::{TestApp, wait_until},
        browser::{Browser, SignedIn},
        provider::MockProvider,
        redis::Redis,
    },
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
    // T108. Regardless of what ended it: the records of its access tokens are removed too. After an end from elsewhere,
    // the refresh token is left for its browser to have revoked.
    let redis = Redis::start().await;
    let provider = MockProvider::shared();
    let app = TestApp::with_storage(provider.settings(), in_redis(&redis));
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
    assert_eq!(left(&redis).await, [to_revoke(&signed_in)], "after an end from another browser, or by an operator");
    browser.logout(&signed_in.session).await.assert_ok();
    assert_eq!(left(&redis).await, [""; 0], "after its browser has called again");

    for by in ["sid", "sub"] {
        let (browser, signed_in) = come().await;
        let [token] = provider.log_out(&browser.user, json!({ "by": by, "keep": true })).await.try_into().unwrap();
        browser.app.sessions.follow_logout_token(&token).await.unwrap();
        assert_eq!(left(&redis).await, [to_revoke(&signed_in)], "after an end by the provider, by {by}");
        browser.refresh(&signed_in.session).await.assert_refused(401, "session_ended");
        assert_eq!(left(&redis).await, [""; 0], "after its browser has called again");
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
            // Only the old id opens the record that the old refresh token is in: sent with the sign-in, or with a later call.
            let revoked = async || browser.provider.calls_for(&browser.user, "revoke").await;
            wait_until("its refresh token is revoked", async || revoked().await == 1).await;
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
    let provider = MockProvider::shared();
    let browser = Browser::at(TestApp::with_storage(provider.settings(), in_redis(&redis)), provider);
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

#[tokio::test]
async fn the_refresh_token_of_a_session_that_was_ended_from_elsewhere_is_revoked_when_its_browser_calls_again() {
    // T85: the token is sealed under the session's id, which only the browser has.
    for by in ["the provider", "the person in another browser", "an operator"] {
        for call in ["a refresh", "a logout", "both"] {
            let browser = Browser::start();
            let signed_in = browser.sign_in().await;
            let revoked = async || browser.provider.calls_for(&browser.user, "revoke").await;
            let user = browser.app.session(&signed_in.session).await.unwrap().user;
            match by {
                "the provider" => {
                    let body = json!({ "by": "sid", "keep": true });
                    let [token] = browser.provider.log_out(&browser.user, body).await.try_into().unwrap();
                    browser.app.sessions.follow_logout_token(&token).await.unwrap();
                }
                "the person in another browser" => browser.app.sessions.end_all(&user, None).await.unwrap(),
                _ => assert_eq!(browser.app.records.end_all_by_operator(&user).await.unwrap(), 1),
            }
            assert!(!browser.is_accepted(&signed_in.access_token).await);
            assert_eq!(revoked().await, 0, "{by}");

            browser.with_new_key().logout(&signed_in.session).await.assert_ok();
            browser.with_new_key().refresh(&signed_in.session).await.assert_refused(401, "session_ended");
            browser.app.sessions.finished().await;
            assert_eq!(revoked().await, 0, "a copied id is worth nothing");

            if call != "a logout" {
                browser.refresh(&signed_in.session).await.assert_refused(401, "session_ended");
            }
            if call != "a refresh" {
                browser.logout(&signed_in.session).await.assert_ok();
            }
            wait_until("it is revoked", async || revoked().await == 1).await;
            browser.refresh(&signed_in.session).await.assert_refused(401, "session_ended");
            browser.app.sessions.finished().await;
            assert_eq!(revoked().await, 1, "once, after {call}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_ended_twice_is_revoked_once() {
    // T85: as by a logout token that the provider sends again, or by a security event beside it.
    let redis = Redis::start().await;
    let provider = MockProvider::shared();
    let app = TestApp::with_storage(provider.settings(), in_redis(&redis));
    for is_at_once in [true, false] {
        let browser = Browser::at(app.clone(), provider.clone());
        let signed_in = browser.sign_in().await;
        let records = browser.app.records.clone();
        let name = SecretHash::of(&signed_in.session);
        if is_at_once {
            let end = || tokio::spawn(remove(records.clone(), name.clone()));
            let ended = try_join_all([(); 8].map(|()| end())).await.unwrap();
            assert_eq!(ended.into_iter().filter(|was_there| *was_there).count(), 1);
        } else {
            assert!(records.remove_unopened_session(&name).await.unwrap());
            assert!(!records.remove_unopened_session(&name).await.unwrap());
        }
        browser.logout(&signed_in.session).await.assert_ok();
        wait_until("it is revoked", async || browser.provider.calls_for(&browser.user, "revoke").await == 1).await;
    }
}

async fn remove(records: Records, session: SecretHash) -> bool {
    records.remove_unopened_session(&session).await.unwrap()
}

#[tokio::test]
async fn a_sign_in_that_still_has_a_session_which_was_ended_meanwhile_has_its_refresh_token_revoked() {
    // T85: as of a step-up that was under way at the provider.
    for has_its_key in [true, false] {
        let browser = Browser::start();
        let signed_in = browser.sign_in().await;
        assert!(browser.app.records.remove_unopened_session(&SecretHash::of(&signed_in.session)).await.unwrap());
        let next = if has_its_key { browser.clone() } else { browser.with_new_key() };
        sign_in_after(&next, Some(&signed_in)).await;
        browser.app.sessions.finished().await;
        assert_eq!(browser.provider.calls_for(&browser.user, "revoke").await, usize::from(has_its_key));
    }
}

#[tokio::test]
async fn a_session_that_is_ended_from_elsewhere_during_its_refresh_leaves_nothing_and_its_new_refresh_token_is_revoked()
{
    // T85, T108
    let browser = Browser::start();
    let signed_in = browser.sign_in().await;
    let name = SecretHash::of(&signed_in.session);
    browser.app.clock.jump(REPLAY_WINDOW);
    browser.set(json!({ "refresh_faults": [{ "kind": "slow", "ms": 800 }] })).await;
    let refresh = tokio::spawn({
        let (browser, session) = (browser.clone(), signed_in.session.clone());
        async move { browser.refresh(&session).await }
    });
    wait_until("it is at the provider", async || browser.provider.calls_for(&browser.user, "token").await == 2).await;
    assert!(browser.app.records.remove_unopened_session(&name).await.unwrap());
    refresh.await.unwrap().assert_refused(401, "session_ended");
    browser.app.sessions.finished().await;
    assert_eq!(browser.provider.calls_for(&browser.user, "revoke").await, 1, "the new one");
    let kept = RecordName::of(Kind::ToRevoke, &signed_in.session);
    assert_eq!(browser.app.records.store().get(&kept, browser.app.clock.now()).await.unwrap(), None);
}

#[tokio::test]
async fn what_is_kept_of_an_ended_session_lasts_as_long_as_its_record_would_have_and_can_only_be_revoked() {
    // T85, T108
    for (minutes, revoked) in [(4, 1), (5, 0)] {
        let browser = Browser::start();
        let signed_in = browser.sign_in().await;
        let user = browser.app.session(&signed_in.session).await.unwrap().user;
        browser.app.sessions.end_all(&user, None).await.unwrap();
        assert!(browser.app.session(&signed_in.session).await.is_none());
        browser.app.clock.jump(SessionLimits::default().idle_timeout + Duration::from_secs(60 * minutes));
        browser.refresh(&signed_in.session).await.assert_refused(401, "session_ended");
        browser.logout(&signed_in.session).await.assert_ok();
        browser.app.sessions.finished().await;
        assert_eq!(browser.provider.calls_for(&browser.user, "revoke").await, revoked, "after {minutes} minutes");
    }
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

/// The name of the record from which the refresh token of this session can be revoked.
fn to_revoke(signed_in: &SignedIn) -> String {
    format!("oracle-ai:to-revoke:{}", SecretHash::of(&signed_in.session))
}

/// The names of all other records, without those that were taken: for a repeated call, they stay for a minute.
async fn left(redis: &Redis) -> Vec<String> {
    let mut left = vec![];
    for key in redis.keys().await {
        let is_taken = async || redis.command(&["PTTL", &key]).await.trim().parse::<i64>().unwrap() <= 60_000;
        let stays = STAYS.iter().any(|kind| key.starts_with(kind));
        if !(stays || key.starts_with("oracle-ai:to-revoke:") && is_taken().await) {
            left.push(key);
        }
    }
    left
}
