//! `POST /api/refresh` and `POST /api/logout`: the life of a session.

use std::collections::HashSet;

use futures_util::future::join_all;
use oracle_ai::{
    server::{
        auth::sessions::REPLAY_WINDOW,
        http::ingress::{EdgeSettings, LimitSettings},
    },
    wire::auth::{RefreshRequest, SessionId},
};
use serde_json::json;

use crate::support::{
    app::{TestApp, wait_until},
    browser::Browser,
    provider::MockProvider,
    scripted_provider::ScriptedProvider,
};

#[tokio::test]
async fn a_refresh_gives_a_new_access_token_for_the_same_person() {
    let browser = Browser::start();
    let login = browser.login().await.json();
    let answer = browser.refresh(login["session"].as_str().unwrap()).await;
    answer.assert_ok();
    let answer = answer.json();
    assert_eq!(answer["token_type"], "DPoP");
    assert_eq!(answer["expires_in"], 300);
    assert_eq!(answer["user"], login["user"]);
    assert_ne!(answer["access_token"], login["access_token"]);
    assert!(browser.is_accepted(answer["access_token"].as_str().unwrap()).await);
}

#[tokio::test]
async fn a_token_with_a_wider_scope_than_the_latest_grant_is_not_handed_out_again() {
    // T48
    let provider = ScriptedProvider::start().await;
    let login = provider.login(|script| script.members["scope"] = "openid chat.read chat.write".into()).await;
    login.assert_ok();
    let login = login.json();
    let (session, wide) = (login["session"].as_str().unwrap(), &login["access_token"]);
    let browser = &provider.browser;
    browser.app.clock.jump(REPLAY_WINDOW);
    let narrowed = provider.refresh(session, |script| script.members["scope"] = "openid chat.read".into()).await;
    let narrow = narrowed.json()["access_token"].clone();
    assert_ne!(narrow, *wide);
    // Repeated, and asked for with a scope: it is the same, and no other.
    for request in [json!({ "session": session }), json!({ "session": session, "scope": "openid chat.write" })] {
        let again = browser.post("/api/refresh", &request).await;
        assert_eq!(again.json()["access_token"], narrow, "{request}");
    }
    assert_eq!(browser.app.session(session).await.unwrap().permissions.scope, ["openid", "chat.read"]);
}

#[tokio::test]
async fn a_new_refresh_token_replaces_the_old_one() {
    // T43. The mock ends the grant where a superseded one comes again.
    let browser = Browser::start();
    let session = browser.sign_in().await.session;
    let mut spent = HashSet::new();
    for _ in 0..4 {
        let kept = browser.app.session(&session).await.unwrap().refresh_token.unwrap();
        assert!(spent.insert(kept.secret().to_owned()));
        browser.refresh_access_token(&session).await;
    }
}

#[tokio::test]
async fn a_later_auth_time_keeps_the_session_and_the_login_s_own_value() {
    // T42: some providers send the person's latest sign-in, in any browser.
    let browser = Browser::start();
    let session = browser.sign_in().await.session;
    let login = browser.app.session(&session).await.unwrap().login;
    let auth_time = login.auth_time.unwrap();
    for later in [json!(auth_time + 1), json!(auth_time + 3600), json!((auth_time + 9).to_string())] {
        browser.set(json!({ "id_token_claims": { "auth_time": later } })).await;
        browser.refresh_access_token(&session).await;
        assert_eq!(browser.app.session(&session).await.unwrap().login, login, "{later}");
    }
}

#[tokio::test]
async fn without_a_new_refresh_token_the_old_one_is_kept() {
    // T43
    for settings in [json!({ "refresh_token_in_refresh": false }), json!({ "rotate_refresh_tokens": false })] {
        let browser = Browser::start();
        browser.set(settings).await;
        let session = browser.sign_in().await.session;
        let kept = browser.app.session(&session).await.unwrap().refresh_token.unwrap();
        for _ in 0..3 {
            browser.refresh_access_token(&session).await;
            assert!(browser.app.session(&session).await.unwrap().refresh_token.as_ref() == Some(&kept));
        }
    }
}

