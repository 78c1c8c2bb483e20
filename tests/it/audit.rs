//! The log of the server as it is run: what auditors find in it, and what nobody must.

use axum::http::{Method, header};
use base64::{Engine, prelude::BASE64_STANDARD};
use oracle_ai::server::audit::UserHash;
use serde_json::{Value, json};

use crate::{
    app::{self, Answer, TestApp, until},
    browser::Browser,
    collector::Collector,
    provider::{CLIENT_SECRET, MockProvider, settings},
    redis::Redis,
    scripted_provider::{SUB, ScriptedProvider},
    server_process::ServerProcess,
};

const MESSAGE: &str = "canary-what-a-person-says";
const FORGED: &str = "canary\r\n2026-01-01T00:00:00Z  INFO forged: event=\"login.succeeded\"";

/// A server in a process of its own, and the provider whose answers the test writes.
struct Logged {
    server: ServerProcess,
    provider: ScriptedProvider,
    /// All that must never be read in the log.
    secrets: Vec<(&'static str, String)>,
}

impl Logged {
    /// With this filter.
    async fn start(filter: &str) -> Self {
        Self::start_with(&[("LOG", filter)]).await
    }

    async fn start_with(variables: &[(&str, &str)]) -> Self {
        let mut provider = ScriptedProvider::start().await;
        let variables = [variables, &[("DATABASE_URL", "sqlite::memory:")]].concat();
        let server = ServerProcess::start(&provider.issuer, &variables).await;
        let storage = app::storage(std::sync::Arc::new(oracle_ai::server::sessions::MemoryStore::new()));
        let app = TestApp::remote(server.port, settings(&provider.issuer), storage);
        provider.browser = Browser::at(app, MockProvider::shared());
        Self { server, provider, secrets: vec![("client secret", CLIENT_SECRET.to_owned())] }
    }

    fn browser(&self) -> &Browser {
        &self.provider.browser
    }

    /// A login whose every secret is noted down.
    async fn login(&mut self) -> (String, String) {
        let answer = self
            .provider
            .login(|script| {
                script.members["access_token"] = "canary-access-token".into();
                script.members["refresh_token"] = "canary-refresh-token".into();
            })
            .await;
        answer.assert_ok();
        let request = self.provider.last_request();
        let answer = answer.json();
        let (token, session) = (text(&answer, "access_token"), text(&answer, "session"));
        self.secrets.extend([
            ("access token", token.clone()),
            ("session", session.clone()),
            ("refresh token", "canary-refresh-token".to_owned()),
            ("code verifier", request.form["code_verifier"].clone()),
            ("client credentials", request.authorization.unwrap()),
        ]);
        (token, session)
    }

    async fn chat(&self, token: &str) -> Answer {
        let browser = self.browser();
        let request = browser
            .request(Method::POST, "/api/chat", Some(token))
            .header(header::CONTENT_TYPE, "application/json")
            .body(json!({ "conversation": "c", "message": MESSAGE, "idempotency_key": "k" }).to_string().into());
        browser.app.send(request.unwrap()).await
    }

    /// The names of the events that were recorded, in their order.
    fn events(&self) -> Vec<String> {
        let log = self.server.log();
        let lines = log.lines().filter(|line| line.contains("oracle_ai::audit: "));
        lines.map(|line| field(line, "event").to_owned()).collect()
    }

