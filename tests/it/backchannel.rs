//! `POST /backchannel-logout`: OpenID Connect Back-Channel Logout.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Method, header},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use oracle_ai::server::{
    auth::sessions::Storage,
    store::{KeyRing, MemoryStore, OutageStore, RedisAddress, Store},
};
use serde_json::{Value, json};

use crate::{
    store::UnreachableStore,
    support::{
        app::{self, TestApp, TestResponse, request, wait_until},
        browser::Browser,
        provider::MockProvider,
        redis::Redis,
        scripted_provider::unix_seconds,
        server_process::ServerProcess,
    },
};

const PATH: &str = "/backchannel-logout";

/// How long keys are not fetched again.
const A_MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_sid_ends_that_session_and_no_other() {
    // T83, T84
    let browser = Browser::start();
    let one = browser.sign_in().await;
    let [token] = tokens(&browser, json!({ "by": "sid" })).await.try_into().unwrap();
    let other_browser = browser.with_new_key();
    let other = other_browser.sign_in().await;
    send(&browser, &token).await.assert_done();
    assert!(!browser.is_accepted(&one.access_token).await);
    browser.refresh(&one.session).await.assert_refused(401, "session_ended");
    assert!(other_browser.is_accepted(&other.access_token).await);
}

#[tokio::test]
async fn a_sub_alone_ends_all_sessions_of_that_user_only() {
    // T83
    let browser = Browser::start();
    let another = browser.other_user();
    let computers = [browser.clone(), browser.with_new_key(), browser.with_new_key()];
    let mut sessions = vec![];
    for computer in &computers {
        sessions.push(computer.sign_in().await);
    }
    let theirs = another.sign_in().await;
    browser.refresh_access_token(&sessions[0].session).await;
    let [token] = tokens(&browser, json!({ "by": "sub" })).await.try_into().unwrap();
    send(&browser, &token).await.assert_done();
    for (computer, session) in computers.iter().zip(sessions) {
        assert!(!computer.is_accepted(&session.access_token).await);
        computer.refresh(&session.session).await.assert_refused(401, "session_ended");
    }
    assert!(another.is_accepted(&theirs.access_token).await);
    // There is nothing left to end, which is success too (T84).
    let [token] = tokens(&browser, json!({ "by": "sub" })).await.try_into().unwrap();
    send(&browser, &token).await.assert_done();
    // A later sign-in is not affected.
    let again = browser.sign_in().await;
    assert!(browser.is_accepted(&again.access_token).await);
}

#[tokio::test]
async fn there_is_no_front_channel_logout() {
    // T86: it is not on.
    let browser = Browser::start();
    let signed_in = browser.sign_in().await;
    let [token] = tokens(&browser, json!({ "by": "sid" })).await.try_into().unwrap();
    let sid = claims_of(&token)["sid"].as_str().unwrap().to_owned();
    for path in ["/frontchannel-logout", "/backchannel-logout", "/logout", "/api/logout", "/signed-out"] {
        browser.app.get(&format!("{path}?iss={}&sid={sid}", browser.provider.issuer)).await;
        assert!(browser.is_accepted(&signed_in.access_token).await, "{path}");
    }
    assert_eq!(browser.provider.calls_for(&browser.user, "revoke").await, 0);
}

