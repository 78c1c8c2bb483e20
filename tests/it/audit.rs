//! The audit log of a server process: what it contains, and what it must not.

use std::net::SocketAddr;

use axum::http::{Method, header};
use base64::{Engine, prelude::BASE64_STANDARD};
use oracle_ai::{
    mock::upstream::Upstream,
    server::{
        observe::audit::Pseudonyms,
        store::{KeyRing, SecretHash},
    },
    wire::auth::UserClaims,
};
use serde_json::{Value, json};

use crate::support::{
    app::{self, TestApp, TestResponse, wait_until},
    authority::Authority,
    browser::Browser,
    provider::{CLIENT_ID, CLIENT_SECRET, MockProvider, settings},
    redis::Redis,
    scripted_provider::{self, SUB, ScriptedProvider, WEAK_KID, weak_jwk},
    server_process::ServerProcess,
    trace_collector::TraceCollector,
};

const MESSAGE: &str = "canary-what-a-person-says";
const FORGED: &str = "canary\r\n2026-01-01T00:00:00Z  INFO forged: event=\"login.succeeded\"";

const SESSION_KEY: [u8; 32] = [7; 32];

/// A server process, and a scripted provider.
pub struct LoggedServer {
    pub server: ServerProcess,
    pub provider: ScriptedProvider,
    /// What must never be in the log.
    secrets: Vec<(&'static str, String)>,
    /// The session store, for a server with session keys.
    _redis: Option<Redis>,
}

impl LoggedServer {
    /// With this value of `LOG`.
    async fn start(filter: &str) -> Self {
        Self::start_with(&[("LOG", filter)]).await
    }

    pub async fn start_with(variables: &[(&str, &str)]) -> Self {
        let mut provider = ScriptedProvider::start().await;
        let variables = [variables, &[("DATABASE_URL", "sqlite::memory:")]].concat();
        let server = ServerProcess::start(&provider.issuer, &variables).await;
        let storage = app::storage(std::sync::Arc::new(oracle_ai::server::store::MemoryStore::new()));
        let app = TestApp::remote(server.port, settings(&provider.issuer), storage);
        provider.browser = Browser::at(app, MockProvider::shared());
        Self { server, provider, secrets: vec![("client secret", CLIENT_SECRET.to_owned())], _redis: None }
    }

    /// With session keys that the test knows.
    async fn start_with_keys(filter: &str) -> Self {
        let redis = Redis::start().await;
        let (url, key) = (redis.url(), BASE64_STANDARD.encode(SESSION_KEY));
        let logged = Self::start_with(&[("LOG", filter), ("REDIS_URL", &url), ("SESSION_KEYS", &key)]).await;
        Self { _redis: Some(redis), ..logged }
    }

    /// The pseudonym of the user in the log.
    fn person(&self) -> String {
        let (key, _) = KeyRing::new(SESSION_KEY, []).derived(Pseudonyms::PURPOSE).unwrap();
        let pseudonyms = Pseudonyms::new(key, []);
        let user = UserClaims::known_by(self.provider.issuer.clone(), SUB.to_owned());
        pseudonyms.of(&user).as_str().to_owned()
    }

    /// The one line about this event.
    #[track_caller]
    fn line(&self, event: &str) -> String {
        let log = self.server.log();
        let lines: Vec<_> = log.lines().filter(|line| line.contains(&format!("event=\"{event}\""))).collect();
        let [line] = lines[..] else { panic!("{event}: {lines:?}") };
        line.to_owned()
    }

    pub fn browser(&self) -> &Browser {
        &self.provider.browser
    }

