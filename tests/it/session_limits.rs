//! Expiry of sessions: inactivity, lifetime, and the provider's `session_expiry`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use oracle_ai::server::auth::sessions::{REPLAY_WINDOW, SessionLimits};
use serde_json::{Value, json};

use crate::support::{app::wait_until, browser::Browser, scripted_provider::ScriptedProvider};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

#[tokio::test]
async fn an_idle_session_ends_even_if_its_page_keeps_refreshing() {
    // T47, ASVS V7.3.1. Once, a page that was left open refreshed by a timer, and was never idle.
    let browser = long_lived().await;
    let signed_in = browser.sign_in().await;
    for idle in [10, 20, 29] {
        let left = if idle == 29 { 9 * MINUTE } else { 10 * MINUTE };
        browser.app.clock.jump(left);
        browser.refresh_idle(&signed_in.session, idle * 60).await.assert_ok();
    }
    let token = browser.refresh_idle(&signed_in.session, 29 * 60).await.json()["access_token"].clone();
    assert!(browser.is_accepted(token.as_str().unwrap()).await);
    browser.app.clock.jump(MINUTE);
    // Its access token ends with it.
    assert!(!browser.is_accepted(token.as_str().unwrap()).await);
    browser.refresh_idle(&signed_in.session, 30 * 60).await.assert_refused(401, "session_ended");
    // The refresh token is not used again, but revoked.
    assert_eq!(browser.refreshes_seen().await, 3);
    wait_until("its refresh token is revoked", async || browser.provider.calls_for(&browser.user, "revoke").await == 1)
        .await;
    // A later report of input does not change that.
    browser.refresh_idle(&signed_in.session, 0).await.assert_refused(401, "session_ended");
}

#[tokio::test]
async fn an_ended_session_is_not_revived_by_a_later_report_of_input() {
    // T47
    let browser = long_lived().await;
    let session = browser.sign_in().await.session;
    browser.app.clock.jump(30 * MINUTE);
    browser.refresh_idle(&session, 0).await.assert_refused(401, "session_ended");
    assert_eq!(browser.refreshes_seen().await, 0);
}

#[tokio::test]
async fn input_extends_a_session_and_a_refresh_without_idle_seconds_counts_as_input() {
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
async fn the_time_of_input_never_moves_back_nor_beyond_now() {
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
async fn input_counts_even_if_the_refresh_response_is_replayed() {
    // Input right after a refresh by the page's timer.
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
async fn of_two_tabs_that_refresh_together_the_later_input_counts() {
    let browser = long_lived().await;
    let session = browser.sign_in().await.session;
    browser.app.clock.jump(25 * MINUTE);
    browser.set(json!({ "refresh_faults": [{ "kind": "slow", "ms": 800 }] })).await;
    let refresh = |idle| {
        let (browser, session) = (browser.clone(), session.clone());
        tokio::spawn(async move { browser.refresh_idle(&session, idle).await })
    };
    let left = refresh(25 * 60);
    browser.provider.wait_for_refresh(&browser.user, "pending").await;
    let used = refresh(0);
    left.await.unwrap().assert_ok();
    used.await.unwrap().assert_ok();
    assert_eq!(browser.refreshes_seen().await, 1);
    let idle_for = browser.app.clock.now().duration_since(browser.app.session(&session).await.unwrap().last_used_at);
    assert!(idle_for.unwrap() < MINUTE);
}

#[tokio::test]
async fn an_access_token_lives_for_at_most_half_of_the_idle_timeout() {
    let limits = SessionLimits { idle_timeout: 5 * MINUTE, lifetime: HOUR };
    let browser = Browser::with_session_limits(limits);
    browser.set(json!({ "access_token_ttl": 1_000_000, "id_token_ttl": 1_000_000 })).await;
    let login = browser.login().await.json();
    assert_eq!(login["expires_in"], 150);
    assert_eq!(login["idle_timeout"], 300);
    assert!((3590..=3600).contains(&login["session_expires_in"].as_u64().unwrap()), "{login}");
    browser.app.clock.jump(Duration::from_secs(150));
    assert!(!browser.is_accepted(login["access_token"].as_str().unwrap()).await);
    let session = login["session"].as_str().unwrap();
    let refreshed = browser.refresh(session).await.json();
    assert_eq!(refreshed["expires_in"], 150);
    assert!((3440..=3450).contains(&refreshed["session_expires_in"].as_u64().unwrap()), "{refreshed}");
    // And no longer than the session itself, which is near its idle timeout.
    browser.app.clock.jump(Duration::from_secs(200));
    let refreshed = browser.refresh_idle(session, 200).await.json();
    assert!((90..=100).contains(&refreshed["expires_in"].as_u64().unwrap()), "{refreshed}");
}

#[tokio::test]
async fn a_session_ends_after_its_lifetime_even_if_it_is_in_use() {
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
async fn a_session_without_a_refresh_token_ends_at_the_idle_timeout_too() {
    // T47. Without refreshes there are no reports of input.
    let provider = ScriptedProvider::start().await;
    let login = provider.login(|script| {
        script.members["refresh_token"] = Value::Null;
        script.members["expires_in"] = 7200.into();
    });
    let login = login.await.json();
    assert_eq!(login["expires_in"], 1800);
    provider.browser.app.clock.jump(30 * MINUTE);
    assert!(!provider.browser.is_accepted(login["access_token"].as_str().unwrap()).await);
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
        assert!(browser.is_accepted(token).await);
        browser.app.clock.jump(6 * MINUTE);
        assert!(!browser.is_accepted(token).await);
        browser.refresh(session).await.assert_refused(401, "session_ended");
        assert_eq!(browser.refreshes_seen().await, 0);
    }
}

#[tokio::test]
async fn a_later_session_expiry_of_the_provider_does_not_prolong_the_lifetime() {
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
        let remaining_seconds = browser.refresh(&session).await.json()["session_expires_in"].as_u64().unwrap();
        assert!((remaining - 200..=remaining).contains(&remaining_seconds), "{said}: {remaining_seconds}");
    }
    // One that has passed ends the session at once, and what came along is revoked.
    browser.set(json!({ "id_token_claims": { "session_expiry": now } })).await;
    browser.app.clock.jump(REPLAY_WINDOW);
    browser.refresh(&session).await.assert_refused(401, "session_ended");
    assert!(browser.app.session(&session).await.is_none());
    wait_until("it is revoked", async || browser.provider.calls_for(&browser.user, "revoke").await == 1).await;
}

#[tokio::test]
async fn a_sign_in_whose_session_expiry_has_passed_is_refused() {
    for said in [json!(seconds(SystemTime::now()) - 1), json!("soon"), json!(-1)] {
        let browser = Browser::start();
        browser.set(json!({ "id_token_claims": { "session_expiry": said } })).await;
        browser.login().await.assert_refused(401, "login_failed");
        wait_until("it is revoked", async || browser.provider.calls_for(&browser.user, "revoke").await == 1).await;
    }
}

/// A browser whose tokens outlive every session.
async fn long_lived() -> Browser {
    let browser = Browser::start();
    browser.set(json!({ "access_token_ttl": 1_000_000, "id_token_ttl": 1_000_000 })).await;
    browser
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap().as_secs()
}