#[tokio::test]
async fn a_token_that_fails_any_step_ends_nothing() {
    // T80, T81
    let browser = Browser::start();
    let signed_in = browser.sign_in().await;
    for fault in ["wrong_aud", "wrong_iss", "nonce", "no_events", "no_jti", "no_typ", "expired", "alg_none"] {
        let [token] = tokens(&browser, json!({ "by": "sub", "fault": fault })).await.try_into().unwrap();
        send(&browser, &token).await.assert_invalid();
    }
    for claims in [
        json!({ "sub": null }),
        json!({ "sub": "" }),
        json!({ "sid": 7 }),
        json!({ "iat": null }),
        json!({ "exp": null }),
        json!({ "iat": 1 }),
        json!({ "iat": 4_000_000_000_u64 }),
        json!({ "nbf": 4_000_000_000_u64 }),
        json!({ "jti": "" }),
        json!({ "jti": 7 }),
        json!({ "nonce": false }),
        json!({ "events": [] }),
        json!({ "events": "http://schemas.openid.net/event/backchannel-logout" }),
        json!({ "events": { "http://schemas.openid.net/event/backchannel-logout": true } }),
        json!({ "events": { "http://schemas.openid.net/event/another": {} } }),
    ] {
        let [token] = tokens(&browser, json!({ "by": "sub", "claims": claims })).await.try_into().unwrap();
        send(&browser, &token).await.assert_invalid();
    }
    for header in
        [json!({ "typ": "JWT" }), json!({ "typ": "at+jwt" }), json!({ "crit": ["x"] }), json!({ "alg": "HS256" })]
    {
        let [token] = tokens(&browser, json!({ "by": "sub", "header": header })).await.try_into().unwrap();
        send(&browser, &token).await.assert_invalid();
    }
    // The keys are fetched again, and this fits none of them either.
    let [token] = tokens(&browser, json!({ "by": "sub", "fault": "bad_signature" })).await.try_into().unwrap();
    send(&browser, &token).await.assert_invalid();
    assert!(browser.is_accepted(&signed_in.access_token).await);
    // The same with nothing wrong.
    let [token] = tokens(&browser, json!({ "by": "sub", "header": { "typ": "application/Logout+JWT" } }))
        .await
        .try_into()
        .unwrap();
    send(&browser, &token).await.assert_done();
    assert!(!browser.is_accepted(&signed_in.access_token).await);
}

#[tokio::test]
async fn an_id_token_is_not_accepted_as_a_logout_token() {
    // T36, T80
    let browser = Browser::start();
    let signed_in = browser.sign_in().await;
    let id_token = browser.app.session(&signed_in.session).await.unwrap().id_token;
    send(&browser, id_token.secret()).await.assert_invalid();
    assert!(browser.is_accepted(&signed_in.access_token).await);
}

#[tokio::test]
async fn logout_tokens_without_a_type_are_accepted_only_if_configured() {
    // T81
    let provider = MockProvider::shared();
    let mut settings = provider.settings();
    settings.logout.untyped_tokens_allowed = true;
    let browser = Browser::at(TestApp::new(settings), provider);
    for (order, is_taken) in [
        (json!({ "by": "sub", "fault": "no_typ" }), true),
        (json!({ "by": "sub", "header": { "typ": "JWT" } }), true),
        (json!({ "by": "sub", "header": { "typ": "at+jwt" } }), false),
        (json!({ "by": "sub", "header": { "typ": "dpop+jwt" } }), false),
        (json!({ "by": "sub", "fault": "nonce" }), false),
    ] {
        let [token] = tokens(&browser, order).await.try_into().unwrap();
        let answer = send(&browser, &token).await;
        if is_taken { answer.assert_done() } else { answer.assert_invalid() }
    }
}

#[tokio::test]
async fn logout_tokens_without_exp_are_accepted_only_if_configured_and_for_ten_minutes() {
    // T80: drafts of the specification had no `exp`.
    let provider = MockProvider::shared();
    let mut settings = provider.settings();
    settings.logout.tokens_without_exp_allowed = true;
    let browser = Browser::at(TestApp::new(settings), provider.clone());
    let strict = browser.with_app(TestApp::new(provider.settings()));
    let signed_in = browser.sign_in().await;
    let without_exp = async |claims: Value| {
        let mut claims = claims;
        claims["exp"] = Value::Null;
        let [token] = tokens(&browser, json!({ "by": "sub", "claims": claims })).await.try_into().unwrap();
        token
    };
    let now = unix_seconds();
    for claims in
        [json!({ "iat": now - 11 * 60 }), json!({ "iat": null }), json!({ "iat": now + 120 }), json!({ "jti": null })]
    {
        send(&browser, &without_exp(claims).await).await.assert_invalid();
    }
    // One that is there must be good.
    for exp in [json!(now - 60), json!("soon"), json!([])] {
        let [token] = tokens(&browser, json!({ "by": "sub", "claims": { "exp": exp } })).await.try_into().unwrap();
        send(&browser, &token).await.assert_invalid();
    }
    assert!(browser.is_accepted(&signed_in.access_token).await);
    let token = without_exp(json!({})).await;
    send(&strict, &token).await.assert_invalid();
    send(&browser, &token).await.assert_done();
    assert!(!browser.is_accepted(&signed_in.access_token).await);
    // T82
    send(&browser, &token).await.assert_invalid();
    let of_nine_minutes_ago = without_exp(json!({ "iat": now - 9 * 60 })).await;
    send(&browser, &of_nine_minutes_ago).await.assert_done();
    browser.app.clock.jump(Duration::from_secs(3600));
    send(&browser, &of_nine_minutes_ago).await.assert_invalid();
}