    async fn until_recorded(&self, event: &str) {
        until(event, async || self.events().iter().any(|name| name == event)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_day_is_one_line_for_each_thing_that_they_did() {
    // T99. Whatever the filter says: what auditors ask for is not the operator's to leave out.
    let mut logged = Logged::start("off").await;
    let (token, session) = logged.login().await;
    logged.chat(&token).await.assert_ok();
    logged.provider.refresh(&session, |_| {}).await.assert_ok();
    logged.browser().logout(&session).await.assert_ok();
    assert!(!logged.browser().is_let_in(&token).await);
    logged.until_recorded("access.token_refused").await;
    assert_eq!(logged.events(), ["login.succeeded", "refresh.succeeded", "logout.succeeded", "access.token_refused"]);

    let user = serde_json::from_value(json!({ "iss": logged.provider.issuer, "sub": SUB })).unwrap();
    let log = logged.server.log();
    for line in log.lines().filter(|line| line.contains(".succeeded")) {
        assert_eq!(field(line, "user"), UserHash::of(&user).as_str(), "{line}");
        assert_eq!(field(line, "outcome"), "success", "{line}");
        assert!(line.contains("request_id=") && line.contains("client=127.0.0.1"), "whose call? {line}");
        assert!(line.split(' ').next().unwrap().ends_with('Z'), "not in UTC: {line}");
    }
    assert!(!log.contains("uid=ada"), "a person is named: {log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_attackers_try_is_recorded_with_its_reason() {
    // T100, T09
    let mut logged = Logged::start("error").await;
    let (token, session) = logged.login().await;
    let browser = logged.browser().clone();
    let thief = Browser::at(browser.app.clone(), MockProvider::shared());

    let begun = browser.begin().await;
    let response = json!({ "code": "any", "state": begun.state });
    thief.exchange(&response).await.assert_refused(400, "invalid_state");
    browser.exchange(&response).await.assert_refused(400, "invalid_state");
    browser.exchange(&json!({ "code": "any", "state": "made-up" })).await.assert_refused(400, "invalid_state");
    logged.provider.login(|script| script.claims["nonce"] = "another".into()).await.assert_refused(401, "login_failed");
    thief.refresh(&session).await.assert_refused(401, "session_ended");
    assert!(!thief.is_let_in(&token).await);
    thief.logout(&session).await.assert_ok();
    assert!(!browser.is_let_in("made-up").await);

    let proof = browser.key.sign(&browser.claims(&Method::GET, "/api/chat", Some(&token)));
    let call = async || {
        let request = app::request(Method::GET, "/api/chat").header("DPoP", &proof);
        let request = request.header(header::AUTHORIZATION, format!("DPoP {token}"));
        browser.app.send(request.body(axum::body::Body::empty()).unwrap()).await
    };
    call().await.assert_ok();
    call().await.assert_refused(401, "invalid_proof");

    logged.until_recorded("proof.replayed").await;
    assert_eq!(
        logged.events(),
        [
            "login.succeeded",
            "login.other_browser",
            "login.state_used",
            "login.state_unknown",
            "login.id_token_refused",
            "refresh.other_browser",
            "access.other_browser",
            "logout.other_browser",
            "access.token_refused",
            "proof.replayed",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_another_sites_page_is_recorded_with_what_gave_it_away() {
    // T94, T100
    let logged = Logged::start("error").await;
    let call = async |name: &str, value: &str| {
        let request = app::request(Method::POST, "/api/logout").header(name, value);
        let request = request.header(header::CONTENT_TYPE, "application/json");
        logged.browser().app.send(request.body(r#"{"session":"s"}"#.into()).unwrap()).await
    };
    call("sec-fetch-site", "cross-site").await.assert_refused(403, "forbidden");
    call("origin", "https://evil.example").await.assert_refused(403, "forbidden");
    until("both are recorded", async || logged.events().len() == 2).await;
    assert_eq!(logged.events(), ["request.cross_site"; 2]);
    let log = logged.server.log();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("request.cross_site")).collect();
    for (line, reason) in lines.iter().zip(["another site's page sent it", "its origin is another"]) {
        assert_eq!((field(line, "outcome"), field(line, "reason")), ("refused", reason), "{line}");
        assert!(line.contains("request_id"), "{line}");
    }
    assert!(!log.contains("evil.example"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_tls_forbids_is_recorded_with_its_party_and_reason() {
    // T100: whoever answers there has a certificate by an authority that is not known here.
    let stranger = Redis::start_with_tls().await;
    let url = stranger.url();
    let keys = BASE64_STANDARD.encode([7; 32]);
    let https = format!("https://{}", url.split_once('@').unwrap().1);
    let at_redis = [("REDIS_URL", url.as_str()), ("SESSION_KEYS", keys.as_str())];
    let provider = ScriptedProvider::start().await;
    for (issuer, variables, party) in
        [(&*https, &[][..], "the provider"), (provider.issuer.as_str(), &at_redis[..], "Redis")]
    {
        let usual = [("LOG", "error"), ("DATABASE_URL", "sqlite::memory:")];
        let server = ServerProcess::start(issuer, &[&usual[..], variables].concat()).await;
        server.status("/readyz").await;
        server.status(&format!("/api/authorize?dpop_jkt={}", "A".repeat(43))).await;
        let recorded = || {
            let log = server.log();
            log.lines().find(|line| line.contains("event=\"tls.failed\"")).map(|line| field(line, "reason").to_owned())
        };
        until("the failure is recorded", async || recorded().is_some()).await;
        assert!(recorded().unwrap().starts_with(&format!("{party}: invalid peer certificate")), "{:?}", recorded());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_ever_logged_or_traced_and_nobody_can_forge_a_line() {
    // T101, T102. At the lowest level, of all libraries, and with a collector.
    let collector = Collector::start().await;
    let variables = [("LOG", "trace"), ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())];
    let mut logged = Logged::start_with(&variables).await;
    let (token, session) = logged.login().await;
    logged.chat(&token).await.assert_ok();
    logged.provider.refresh(&session, |script| script.members["access_token"] = "canary-second-token".into()).await;
    logged.browser().refresh("canary-no-session").await.assert_refused(401, "session_ended");
    assert!(!logged.browser().is_let_in("canary-no-token").await);
    logged.provider.login(|script| script.claims["nonce"] = FORGED.into()).await.assert_refused(401, "login_failed");

    let begun = logged.browser().begin().await;
    let refused = json!({ "error": FORGED, "error_description": FORGED, "state": begun.state });
    logged.browser().exchange(&refused).await.assert_refused(401, "login_refused");
    let begun = logged.browser().begin().await;
    let params = begun.params();
    let code = format!("canary-code{}", "x".repeat(5000));
    logged
        .browser()
        .exchange(&json!({ "code": code, "state": begun.state }))
        .await
        .assert_refused(422, "invalid_field");
    logged.browser().app.get("/auth/callback?code=canary-code&state=canary-state").await;
    logged.browser().logout(&session).await.assert_ok();
    logged.until_recorded("logout.succeeded").await;

    logged.secrets.extend([
        ("state", begun.state.clone()),
        ("nonce", params["nonce"].clone()),
        ("code challenge", params["code_challenge"].clone()),
        // ID tokens, proofs, and whatever else is a JWT.
        ("JWT", "eyJ".to_owned()),
        ("second access token", "canary-second-token".to_owned()),
        ("unknown session", "canary-no-session".to_owned()),
        ("unknown token", "canary-no-token".to_owned()),
        ("code", "canary-code".to_owned()),
        ("state in a URL", "canary-state".to_owned()),
        ("message", MESSAGE.to_owned()),
        ("person", SUB.to_owned()),
    ]);
    let log = logged.server.log();
    assert!(log.contains(" TRACE ") && log.contains(" DEBUG request"), "too little was logged to say anything");
    for (what, secret) in &logged.secrets {
        let line = log.lines().find(|line| line.contains(secret.as_str())).map(|line| &line[..line.len().min(1000)]);
        assert!(line.is_none(), "{what}: {line:?}");
    }
    let forged = log.lines().find(|line| line.starts_with("2026-01-01T00:00:00Z"));
    assert!(forged.is_none(), "{forged:?}");

    let Logged { server, secrets, .. } = logged;
    server.terminate();
    assert_eq!(server.exit_code().await, Some(0));
    let spans = collector.spans();
    assert!(spans.len() > 30 && spans.iter().any(|span| span.name == "provider refresh"), "too few spans");
    // Nor who calls from where, nor what was logged meanwhile.
    let traced = format!("{spans:?}");
    let others = [("address", "127.0.0.1"), ("query", "?"), ("forged", "forged"), ("path", "/auth/callback")];
    let others = others.map(|(what, text)| (what, text.to_owned()));
    for (what, secret) in secrets.iter().chain(&others) {
        assert!(!traced.contains(secret.as_str()), "{what} in a span");
    }
    assert!(spans.iter().all(|span| span.events.is_empty()));
}

/// The value of a field of a log line.
#[track_caller]
fn field<'l>(line: &'l str, name: &str) -> &'l str {
    let (_, rest) = line.split_once(&format!("{name}=\"")).unwrap_or_else(|| panic!("no {name} in {line}"));
    rest.split('"').next().unwrap()
}

fn text(json: &Value, member: &str) -> String {
    json[member].as_str().unwrap().to_owned()
}
