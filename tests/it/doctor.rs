//! `oracle-ai doctor`, as an operator runs it.

use std::process::Output;

use oracle_ai::server::{
    auth::sessions::Storage,
    chat::answer_log::RedisAnswerLog,
    environment::Environment,
    store::{KeyRing, RedisAddress},
};
use tokio::process::Command;

use crate::support::{
    app::TestApp,
    browser::Browser,
    provider::{CLIENT_ID, CLIENT_SECRET, FRONT_URL, MockProvider},
    redis::{Redis, free_port},
    scripted_provider::ScriptedProvider,
};

/// With these variables besides those of a provider, which they may change.
pub async fn doctor(issuer: &str, variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_oracle-ai"))
        .arg("doctor")
        .current_dir(std::env::temp_dir())
        .envs([("FRONT_URL", FRONT_URL), ("OIDC_ISSUER", issuer), ("DATABASE_URL", "sqlite::memory:")])
        .envs([("CLIENT_ID", CLIENT_ID), ("CLIENT_SECRET", CLIENT_SECRET)])
        .envs(variables.iter().copied())
        .output()
        .await
        .unwrap()
}

/// The line about a part, with its grade.
#[track_caller]
pub fn line(output: &Output, grade: &str, part: &str) -> String {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let found = text.lines().find(|line| line.starts_with(grade) && line[10..].starts_with(part));
    found.unwrap_or_else(|| panic!("no {grade} {part} in:\n{text}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_works_passes() {
    let (provider, redis) = (MockProvider::shared(), Redis::start().await);
    let keys = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let output = doctor(&provider.issuer, &[("REDIS_URL", &redis.url()), ("SESSION_KEYS", keys)]).await;
    assert!(output.status.success(), "{output:?}");
    for part in
        ["discovery", "keys", "clock", "redirect URI", "credentials", "session store", "session limits", "database"]
    {
        line(&output, "proven", part);
    }
    // What only a person's sign-in shows.
    for part in ["configuration", "endpoint", "ID tokens", "PKCE", "mix-up", "authorization", "scopes", "revocation"] {
        assert!(line(&output, "unproven", part).contains("not refused, not proven"), "{part}");
    }
    assert!(line(&output, "missing", "chat upstream").ends_with("-> CHAT_BASE_URL"));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_line_is_proven_unproven_missing_or_refused() {
    let provider = MockProvider::shared();
    let output = doctor(&provider.issuer, &[("CLIENT_SECRET", "wrong")]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    let (counts, lines) = text.trim_end().rsplit_once('\n').map(|(lines, counts)| (counts, lines)).unwrap();
    for line in lines.lines() {
        let grade = line.split(' ').next().unwrap();
        match grade {
            "proven" | "REFUSED" => {}
            "unproven" => assert!(line.contains("not refused, not proven; it would be proven by "), "{line}"),
            "missing" | "MISSING" => assert!(line[26..].contains(": "), "no consequence: {line}"),
            other => panic!("{other}: {line}"),
        }
    }
    // At the token endpoint and at the revocation endpoint.
    assert!(counts.contains("2 that must be put right"), "{counts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_failure_names_the_setting_to_change() {
    let provider = MockProvider::shared();
    let nobody = format!("redis://127.0.0.1:{}", free_port());
    let keys = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for (variables, part, remedy) in [
        (&[("CLIENT_SECRET", "wrong")][..], "credentials", "CLIENT_SECRET"),
        (&[("CLIENT_ID", "unknown")], "authorization", "CLIENT_ID"),
        (&[("FRONT_URL", "https://elsewhere.example.com")], "authorization", "REDIRECT_URI"),
        (&[("OIDC_ISSUER", "http://127.0.0.1:1")], "discovery", "OIDC_ISSUER"),
        (&[("REDIS_URL", &nobody), ("SESSION_KEYS", keys)], "session store", "REDIS_URL"),
        (&[("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")], "database", "DATABASE_URL"),
        (&[("CHAT_BASE_URL", "http://127.0.0.1:1/v1"), ("CHAT_MODEL", "m")], "chat upstream", "CHAT_BASE_URL"),
    ] {
        let output = doctor(&provider.issuer, variables).await;
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let line = line(&output, "REFUSED", part);
        assert!(line.split(" -> ").nth(1).is_some_and(|settings| settings.contains(remedy)), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_differing_issuer_is_printed_beside_the_configured_one() {
    // T20
    let provider = MockProvider::shared();
    let output = doctor(&format!("{}/", provider.issuer), &[]).await;
    let line = line(&output, "REFUSED", "discovery");
    assert!(line.contains(&format!("`{}`", provider.issuer)), "{line}");
    assert!(line.contains(&format!("`{}/`", provider.issuer)), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_off_by_more_than_is_tolerated_fails() {
    let provider = ScriptedProvider::start_dated("Sun, 06 Nov 1994 08:49:37 GMT").await;
    let output = doctor(&provider.issuer, &[]).await;
    assert!(line(&output, "REFUSED", "clock").contains("behind ours"), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_https_front_url_without_a_trusted_proxy_lacks_one() {
    // T58: all people would share one address.
    let provider = MockProvider::shared();
    let https = ("FRONT_URL", "https://elsewhere.example.com");
    let output = doctor(&provider.issuer, &[https]).await;
    assert!(line(&output, "missing", "client address").contains("TRUSTED_PROXIES"), "{output:?}");
    let output = doctor(&provider.issuer, &[https, ("TRUSTED_PROXIES", "10.0.0.0/8")]).await;
    line(&output, "unproven", "client address");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_does_not_name_s256_lacks_it() {
    // T07
    let provider = ScriptedProvider::start().await;
    let output = doctor(&provider.issuer, &[]).await;
    line(&output, "missing", "PKCE");
}

#[tokio::test(flavor = "multi_thread")]
async fn unencrypted_connections_lack_tls_and_proxy_passwords_are_not_printed() {
    let provider = MockProvider::shared();
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.invalid:4318"),
        ("OTEL_ALLOW_HTTP", "true"),
        ("HTTPS_PROXY", "http://me:hunter2@proxy.example.com:3128"),
    ];
    let output = doctor(&provider.issuer, &variables).await;
    assert!(line(&output, "missing", "encryption").ends_with("-> OTEL_ALLOW_HTTP"), "{output:?}");
    assert!(line(&output, "unproven", "proxy").contains("proxy.example.com"), "{output:?}");
    assert!(!String::from_utf8(output.stdout).unwrap().contains("hunter2"));
    let output =
        doctor(&provider.issuer, &[("DATABASE_URL", "postgres://chat@db.example.com/chat?sslmode=prefer")]).await;
    assert_eq!(output.status.code(), Some(78), "{output:?}");
    assert!(line(&output, "REFUSED", "configuration").contains("DATABASE_ALLOW_PLAINTEXT=true"), "{output:?}");
}

#[tokio::test]
async fn a_wrong_value_is_one_line_and_its_own_exit_code() {
    let output = doctor("not a URL", &[]).await;
    assert_eq!(output.status.code(), Some(78), "{output:?}");
    assert!(line(&output, "REFUSED", "configuration").contains("OIDC_ISSUER"));
    // T36
    let audience = [("ACCESS_TOKEN_CHECK", "introspection"), ("API_AUDIENCE", CLIENT_ID)];
    let output = doctor("https://sso.example.com", &audience).await;
    assert_eq!(output.status.code(), Some(78), "{output:?}");
    let line = line(&output, "REFUSED", "configuration");
    assert!(line.contains("API_AUDIENCE") && line.contains("CLIENT_ID"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_forgets_is_named_with_the_directive_that_mends_it() {
    let (provider, redis) = (MockProvider::shared(), Redis::start().await);
    let (url, keys) = (redis.url(), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    let examine = async || doctor(&provider.issuer, &[("REDIS_URL", &*url), ("SESSION_KEYS", keys)]).await;
    assert!(line(&examine().await, "missing", "session durability").ends_with("-> in Redis: appendonly yes"));
    redis.configure("appendonly", "yes").await;
    line(&examine().await, "proven", "session durability");
    redis.configure("maxmemory", "1gb").await;
    line(&examine().await, "proven", "session durability");
    redis.configure("maxmemory-policy", "allkeys-lru").await;
    let found = line(&examine().await, "missing", "session durability");
    assert!(found.ends_with("-> in Redis: maxmemory-policy noeviction"), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_rights_in_redis_suffice() {
    let document = include_str!("../../docs/operations.md");
    let rule = document.split('`').find(|code| code.starts_with("ACL SETUSER")).unwrap().replace("PASSWORD", "pw");
    let (provider, redis) = (MockProvider::shared(), Redis::start().await);
    redis.command(&rule.split(' ').collect::<Vec<_>>()).await;
    let url = redis.url().replace("redis://", "redis://oracle-ai:pw@");
    let address = RedisAddress::parse(&url).unwrap();
    let storage = Storage::in_redis(&address, KeyRing::new([7; 32], [])).unwrap();
    let browser = Browser::at(TestApp::with_storage(provider.settings(), storage), provider.clone());
    let session = browser.sign_in().await.session;
    browser.refresh(&session).await.assert_ok();
    browser.logout(&session).await.assert_ok();
    let log = RedisAnswerLog::new(&address, KeyRing::new([7; 32], []), Environment::system()).unwrap();
    crate::answer_log::fulfils_the_contract(&log, &log).await;
    let keys = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let output = doctor(&provider.issuer, &[("REDIS_URL", &*url), ("SESSION_KEYS", keys)]).await;
    line(&output, "proven", "session store");
    line(&output, "missing", "session durability");
}
