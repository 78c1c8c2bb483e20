//! The program started with a wrong setting: it says which, and stops. `PROGRAM_UNDER_TEST` names another than cargo's,
//! such as the release's.

use std::{collections::BTreeMap, process::Output};

use oracle_ai::server::config::reference;
use tokio::process::Command;

/// `EX_CONFIG` of sysexits.h.
const WRONG_CONFIGURATION: i32 = 78;

/// A configuration that is good.
const GOOD: [(&str, &str); 8] = [
    ("OTEL_TRACES_SAMPLER", "traceidratio"),
    ("FRONT_URL", "https://chat.example.com"),
    ("OIDC_ISSUER", "https://sso.example.com"),
    ("CLIENT_ID", "chat"),
    ("CLIENT_SECRET", "not-for-anyone"),
    ("CHAT_BASE_URL", "https://model.example.com/v1"),
    ("CHAT_MODEL", "gpt"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example.com:4318"),
];

/// For each variable a value that is wrong beside the good ones, or belongs to one that is not set; `None` where its
/// absence is.
const WRONG: &[(&str, Option<&str>)] = &[
    ("ACCESS_TOKEN_CHECK", Some("always")),
    ("ACCESS_TOKEN_ISSUER", Some("https://sso.example.com")),
    ("ACCESS_TOKEN_TYP", Some("JWT")),
    ("ALLOW_BEARER_TOKENS", Some("yes")),
    ("ALLOW_UNTYPED_LOGOUT_TOKENS", Some("yes")),
    ("ALLOW_WEAK_RSA_KEYS", Some("yes")),
    ("API_AUDIENCE", Some("https://chat.example.com")),
    ("AUTHORIZATION_ENDPOINT", Some("authorize")),
    ("AUTHORIZE_PARAMETERS", Some("state=mine")),
    ("CHAT_ALLOW_HTTP", Some("yes")),
    ("CHAT_API_KEY", Some("a key")),
    ("CHAT_API_KEY_FILE", Some("/nowhere/key")),
    ("CHAT_API_STYLE", Some("gemini")),
    ("CHAT_API_VERSION", Some("2024-10-21")),
    ("CHAT_BASE_URL", Some("ftp://model.example.com")),
    ("CHAT_FIRST_TOKEN_TIMEOUT", Some("never")),
    ("CHAT_GRACE_SECONDS", Some("-1")),
    ("CHAT_HISTORY_CHARS", Some("many")),
    ("CHAT_IDLE_TIMEOUT", Some("never")),
    ("CHAT_LINK_HOSTS", Some("https://docs.example.com")),
    ("CHAT_MODEL", None),
    // No proxy is trusted.
    ("CLIENT_ADDRESS_HEADER", Some("forwarded")),
    ("CLIENT_ASSERTION_AUDIENCE", Some("https://sso.example.com/token")),
    ("CLIENT_AUTH", Some("basic")),
    ("CLIENT_ID", None),
    ("CLIENT_KEY_FILE", Some("client.pem")),
    ("CLIENT_KEY_ID", Some("ours")),
    ("CLIENT_SECRET", None),
    ("CLIENT_SECRET_FILE", Some("client-secret")),
    ("CLOCK_TOLERANCE", Some("301")),
    ("DATABASE_ALLOW_PLAINTEXT", Some("yes")),
    ("DATABASE_URL", Some("oracle-ai.db")),
    ("DATABASE_URL_FILE", Some("/nowhere/url")),
    ("DIOXUS_DEVSERVER_PORT", Some("none")),
    ("EMAIL_CLAIM", Some("my mail")),
    ("END_SESSION_ENDPOINT", Some("logout")),
    ("FRONT_URL", Some("chat.example.com")),
    ("ID_TOKEN_ALGS", Some("none")),
    ("INTROSPECTION_ENDPOINT", Some("https://sso.example.com/introspect")),
    ("HTTPS_PROXY", Some("proxy.example.com:3128")),
    ("IP", Some("localhost")),
    ("JWKS_URI", Some("jwks")),
    ("LOG", Some("oracle_ai=loud")),
    ("LOGOUT_URL", Some("logout")),
    ("LOG_FORMAT", Some("xml")),
    ("MAX_AGE", Some("an hour")),
    ("MAX_CONNECTIONS", Some("0")),
    ("METRICS_ADDR", Some("9464")),
    ("MOCK_PROVIDER_ADDR", Some("127.0.0.1:9400")),
    ("MOCK_PROVIDER_PROFILE", Some("google")),
    ("MOCK_UPSTREAM_ADDR", Some("anywhere")),
    ("NAME_CLAIM", Some(".")),
    ("OIDC_CA_FILE", Some("/nowhere/ca.pem")),
    ("OIDC_DISCOVERY", Some("no")),
    ("OIDC_ENDPOINT_HOSTS", Some("https://api.example.com")),
    ("OIDC_ISSUER", Some("sso.example.com")),
    ("OTEL_ALLOW_HTTP", Some("yes")),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", Some("collector.example.com:4318")),
    ("OTEL_EXPORTER_OTLP_HEADERS", Some("api-key")),
    ("OTEL_EXPORTER_OTLP_HEADERS_FILE", Some("/nowhere/headers")),
    ("OTEL_EXPORTER_OTLP_PROTOCOL", Some("grpc")),
    ("OTEL_EXPORTER_OTLP_TIMEOUT", Some("0")),
    ("OTEL_TRACES_SAMPLER", Some("sometimes")),
    ("OTEL_TRACES_SAMPLER_ARG", Some("2")),
    ("PORT", Some("0")),
    ("PUSHED_AUTHORIZATION_REQUESTS", Some("always")),
    ("PUSHED_AUTHORIZATION_REQUEST_ENDPOINT", Some("par")),
    ("RATE_LIMIT_PER_ADDRESS", Some("many")),
    ("RATE_LIMIT_PER_BROWSER", Some("many")),
    ("RATE_LIMIT_PER_PERSON", Some("many")),
    ("REDIRECT_URI", Some("https://chat.example.com/elsewhere")),
    ("REDIS_ALLOW_PLAINTEXT", Some("true")),
    ("REDIS_CA_FILE", Some("ca.pem")),
    ("REDIS_URL", Some("cache.example.com")),
    ("REDIS_URL_FILE", Some("/nowhere/url")),
    ("REQUIRED_ROLE", Some(" ")),
    ("REQUIRED_SCOPE", Some(" ")),
    ("RESOURCE", Some("api")),
    ("REVOCATION_ENDPOINT", Some("revoke")),
    ("ROLES_CLAIM", Some("my roles")),
    ("ROLES_SEPARATOR", Some("^^")),
    ("SCOPES", Some("profile")),
    ("SESSIONS_PER_PERSON", Some("many")),
    ("SESSION_IDLE_TIMEOUT", Some("60")),
    ("SESSION_KEYS", Some("key")),
    ("SESSION_KEYS_FILE", Some("/nowhere/keys")),
    ("SESSION_LIFETIME", Some("60")),
    ("STORAGE_PER_PERSON", Some("-1")),
    ("STREAMS_PER_PERSON", Some("many")),
    ("TOKEN_ENDPOINT", Some("token")),
    ("TRUSTED_PROXIES", Some("proxy.example.com")),
    ("USERINFO_ENDPOINT", Some("userinfo")),
    ("USER_ID_CLAIM", Some("email")),
];

/// What only the provider, the model, or a reader of traces can judge.
const TAKES_ANY_TEXT: [&str; 5] =
    ["ACR_VALUES", "CHAT_SYSTEM_PROMPT", "NO_PROXY", "OTEL_SERVICE_NAME", "TRUSTED_AUDIENCES"];

/// What would be sent readably to another machine, and the setting that allows it.
const READABLE: &[(&str, &str, &str)] = &[
    ("CHAT_BASE_URL", "http://model.example.com/v1", "CHAT_ALLOW_HTTP"),
    ("DATABASE_URL", "postgres://chat:secret@db.example.com/chat", "DATABASE_ALLOW_PLAINTEXT"),
    ("DATABASE_URL", "postgres://chat:secret@10.0.0.5/chat?sslmode=prefer", "DATABASE_ALLOW_PLAINTEXT"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.example.com:4318", "OTEL_ALLOW_HTTP"),
    ("REDIS_URL", "redis://:secret@cache.example.com:6379", "REDIS_ALLOW_PLAINTEXT"),
    ("REDIS_URL", "redis+sentinel://sentinel.example.com:26379/main", "REDIS_ALLOW_PLAINTEXT"),
];

async fn start(variables: &BTreeMap<&str, &str>) -> Output {
    let program = std::env::var_os("PROGRAM_UNDER_TEST").filter(|program| !program.is_empty());
    let mut command = Command::new(program.unwrap_or_else(|| env!("CARGO_BIN_EXE_oracle-ai").into()));
    // Whoever runs the tests may have settings of their own, here or in a file.
    reference::names().for_each(|name| _ = command.env_remove(name));
    let folder = std::env::temp_dir();
    let started = command.current_dir(folder).envs(variables).kill_on_drop(true).output();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(20), started).await;
    ended.unwrap_or_else(|_| panic!("it serves with {variables:?}")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_wrong_setting_stops_the_start_with_one_line_that_names_it() {
    for (variable, value) in WRONG {
        let mut variables = BTreeMap::from(GOOD);
        match value {
            Some(value) => variables.insert(variable, value),
            None => variables.remove(variable),
        };
        let output = start(&variables).await;
        let words = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(WRONG_CONFIGURATION), "{variable}: {words}");
        assert!(words.starts_with(&format!("oracle-ai: {variable} ")), "{variable}: {words}");
        assert_eq!(words.lines().count(), 1, "{variable}: {words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_cross_a_network_readably_stops_the_start_with_its_remedy() {
    for (variable, value, remedy) in READABLE {
        let mut variables = BTreeMap::from(GOOD);
        variables.insert("SESSION_KEYS", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
        variables.entry("REDIS_URL").or_insert("rediss://cache.example.com");
        variables.insert(variable, value);
        let output = start(&variables).await;
        let words = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(WRONG_CONFIGURATION), "{variable}: {words}");
        assert!(words.starts_with(&format!("oracle-ai: {variable} ")), "{variable}: {words}");
        assert!(words.contains(&format!("{remedy}=true")) && !words.contains("secret"), "{variable}: {words}");
    }
}

#[test]
fn every_variable_has_a_wrong_value_above() {
    let mut tried: Vec<_> = WRONG.iter().map(|(variable, _)| *variable).chain(TAKES_ANY_TEXT).collect();
    let mut ours: Vec<_> = reference::names().collect();
    tried.sort_unstable();
    ours.sort_unstable();
    assert_eq!(tried, ours);
}
