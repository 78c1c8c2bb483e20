//! When sessions end by themselves: inactivity, lifetime, and what the provider says of it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use oracle_ai::server::auth::sessions::{REPLAY_WINDOW, SessionLimits};
use serde_json::{Value, json};

use crate::support::{app::until, browser::Browser, scripted_provider::ScriptedProvider};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

#[tokio::test]
async fn a_session_without_input_ends_however_often_its_page_refreshes() {
    // T47, ASVS V7.3.1. Once, a page that was left open refreshed by a timer, and was never idle.
    let browser = long_lived().await;
    let signed_in = browser.sign_in().await;
    for idle in [10, 20, 29] {
        let left = if idle == 29 { 9 * MINUTE } else { 10 * MINUTE };
        browser.app.clock.jump(left);
        browser.refresh_idle(&signed_in.session, idle * 60).await.assert_ok();
    }
    let token = browser.refresh_idle(&signed_in.session, 29 * 60).await.json()["access_token"].clone();
    assert!(browser.is_let_in(token.as_str().unwrap()).await);
    browser.app.clock.jump(MINUTE);
    // Its access token ends with it.
    assert!(!browser.is_let_in(token.as_str().unwrap()).await);
    browser.refresh_idle(&signed_in.session, 30 * 60).await.assert_refused(401, "session_ended");
    // The provider is not asked for more, but told that this is over.
    assert_eq!(browser.refreshes_seen().await, 3);
    until("its refresh token is revoked", async || browser.provider.calls_for(&browser.user, "revoke").await == 1)
        .await;
    // And whatever is said of input afterwards, it stays over.
    browser.refresh_idle(&signed_in.session, 0).await.assert_refused(401, "session_ended");
}

#[tokio::test]
async fn what_has_ended_stays_ended_whatever_the_browser_then_says_of_its_person() {
    // T47
    let browser = long_lived().await;
    let session = browser.sign_in().await.session;
    browser.app.clock.jump(30 * MINUTE);
    browser.refresh_idle(&session, 0).await.assert_refused(401, "session_ended");
    assert_eq!(browser.refreshes_seen().await, 0);
}

#[tokio::test]
async fn input_keeps_a_session_and_a_client_that_does_not_speak_of_input_is_in_use() {
    // T47
    let browser = long_lived().await;
    let session = browser.sign_in().await.session;
    for _ in 0..4 {
        browser.app.clock.jump(25 * MINUTE);
        browser.refresh_idle(&session, 60).await.assert_ok();
    }
    for _ in 0..4 {
        browser.app.clock.jump(28 * MINUTE);
        browser.refresh(&session).await.assert_ok();
    }
}

#[tokio::test]
async fn input_is_never_taken_for_earlier_than_is_known_nor_for_later_than_now() {
    let browser = long_lived().await;
    let session = browser.sign_in().await.session;
    let known = async || browser.app.session(&session).await.unwrap().last_used_at;
    let signed_in_at = known().await;
    for idle in [600, 10_000_000, u64::MAX] {
        browser.app.clock.jump(REPLAY_WINDOW + MINUTE);
        browser.refresh_idle(&session, idle).await.assert_ok();
        assert_eq!(known().await, signed_in_at, "{idle}");
    }
    browser.app.clock.jump(MINUTE);
    browser.refresh_idle(&session, 0).await.assert_ok();
    assert!(signed_in_at < known().await && known().await <= browser.app.clock.now());
    for wrong in [json!(-1), json!("0"), json!(1.5)] {
        browser
            .post("/api/refresh", &json!({ "session": session, "idle_seconds": wrong }))
            .await
            .assert_refused(422, "invalid_field");
    }
}

#[tokio::test]
async fn input_counts_also_where_the_last_answer_is_given_again() {
    // A person who stays, right after their page has refreshed by its timer.
    let browser = long_lived().await;
    let session = browser.sign_in().await.session;
    browser.app.clock.jump(25 * MINUTE);
    let first = browser.refresh_idle(&session, 25 * 60).await.json();
    let again = browser.refresh_idle(&session, 0).await.json();
    assert_eq!(first["access_token"], again["access_token"]);
    assert_eq!(browser.refreshes_seen().await, 1);
    browser.app.clock.jump(25 * MINUTE);
    browser.refresh_idle(&session, 25 * 60).await.assert_ok();
}

#[tokio::test]
async fn of_two_tabs_that_refresh_together_the_one_that_was_used_counts() {
    let browser = long_lived().await;
    let session = browser.sign_in().await.session;
    browser.app.clock.jump(25 * MINUTE);
    browser.set(json!({ "refresh_faults": [{ "kind": "slow", "ms": 800 }] })).await;
    let refresh = |idle| {
        let (browser, session) = (browser.clone(), session.clone());
        tokio::spawn(async move { browser.refresh_idle(&session, idle).await })
    };
    let left = refresh(25 * 60);
    browser.provider.until_refresh_is(&browser.user, "pending").await;
    let used = refresh(0);
    left.await.unwrap().assert_ok();
    used.await.unwrap().assert_ok();
    assert_eq!(browser.refreshes_seen().await, 1);
    let idle_for = browser.app.clock.now().duration_since(browser.app.session(&session).await.unwrap().last_used_at);
    assert!(idle_for.unwrap() < MINUTE);
}

