//! Many users behind one address, of whom one floods the server.

use std::{collections::BTreeMap, num::NonZeroU32};

use axum::{
    body::Body,
    http::{Method, header, request::Builder},
};
use oracle_ai::server::http::ingress::{EdgeSettings, LimitSettings};
use serde_json::json;

use crate::support::{
    app::{TestApp, request, wait_until},
    browser::Browser,
    provider::{MockProvider, settings},
    scripted_provider::{SUB, ScriptedProvider},
    server_process::ServerProcess,
};

const PEOPLE: u32 = 1_000;
/// The limit of requests without a proof. Logins of unknown browsers may be three times as many, enough for all users.
const PER_ADDRESS: u32 = 400;

/// A client without a session, which sends every kind of request.
struct Flooder<'a> {
    victim: &'a Browser,
    browser: Browser,
    /// Answers of each kind by their status.
    answers: BTreeMap<(&'static str, u16), u32>,
}

impl Flooder<'_> {
    async fn send(&mut self, kind: &'static str, request: Builder, body: &'static str) {
        let request = request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body)).unwrap();
        let status = self.browser.app.send(request).await.status.as_u16();
        *self.answers.entry((kind, status)).or_default() += 1;
    }

    async fn flood(&mut self) {
        self.send("empty refresh", request(Method::POST, "/api/refresh"), "").await;
        let made_up = request(Method::GET, "/api/conversations").header(header::AUTHORIZATION, "DPoP made-up");
        self.send("made-up token", made_up.header("DPoP", "made-up"), "").await;
        let cross_site = request(Method::GET, "/api/chat").header(header::ORIGIN, "https://evil.example");
        self.send("cross-site", cross_site, "").await;
        // A key for each call costs as much as a proof.
        let answer = self.browser.other_user().post("/api/refresh", &json!({ "session": "made-up" })).await;
        *self.answers.entry(("made-up key", answer.status.as_u16())).or_default() += 1;
        let named = format!("/api/authorize?dpop_jkt={}", self.victim.key.thumbprint());
        self.send("victim's name", request(Method::GET, &named), "").await;
    }

    #[track_caller]
    fn assert_limited(&self, kind: &'static str) {
        let limited = self.answers.get(&(kind, 429)).copied().unwrap_or_default();
        assert!(limited > PEOPLE / 10, "{kind}: {:?}", self.answers);
        let let_in = self.answers.get(&(kind, 200)).copied().unwrap_or_default();
        assert_eq!(let_in, 0, "{kind}: {:?}", self.answers);
    }
}

#[tokio::test]
async fn a_flood_from_a_shared_address_does_not_affect_a_thousand_other_users_of_it() {
    // T106
    let mut provider = ScriptedProvider::start().await;
    let limits = LimitSettings { per_address: NonZeroU32::new(PER_ADDRESS), ..LimitSettings::default() };
    let edge = EdgeSettings { limits, ..EdgeSettings::default() };
    let app = TestApp::with_edge(settings(&provider.issuer), edge);
    let victim = Browser::at(app, MockProvider::shared());
    let mut flooder = Flooder { victim: &victim, browser: victim.other_user(), answers: BTreeMap::new() };
    let mut people = vec![];
    for n in 0..PEOPLE {
        flooder.flood().await;
        provider.browser = if n == 0 { victim.clone() } else { victim.other_user() };
        let answer = provider.login(|script| script.claims["sub"] = format!("{SUB}-{n}").into()).await;
        answer.assert_ok();
        let answer = answer.json();
        let (token, session) = (answer["access_token"].clone(), answer["session"].clone());
        people.push((
            provider.browser.clone(),
            token.as_str().unwrap().to_owned(),
            session.as_str().unwrap().to_owned(),
        ));
    }
    for (n, (browser, token, session)) in people.iter().enumerate() {
        flooder.flood().await;
        assert!(browser.is_accepted(token).await);
        provider.browser = browser.clone();
        let sub = format!("{SUB}-{n}");
        provider.refresh(session, |script| script.claims["sub"] = sub.into()).await.assert_ok();
    }
    for kind in ["empty refresh", "made-up token", "cross-site", "made-up key"] {
        flooder.assert_limited(kind);
    }
    // Whose name was taken all the while: they sign in again.
    victim.request_authorize().await.assert_ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_summarised_in_a_few_log_lines() {
    // T106: each made-up token was a line.
    let server = ServerProcess::start("https://sso.example", &[("DATABASE_URL", "sqlite::memory:")]).await;
    let http = reqwest::Client::new();
    for n in 0..300 {
        // Both ways in which the framework has an endpoint answered.
        let path = ["/api/chat", "/api/conversations"][n % 2];
        let call =
            http.get(format!("http://127.0.0.1:{}{path}", server.port)).header("authorization", "Bearer made-up");
        assert_eq!(call.send().await.unwrap().status(), 401);
    }
    server.terminate();
    wait_until("the count is logged", async || server.log().contains("repeated=")).await;
    let log = server.log();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("access.token_refused")).collect();
    assert!(lines.len() < 10, "{log}");
    let repeated =
        lines.iter().filter_map(|line| line.split("repeated=").nth(1)?.split(' ').next()?.parse::<usize>().ok());
    let written = lines.iter().filter(|line| line.contains("reason=")).count();
    assert_eq!(written + repeated.sum::<usize>(), 300, "{log}");
    assert!(lines[0].contains("request_id=") && lines.iter().all(|line| line.contains("client=127.0.0.1")), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_untrusted_proxy_is_warned_about_once() {
    // T58: without TRUSTED_PROXIES all users share one address.
    let variables = [("DATABASE_URL", "sqlite::memory:"), ("FRONT_URL", "https://chat.example.com")];
    let server = ServerProcess::start("https://sso.example", &variables).await;
    assert_eq!(server.log().matches("TRUSTED_PROXIES").count(), 1, "at the start: {}", server.log());
    for n in 1..4 {
        let call = reqwest::Client::new().get(format!("http://127.0.0.1:{}/livez", server.port));
        call.header("x-forwarded-for", format!("203.0.113.{n}")).send().await.unwrap();
    }
    assert_eq!(server.log().matches("TRUSTED_PROXIES").count(), 2, "{}", server.log());
}
