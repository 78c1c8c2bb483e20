//! Session records: an attacker with write access to the store, and two browsers with one access token.

use std::time::Duration;

use oracle_ai::{
    server::{
        auth::sessions::LoginError,
        store::{HEAD_LEN, Kind, Record, RecordName},
    },
    wire::auth::State,
};
use serde_json::json;

use crate::support::{browser::Browser, scripted_provider::ScriptedProvider};

#[tokio::test]
async fn write_access_to_the_store_cannot_revive_the_token_of_an_ended_session() {
    // T107. Once, any 16 bytes under the session's name would do.
    let browser = Browser::start();
    let (store, now) = (browser.app.records.store().clone(), browser.app.clock.now());
    let signed_in = browser.sign_in().await;
    let session = RecordName::of(Kind::Session, &signed_in.session);
    let token = RecordName::of(Kind::IssuedToken, &signed_in.access_token);
    let copied = store.get(&token, now).await.unwrap().unwrap();
    browser.logout(&signed_in.session).await.assert_ok();
    assert!(store.get(&token, now).await.unwrap().is_none(), "it went with its session");
    store.put(&token, copied).await.unwrap();

    let ends_at = now + Duration::from_secs(3600);
    let other = browser.with_new_key();
    let others = RecordName::of(Kind::Session, &other.sign_in().await.session);
    let others = store.get(&others, now).await.unwrap().unwrap();
    for sealed in [vec![], vec![0xff; 16], vec![0xff; 1000], others.sealed] {
        store.put(&session, Record { sealed, revision: 0, ends_at }).await.unwrap();
        assert!(!browser.is_accepted(&signed_in.access_token).await);
        browser.refresh(&signed_in.session).await.assert_refused(401, "session_ended");
    }
}

#[tokio::test]
async fn write_access_to_the_store_cannot_extend_a_session() {
    // T107
    let browser = Browser::start();
    browser.set(json!({ "access_token_ttl": 1_000_000 })).await;
    let signed_in = browser.sign_in().await;
    let (store, now) = (browser.app.records.store().clone(), browser.app.clock.now());
    let name = RecordName::of(Kind::Session, &signed_in.session);
    let record = store.get(&name, now).await.unwrap().unwrap();
    let ends_at = now + Duration::from_secs(1_000_000);
    // The store's own end is not what counts, …
    store.put(&name, Record { ends_at, ..record.clone() }).await.unwrap();
    assert!(browser.is_accepted(&signed_in.access_token).await);
    // … and the one that counts can't be changed.
    let mut sealed = record.sealed.clone();
    sealed[2] ^= 1;
    store.put(&name, Record { sealed, ends_at, ..record.clone() }).await.unwrap();
    assert!(!browser.is_accepted(&signed_in.access_token).await);
    store.put(&name, Record { ends_at, ..record }).await.unwrap();
    browser.app.clock.jump(Duration::from_secs(3600));
    assert!(!browser.is_accepted(&signed_in.access_token).await);
    browser.refresh(&signed_in.session).await.assert_refused(401, "session_ended");
}

#[tokio::test]
async fn write_access_to_the_store_cannot_make_a_session_of_what_is_kept_to_be_revoked() {
    // T85, T107
    let browser = Browser::start();
    let (store, now) = (browser.app.records.store().clone(), browser.app.clock.now());
    let signed_in = browser.sign_in().await;
    let user = browser.app.session(&signed_in.session).await.unwrap().user;
    browser.app.sessions.end_all(&user, None).await.unwrap();
    let kept = store.get(&RecordName::of(Kind::ToRevoke, &signed_in.session), now).await.unwrap().unwrap();

    // The layout of a session's record: a head, and two parts that may be empty, before what is sealed under the id.
    let as_session = [&[0; HEAD_LEN + 4][..], &kept.sealed].concat();
    for sealed in [kept.sealed.clone(), as_session] {
        store.put(&RecordName::of(Kind::Session, &signed_in.session), Record { sealed, ..kept.clone() }).await.unwrap();
        browser.refresh(&signed_in.session).await.assert_refused(401, "session_ended");
        assert!(!browser.is_accepted(&signed_in.access_token).await);
    }
}

#[tokio::test]
async fn two_browsers_with_the_same_access_token_do_not_lock_each_other_out() {
    // As at providers that repeat an access token while it lives. Once, the second sign-in made the first one's calls 401.
    let mut provider = ScriptedProvider::start().await;
    let first = provider.browser.clone();
    let (second, thief) = (first.with_new_key(), first.with_new_key());
    let sign_in = async |provider: &ScriptedProvider| {
        let answer = provider.login(|script| script.members["access_token"] = "repeated".into()).await;
        answer.assert_ok();
        answer.json()["session"].as_str().unwrap().to_owned()
    };
    let firsts = sign_in(&provider).await;
    provider.browser = second.clone();
    let seconds = sign_in(&provider).await;
    assert!(first.is_accepted("repeated").await && second.is_accepted("repeated").await);
    assert!(!thief.is_accepted("repeated").await);

    second.app.clock.jump(Duration::from_secs(60));
    let refreshed = provider.refresh(&seconds, |script| script.members["access_token"] = "repeated".into()).await;
    refreshed.assert_ok();
    assert!(first.is_accepted("repeated").await && second.is_accepted("repeated").await);

    // Each ends with its own session.
    first.logout(&firsts).await.assert_ok();
    assert!(!first.is_accepted("repeated").await && second.is_accepted("repeated").await);
    second.logout(&seconds).await.assert_ok();
    assert!(!second.is_accepted("repeated").await);
}

#[tokio::test]
async fn the_log_distinguishes_used_expired_and_unknown_states() {
    // T09. To the browser they are one kind of error.
    let browser = Browser::start();
    let (used, late) = (browser.start_login().await.state, browser.start_login().await.state);
    let finish = async |state: &str| {
        let response = json!({ "error": "access_denied", "state": state });
        browser.exchange(&response).await.assert_refused(400, "invalid_state");
        browser.app.sessions.state_refusal(&State::new(state)).await
    };
    browser
        .exchange(&json!({ "error": "access_denied", "state": used, "iss": browser.provider.issuer }))
        .await
        .assert_refused(401, "login_refused");
    assert!(matches!(finish(&used).await, LoginError::UsedState));
    assert!(matches!(finish("made-up").await, LoginError::UnknownState));
    browser.app.clock.jump(Duration::from_secs(10 * 60));
    assert!(matches!(finish(&late).await, LoginError::ExpiredState));
    assert!(matches!(finish(&used).await, LoginError::UsedState));
    // An hour after they were issued, they are unknown.
    browser.app.clock.jump(Duration::from_secs(60 * 60));
    assert!(matches!(finish(&late).await, LoginError::UnknownState));
}