#[tokio::test]
async fn an_access_token_is_good_for_half_of_the_idle_timeout_at_most_so_that_a_page_in_use_reports_in_time() {
    let limits = SessionLimits { idle_timeout: 5 * MINUTE, lifetime: HOUR };
    let browser = Browser::limited(limits);
    browser.set(json!({ "access_token_ttl": 1_000_000, "id_token_ttl": 1_000_000 })).await;
    let login = browser.login().await.json();
    assert_eq!(login["expires_in"], 150);
    assert_eq!(login["idle_timeout"], 300);
    assert!((3590..=3600).contains(&login["session_expires_in"].as_u64().unwrap()), "{login}");
    browser.app.clock.jump(Duration::from_secs(150));
    assert!(!browser.is_let_in(login["access_token"].as_str().unwrap()).await);
    let session = login["session"].as_str().unwrap();
    let refreshed = browser.refresh(session).await.json();
    assert_eq!(refreshed["expires_in"], 150);
    assert!((3440..=3450).contains(&refreshed["session_expires_in"].as_u64().unwrap()), "{refreshed}");
    // And no longer than the session itself: the person was away for most of its time.
    browser.app.clock.jump(Duration::from_secs(200));
    let refreshed = browser.refresh_idle(session, 200).await.json();
    assert!((90..=100).contains(&refreshed["expires_in"].as_u64().unwrap()), "{refreshed}");
}

#[tokio::test]
async fn a_session_is_over_at_the_end_of_its_lifetime_however_much_it_is_used() {
    // T47
    let browser = long_lived().await;
    let session = browser.sign_in().await.session;
    let lifetime = SessionLimits::default().lifetime;
    let step = 29 * MINUTE;
    let steps = lifetime.as_secs() / step.as_secs();
    for _ in 0..steps {
        browser.app.clock.jump(step);
        browser.refresh(&session).await.assert_ok();
    }
    browser.app.clock.jump(Duration::from_secs(lifetime.as_secs() % step.as_secs()));
    browser.refresh(&session).await.assert_refused(401, "session_ended");
    assert_eq!(browser.refreshes_seen().await as u64, steps);
}

#[tokio::test]
async fn a_session_that_can_not_be_refreshed_ends_at_the_idle_timeout_too() {
    // T47. Nobody could tell of input.
    let provider = ScriptedProvider::start().await;
    let login = provider.login(|script| {
        script.members["refresh_token"] = Value::Null;
        script.members["expires_in"] = 7200.into();
    });
    let login = login.await.json();
    assert_eq!(login["expires_in"], 1800);
    provider.browser.app.clock.jump(30 * MINUTE);
    assert!(!provider.browser.is_let_in(login["access_token"].as_str().unwrap()).await);
}

#[tokio::test]
async fn a_session_ends_when_the_provider_says_it_must() {
    // `session_expiry`, as a number and as text.
    for as_text in [false, true] {
        let browser = long_lived().await;
        let end = seconds(browser.app.clock.now() + 20 * MINUTE);
        let said = if as_text { json!(end.to_string()) } else { json!(end) };
        browser.set(json!({ "id_token_claims": { "session_expiry": said } })).await;
        let login = browser.login().await.json();
        assert!((1190..=1200).contains(&login["session_expires_in"].as_u64().unwrap()), "{login}");
        let (token, session) = (login["access_token"].as_str().unwrap(), login["session"].as_str().unwrap());
        browser.app.clock.jump(14 * MINUTE);
        assert!(browser.is_let_in(token).await);
        browser.app.clock.jump(6 * MINUTE);
        assert!(!browser.is_let_in(token).await);
        browser.refresh(session).await.assert_refused(401, "session_ended");
        assert_eq!(browser.refreshes_seen().await, 0);
    }
}

#[tokio::test]
async fn a_later_end_of_the_providers_does_not_prolong_the_lifetime() {
    let browser = long_lived().await;
    let end = seconds(browser.app.clock.now() + 1000 * HOUR);
    browser.set(json!({ "id_token_claims": { "session_expiry": end } })).await;
    let login = browser.login().await.json();
    assert!(login["session_expires_in"].as_u64().unwrap() <= SessionLimits::default().lifetime.as_secs(), "{login}");
}

#[tokio::test]
async fn a_refreshed_id_token_moves_the_end_within_the_lifetime() {
    let browser = long_lived().await;
    let now = seconds(browser.app.clock.now());
    let session = browser.sign_in().await.session;
    for (said, remaining) in [(now + 3600, 3600), (now + 7200, 7200), (now + 10_000_000, 43_200)] {
        browser.set(json!({ "id_token_claims": { "session_expiry": said } })).await;
        browser.app.clock.jump(REPLAY_WINDOW);
        let told = browser.refresh(&session).await.json()["session_expires_in"].as_u64().unwrap();
        assert!((remaining - 200..=remaining).contains(&told), "{said}: {told}");
    }
    // One that has passed ends the session at once, and what came along is revoked.
    browser.set(json!({ "id_token_claims": { "session_expiry": now } })).await;
    browser.app.clock.jump(REPLAY_WINDOW);
    browser.refresh(&session).await.assert_refused(401, "session_ended");
    assert!(browser.app.session(&session).await.is_none());
    until("it is revoked", async || browser.provider.calls_for(&browser.user, "revoke").await == 1).await;
}

#[tokio::test]
async fn a_sign_in_whose_session_would_have_ended_already_is_refused() {
    for said in [json!(seconds(SystemTime::now()) - 1), json!("soon"), json!(-1)] {
        let browser = Browser::start();
        browser.set(json!({ "id_token_claims": { "session_expiry": said } })).await;
        browser.login().await.assert_refused(401, "login_failed");
        until("it is revoked", async || browser.provider.calls_for(&browser.user, "revoke").await == 1).await;
    }
}

/// A person whose tokens outlast every session.
async fn long_lived() -> Browser {
    let browser = Browser::start();
    browser.set(json!({ "access_token_ttl": 1_000_000, "id_token_ttl": 1_000_000 })).await;
    browser
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap().as_secs()
}
