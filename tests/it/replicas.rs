//! Several servers on one Redis, and what happens when one of them, or Redis, fails.

use std::{collections::HashSet, sync::Arc, time::Duration};

use axum::{
    body::{Body, BodyDataStream},
    http::{Method, Request},
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use futures_util::{StreamExt, future::join_all};
use oracle_ai::{
    server::{
        auth::sessions::{REPLAY_WINDOW, Storage, TokenStatus},
        store::{KeyRing, MemoryStore, OutageStore, RedisAddress, SecretHash},
    },
    wire::auth::{AccessToken, RefreshRequest, SessionId},
};
use serde_json::json;

use crate::support::{
    app::{self, TestApp, wait_until},
    browser::Browser,
    provider::MockProvider,
    redis::Redis,
    server_process::ServerProcess,
};

/// The key of sessions in Redis.
pub const KEY: [u8; 32] = [42; 32];

/// Two server processes on one Redis, and the same browser at both.
struct TwoServers {
    redis: Redis,
    first: ServerProcess,
    second: ServerProcess,
    at_first: Browser,
    at_second: Browser,
}

impl TwoServers {
    async fn start() -> Self {
        let redis = Redis::start().await;
        let provider = MockProvider::shared();
        let (url, keys) = (redis.url(), BASE64_STANDARD.encode(KEY));
        let variables = [("REDIS_URL", &*url), ("SESSION_KEYS", &*keys)];
        let (first, second) = tokio::join!(
            ServerProcess::start(&provider.issuer, &variables),
            ServerProcess::start(&provider.issuer, &variables),
        );
        let app = |server: &ServerProcess| TestApp::remote(server.port, provider.settings(), in_redis(&redis));
        let at_first = Browser::at(app(&first), provider.clone());
        let at_second = Browser { app: app(&second), ..at_first.clone() };
        Self { redis, first, second, at_first, at_second }
    }
}

/// Sessions in this Redis.
pub fn in_redis(redis: &Redis) -> Storage {
    Storage::in_redis(&RedisAddress::parse(&redis.url()).unwrap(), KeyRing::new(KEY, [])).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_concurrent_refreshes_at_two_servers_share_one_provider_request() {
    // T46. The provider rotates, and ends the grant where a superseded refresh token comes again.
    let two = TwoServers::start().await;
    let session = two.at_first.sign_in().await.session;
    two.at_first.set(json!({ "refresh_faults": [{ "kind": "slow", "ms": 500 }] })).await;
    let refreshes = (0..200).map(|n| {
        let browser = if n % 2 == 0 { two.at_first.clone() } else { two.at_second.clone() };
        let session = session.clone();
        tokio::spawn(async move { browser.refresh(&session).await })
    });
    let answers: Vec<_> = join_all(refreshes).await.into_iter().map(Result::unwrap).collect();
    answers.iter().for_each(|answer| answer.assert_ok());
    let tokens: HashSet<_> = answers.iter().map(|answer| answer.json()["access_token"].to_string()).collect();
    assert_eq!(tokens.len(), 1);
    assert_eq!(two.at_first.refreshes_seen().await, 1);
    // The session lives at both, and so does the token.
    let token = answers[0].json()["access_token"].as_str().unwrap().to_owned();
    assert!(two.at_first.is_accepted(&token).await);
    assert!(two.at_second.is_accepted(&token).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_in_the_middle_of_a_refresh_does_not_end_the_session() {
    // T44, T46
    let mut two = TwoServers::start().await;
    let session = two.at_first.sign_in().await.session;
    two.at_first.set(json!({ "refresh_faults": [{ "kind": "slow", "ms": 60_000 }] })).await;
    let dying = tokio::spawn({
        let (browser, session) = (two.at_first.clone(), session.clone());
        async move { browser.refresh(&session).await }
    });
    two.at_first.provider.wait_for_refresh(&two.at_first.user, "pending").await;
    let waiting = tokio::spawn({
        let (browser, session) = (two.at_second.clone(), session.clone());
        async move { browser.refresh(&session).await }
    });
    two.first.kill();
    assert_eq!(dying.await.unwrap().status, 502);
    let answer = waiting.await.unwrap();
    answer.assert_ok();
    assert!(two.at_second.is_accepted(answer.json()["access_token"].as_str().unwrap()).await);
    drop(two.redis);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_can_be_started_at_one_server_and_finished_once_at_another() {
    // T08
    let two = TwoServers::start().await;
    let response = two.at_first.authorization_response().await;
    let (one, other) = tokio::join!(two.at_first.exchange(&response), two.at_second.exchange(&response));
    let statuses = [one.status.as_u16(), other.status.as_u16()];
    assert!(statuses == [200, 400] || statuses == [400, 200], "{statuses:?}");
    let login = if one.status == 200 { one.json() } else { other.json() };
    let (token, session) = (login["access_token"].as_str().unwrap(), login["session"].as_str().unwrap());
    assert!(two.at_first.is_accepted(token).await && two.at_second.is_accepted(token).await);
    two.at_second.logout(session).await.assert_ok();
    assert!(!two.at_first.is_accepted(token).await && !two.at_second.is_accepted(token).await);
    two.at_first.refresh(session).await.assert_refused(401, "session_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_that_one_server_has_accepted_is_refused_by_the_other() {
    // T69
    let two = TwoServers::start().await;
    let token = two.at_first.sign_in().await.access_token;
    let request = || two.at_first.request(Method::GET, "/api/chat", Some(&token)).body(Body::empty()).unwrap();
    let (head, _) = request().into_parts();
    let again = || Request::from_parts(head.clone(), Body::empty());
    two.at_first.app.send(again()).await.assert_ok();
    two.at_second.app.send(again()).await.assert_refused(401, "invalid_proof");
    two.at_first.app.send(again()).await.assert_refused(401, "invalid_proof");
    // A new one is taken by any of them.
    two.at_second.app.send(request()).await.assert_ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn during_a_redis_outage_only_tokens_in_use_are_accepted_and_the_server_recovers() {
    // T105
    let two = TwoServers::start().await;
    let browser = &two.at_first;
    // Another session of a key would end the first.
    let other_browser = Browser { app: browser.app.clone(), ..two.at_second.with_new_key() };
    let at_second = Browser { app: two.at_second.app.clone(), ..other_browser.clone() };
    let (seen, unseen) = (browser.sign_in().await, at_second.sign_in().await);
    assert!(browser.is_accepted(&seen.access_token).await);
    assert_eq!(two.first.readiness().await, (200, "ready".into()));
    two.redis.stop().await;

    assert!(browser.is_accepted(&seen.access_token).await);
    let authorization = format!("DPoP {}", unseen.access_token);
    other_browser.check_chat(&[&authorization]).await.assert_refused(503, "unavailable");
    browser.check_chat(&["DPoP made-up"]).await.assert_refused(503, "unavailable");
    browser.refresh(&seen.session).await.assert_refused(503, "unavailable");
    browser.logout(&seen.session).await.assert_refused(503, "unavailable");
    browser.request_authorize().await.assert_refused(503, "unavailable");
    browser.exchange(&json!({ "code": "a", "state": "b" })).await.assert_refused(503, "unavailable");
    // Readiness stays, as no other server would do better. The second has used the store, though nobody asked it whether it is
    // ready; it said that the store was never there.
    for server in [&two.first, &two.second] {
        wait_until("it is degraded", async || server.readiness().await == (200, "degraded".into())).await;
    }
    // A server that never had its store is another matter.
    let (url, keys) = (two.redis.url(), BASE64_STANDARD.encode(KEY));
    let variables = [("REDIS_URL", &*url), ("SESSION_KEYS", &*keys)];
    let late = ServerProcess::start(&browser.provider.issuer, &variables).await;
    assert_eq!(late.readiness().await, (503, "unavailable".into()));
    assert_eq!(two.first.status("/livez").await, Some(200));
    assert_eq!(browser.refreshes_seen().await, 0, "no refresh token is spent that could not be stored");

    two.redis.restart().await;
    wait_until("it has healed", async || two.first.readiness().await.1 == "ready").await;
    // What was in it is gone with it: it kept nothing on disk.
    browser.refresh(&seen.session).await.assert_refused(401, "session_ended");
    let again = browser.sign_in().await;
    assert!(browser.is_accepted(&again.access_token).await);
    wait_until("the other has, too", async || two.second.readiness().await.1 == "ready").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_of_redis_contains_no_plaintext() {
    // T107
    let redis = Redis::start().await;
    let provider = MockProvider::dedicated().await;
    provider.set_dpop("bound").await;
    let browser = Browser::at(TestApp::with_storage(provider.settings(), in_redis(&redis)), provider);
    let begun = browser.start_login().await;
    let signed_in = browser.sign_in().await;
    let kept = browser.app.session(&signed_in.session).await.unwrap();
    let dump = redis.dump().await;
    let refresh_token = kept.refresh_token.unwrap();
    let key = browser.key.thumbprint().to_string();
    for secret in [
        &*begun.state,
        &*signed_in.session,
        &*signed_in.access_token,
        refresh_token.secret(),
        kept.id_token.secret(),
        kept.login.nonce.secret(),
        &*kept.user.sub,
        &*key,
    ] {
        // Before they are sealed, records have what base64url stands for in place of its text.
        let decoded = secret.split('.').filter_map(|part| BASE64_URL_SAFE_NO_PAD.decode(part).ok());
        let decoded = decoded.filter(|bytes| bytes.len() >= 16);
        for form in decoded.chain([secret.into()]) {
            assert!(!dump.windows(form.len()).any(|window| window == form), "{secret}");
        }
    }
    // The private half of the key that the session's tokens are bound to at the provider, as RFC 5915 writes it in PKCS #8.
    let proof_key: Vec<u8> = serde_json::from_value(serde_json::to_value(kept.proof_key.unwrap()).unwrap()).unwrap();
    assert!(!dump.windows(32).any(|window| window == &proof_key[36..68]));
    let kinds: HashSet<_> = redis.keys().await.iter().map(|key| key.split(':').nth(1).unwrap().to_owned()).collect();
    let known = ["pending", "used-state", "session", "token", "spent", "of-sid", "of-sub", "of-key"];
    assert_eq!(kinds, known.map(str::to_owned).into());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_survives_a_key_rotation_and_ends_when_its_key_is_removed() {
    // T107
    let redis = Redis::start().await;
    let provider = MockProvider::shared();
    let address = RedisAddress::parse(&redis.url()).unwrap();
    let with = |first: u8, others: &[u8]| {
        let ring = KeyRing::new([first; 32], others.iter().map(|key| [*key; 32]));
        TestApp::with_storage(provider.settings(), Storage::in_redis(&address, ring).unwrap())
    };
    let before = Browser::at(with(1, &[]), provider.clone());
    let other_browser = before.with_new_key();
    let (moved, left) = (before.sign_in().await, other_browser.sign_in().await);
    let during = Browser { app: with(2, &[1]), ..before.clone() };
    assert!(during.is_accepted(&moved.access_token).await);
    let token = during.refresh_access_token(&moved.session).await;
    let after = Browser { app: with(2, &[]), ..before.clone() };
    assert!(after.is_accepted(&token).await);
    let other_browser = Browser { app: after.app.clone(), ..other_browser };
    assert!(!other_browser.is_accepted(&left.access_token).await);
    other_browser.refresh(&left.session).await.assert_refused(401, "session_ended");
    // Nor does it count as a foreign token.
    let (token, key) = (AccessToken::new(&*left.access_token), other_browser.key.thumbprint());
    let status = after.app.sessions.token_status(&token, Some(&key)).await.unwrap();
    assert!(matches!(status, TokenStatus::Ended));
}

#[tokio::test]
async fn a_lost_refresh_response_is_replayed_for_half_a_minute() {
    // T44
    let browser = Browser::start();
    let session = browser.sign_in().await.session;
    let first = browser.refresh(&session).await.json();
    browser.app.clock.jump(REPLAY_WINDOW - Duration::from_secs(1));
    let again = browser.refresh(&session).await.json();
    assert_eq!(again["access_token"], first["access_token"]);
    // The token has not become younger.
    assert_eq!(again["expires_in"], 300 - 29);
    assert_eq!(browser.refreshes_seen().await, 1);
    browser.app.clock.jump(Duration::from_secs(1));
    assert_ne!(browser.refresh(&session).await.json()["access_token"], first["access_token"]);
    assert_eq!(browser.refreshes_seen().await, 2);
}

#[tokio::test]
async fn a_refresh_response_is_replayed_to_the_same_key_only_and_not_after_a_logout() {
    // T53
    let browser = Browser::start();
    let session = browser.sign_in().await.session;
    browser.refresh(&session).await.assert_ok();
    let thief = Browser { key: crate::support::dpop::DpopKey::new(), ..browser.clone() };
    thief.refresh(&session).await.assert_refused(401, "session_ended");
    browser.logout(&session).await.assert_ok();
    browser.refresh(&session).await.assert_refused(401, "session_ended");
}

#[tokio::test]
async fn a_short_lived_refresh_response_is_replayed_in_its_first_half_only() {
    let browser = Browser::start();
    browser.set(json!({ "access_token_ttl": 10 })).await;
    let session = browser.sign_in().await.session;
    let first = browser.refresh(&session).await.json();
    browser.app.clock.jump(Duration::from_secs(5));
    assert_ne!(browser.refresh(&session).await.json()["access_token"], first["access_token"]);
}

#[tokio::test]
async fn a_token_that_was_rejected_is_not_replayed() {
    let browser = Browser::start();
    let session = browser.sign_in().await.session;
    let first = browser.refresh(&session).await.json();
    let token = oracle_ai::wire::auth::AccessToken::new(first["access_token"].as_str().unwrap());
    browser.app.sessions.expire_access_token(&token, &browser.key.thumbprint()).await.unwrap();
    assert_ne!(browser.refresh(&session).await.json()["access_token"], first["access_token"]);
}

#[tokio::test]
async fn a_new_refresh_token_survives_a_short_store_outage() {
    // T43
    let redis = Redis::start().await;
    let provider = MockProvider::shared();
    let storage = in_redis(&redis);
    let browser = Browser::at(TestApp::with_storage(provider.settings(), storage), provider);
    // The store must keep what it has while it is away.
    redis.keep_on_disk().await;
    let session = browser.sign_in().await.session;
    browser.set(json!({ "refresh_faults": [{ "kind": "slow", "ms": 800 }] })).await;
    let refresh = tokio::spawn({
        let sessions = browser.app.sessions.clone();
        let session = SessionId::new(&session);
        let request = RefreshRequest { session, idle_seconds: None, session_revision: None };
        let proof = browser.verified_proof("/api/refresh").await;
        async move { sessions.refresh_access_token(request, proof).await }
    });
    browser.provider.wait_for_refresh(&browser.user, "pending").await;
    redis.stop().await;
    browser.provider.wait_for_refresh(&browser.user, "ok").await;
    redis.restart().await;
    refresh.await.unwrap().unwrap();
    browser.refresh_access_token(&session).await;
}

#[tokio::test]
async fn without_the_store_tokens_that_this_process_has_not_seen_are_refused() {
    // T105
    let provider = MockProvider::shared();
    let memory = Arc::new(MemoryStore::new());
    let storage = app::storage(Arc::new(OutageStore::new(memory)));
    let browser = Browser::at(TestApp::with_storage(provider.settings(), storage), provider);
    let signed_in = browser.sign_in().await;
    assert!(browser.is_accepted(&signed_in.access_token).await);
    browser.logout(&signed_in.session).await.assert_ok();
    assert!(!browser.is_accepted(&signed_in.access_token).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_page_is_notified_within_two_seconds_of_an_end_at_another_server() {
    // T87
    let two = TwoServers::start().await;
    for _ in 0..3 {
        let session = two.at_first.sign_in().await;
        let events = open_events(&two.at_second, &session.access_token).await;
        two.at_first.logout(&session.session).await.assert_ok();
        let rest = tokio::time::timeout(Duration::from_secs(2), rest(events)).await.expect("it is notified in time");
        assert!(rest.contains(r#"{"kind":"ended","reauthenticate":true}"#), "{rest}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn open_pages_outlive_an_outage_of_redis_and_are_notified_of_the_ends_after_it() {
    // T87, T105
    let two = TwoServers::start().await;
    two.redis.keep_on_disk().await;
    let (ending, living) = (two.at_first.sign_in().await, two.at_first.with_new_key());
    let lives = living.sign_in().await;
    let ends = open_events(&two.at_second, &ending.access_token).await;
    let living_at_second = Browser { app: two.at_second.app.clone(), ..living.clone() };
    let mut goes_on = open_events(&living_at_second, &lives.access_token).await;
    two.redis.stop().await;
    // Longer than two readings of announcements.
    let silence = tokio::time::timeout(Duration::from_secs(3), next_event(&mut goes_on)).await;
    assert!(silence.is_err(), "an outage is no end: {silence:?}");
    two.redis.restart().await;
    wait_until("the first server is back", async || two.first.readiness().await.1 == "ready").await;
    wait_until("the second server is back", async || two.second.readiness().await.1 == "ready").await;
    two.at_first.logout(&ending.session).await.assert_ok();
    let notified = tokio::time::timeout(Duration::from_secs(2), rest(ends)).await.expect("it is notified in time");
    assert!(notified.contains(r#"{"kind":"ended","reauthenticate":true}"#), "{notified}");
    assert!(living.is_accepted(&lives.access_token).await);
    living.logout(&lives.session).await.assert_ok();
    assert!(rest(goes_on).await.contains("ended"));
}

/// The stream of events of an open page, after the first one.
async fn open_events(browser: &Browser, access_token: &str) -> BodyDataStream {
    let request = browser.request(Method::GET, "/api/session/events", Some(access_token));
    let mut events = browser.app.open(request.body(Body::empty()).unwrap()).await.into_data_stream();
    let first = next_event(&mut events).await;
    assert!(first.as_deref().is_some_and(|first| first.contains(r#"{"kind":"lives"}"#)), "{first:?}");
    events
}

/// Leaves out the comments that keep the connection alive.
async fn next_event(events: &mut BodyDataStream) -> Option<String> {
    loop {
        let text = String::from_utf8(events.next().await?.unwrap().to_vec()).unwrap();
        if !text.starts_with(':') {
            return Some(text);
        }
    }
}

fn first_word(line: &str) -> &str {
    line.split(' ').next().unwrap()
}

async fn rest(mut events: BodyDataStream) -> String {
    let mut text = String::new();
    while let Some(event) = next_event(&mut events).await {
        text += &event;
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_can_end_all_sessions_of_one_user_at_all_servers() {
    // T88. In a separate process.
    let two = TwoServers::start().await;
    let at_second = two.at_second.with_new_key();
    let (one, other) = (two.at_first.sign_in().await, at_second.sign_in().await);
    let somebody_else = two.at_first.other_user();
    let theirs = somebody_else.sign_in().await;
    let user = two.at_first.app.session(&one.session).await.unwrap().user;

    let (url, keys) = (two.redis.url(), BASE64_STANDARD.encode(KEY));
    let run = async |name: &str, sub: &str, redis: &str, more: &[&str]| {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_oracle-ai"));
        command
            .args([name, "--issuer", &user.iss, "--sub", sub])
            .args(more)
            .current_dir(two.first.folder())
            .envs([("REDIS_URL", redis), ("SESSION_KEYS", &keys), ("OIDC_ISSUER", &user.iss)])
            .envs([("CLIENT_ID", "chat"), ("CLIENT_SECRET", "not-for-anyone")]);
        let output = command.output().await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let end_sessions = async |sub: &str, redis: &str| run("end-sessions", sub, redis, &[]).await;
    let (code, log, said) = end_sessions("uid=nobody", &url).await;
    assert_eq!((code, said.as_str()), (Some(0), "oracle-ai: 0 sessions ended\n"), "{log}");
    assert!(two.at_first.is_accepted(&one.access_token).await);

    // A third session is ended alone, by the handle in the list.
    let third = two.at_first.with_new_key();
    let ended_alone = third.sign_in().await;
    let (code, log, said) = run("sessions", &user.sub, &url, &[]).await;
    assert_eq!((code, said.as_str()), (Some(0), "oracle-ai: 3 sessions\n"), "{log}");
    assert!(log.contains("session.listed_by_operator") && log.contains("operator=\"account "), "{log}");
    let handles: Vec<&str> = log.lines().filter(|line| line.contains(" since=")).map(first_word).collect();
    assert_eq!(handles.len(), 3, "{log}");
    let name = SecretHash::of(&SecretHash::of(&ended_alone.session).to_string()).to_string();
    assert!(handles.contains(&name.as_str()), "{log}");
    let (code, log, said) = run("end-sessions", &user.sub, &url, &["--session", &name]).await;
    assert_eq!((code, said.as_str()), (Some(0), "oracle-ai: 1 session ended\n"), "{log}");
    assert!(log.contains("session.ended_by_operator") && log.contains("operator=\"account "), "{log}");
    assert!(!third.is_accepted(&ended_alone.access_token).await);
    assert!(two.at_first.is_accepted(&one.access_token).await);
    let (code, log, _) = run("end-sessions", &user.sub, &url, &["--session", &name]).await;
    assert_eq!(code, Some(1), "it is not there any more: {log}");

    let (code, log, said) = end_sessions(&user.sub, &url).await;
    assert_eq!((code, said.as_str()), (Some(0), "oracle-ai: 2 sessions ended\n"), "{log}");
    assert!(log.contains("session.all_ended_by_operator") && log.contains("2 sessions"), "{log}");
    assert!(!log.contains(&user.sub), "a person is named: {log}");
    for (browser, token) in [(&two.at_first, &one), (&at_second, &other), (&two.at_second, &one)] {
        assert!(!browser.is_accepted(&token.access_token).await);
        browser.refresh(&token.session).await.assert_refused(401, "session_ended");
    }
    assert!(somebody_else.is_accepted(&theirs.access_token).await);

    // Without the store, the command fails instead of reporting success.
    two.redis.stop().await;
    let (code, _, said) = end_sessions(&user.sub, &url).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("could not be ended"), "{said}");
}