    /// A login; its secrets are added to `secrets`.
    pub async fn login(&mut self) -> (String, String) {
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

    pub async fn chat(&self, token: &str) -> TestResponse {
        let browser = self.browser();
        let request = browser
            .request(Method::POST, "/api/chat", Some(token))
            .header(header::CONTENT_TYPE, "application/json")
            .body(json!({ "conversation": "c", "message": MESSAGE, "idempotency_key": "k" }).to_string().into());
        browser.app.send(request.unwrap()).await
    }

    /// The names of the recorded events, in order.
    fn events(&self) -> Vec<String> {
        let log = self.server.log();
        let lines = log.lines().filter(|line| line.contains("oracle_ai::audit: "));
        lines.map(|line| field(line, "event").to_owned()).collect()
    }

    async fn wait_until_recorded(&self, event: &str) {
        wait_until(event, async || self.events().iter().any(|name| name == event)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_weakens_the_usual_checks_is_logged_at_each_start() {
    // T19, T21, T32, T38
    let logged = LoggedServer::start_with(&[
        ("REVOCATION_ENDPOINT", "https://sso.example.com/revoke"),
        ("CLOCK_TOLERANCE", "120"),
        ("USER_ID_CLAIM", "employee_id"),
        ("ALLOW_WEAK_RSA_KEYS", "true"),
        ("TRUSTED_AUDIENCES", "other-client"),
        ("ALLOW_LOGOUT_TOKENS_WITHOUT_EXP", "true"),
        ("ALLOW_UNTYPED_LOGOUT_TOKENS", "true"),
        ("ALLOW_BEARER_TOKENS", "true"),
        ("SCOPES", "openid profile phone"),
    ])
    .await;
    let log = logged.server.log();
    for words in [
        r#"set here, in place of what the provider's metadata says endpoint="revocation_endpoint" url="https://sso.example.com/revoke""#,
        "CLOCK_TOLERANCE: ID tokens are accepted for more than a minute too long seconds=120",
        r#"USER_ID_CLAIM: people are known by this claim in place of `sub` claim="employee_id""#,
        "ALLOW_WEAK_RSA_KEYS: ",
        "TRUSTED_AUDIENCES: ",
        "ALLOW_LOGOUT_TOKENS_WITHOUT_EXP: ",
        "ALLOW_UNTYPED_LOGOUT_TOKENS: ",
        "ALLOW_BEARER_TOKENS: ",
        r#"SCOPES: nothing here reads the claims of this scope, so it need not be asked for scope="phone""#,
    ] {
        assert!(log.lines().any(|line| line.contains(" WARN ") && line.contains(words)), "no {words}: {log}");
    }
    let audited = log.lines().filter(|line| line.contains("server.check_weakened")).map(|line| field(line, "reason"));
    let expected = [
        "ALLOW_WEAK_RSA_KEYS",
        "CLOCK_TOLERANCE",
        "TRUSTED_AUDIENCES",
        "ALLOW_UNTYPED_LOGOUT_TOKENS",
        "ALLOW_LOGOUT_TOKENS_WITHOUT_EXP",
        "ALLOW_BEARER_TOKENS",
    ];
    assert_eq!(audited.collect::<Vec<_>>(), expected);
    let usual = LoggedServer::start_with(&[]).await.server.log();
    let settings =
        ["CLOCK_TOLERANCE", "USER_ID_CLAIM", "ALLOW_WEAK_RSA_KEYS", "TRUSTED_AUDIENCES", "SCOPES", "set here"];
    for setting in settings {
        assert!(!usual.contains(setting), "{usual}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_does_not_name_s256_is_logged_before_anybody_signs_in() {
    // T07
    let logged = LoggedServer::start_with(&[]).await;
    let words = "the provider's metadata does not name S256";
    wait_until(words, async || logged.server.log().contains(words)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_by_a_weak_key_that_the_operator_allows_is_recorded() {
    // T27
    let logged = LoggedServer::start_with(&[("ALLOW_WEAK_RSA_KEYS", "true")]).await;
    logged.provider.change(|documents| documents.jwks["keys"].as_array_mut().unwrap().push(weak_jwk()));
    logged.provider.login(|_| {}).await.assert_ok();
    assert!(!logged.events().contains(&"provider.weak_key".to_owned()), "this one was by a good key");
    logged.provider.login(|script| script.header["kid"] = WEAK_KID.into()).await.assert_ok();
    assert!(logged.line("provider.weak_key").contains("an RSA key of 1024 bits"));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_action_of_a_user_is_one_audit_line() {
    // T99. With any filter: `LOG` does not apply to audit lines.
    let mut logged = LoggedServer::start_with_keys("off").await;
    let (token, session) = logged.login().await;
    logged.chat(&token).await.assert_ok();
    logged.provider.refresh(&session, |_| {}).await.assert_ok();
    logged.browser().logout(&session).await.assert_ok();
    assert!(!logged.browser().is_accepted(&token).await);
    logged.wait_until_recorded("access.token_refused").await;
    assert_eq!(logged.events(), ["login.succeeded", "refresh.succeeded", "logout.succeeded", "access.token_refused"]);

    let log = logged.server.log();
    let handle = field(&logged.line("login.succeeded"), "session").to_owned();
    let key = logged.browser().key.thumbprint().to_string();
    for line in log.lines().filter(|line| line.contains("oracle_ai::audit: ")) {
        assert_eq!(field(line, "key"), key, "{line}");
        assert!(!line.contains("bound_key"), "{line}");
        let is_success = line.contains(".succeeded");
        assert_eq!(field(line, "outcome"), if is_success { "success" } else { "refused" }, "{line}");
        // Whose they are, and that they are about one session; of a token that is not known any more, nobody can say.
        if is_success {
            assert_eq!((field(line, "user"), field(line, "session")), (&*logged.person(), &*handle), "{line}");
        }
        assert!(line.contains("request_id=") && line.contains("client=127.0.0.1"), "whose call? {line}");
        assert!(line.split(' ').next().unwrap().ends_with('Z'), "not in UTC: {line}");
    }
    assert!(!log.contains("uid=ada"), "a person is named: {log}");
    assert!(
        !log.contains(&session) && !log.contains(&SecretHash::of(&session).to_string()),
        "a session is named: {log}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_is_revoked_after_the_end_of_its_session_is_one_line() {
    // T85, T99
    let mut logged = LoggedServer::start_with_keys("off").await;
    let (token, session) = logged.login().await;
    let browser = logged.browser().clone();
    let request = browser.request(Method::POST, "/api/sessions/end-all", Some(&token));
    let request =
        request.header(header::CONTENT_TYPE, "application/json").body(r#"{"keep_this":false}"#.into()).unwrap();
    browser.app.send(request).await.assert_ok();
    for _ in 0..2 {
        browser.logout(&session).await.assert_ok();
    }
    logged.wait_until_recorded("session.revoked_after_end").await;
    assert_eq!(logged.events(), ["login.succeeded", "session.all_ended_by_user", "session.revoked_after_end"]);
    let (login, line) = (logged.line("login.succeeded"), logged.line("session.revoked_after_end"));
    for name in ["user", "session", "key"] {
        assert_eq!(field(&line, name), field(&login, name), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_up_that_is_asked_for_refused_and_done_is_one_line_each() {
    // T99, T73
    let mut logged = LoggedServer::start_with(&[("LOG", "error"), ("STEP_UP_EXPORT", "max_age=300 acr=phr")]).await;
    let (token, session) = logged.login().await;
    let browser = logged.browser().clone();
    let export = "/api/conversation/export?id=x&format=json";
    let request = browser.request(Method::GET, export, Some(&token)).body(axum::body::Body::empty()).unwrap();
    browser.app.send(request).await.assert_refused(401, "step_up_required");
    let now = scripted_provider::unix_seconds();
    for (acr, status) in [("pwd", 401), ("phr", 200)] {
        let begun = browser.get(&format!("/api/authorize?dpop_jkt={}&action=export", browser.key.thumbprint())).await;
        let claims = json!({ "acr": acr, "auth_time": now });
        let answer = logged.provider.finish_login(&begun.json(), Some(&session), &claims).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
    wait_until("all is recorded", async || logged.events().len() == 5).await;
    let events = logged.events();
    let expected = ["login.succeeded", "access.step_up_required", "login.unmet", "session.replaced", "login.succeeded"];
    assert_eq!(events, expected);
    let line = logged.line("access.step_up_required");
    assert!(!field(&line, "user").is_empty() && field(&line, "reason") == "export", "{line}");
    let log = logged.server.log();
    assert!(log.contains("step-up: export"), "{log}");
    for line in log.lines().filter(|line| line.contains("oracle_ai::audit: ")) {
        assert!(line.contains("request_id=") && line.split(' ').next().unwrap().ends_with('Z'), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn use_of_a_stolen_credential_is_logged_with_its_owner_session_and_the_thiefs_key() {
    // T100. The lines name the victim, so that an auditor can warn them.
    let mut logged = LoggedServer::start_with_keys("error").await;
    let (token, session) = logged.login().await;
    let browser = logged.browser().clone();
    let thief = Browser::at(browser.app.clone(), MockProvider::shared());
    let begun = browser.start_login().await;
    thief.exchange(&json!({ "code": "any", "state": begun.state })).await.assert_refused(400, "invalid_state");
    thief.refresh(&session).await.assert_refused(401, "session_ended");
    assert!(!thief.is_accepted(&token).await);
    thief.logout(&session).await;
    logged.wait_until_recorded("logout.other_browser").await;

    let signed_in = logged.line("login.succeeded");
    let (person, handle) = (logged.person(), field(&signed_in, "session").to_owned());
    let [theirs, thiefs] = [&browser, &thief].map(|browser| browser.key.thumbprint().to_string());
    assert_eq!((field(&signed_in, "user"), field(&signed_in, "key")), (&*person, &*theirs));
    for event in ["refresh.other_browser", "access.other_browser", "logout.other_browser"] {
        let line = logged.line(event);
        assert_eq!((field(&line, "user"), field(&line, "session")), (&*person, &*handle), "{line}");
        assert_eq!((field(&line, " key"), field(&line, "bound_key")), (&*thiefs, &*theirs), "{line}");
    }
    // There is no session yet: the owner is identified by their key.
    let line = logged.line("login.other_browser");
    assert_eq!((field(&line, " key"), field(&line, "bound_key")), (&*thiefs, &*theirs), "{line}");
    assert!(!line.contains("user="), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_attempts_can_be_found_by_dpop_key() {
    // T100
    let mut logged = LoggedServer::start_with_keys("error").await;
    let (token, _) = logged.login().await;
    let browser = logged.browser().clone();
    browser.refresh("made-up").await.assert_refused(401, "session_ended");
    let proof = browser.key.sign(&browser.claims(&Method::GET, "/api/chat", Some(&token)));
    for expected in [200, 401] {
        let request = app::request(Method::GET, "/api/chat").header("DPoP", &proof);
        let request = request.header(header::AUTHORIZATION, format!("DPoP {token}"));
        let answer = browser.app.send(request.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!(answer.status, expected);
    }
    logged.wait_until_recorded("proof.replayed").await;
    let handle = field(&logged.line("login.succeeded"), "session").to_owned();
    let [unknown, replayed] = ["refresh.refused", "proof.replayed"].map(|event| logged.line(event));
    let key = browser.key.thumbprint().to_string();
    assert_eq!((field(&unknown, "key"), field(&replayed, "key")), (&*key, &*key));
    assert!(!unknown.contains("user=") && field(&unknown, "session") != handle, "{unknown}");
    assert_eq!((field(&replayed, "user"), field(&replayed, "session")), (&*logged.person(), &*handle), "{replayed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn attacks_are_recorded_with_their_reason() {
    // T100, T09
    let mut logged = LoggedServer::start("error").await;
    let (token, session) = logged.login().await;
    let browser = logged.browser().clone();
    let thief = Browser::at(browser.app.clone(), MockProvider::shared());

    let begun = browser.start_login().await;
    let response = json!({ "code": "any", "state": begun.state });
    thief.exchange(&response).await.assert_refused(400, "invalid_state");
    browser.exchange(&response).await.assert_refused(400, "invalid_state");
    browser.exchange(&json!({ "code": "any", "state": "made-up" })).await.assert_refused(400, "invalid_state");
    logged.provider.login(|script| script.claims["nonce"] = "another".into()).await.assert_refused(401, "login_failed");
    thief.refresh(&session).await.assert_refused(401, "session_ended");
    assert!(!thief.is_accepted(&token).await);
    thief.logout(&session).await.assert_ok();
    assert!(!browser.is_accepted("made-up").await);

    let proof = browser.key.sign(&browser.claims(&Method::GET, "/api/chat", Some(&token)));
    let call = async || {
        let request = app::request(Method::GET, "/api/chat").header("DPoP", &proof);
        let request = request.header(header::AUTHORIZATION, format!("DPoP {token}"));
        browser.app.send(request.body(axum::body::Body::empty()).unwrap()).await
    };
    call().await.assert_ok();
    call().await.assert_refused(401, "invalid_proof");

    logged.wait_until_recorded("proof.replayed").await;
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
async fn a_record_that_the_store_has_rolled_back_is_recorded_with_its_session() {
    // T99
    let mut logged = LoggedServer::start_with_keys("error").await;
    let (_, session) = logged.login().await;
    let request = json!({ "session": session, "session_revision": 7 });
    logged.browser().post("/api/refresh", &request).await.assert_refused(401, "session_ended");
    logged.wait_until_recorded("session.rolled_back").await;
    let (begun, line) = (logged.line("login.succeeded"), logged.line("session.rolled_back"));
    assert_eq!((field(&line, "outcome"), field(&line, "user")), ("failed", &*logged.person()), "{line}");
    assert_eq!(field(&line, "session"), field(&begun, "session"), "{line}");
    assert!(field(&line, "reason").contains("revision 0, and 7"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cross_site_request_is_recorded_with_the_header_that_revealed_it() {
    // T94, T100
    let logged = LoggedServer::start("error").await;
    let call = async |name: &str, value: &str| {
        let request = app::request(Method::POST, "/api/logout").header(name, value);
        let request = request.header(header::CONTENT_TYPE, "application/json");
        logged.browser().app.send(request.body(r#"{"session":"s"}"#.into()).unwrap()).await
    };
    call("sec-fetch-site", "cross-site").await.assert_refused(403, "forbidden");
    call("origin", "https://evil.example").await.assert_refused(403, "forbidden");
    wait_until("both are recorded", async || logged.events().len() == 2).await;
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
async fn a_failed_tls_connection_is_recorded_with_the_service_and_the_reason() {
    // T100: the service has a certificate of an unknown authority.
    let stranger = Redis::start_with_tls(&Authority::new()).await;
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
        server.begin_login().await;
        let recorded = || {
            let log = server.log();
            log.lines().find(|line| line.contains("event=\"tls.failed\"")).map(|line| field(line, "reason").to_owned())
        };
        wait_until("the failure is recorded", async || recorded().is_some()).await;
        assert!(recorded().unwrap().starts_with(&format!("{party}: invalid peer certificate")), "{:?}", recorded());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_providers_error_is_logged_with_its_code_also_without_a_login_that_it_belongs_to() {
    // T99: without `state`, and with one that is unknown, nothing said what the provider had refused.
    let logged = LoggedServer::start("error").await;
    let browser = logged.browser();
    for (response, status) in [
        (json!({ "error": "access_denied" }), 401),
        (json!({ "error": "login_required", "error_description": "no session" }), 401),
        (json!({ "error": "consent_required", "state": "made-up" }), 400),
    ] {
        assert_eq!(browser.exchange(&response).await.status, status);
    }
    logged.wait_until_recorded("login.state_unknown").await;
    let log = logged.server.log();
    for (event, quoted) in [
        ("login.refused", "access_denied"),
        ("login.refused", "login_required"),
        ("login.refused", "no session"),
        ("login.state_unknown", "consent_required"),
    ] {
        let is_logged = |line: &str| line.contains(&format!("event=\"{event}\"")) && line.contains(quoted);
        assert!(log.lines().any(is_logged), "{event} {quoted}: {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_logged_or_traced_and_log_lines_cannot_be_forged() {
    // T101, T102. At the lowest level, of all libraries, and with a collector.
    let collector = TraceCollector::start().await;
    let variables = [("LOG", "trace"), ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())];
    let mut logged = LoggedServer::start_with(&variables).await;
    let (token, session) = logged.login().await;
    logged.chat(&token).await.assert_ok();
    logged.provider.refresh(&session, |script| script.members["access_token"] = "canary-second-token".into()).await;
    logged.browser().refresh("canary-no-session").await.assert_refused(401, "session_ended");
    assert!(!logged.browser().is_accepted("canary-no-token").await);
    logged.provider.login(|script| script.claims["nonce"] = FORGED.into()).await.assert_refused(401, "login_failed");

    let begun = logged.browser().start_login().await;
    let refused = json!({ "error": FORGED, "error_description": FORGED, "state": begun.state });
    logged.browser().exchange(&refused).await.assert_refused(401, "login_refused");
    let begun = logged.browser().start_login().await;
    let params = begun.params();
    let code = format!("canary-code{}", "x".repeat(5000));
    logged
        .browser()
        .exchange(&json!({ "code": code, "state": begun.state }))
        .await
        .assert_refused(422, "invalid_field");
    logged.browser().app.get("/auth/callback?code=canary-code&state=canary-state").await;
    logged.browser().logout(&session).await.assert_ok();
    logged.wait_until_recorded("logout.succeeded").await;

    logged.secrets.extend([
        ("state", begun.state.clone()),
        ("nonce", params["nonce"].clone()),
        ("code challenge", params["code_challenge"].clone()),
        // ID tokens, proofs, and every other JWT.
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

    let LoggedServer { server, secrets, .. } = logged;
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

#[tokio::test(flavor = "multi_thread")]
async fn secrets_echoed_by_the_provider_or_the_model_are_not_logged() {
    // T101. A real provider's `error_description` had the refresh token in it, and was logged, whole.
    const KEY: &str = "sk-canary-of-the-model";
    const QUESTION: &str = "/echo canary-what-a-person-asks";
    let provider = MockProvider::dedicated().await;
    let upstream = Upstream::start(SocketAddr::from(([127, 0, 0, 1], 0)), KEY).await.unwrap();
    let base_url = upstream.base_url();
    let variables = [
        ("LOG", "trace"),
        ("DATABASE_URL", "sqlite::memory:"),
        ("ACCESS_TOKEN_CHECK", "introspection"),
        ("CHAT_BASE_URL", base_url.as_str()),
        ("CHAT_API_KEY", KEY),
        ("CHAT_MODEL", "mock"),
    ];
    let server = ServerProcess::start(&provider.issuer, &variables).await;
    let storage = app::storage(std::sync::Arc::new(oracle_ai::server::store::MemoryStore::new()));
    let app = TestApp::remote(server.port, provider.settings(), storage);
    let browser = Browser::at(app, provider);
    let logged = async |words: &str| wait_until(words, async || server.log().contains(words)).await;
    let echo = json!([{ "kind": "echo" }]);

    browser.set(json!({ "token_faults": echo })).await;
    let response = browser.authorization_response().await;
    browser.exchange(&response).await.assert_refused(401, "login_failed");
    logged("status 400, invalid_grant: could not look up code ([redacted]) code_verifier ([redacted])").await;

    let first = browser.sign_in().await;
    browser.set(json!({ "introspection_faults": echo })).await;
    let unknown = browser.check_chat(&[&format!("DPoP {}", first.access_token)]).await;
    unknown.assert_refused(503, "unavailable");
    logged("token ([redacted]) token_type_hint (access_token)").await;

    let request = browser
        .request(Method::POST, "/api/chat", Some(&first.access_token))
        .header(header::CONTENT_TYPE, "application/json")
        .body(json!({ "conversation": "c", "message": QUESTION, "idempotency_key": "k" }).to_string().into());
    browser.app.send(request.unwrap()).await.assert_ok();
    logged("the upstream's reason reason=\"Incorrect API key provided: Bearer [redacted] You asked: [redacted]").await;

    browser.set(json!({ "revocation_echo": true })).await;
    browser.logout(&first.session).await.assert_ok();
    logged("the provider refused to revoke a refresh token").await;

    let second = browser.sign_in().await;
    browser.set(json!({ "refresh_faults": echo })).await;
    browser.refresh(&second.session).await.assert_refused(401, "session_ended");
    logged("grant_type (refresh_token) refresh_token ([redacted])").await;

    let log = server.log();
    let form_of = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let credentials = BASE64_STANDARD.encode(format!("{CLIENT_ID}:{}", form_of(CLIENT_SECRET)));
    for (what, secret) in [
        ("code", text(&response, "code")),
        ("state", text(&response, "state")),
        ("client secret", CLIENT_SECRET.to_owned()),
        ("client secret in a form", form_of(CLIENT_SECRET)),
        ("client credentials", credentials),
        ("access token", first.access_token),
        ("another access token", second.access_token),
        ("session", first.session),
        ("key of the model", KEY.to_owned()),
        ("question", "canary-what-a-person-asks".to_owned()),
        ("JWT", "eyJ".to_owned()),
    ] {
        let line = log.lines().find(|line| line.contains(&secret)).map(|line| &line[..line.len().min(1000)]);
        assert!(line.is_none(), "{what}: {line:?}");
    }
    let quoting = log.lines().filter(|line| line.contains("could not look up"));
    assert!(quoting.clone().count() >= 3 && quoting.into_iter().all(|line| line.len() < 1000), "{log}");
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
