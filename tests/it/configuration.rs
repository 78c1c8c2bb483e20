//! The program started with a wrong setting: it says which, and stops. `PROGRAM_UNDER_TEST` names another than cargo's,
//! such as the release's.

use std::{collections::BTreeMap, process::Output};

use oracle_ai::server::config::reference;
use tokio::process::Command;

/// `EX_CONFIG` of sysexits.h.
const WRONG_CONFIGURATION: i32 = 78;

/// In values that have one. No line repeats it.
const PASSWORD: &str = "hunter2";

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

const WRONG_AUTHORITIES: &[&str] = &[
    "/nowhere/ca.pem",
    concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
    env!("CARGO_MANIFEST_DIR"),
    "public,",
    "public,/nowhere/ca.pem",
    "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----",
];

/// For settings that name a file of JSON.
const WRONG_JSON: &[&str] = &[
    "/nowhere/file.json",
    env!("CARGO_MANIFEST_DIR"),
    concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
    "{\"id\": \"hunter2\"}",
];

/// For each variable the values that are wrong in a good configuration, or that need a setting that it does not have. A
/// variable without any must be set.
const WRONG: &[(&str, &[&str])] = &[
    ("ACCESS_TOKEN_CHECK", &["always", "JWT"]),
    ("ACCESS_TOKEN_ISSUER", &["https://sso.example.com"]),
    ("ACCESS_TOKEN_TYP", &["JWT"]),
    ("ALL_PROXY", &["socks5://me:hunter2@proxy.example.com:1080"]),
    ("ALLOW_BEARER_TOKENS", &["yes"]),
    ("ALLOW_LOGOUT_TOKENS_WITHOUT_EXP", &["yes"]),
    ("ALLOW_UNTYPED_LOGOUT_TOKENS", &["yes"]),
    ("ALLOW_WEAK_RSA_KEYS", &["yes", "1"]),
    ("ANSWERS_PER_PERSON", &["many", "-1"]),
    ("API_AUDIENCE", &["https://api.example.com"]),
    ("AUDIT_FORMAT", &["cef", "OCSF"]),
    // Lines of the log are in no chain.
    ("AUDIT_KEY_FILE", &["audit.pem"]),
    ("AUTHORIZATION_ENDPOINT", &["authorize", "http://sso.example.com/authorize"]),
    (
        "AUTHORIZE_PARAMETERS",
        &[
            "state=mine",
            "audience=a&redirect_uri=https://evil.example.com",
            "scope=admin",
            "audience=a&audience=b",
            "prompt=none",
            "=a",
        ],
    ),
    ("BRANDING_FILE", WRONG_JSON),
    ("CA_FILE", WRONG_AUTHORITIES),
    ("CHAT_ALLOW_HTTP", &["yes", "true"]),
    ("CHAT_API_KEY", &["a key", "clé"]),
    ("CHAT_API_KEY_FILE", &["/nowhere/key"]),
    ("CHAT_API_STYLE", &["gemini"]),
    ("CHAT_API_VERSION", &["2024-10-21"]),
    (
        "CHAT_BASE_URL",
        &[
            "ftp://model.example.com",
            "model.example.com",
            "https://me:hunter2@model.example.com",
            "https://model.example.com/v1?api-version=1",
            "https://model.example.com/v1/chat/completions",
            "https://model.example.com/v1/chat/completions/",
        ],
    ),
    ("CHAT_CA_FILE", WRONG_AUTHORITIES),
    // Their keys and certificates are not set.
    ("CHAT_CLIENT_CERTIFICATE_FILE", &["client.pem"]),
    ("CHAT_CLIENT_KEY_FILE", &["client.key"]),
    ("CHAT_FIRST_TOKEN_TIMEOUT", &["never", "0", "5m"]),
    ("CHAT_GRACE_SECONDS", &["-1", "3601", "20s"]),
    ("CHAT_HISTORY_CHARS", &["many"]),
    ("CHAT_ATTACHMENTS", &["-1", "51", "many"]),
    ("CHAT_ATTACHMENT_CHARS", &["999", "10000001"]),
    ("CHAT_MESSAGE_ATTACHMENT_CHARS", &["0", "20000001"]),
    ("CHAT_IDLE_TIMEOUT", &["never", "86401"]),
    ("CHAT_LINK_HOSTS", &["https://docs.example.com", "docs.example.com, example.com"]),
    ("CHAT_MODEL", &[]),
    ("CHAT_MODELS_FILE", WRONG_JSON),
    // There is no key.
    ("CHAT_USER_TOKEN_AUDIENCE", &["https://gateway.example.com", "the gateway"]),
    ("CHAT_USER_TOKEN_CLAIMS", &["roles", "phone"]),
    ("CHAT_USER_TOKEN_HEADER", &["Authorization", "X-User-Token", "a b"]),
    ("CHAT_USER_TOKEN_KEYS_FILE", &["/nowhere/keys.pem", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")]),
    ("CHAT_USER_TOKEN_SUBJECT", &["hash", "plain"]),
    // No proxy is trusted.
    ("CLIENT_ADDRESS_HEADER", &["forwarded"]),
    ("CLIENT_ASSERTION_AUDIENCE", &["https://sso.example.com/token"]),
    ("CLIENT_AUTH", &["basic"]),
    ("CLIENT_ID", &[]),
    ("CLIENT_KEY_FILE", &["client.pem"]),
    ("CLIENT_KEY_ID", &["ours"]),
    ("CLIENT_SECRET", &[]),
    ("CLIENT_SECRET_FILE", &["client-secret"]),
    ("CLOCK_TOLERANCE", &["301", "-1", "30s"]),
    ("DATABASE_ALLOW_PLAINTEXT", &["yes"]),
    // The database is SQLite.
    ("DATABASE_CA_FILE", &["public"]),
    ("DATABASE_CONNECTIONS", &["0", "1", "1001", "many"]),
    (
        "DATABASE_URL",
        &[
            "oracle-ai.db",
            "mysql://me:hunter2@db.example/chat",
            "postgres://me:hunter2@db.example/chat?sslmode=sometimes",
            "postgres://me:hunter2@db.example/chat?sslrootcert=/nowhere/ca.pem",
        ],
    ),
    ("DATABASE_URL_FILE", &["/nowhere/url"]),
    ("DIOXUS_DEVSERVER_PORT", &["none", "0"]),
    ("EMAIL_CLAIM", &["my mail"]),
    ("END_SESSION_ENDPOINT", &["logout", "https://me:hunter2@sso.example.com/logout"]),
    ("EXPORT_ROLE", &[" ", "exporters;"]),
    (
        "FRONT_URL",
        &["chat.example.com", "https://chat.example.com/app", "http://chat.example.com", "http://:hunter2@localhost:1"],
    ),
    ("GLOBAL_REVOCATION", &["yes"]),
    ("ID_TOKEN_ALGS", &["none", "RS256 HS256", "rs256", "RS256,ES256", "ES512", " "]),
    ("INTROSPECTION_ENDPOINT", &["https://sso.example.com/introspect"]),
    ("HTTPS_PROXY", &["http://me:hunter2@proxy.example.com/path", "socks5://me:hunter2@proxy.example.com:1080", "a b"]),
    ("HTTP_PROXY", &["http://", "proxy.example.com:port"]),
    ("IP", &["localhost"]),
    ("JWKS_URI", &["jwks", "/jwks"]),
    ("LOG", &["oracle_ai=loud"]),
    ("LOGOUT_URL", &["logout"]),
    ("LOG_FORMAT", &["xml"]),
    ("MAX_ANSWERS", &["0", "100001", "many"]),
    ("MAX_AGE", &["an hour", "-1", "315360001", "18446744073709551615"]),
    ("MAX_CONNECTIONS", &["0"]),
    ("METRICS_ADDR", &["9464"]),
    ("MOCK_PROVIDER_ADDR", &["127.0.0.1:9400"]),
    ("MOCK_PROVIDER_PROFILE", &["google"]),
    ("MOCK_UPSTREAM_ADDR", &["anywhere", "127.0.0.1:9500"]),
    ("NAME_CLAIM", &["."]),
    ("NOTICE_FILE", WRONG_JSON),
    ("OIDC_CA_FILE", WRONG_AUTHORITIES),
    ("OIDC_DISCOVERY", &["no"]),
    ("OIDC_ENDPOINT_HOSTS", &["https://api.example.com", "api.example.com:8443", "*.example.com", " "]),
    (
        "OIDC_ISSUER",
        &[
            "sso.example.com",
            "https://login.microsoftonline.com/common/v2.0",
            "https://login.microsoftonline.com/{tenantid}/v2.0",
            "http://sso.example.com",
            "https://sso.example.com/?a=b",
            "https://me:hunter2@sso.example.com",
        ],
    ),
    ("OIDC_METADATA_MAX_AGE", &["59", "86401", "1h"]),
    ("OIDC_PROFILE", &["fapi", "FAPI2", "true"]),
    ("OIDC_TIMEOUT", &["0", "16", "5s"]),
    ("OPERATOR_ROLE", &[" ", "operators "]),
    ("OTEL_ALLOW_HTTP", &["yes"]),
    ("OTEL_EXPORTER_OTLP_CERTIFICATE", WRONG_AUTHORITIES),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", &["collector.example.com:4318"]),
    ("OTEL_EXPORTER_OTLP_HEADERS", &["api-key"]),
    ("OTEL_EXPORTER_OTLP_HEADERS_FILE", &["/nowhere/headers"]),
    ("OTEL_EXPORTER_OTLP_PROTOCOL", &["grpc"]),
    ("OTEL_EXPORTER_OTLP_TIMEOUT", &["0", "60001"]),
    ("OTEL_TRACES_SAMPLER", &["sometimes"]),
    ("OTEL_TRACES_SAMPLER_ARG", &["2"]),
    ("PORT", &["0", "80800"]),
    ("PUSHED_AUTHORIZATION_REQUESTS", &["always"]),
    ("OIDC_DPOP", &["true", "Required"]),
    ("PUSHED_AUTHORIZATION_REQUEST_ENDPOINT", &["par"]),
    ("RATE_LIMIT_PER_ADDRESS", &["many"]),
    ("RATE_LIMIT_PER_BROWSER", &["many", "-1"]),
    ("RATE_LIMIT_PER_PERSON", &["many"]),
    (
        "REDIRECT_URI",
        &[
            "https://chat.example.com/elsewhere",
            "https://chat.example.com/auth/callback#here",
            "https://evil.example.com/auth/callback",
        ],
    ),
    ("REDIS_ALLOW_PLAINTEXT", &["true"]),
    ("REDIS_CA_FILE", &["ca.pem"]),
    (
        "REDIS_URL",
        &["cache.example.com", "http://cache.example.com", "rediss://me:hunter2@cache.example.com/#insecure"],
    ),
    ("REDIS_URL_FILE", &["/nowhere/url"]),
    ("REQUIRED_ROLE", &[" ", "chat ", "chat;", ";"]),
    ("PERMISSIONS_FROM", &["token", "id_token userinfo"]),
    ("REQUIRED_SCOPE", &[" ", "chat \"x\""]),
    ("RESOURCE", &["api", "https://api.example.com/#here"]),
    ("REVOCATION_ENDPOINT", &["revoke"]),
    ("ROLES_CLAIM", &["my roles", "realm_access..roles"]),
    ("ROLES_SEPARATOR", &["^^", "a"]),
    ("SCOPES", &["profile", "openid \"x\""]),
    ("SECURITY_EVENTS", &["on"]),
    ("SESSIONS_PER_PERSON", &["many", "-1"]),
    ("DRAIN_NOTICE_SECONDS", &["-1", "301", "5s"]),
    ("DRAIN_SECONDS", &["-1", "3601", "2m"]),
    ("SESSION_IDLE_TIMEOUT", &["60", "299", "86401", "30m"]),
    ("SESSION_KEYS", &["key"]),
    ("SESSION_KEYS_FILE", &["/nowhere/keys"]),
    ("SESSION_LIFETIME", &["60", "899", "604801", "-1"]),
    // Neither kind of signal is switched on.
    ("SIGNALS_AUDIENCE", &["https://chat.example.com", "a b"]),
    ("SIGNALS_ISSUER", &["okta", "https://example.okta.com"]),
    ("SIGNALS_JWKS_URI", &["keys", "http://example.okta.com/keys", "https://example.okta.com/keys"]),
    ("STEP_UP_CHAT", &["phr", "acr=\"phr\""]),
    ("STEP_UP_DELETE", &["max_age=0", "max_age=59", "max_age=1h"]),
    ("STEP_UP_END_ALL_SESSIONS", &["max_age=300 max_age=600", "300"]),
    // Right, but no model asks for it.
    ("STEP_UP_MODEL", &["max_age=300", "always"]),
    ("STEP_UP_EXPORT", &["acr=", "acr=phr,max_age=300 amr=mfa"]),
    ("CHAT_RETENTION_DAYS", &["-1", "a year", "36501"]),
    ("STORAGE_PER_PERSON", &["-1", "1 GB"]),
    ("STREAMS_PER_PERSON", &["many"]),
    ("TOKEN_ENDPOINT", &["token", "ftp://sso.example.com/token"]),
    ("TRUSTED_PROXIES", &["proxy.example.com", "10.0.0.0/33"]),
    ("USERINFO_ENDPOINT", &["userinfo", "https://sso.example.com/userinfo#here"]),
    ("USER_ID_CLAIM", &["email", "preferred_username"]),
];

/// What is weaker than the FAPI 2.0 Security Profile.
const WEAKER_THAN_FAPI: &[(&str, &str)] = &[
    ("ALLOW_BEARER_TOKENS", "true"),
    ("ALLOW_WEAK_RSA_KEYS", "true"),
    ("AUTHORIZATION_ENDPOINT", "https://sso.example.com/authorize"),
    ("CLIENT_ASSERTION_AUDIENCE", "https://sso.example.com/token"),
    ("CLIENT_AUTH", "client_secret_basic"),
    ("CLIENT_AUTH", "client_secret_post"),
    ("CLIENT_SECRET", "not-for-anyone"),
    ("CLIENT_SECRET_FILE", "client-secret"),
    ("CLOCK_TOLERANCE", "61"),
    ("ID_TOKEN_ALGS", "RS256"),
    ("ID_TOKEN_ALGS", "ES256 PS384"),
    ("JWKS_URI", "https://sso.example.com/jwks"),
    ("OIDC_DISCOVERY", "false"),
    ("OIDC_DPOP", "auto"),
    ("OIDC_DPOP", "off"),
    ("PUSHED_AUTHORIZATION_REQUESTS", "false"),
    ("TOKEN_ENDPOINT", "https://sso.example.com/token"),
    ("TRUSTED_AUDIENCES", "api"),
];

/// Settings with values that only the provider, the model, or a reader of traces can check.
const TAKES_ANY_TEXT: [&str; 5] =
    ["ACR_VALUES", "CHAT_SYSTEM_PROMPT", "NO_PROXY", "OTEL_SERVICE_NAME", "TRUSTED_AUDIENCES"];

/// Addresses to which something would be sent unencrypted, and the setting that allows it.
const READABLE: &[(&str, &str, &str)] = &[
    ("CHAT_BASE_URL", "http://model.example.com/v1", "CHAT_ALLOW_HTTP"),
    ("DATABASE_URL", "postgres://chat:hunter2@db.example.com/chat?sslmode=require", "DATABASE_ALLOW_PLAINTEXT"),
    ("DATABASE_URL", "postgres://chat:hunter2@10.0.0.5/chat?sslmode=prefer", "DATABASE_ALLOW_PLAINTEXT"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.example.com:4318", "OTEL_ALLOW_HTTP"),
    ("REDIS_URL", "redis://:hunter2@cache.example.com:6379", "REDIS_ALLOW_PLAINTEXT"),
    ("REDIS_URL", "redis+sentinel://sentinel.example.com:26379/main", "REDIS_ALLOW_PLAINTEXT"),
];

async fn start(variables: &BTreeMap<&str, &str>) -> Output {
    let program = std::env::var_os("PROGRAM_UNDER_TEST").filter(|program| !program.is_empty());
    let mut command = Command::new(program.unwrap_or_else(|| env!("CARGO_BIN_EXE_oracle-ai").into()));
    // The environment of the tests, and a file in their folder, may have settings.
    reference::names().for_each(|name| _ = command.env_remove(name));
    let folder = std::env::temp_dir();
    let started = command.current_dir(folder).envs(variables).kill_on_drop(true).output();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(20), started).await;
    ended.unwrap_or_else(|_| panic!("it serves with {variables:?}")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_wrong_setting_stops_the_start_with_one_line_that_names_it() {
    // T38: claims that don't identify a person are wrong values of USER_ID_CLAIM.
    for (variable, values) in WRONG {
        for value in *values {
            let mut variables = BTreeMap::from(GOOD);
            variables.insert(variable, value);
            assert_refused(variable, value, &variables).await;
        }
        if values.is_empty() {
            let mut variables = BTreeMap::from(GOOD);
            variables.remove(variable);
            assert_refused(variable, "", &variables).await;
        }
    }
}

async fn assert_refused(variable: &str, value: &str, variables: &BTreeMap<&str, &str>) {
    let output = start(variables).await;
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(WRONG_CONFIGURATION), "{variable}={value}: {words}");
    assert!(words.starts_with(&format!("oracle-ai: {variable} ")), "{variable}={value}: {words}");
    assert_eq!(words.lines().count(), 1, "{variable}={value}: {words}");
    assert!(!words.contains(PASSWORD), "{variable}={value}: {words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn unencrypted_connections_to_other_hosts_stop_the_start_with_a_remedy() {
    for (variable, value, remedy) in READABLE {
        let mut variables = BTreeMap::from(GOOD);
        variables.insert("SESSION_KEYS", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
        variables.entry("REDIS_URL").or_insert("rediss://cache.example.com");
        variables.insert(variable, value);
        let output = start(&variables).await;
        let words = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(WRONG_CONFIGURATION), "{variable}: {words}");
        assert!(words.starts_with(&format!("oracle-ai: {variable} ")), "{variable}: {words}");
        assert!(words.contains(&format!("{remedy}=true")) && !words.contains(PASSWORD), "{variable}: {words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_is_weaker_than_the_security_profile_stops_the_start() {
    // T02, T21, T25, T27, T60, T62, T67
    for (variable, value) in WEAKER_THAN_FAPI {
        let mut variables = BTreeMap::from(GOOD);
        variables.remove("CLIENT_SECRET");
        variables.extend([("OIDC_PROFILE", "fapi2"), ("CLIENT_KEY_FILE", "/nowhere/client.pem"), (variable, value)]);
        assert_refused(variable, value, &variables).await;
    }
    // Without them, what is lacking is the key alone.
    let mut variables = BTreeMap::from(GOOD);
    variables.remove("CLIENT_SECRET");
    variables.extend([("OIDC_PROFILE", "fapi2"), ("OIDC_DPOP", "required"), ("ID_TOKEN_ALGS", "PS256 ES256")]);
    assert_refused("CLIENT_KEY_FILE", "", &variables).await;
}

#[test]
fn every_variable_has_a_wrong_value_above() {
    let mut tried: Vec<_> = WRONG.iter().map(|(variable, _)| *variable).chain(TAKES_ANY_TEXT).collect();
    let mut ours: Vec<_> = reference::names().collect();
    tried.sort_unstable();
    ours.sort_unstable();
    assert_eq!(tried, ours);
}