#[tokio::test]
async fn a_replayed_logout_token_ends_nothing() {
    // T82
    let browser = Browser::start();
    browser.sign_in().await;
    let [token] = tokens(&browser, json!({ "by": "sub" })).await.try_into().unwrap();
    send(&browser, &token).await.assert_done();
    let again = browser.sign_in().await;
    send(&browser, &token).await.assert_invalid();
    assert!(browser.is_accepted(&again.access_token).await);
    // And by the time it is forgotten, it is too old.
    browser.app.clock.jump(Duration::from_secs(3600));
    send(&browser, &token).await.assert_invalid();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sid_with_a_sub_also_ends_the_users_sessions_without_a_sid() {
    // T83: where the ID token had no `sid`, it was answered 200, and nothing ended.
    let redis = Redis::start().await;
    for storage in [app::storage(Arc::new(MemoryStore::new())), in_redis(&redis.url())] {
        let [here, there] = at_two_servers(&storage);
        let by_sid = here.sign_in().await;
        let [token] = tokens(&here, json!({ "by": "sid" })).await.try_into().unwrap();
        // A key holds one session at a time.
        let [second, third] = [(); 2].map(|()| here.with_new_key());
        let fourth = there.with_new_key();
        let of_another_sid = second.sign_in().await;
        here.set(json!({ "id_token_claims": { "sid": null } })).await;
        let (one, two) = (third.sign_in().await, fourth.sign_in().await);
        let somebody_else = here.other_user();
        somebody_else.set(json!({ "id_token_claims": { "sid": null } })).await;
        let theirs = somebody_else.sign_in().await;

        send(&there, &token).await.assert_done();
        for (browser, session) in [(&here, &by_sid), (&third, &one), (&fourth, &two)] {
            assert!(!browser.is_accepted(&session.access_token).await);
            browser.refresh(&session.session).await.assert_refused(401, "session_ended");
        }
        assert!(second.is_accepted(&of_another_sid.access_token).await);
        assert!(somebody_else.is_accepted(&theirs.access_token).await);
        // T82: at no server a second time.
        send(&here, &token).await.assert_invalid();
        send(&there, &token).await.assert_invalid();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sid_of_another_user_than_the_sub_is_refused_and_ends_nothing() {
    // T83: the session of the `sid` was ended, regardless of the `sub`.
    let redis = Redis::start().await;
    for storage in [app::storage(Arc::new(MemoryStore::new())), in_redis(&redis.url())] {
        let [here, there] = at_two_servers(&storage);
        let somebody_else = here.other_user();
        let (session, theirs) = (here.sign_in().await, somebody_else.sign_in().await);
        let sub_of = async |browser: &Browser, session| browser.app.session(session).await.unwrap().user.sub;
        let other_sub = sub_of(&somebody_else, &theirs.session).await;
        let [token] = tokens(&here, json!({ "by": "sid" })).await.try_into().unwrap();
        let sid = claims_of(&token)["sid"].clone();
        for sub in [&*other_sub, "uid=nobody"] {
            let claims = json!({ "sub": sub, "sid": sid });
            let [wrong] = tokens(&here, json!({ "by": "sub", "claims": claims })).await.try_into().unwrap();
            send(&there, &wrong).await.assert_invalid();
            assert!(here.is_accepted(&session.access_token).await, "{sub}");
            assert!(somebody_else.is_accepted(&theirs.access_token).await, "{sub}");
        }
        // The consistent one, and one without a subject.
        send(&there, &token).await.assert_done();
        assert!(!here.is_accepted(&session.access_token).await);
        let again = here.sign_in().await;
        let sid = here.app.session(&again.session).await.unwrap().provider_session.unwrap();
        let claims = json!({ "sub": null, "sid": sid });
        let [token] = tokens(&here, json!({ "by": "sub", "claims": claims })).await.try_into().unwrap();
        send(&there, &token).await.assert_done();
        assert!(!here.is_accepted(&again.access_token).await);
        // An ended session belongs to no user.
        let claims = json!({ "sub": other_sub, "sid": sid });
        let [token] = tokens(&here, json!({ "by": "sub", "claims": claims })).await.try_into().unwrap();
        send(&there, &token).await.assert_done();
    }
}

#[tokio::test]
async fn a_token_signed_by_a_key_that_is_not_known_yet_is_undecided_until_the_keys_are_fetched() {
    // T28, T80, T84: it was answered 400, and no provider sends such a token again.
    let provider = MockProvider::dedicated().await;
    let browser = Browser::at(TestApp::new(provider.settings()), provider.clone());
    let signed_in = browser.sign_in().await;
    // The keys were fetched a moment ago, and are fetched again at once.
    provider.rotate_keys(json!({ "remove_old": true })).await;
    let [token] = tokens(&browser, json!({ "by": "sid" })).await.try_into().unwrap();
    send(&browser, &token).await.assert_done();
    assert_eq!(provider.calls_of("jwks").await, 2);
    assert!(!browser.is_accepted(&signed_in.access_token).await);

    // A signature that none of the new keys verifies: they are fetched once more, and then not for a minute.
    let signed_in = browser.sign_in().await;
    let [forged] = tokens(&browser, json!({ "by": "sub", "fault": "bad_signature" })).await.try_into().unwrap();
    send(&browser, &forged).await.assert_invalid();
    assert_eq!(provider.calls_of("jwks").await, 3);
    provider.rotate_keys(json!({ "remove_old": true })).await;
    let [token] = tokens(&browser, json!({ "by": "sub" })).await.try_into().unwrap();
    for _ in 0..2 {
        send(&browser, &token).await.assert_undecided();
    }
    assert_eq!(provider.calls_of("jwks").await, 3);
    assert!(browser.is_accepted(&signed_in.access_token).await);
    browser.app.clock.jump(A_MINUTE);
    send(&browser, &token).await.assert_done();
    assert_eq!(provider.calls_of("jwks").await, 4);
    assert!(!browser.is_accepted(&signed_in.access_token).await);

    // While they can't be fetched, nothing is decided either.
    let again = browser.sign_in().await;
    provider.rotate_keys(json!({ "remove_old": true, "same_kid": true })).await;
    let lasts = json!({ "exp": 4_000_000_000_u64 });
    let [token] = tokens(&browser, json!({ "by": "sub", "claims": lasts })).await.try_into().unwrap();
    browser.app.clock.jump(A_MINUTE);
    provider.set_outage(&["discovery", "jwks"]).await;
    send(&browser, &token).await.assert_undecided();
    assert!(browser.is_accepted(&again.access_token).await);
    provider.set_outage(&[]).await;
    browser.app.clock.jump(A_MINUTE);
    send(&browser, &token).await.assert_done();
    assert!(!browser.is_accepted(&again.access_token).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_that_failed_half_way_is_completed_once_when_the_token_is_sent_again() {
    // T82: it was refused as a replay, and the session lived on.
    let redis = Redis::start().await;
    let strong = redis.url();
    // What lets sessions end is what this one's server may not do.
    let may = ["ACL", "SETUSER", "weak", "on", ">password", "~*", "&*", "+@all", "-del"];
    let port = strong.rsplit(':').next().unwrap().parse().unwrap();
    assert_eq!(redis.cli(port, &may).await.trim(), "OK");
    let provider = MockProvider::shared();
    let here = Browser::at(TestApp::with_storage(provider.settings(), in_redis(&strong)), provider.clone());
    let weak = in_redis(&strong.replace("redis://", "redis://weak:password@"));
    let there = here.with_app(TestApp::with_storage(provider.settings(), weak));

    let session = here.sign_in().await;
    let [token] = tokens(&here, json!({ "by": "sid" })).await.try_into().unwrap();
    send(&there, &token).await.assert_undecided();
    assert!(here.is_accepted(&session.access_token).await);
    send(&here, &token).await.assert_done();
    assert!(!here.is_accepted(&session.access_token).await);
    let again = here.sign_in().await;
    send(&here, &token).await.assert_invalid();
    send(&there, &token).await.assert_invalid();
    assert!(here.is_accepted(&again.access_token).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_that_ended_no_session_is_not_audited_as_a_success() {
    // T99: it was.
    let provider = MockProvider::shared();
    let server = ServerProcess::start(&provider.issuer, &[("DATABASE_URL", "sqlite::memory:")]).await;
    let storage = app::storage(Arc::new(MemoryStore::new()));
    let browser = Browser::at(TestApp::remote(server.port, provider.settings(), storage), provider);
    browser.sign_in().await;
    for (event, outcome) in [("logout.back_channel", "success"), ("logout.back_channel_of_nothing", "unchanged")] {
        let [token] = tokens(&browser, json!({ "by": "sub" })).await.try_into().unwrap();
        send(&browser, &token).await.assert_ok();
        let (event, outcome) = (format!("event=\"{event}\""), format!("outcome=\"{outcome}\""));
        wait_until("it is recorded", async || server.log().contains(&event)).await;
        let log = server.log();
        let lines: Vec<_> = log.lines().filter(|line| line.contains(&event)).collect();
        assert!(lines.len() == 1 && lines[0].contains(&outcome) && lines[0].contains("user="), "{lines:?}");
    }
}

#[tokio::test]
async fn a_logout_token_can_be_sent_again_after_a_store_outage() {
    // T82
    let provider = MockProvider::shared();
    for store in [
        Arc::new(UnreachableStore { can_spend: false }) as Arc<dyn Store>,
        Arc::new(UnreachableStore { can_spend: true }),
        Arc::new(OutageStore::new(Arc::new(UnreachableStore { can_spend: false }))),
    ] {
        let http = oracle_ai::server::auth::oidc::ProviderHttp::new().unwrap();
        let app = TestApp::with(provider.settings(), http, store);
        let browser = Browser::at(app, provider.clone());
        let [token] = tokens(&browser, json!({ "by": "sub" })).await.try_into().unwrap();
        send(&browser, &token).await.assert_undecided();
        let recovered = browser.with_app(TestApp::with(
            provider.settings(),
            oracle_ai::server::auth::oidc::ProviderHttp::new().unwrap(),
            Arc::new(MemoryStore::new()),
        ));
        send(&recovered, &token).await.assert_done();
    }
}

#[tokio::test]
async fn a_login_in_flight_when_its_user_is_logged_out_does_not_survive() {
    // T83
    let browser = Browser::start();
    let response = browser.authorization_response().await;
    let [token] = tokens(&browser, json!({ "by": "sub" })).await.try_into().unwrap();
    // The provider would refuse the code; one that does not is what this is about.
    let late = browser.authorization_response().await;
    send(&browser, &token).await.assert_done();
    browser.exchange(&late).await.assert_refused(400, "invalid_state");
    assert_ne!(browser.exchange(&response).await.status, 200);
    wait_until("its refresh token is revoked", async || browser.provider.calls_for(&browser.user, "revoke").await >= 1)
        .await;
    // One that is begun afterwards does.
    let again = browser.sign_in().await;
    assert!(browser.is_accepted(&again.access_token).await);
}

#[tokio::test]
async fn a_login_in_flight_without_a_sid_does_not_survive_a_logout_with_sid_and_sub() {
    // T83
    let browser = Browser::start();
    browser.sign_in().await;
    let [token] = tokens(&browser, json!({ "by": "sid" })).await.try_into().unwrap();
    let (with_another_sid, without) = (browser.start_login().await, browser.start_login().await);
    send(&browser, &token).await.assert_done();
    let response = browser.authorize(&with_another_sid).await;
    browser.exchange(&response).await.assert_ok();
    browser.set(json!({ "id_token_claims": { "sid": null } })).await;
    let response = browser.authorize(&without).await;
    browser.exchange(&response).await.assert_refused(400, "invalid_state");
    let again = browser.sign_in().await;
    assert!(browser.is_accepted(&again.access_token).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_in_flight_does_not_survive_though_the_clock_of_its_server_is_ahead() {
    // T83: begun, by the clock of another server, after its user was logged out.
    let redis = Redis::start().await;
    let [ahead, here] = at_two_servers(&in_redis(&redis.url()));
    ahead.app.clock.jump(Duration::from_secs(3));
    let [token] = tokens(&here, json!({ "by": "sub" })).await.try_into().unwrap();
    let late = ahead.authorization_response().await;
    send(&here, &token).await.assert_done();
    ahead.exchange(&late).await.assert_refused(400, "invalid_state");
    // One that is begun a while afterwards does.
    ahead.app.clock.jump(Duration::from_secs(5));
    let again = ahead.sign_in().await;
    assert!(ahead.is_accepted(&again.access_token).await);
}

#[tokio::test]
async fn a_body_other_than_a_form_with_one_logout_token_is_an_invalid_request() {
    // T84
    let browser = Browser::start();
    let [token] = tokens(&browser, json!({ "by": "sub" })).await.try_into().unwrap();
    let form = "application/x-www-form-urlencoded";
    for (content_type, body) in [
        (form, String::new()),
        (form, "logout_token=".into()),
        (form, "logout_token=made-up".into()),
        (form, "token=x".into()),
        (form, format!("logout_token={token}&logout_token={token}")),
        (form, format!("logout_token={}", "x".repeat(20_000))),
        ("application/json", format!("{{\"logout_token\":\"{token}\"}}")),
        ("text/plain", format!("logout_token={token}")),
    ] {
        LogoutResponse(browser.app.post_body(PATH, content_type, body).await).assert_invalid();
    }
    let get = request(Method::GET, PATH).body(Body::empty()).unwrap();
    assert_eq!(browser.app.send(get).await.status, 405);
    // Other fields are ignored.
    let body = format!("more=x&logout_token={token}&sid=another");
    LogoutResponse(browser.app.post_body(PATH, form, body).await).assert_done();
}

fn in_redis(url: &str) -> Storage {
    Storage::in_redis(&RedisAddress::parse(url).unwrap(), KeyRing::new([42; 32], [])).unwrap()
}

/// The same browser at two servers with this storage.
fn at_two_servers(storage: &Storage) -> [Browser; 2] {
    let provider = MockProvider::shared();
    let app = || TestApp::with_storage(provider.settings(), storage.clone());
    let here = Browser::at(app(), provider.clone());
    let there = here.with_app(app());
    [here, there]
}

/// The provider's logout tokens for this user, without sending them.
async fn tokens(browser: &Browser, mut order: Value) -> Vec<String> {
    order["keep"] = true.into();
    browser.provider.log_out(&browser.user, order).await
}

async fn send(browser: &Browser, token: &str) -> LogoutResponse {
    let form = "application/x-www-form-urlencoded";
    LogoutResponse(browser.app.post_body(PATH, form, format!("logout_token={token}")).await)
}

struct LogoutResponse(TestResponse);

impl std::ops::Deref for LogoutResponse {
    type Target = TestResponse;

    fn deref(&self) -> &TestResponse {
        &self.0
    }
}

impl std::fmt::Debug for LogoutResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl LogoutResponse {
    #[track_caller]
    fn assert_done(&self) {
        self.assert_ok();
        assert_eq!(self.header(header::CACHE_CONTROL), "no-store");
    }

    /// The provider may send it again.
    #[track_caller]
    fn assert_undecided(&self) {
        assert_eq!(self.status, 503, "{self:?}");
        assert_eq!(self.json()["error"], "temporarily_unavailable");
        assert_eq!(self.header(header::CACHE_CONTROL), "no-store");
        assert!(self.header(header::RETRY_AFTER).parse::<u64>().is_ok(), "{self:?}");
    }

    #[track_caller]
    fn assert_invalid(&self) {
        assert_eq!(self.status, 400, "{self:?}");
        assert_eq!(self.json()["error"], "invalid_request");
        assert_eq!(self.header(header::CACHE_CONTROL), "no-store");
    }
}

/// What a logout token says.
fn claims_of(token: &str) -> Value {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}