#[tokio::test]
async fn a_refreshed_id_token_is_kept_for_the_logout_and_its_absence_is_fine() {
    // T42
    for is_sent in [true, false] {
        let browser = Browser::start();
        browser.set(json!({ "id_token_in_refresh": is_sent })).await;
        let session = browser.sign_in().await.session;
        let first = browser.app.session(&session).await.unwrap().id_token;
        browser.refresh_access_token(&session).await;
        let now = browser.app.session(&session).await.unwrap().id_token;
        assert_eq!(now.secret() != first.secret(), is_sent);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_concurrent_refreshes_share_one_provider_request() {
    // T46, for one process; and more than one browser is allowed in a minute.
    let provider = MockProvider::shared();
    let edge = EdgeSettings { limits: LimitSettings { per_browser: None, ..Default::default() }, ..Default::default() };
    let browser = Browser::at(TestApp::with_edge(provider.settings(), edge), provider);
    let session = browser.sign_in().await.session;
    browser.set(json!({ "refresh_faults": [{ "kind": "slow", "ms": 1500 }] })).await;
    let refreshes = (0..200).map(|_| {
        let (browser, session) = (browser.clone(), session.clone());
        tokio::spawn(async move { browser.refresh(&session).await })
    });
    let answers: Vec<_> = join_all(refreshes).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(browser.refreshes_seen().await, 1);
    answers.iter().for_each(|answer| answer.assert_ok());
    let bodies: HashSet<_> = answers.iter().map(|answer| &answer.text).collect();
    assert_eq!(bodies.len(), 1);
    // And the next one is a new call.
    browser.refresh_access_token(&session).await;
    assert_eq!(browser.refreshes_seen().await, 2);
}

#[tokio::test]
async fn refreshes_of_two_sessions_do_not_wait_for_each_other() {
    let slow = Browser::start();
    let quick = Browser::at(slow.app.clone(), slow.provider.clone());
    let (slow_session, quick_session) = (slow.sign_in().await.session, quick.sign_in().await.session);
    slow.set(json!({ "refresh_faults": [{ "kind": "slow", "ms": 1500 }] })).await;
    let waiting = tokio::spawn({
        let slow = slow.clone();
        async move { slow.refresh(&slow_session).await }
    });
    slow.provider.wait_for_refresh(&slow.user, "pending").await;
    quick.refresh_access_token(&quick_session).await;
    assert!(!waiting.is_finished());
    waiting.await.unwrap().assert_ok();
}

#[tokio::test]
async fn a_refresh_that_its_client_abandoned_still_stores_the_new_refresh_token() {
    // T43, T44. Below the endpoints, because Dioxus completes requests whose client has left.
    let browser = Browser::start();
    let session = browser.sign_in().await.session;
    let kept = async || browser.app.session(&session).await.unwrap().refresh_token.unwrap();
    let before = kept().await;
    browser.set(json!({ "refresh_faults": [{ "kind": "slow", "ms": 300 }] })).await;
    let caller = tokio::spawn({
        let sessions = browser.app.sessions.clone();
        let session = SessionId::new(&session);
        let request = RefreshRequest { session, idle_seconds: None, session_revision: None };
        let proof = browser.verified_proof("/api/refresh").await;
        async move { sessions.refresh_access_token(request, proof).await }
    });
    browser.provider.wait_for_refresh(&browser.user, "pending").await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    wait_until("the new refresh token is kept", async || kept().await != before).await;
    browser.refresh_access_token(&session).await;
}

#[tokio::test]
async fn a_logout_during_a_slow_refresh_takes_effect() {
    // T75. Whichever the provider does first: to grant the refresh, or to end the grant.
    for (fault, seen_as, revocations) in [("slow", "pending", 1), ("slow_answer", "slow_answer", 2)] {
        let browser = Browser::start();
        let session = browser.sign_in().await.session;
        browser.set(json!({ "refresh_faults": [{ "kind": fault, "ms": 300 }] })).await;
        let refresh = tokio::spawn({
            let (browser, session) = (browser.clone(), session.clone());
            async move { browser.refresh(&session).await }
        });
        browser.provider.wait_for_refresh(&browser.user, seen_as).await;
        browser.logout(&session).await.assert_ok();
        refresh.await.unwrap().assert_refused(401, "session_ended");
        browser.refresh(&session).await.assert_refused(401, "session_ended");
        assert!(browser.app.session(&session).await.is_none());
        let revoked = async || browser.provider.calls_for(&browser.user, "revoke").await == revocations;
        wait_until("what nobody keeps is revoked", revoked).await;
    }
}

#[tokio::test]
async fn logging_out_ends_the_session_and_its_access_tokens_and_twice_is_success() {
    // T78
    let browser = Browser::start();
    let signed_in = browser.sign_in().await;
    let second_token = browser.refresh_access_token(&signed_in.session).await;
    browser.logout(&signed_in.session).await.assert_ok();
    assert!(!browser.is_accepted(&signed_in.access_token).await);
    assert!(!browser.is_accepted(&second_token).await);
    browser.refresh(&signed_in.session).await.assert_refused(401, "session_ended");
    browser.logout(&signed_in.session).await.assert_ok();
    assert_eq!(browser.refreshes_seen().await, 1);
}

#[tokio::test]
async fn logging_out_of_one_session_leaves_the_users_other_sessions_alone() {
    let browser = Browser::start();
    let other_browser = browser.with_new_key();
    let (here, there) = (browser.sign_in().await, other_browser.sign_in().await);
    browser.logout(&here.session).await.assert_ok();
    assert!(other_browser.is_accepted(&there.access_token).await);
    other_browser.refresh_access_token(&there.session).await;
}

#[tokio::test]
async fn an_unknown_session_id_is_an_ended_session() {
    let browser = Browser::start();
    for session in ["", "unknown", "a".repeat(100_000).as_str(), "\u{0}", "🦀"] {
        browser.refresh(session).await.assert_refused(401, "session_ended");
        browser.logout(session).await.assert_ok();
    }
}
