use super::*;
use crate::server::{
    chat::upstream::Timeouts,
    guard::AccessTokenCheck,
    oidc::{AccessTokenTyp, ClientAuthentication},
};

const PROVIDER: [(&str, &str); 4] = [
    ("FRONT_URL", "https://chat.example.com"),
    ("OIDC_ISSUER", "https://sso.example.com/affwebservices/CASSO/oidc/Chat"),
    ("CLIENT_ID", "chat"),
    ("CLIENT_SECRET", "not-for-anyone"),
];

fn config(more: &[(&'static str, &'static str)]) -> Result<Config, ConfigError> {
    Config::from_variables(&Variables::from_pairs(PROVIDER.into_iter().chain(more.iter().copied())))
}

#[test]
fn a_provider_needs_four_lines() {
    let config = config(&[]).unwrap();
    let Provider::Configured(settings) = config.provider else { panic!("not the mock") };
    assert_eq!(settings.redirect_uri.as_str(), "https://chat.example.com/auth/callback");
    assert!(matches!(settings.client_authentication, ClientAuthentication::ClientSecretBasic(_)));
    assert_eq!(settings.scopes, ["profile", "email"]);
}

#[test]
fn the_issuer_keeps_every_letter() {
    // T20
    for issuer in ["https://sso.example.com/", "https://sso.example.com", "https://sso.example.com//a/"] {
        let Provider::Configured(settings) = config(&[("OIDC_ISSUER", issuer)]).unwrap().provider else {
            panic!("not the mock")
        };
        assert_eq!(settings.issuer.as_str(), issuer);
    }
}

#[test]
fn conversations_are_kept_in_a_file_and_answers_wait_twenty_seconds_for_their_reader() {
    let defaults = config(&[]).unwrap();
    assert_eq!(defaults.database_url, "sqlite://oracle-ai.db?mode=rwc".parse().unwrap());
    assert_eq!((defaults.answers.grace, defaults.answers.history_chars), (Duration::from_secs(20), 60_000));
    const DATABASE: &str = "postgres://h/d?sslmode=verify-full";
    let set = config(&[("CHAT_GRACE_SECONDS", "0"), ("CHAT_HISTORY_CHARS", "1000"), ("DATABASE_URL", DATABASE)]);
    let set = set.unwrap();
    assert_eq!(set.database_url, DATABASE.parse().unwrap());
    assert_eq!((set.answers.grace, set.answers.history_chars), (Duration::ZERO, 1000));
}

#[test]
fn links_of_answers_lead_nowhere_without_a_notice_unless_their_hosts_are_named() {
    assert!(config(&[]).unwrap().link_hosts.is_empty());
    let hosts = config(&[("CHAT_LINK_HOSTS", "docs.oracle.com *.example.com")]).unwrap().link_hosts;
    assert!(hosts.contains("docs.oracle.com") && hosts.contains("wiki.example.com"));
    assert!(!hosts.contains("example.com"));
}

#[test]
fn each_wrong_value_is_refused_by_name() {
    for (variable, value) in [
        ("ACCESS_TOKEN_CHECK", "JWT"),
        // Each belongs to a way that is not chosen.
        ("ACCESS_TOKEN_ISSUER", "https://sso.example.com"),
        ("ACCESS_TOKEN_TYP", "JWT"),
        ("ALLOW_BEARER_TOKENS", "yes"),
        ("ALLOW_WEAK_RSA_KEYS", "1"),
        ("API_AUDIENCE", "https://api.example.com"),
        ("INTROSPECTION_ENDPOINT", "https://sso.example.com/introspect"),
        ("AUTHORIZATION_ENDPOINT", "http://sso.example.com/authorize"),
        ("AUTHORIZE_PARAMETERS", "state=mine"),
        ("AUTHORIZE_PARAMETERS", "audience=a&redirect_uri=https://evil.example.com"),
        ("AUTHORIZE_PARAMETERS", "scope=admin"),
        ("AUTHORIZE_PARAMETERS", "audience=a&audience=b"),
        ("AUTHORIZE_PARAMETERS", "prompt=none"),
        ("AUTHORIZE_PARAMETERS", "=a"),
        ("CHAT_GRACE_SECONDS", "-1"),
        ("CHAT_GRACE_SECONDS", "3601"),
        ("CHAT_GRACE_SECONDS", "20s"),
        ("CHAT_HISTORY_CHARS", "many"),
        ("CHAT_LINK_HOSTS", "https://docs.example.com"),
        ("CHAT_LINK_HOSTS", "docs.example.com, example.com"),
        ("CLIENT_ASSERTION_AUDIENCE", "https://sso.example.com/token"),
        ("CLIENT_AUTH", "basic"),
        // There is a secret already.
        ("CLIENT_KEY_FILE", "client.pem"),
        ("CLIENT_KEY_ID", "ours"),
        ("CLOCK_TOLERANCE", "301"),
        ("CLOCK_TOLERANCE", "-1"),
        ("CLOCK_TOLERANCE", "30s"),
        ("DATABASE_URL", "oracle-ai.db"),
        ("DATABASE_URL", "mysql://me:secret@db.example/chat"),
        ("DATABASE_URL", "postgres://me:secret@db.example/chat?sslmode=sometimes"),
        ("HTTPS_PROXY", "proxy.example.com:3128"),
        ("HTTPS_PROXY", "socks5://me:secret@proxy.example.com:1080"),
        ("OIDC_ENDPOINT_HOSTS", "https://api.example.com"),
        ("OIDC_ENDPOINT_HOSTS", "api.example.com:8443"),
        ("OIDC_ENDPOINT_HOSTS", "*.example.com"),
        ("OIDC_ENDPOINT_HOSTS", " "),
        ("EMAIL_CLAIM", "my mail"),
        ("END_SESSION_ENDPOINT", "https://me:secret@sso.example.com/logout"),
        ("FRONT_URL", "chat.example.com"),
        ("FRONT_URL", "https://chat.example.com/app"),
        ("FRONT_URL", "http://chat.example.com"),
        ("ID_TOKEN_ALGS", "none"),
        ("ID_TOKEN_ALGS", "RS256 HS256"),
        ("ID_TOKEN_ALGS", "rs256"),
        ("ID_TOKEN_ALGS", "RS256,ES256"),
        ("ID_TOKEN_ALGS", "ES512"),
        ("ID_TOKEN_ALGS", " "),
        ("IP", "localhost"),
        ("JWKS_URI", "/jwks"),
        ("LOG", "oracle_ai=loud"),
        ("LOG_FORMAT", "xml"),
        ("MAX_AGE", "an hour"),
        ("MAX_AGE", "-1"),
        ("MAX_AGE", "18446744073709551615"),
        ("MOCK_PROVIDER_ADDR", "127.0.0.1:9400"),
        ("MOCK_PROVIDER_PROFILE", "google"),
        ("NAME_CLAIM", "."),
        ("OIDC_CA_FILE", "/nowhere/ca.pem"),
        ("METRICS_ADDR", "9464"),
        ("OIDC_CA_FILE", "Cargo.toml"),
        ("OIDC_DISCOVERY", "no"),
        ("OIDC_ISSUER", "https://login.microsoftonline.com/common/v2.0"),
        ("OIDC_ISSUER", "https://login.microsoftonline.com/{tenantid}/v2.0"),
        ("OIDC_ISSUER", "http://sso.example.com"),
        ("OIDC_ISSUER", "https://sso.example.com/?a=b"),
        ("FRONT_URL", "http://:secret@localhost:1"),
        ("OIDC_ISSUER", "https://me:secret@sso.example.com"),
        ("PORT", "0"),
        ("PORT", "80800"),
        ("PUSHED_AUTHORIZATION_REQUESTS", "always"),
        ("PUSHED_AUTHORIZATION_REQUEST_ENDPOINT", "par"),
        ("RATE_LIMIT_PER_ADDRESS", "many"),
        ("RATE_LIMIT_PER_BROWSER", "-1"),
        ("RATE_LIMIT_PER_PERSON", "often"),
        ("SESSIONS_PER_PERSON", "-1"),
        ("STREAMS_PER_PERSON", "a few"),
        ("STORAGE_PER_PERSON", "1 GB"),
        ("MAX_CONNECTIONS", "0"),
        ("REDIRECT_URI", "https://chat.example.com/auth/callback#here"),
        ("REDIRECT_URI", "https://evil.example.com/auth/callback"),
        ("REDIRECT_URI", "https://chat.example.com/elsewhere"),
        ("REDIS_URL", "cache.example.com"),
        ("REDIS_URL", "http://cache.example.com"),
        ("REDIS_URL", "rediss://me:secret@cache.example.com/#insecure"),
        ("REQUIRED_ROLE", " "),
        ("REQUIRED_ROLE", "chat "),
        ("REQUIRED_SCOPE", " "),
        ("REQUIRED_SCOPE", "chat \"x\""),
        ("RESOURCE", "api"),
        ("RESOURCE", "https://api.example.com/#here"),
        ("REVOCATION_ENDPOINT", "revoke"),
        ("ROLES_CLAIM", "realm_access..roles"),
        ("ROLES_CLAIM", "my roles"),
        ("ROLES_SEPARATOR", "^^"),
        ("ROLES_SEPARATOR", "a"),
        ("SCOPES", "profile"),
        ("SESSION_IDLE_TIMEOUT", "299"),
        ("SESSION_IDLE_TIMEOUT", "86401"),
        ("SESSION_IDLE_TIMEOUT", "30m"),
        ("SESSION_LIFETIME", "899"),
        ("SESSION_LIFETIME", "604801"),
        ("SESSION_LIFETIME", "-1"),
        ("SCOPES", "openid \"x\""),
        ("TOKEN_ENDPOINT", "ftp://sso.example.com/token"),
        ("USERINFO_ENDPOINT", "https://sso.example.com/userinfo#here"),
        // T38
        ("USER_ID_CLAIM", "email"),
        ("USER_ID_CLAIM", "preferred_username"),
        ("TRUSTED_PROXIES", "10.0.0.0/33"),
        ("TRUSTED_PROXIES", "proxy.example.com"),
    ] {
        let error = config(&[(variable, value)]).unwrap_err().to_string();
        assert!(error.starts_with(variable), "{variable}={value}: {error}");
        assert!(!error.contains('\n'));
    }
}

#[test]
fn each_way_to_check_access_tokens_takes_its_own_variables() {
    let check = |more: &[(&'static str, &'static str)]| config(more).unwrap().guard.check;
    assert!(matches!(check(&[]), AccessTokenCheck::Issued));
    assert!(matches!(check(&[("ACCESS_TOKEN_CHECK", "issued")]), AccessTokenCheck::Issued));
    let jwt = [("ACCESS_TOKEN_CHECK", "jwt"), ("API_AUDIENCE", "api://chat")];
    let AccessTokenCheck::Jwt(profile) = check(&jwt) else { panic!("not JWTs") };
    assert_eq!((profile.audience.as_str(), profile.issuer, profile.typ), ("api://chat", None, AccessTokenTyp::AtJwt));
    let adfs = "http://adfs.example.com/adfs/services/trust";
    let differing = [("ACCESS_TOKEN_ISSUER", adfs), ("ACCESS_TOKEN_TYP", "JWT"), jwt[0], jwt[1]];
    let AccessTokenCheck::Jwt(profile) = check(&differing) else { panic!("not JWTs") };
    assert_eq!((profile.issuer.as_deref(), profile.typ), (Some(adfs), AccessTokenTyp::Or("JWT".into())));
    let asked = ("ACCESS_TOKEN_CHECK", "introspection");
    assert!(matches!(check(&[asked]), AccessTokenCheck::Introspection { audience: None }));
    assert!(matches!(check(&[asked, jwt[1]]), AccessTokenCheck::Introspection { audience: Some(_) }));
    let endpoint = config(&[asked, ("INTROSPECTION_ENDPOINT", "https://sso.example.com/ask?a=b")]).unwrap().provider;
    assert!(
        matches!(endpoint, Provider::Configured(settings) if settings.metadata.endpoints.contains_key("introspection_endpoint"))
    );
}

#[test]
fn each_way_to_check_access_tokens_refuses_the_rest_by_name() {
    // T70: whoever sets these relies on them.
    let jwt = [("ACCESS_TOKEN_CHECK", "jwt"), ("API_AUDIENCE", "api://chat")];
    let asked = [("ACCESS_TOKEN_CHECK", "introspection"), ("LOG", "info")];
    for (way, variable, value) in [
        (jwt, "INTROSPECTION_ENDPOINT", "https://sso.example.com/introspect"),
        (jwt, "ACCESS_TOKEN_ISSUER", "adfs"),
        (jwt, "ACCESS_TOKEN_TYP", "at jwt"),
        (asked, "ACCESS_TOKEN_TYP", "JWT"),
        (asked, "ACCESS_TOKEN_ISSUER", "https://sso.example.com"),
        (asked, "API_AUDIENCE", "my api"),
        (asked, "INTROSPECTION_ENDPOINT", "http://sso.example.com/introspect"),
        (asked, "INTROSPECTION_ENDPOINT", "https://me:secret@sso.example.com/"),
        (asked, "INTROSPECTION_ENDPOINT", "introspect"),
    ] {
        let error = config(&[way[0], way[1], (variable, value)]).unwrap_err().to_string();
        assert!(error.starts_with(variable), "{variable}={value}: {error}");
        assert!(!error.contains('\n'));
    }
    let error = config(&[("ACCESS_TOKEN_CHECK", "jwt")]).unwrap_err().to_string();
    assert!(error.starts_with("API_AUDIENCE must be set"), "{error}");
}

#[test]
fn the_client_is_no_audience_of_access_tokens_where_nothing_else_tells_id_tokens_apart() {
    // T36: the ID token of a refresh has no `nonce`, and passed for an access token.
    let client = ("API_AUDIENCE", PROVIDER[2].1);
    let (jwt, asked) = (("ACCESS_TOKEN_CHECK", "jwt"), ("ACCESS_TOKEN_CHECK", "introspection"));
    for wrong in
        [&[jwt, client, ("ACCESS_TOKEN_TYP", "JWT")][..], &[jwt, client, ("ACCESS_TOKEN_TYP", "any")], &[asked, client]]
    {
        let error = config(wrong).unwrap_err().to_string();
        assert!(error.starts_with("API_AUDIENCE") && error.contains("CLIENT_ID") && !error.contains('\n'), "{error}");
    }
    for typ in [None, Some("at+jwt"), Some("application/AT+JWT")] {
        let typ: Vec<_> = typ.map(|typ| ("ACCESS_TOKEN_TYP", typ)).into_iter().collect();
        assert!(config(&[&[jwt, client][..], &typ].concat()).is_ok(), "{typ:?}");
    }
    assert!(config(&[jwt, ("API_AUDIENCE", "api"), ("ACCESS_TOKEN_TYP", "any")]).is_ok());
}

#[test]
fn required_scopes_are_several_and_a_required_role_is_one() {
    let required = config(&[("REQUIRED_SCOPE", " chat.read  chat.write"), ("REQUIRED_ROLE", "Chat Users")]);
    let required = required.unwrap().guard.required;
    assert_eq!(required.scope, ["chat.read", "chat.write"]);
    assert_eq!(required.role.as_deref(), Some("Chat Users"));
}

#[test]
fn what_id_tokens_must_be_is_narrowed_by_name() {
    // T25, T27, T30, T32, T34
    let policy = |more: &[(&'static str, &'static str)]| {
        let Provider::Configured(settings) = config(more).unwrap().provider else { panic!("not the mock") };
        settings.id_tokens
    };
    let default = policy(&[]);
    assert_eq!((default.algorithms.len(), default.allow_weak_rsa_keys), (9, false));
    assert_eq!((default.clock_tolerance.as_secs(), default.max_age), (30, None));
    assert!(default.trusted_audiences.is_empty() && default.acr_values.is_empty());

    let narrowed = policy(&[
        ("ID_TOKEN_ALGS", "PS256  ES256"),
        ("ALLOW_WEAK_RSA_KEYS", "true"),
        ("CLOCK_TOLERANCE", "0"),
        ("TRUSTED_AUDIENCES", "api other"),
        ("MAX_AGE", "0"),
        ("ACR_VALUES", "phr phrh"),
    ]);
    let names = serde_json::to_value(&narrowed.algorithms).unwrap();
    assert_eq!(names, serde_json::json!(["PS256", "ES256"]));
    assert!(narrowed.allow_weak_rsa_keys);
    assert_eq!((narrowed.clock_tolerance.as_secs(), narrowed.max_age.unwrap().as_secs()), (0, 0));
    assert_eq!(narrowed.trusted_audiences, ["api", "other"]);
    assert_eq!(narrowed.acr_values, ["phr", "phrh"]);
}

#[test]
fn a_provider_without_a_secret_is_refused_by_name() {
    for missing in ["CLIENT_ID", "CLIENT_SECRET"] {
        let pairs = PROVIDER.into_iter().filter(|(name, _)| *name != missing);
        let error = Config::from_variables(&Variables::from_pairs(pairs)).unwrap_err().to_string();
        assert!(error.starts_with(missing), "{error}");
    }
}

const UPSTREAM: [(&str, &str); 2] = [("CHAT_BASE_URL", "https://llm.example.com/v1"), ("CHAT_MODEL", "m")];

fn chat(more: &[(&'static str, &'static str)]) -> Result<ChatUpstream, ConfigError> {
    let pairs = PROVIDER.into_iter().chain(UPSTREAM).chain(more.iter().copied());
    Config::from_variables(&Variables::from_pairs(pairs)).map(|config| config.chat)
}

#[test]
fn a_model_needs_two_lines_and_none_of_them_means_the_demo() {
    let ChatUpstream::Configured(settings) = chat(&[]).unwrap() else { panic!("not the demo") };
    assert_eq!(settings.endpoint().as_str(), "https://llm.example.com/v1/chat/completions");
    assert_eq!((settings.api_key, settings.system_prompt), (None, None));
    assert_eq!(settings.timeouts, Timeouts::default());
    assert!(matches!(config(&[]).unwrap().chat, ChatUpstream::Demo));
}

#[test]
fn a_model_may_be_at_azure() {
    let pairs = [("CHAT_API_STYLE", "azure"), ("CHAT_API_VERSION", "2024-10-21"), ("CHAT_API_KEY", "k")];
    let ChatUpstream::Configured(settings) = chat(&pairs).unwrap() else { panic!("not the demo") };
    assert_eq!(
        settings.endpoint().as_str(),
        "https://llm.example.com/v1/openai/deployments/m/chat/completions?api-version=2024-10-21"
    );
}

#[test]
fn http_to_a_model_elsewhere_needs_a_consent_that_is_not_given_for_nothing() {
    for base_url in ["http://localhost:11434/v1", "http://127.0.0.1/v1", "http://[::1]/v1"] {
        assert!(chat(&[("CHAT_BASE_URL", base_url)]).is_ok(), "{base_url}");
        assert!(chat(&[("CHAT_BASE_URL", base_url), ("CHAT_ALLOW_HTTP", "true")]).is_err(), "{base_url}");
    }
    for base_url in ["http://ollama:11434/v1", "http://10.0.0.5/v1"] {
        let error = chat(&[("CHAT_BASE_URL", base_url)]).unwrap_err().to_string();
        assert!(error.starts_with("CHAT_BASE_URL") && error.contains("CHAT_ALLOW_HTTP=true"), "{error}");
        assert!(chat(&[("CHAT_BASE_URL", base_url), ("CHAT_ALLOW_HTTP", "true")]).is_ok(), "{base_url}");
    }
}

#[test]
fn each_wrong_value_about_the_model_is_refused_by_name() {
    for (variable, value) in [
        ("CHAT_BASE_URL", "llm.example.com"),
        ("CHAT_BASE_URL", "ftp://llm.example.com"),
        ("CHAT_BASE_URL", "https://me:secret@llm.example.com"),
        ("CHAT_BASE_URL", "https://llm.example.com/v1?api-version=1"),
        ("CHAT_BASE_URL", "https://llm.example.com/v1/chat/completions"),
        ("CHAT_BASE_URL", "https://llm.example.com/v1/chat/completions/"),
        ("CHAT_ALLOW_HTTP", "yes"),
        ("CHAT_ALLOW_HTTP", "true"),
        ("CHAT_API_KEY", "two words"),
        ("CHAT_API_KEY", "clé"),
        ("CHAT_API_STYLE", "aws"),
        ("CHAT_API_VERSION", "2024-10-21"),
        ("CHAT_FIRST_TOKEN_TIMEOUT", "0"),
        ("CHAT_FIRST_TOKEN_TIMEOUT", "5m"),
        ("CHAT_IDLE_TIMEOUT", "86401"),
        ("MOCK_UPSTREAM_ADDR", "127.0.0.1:9500"),
    ] {
        let error = chat(&[(variable, value)]).unwrap_err().to_string();
        assert!(error.starts_with(variable), "{variable}={value}: {error}");
        assert!(!error.contains('\n') && !error.contains("secret"), "{error}");
    }
    let error = chat(&[("CHAT_API_STYLE", "azure")]).unwrap_err().to_string();
    assert!(error.starts_with("CHAT_API_VERSION"), "{error}");
    let error = config(&UPSTREAM[..1]).unwrap_err().to_string();
    assert!(error.starts_with("CHAT_MODEL"), "{error}");
}

#[test]
fn what_belongs_to_a_model_does_not_fall_back_to_the_demo() {
    for (variable, value) in [
        ("CHAT_ALLOW_HTTP", "false"),
        ("CHAT_API_KEY", "k"),
        ("CHAT_API_STYLE", "openai"),
        ("CHAT_API_VERSION", "1"),
        ("CHAT_FIRST_TOKEN_TIMEOUT", "1"),
        ("CHAT_IDLE_TIMEOUT", "1"),
        ("CHAT_MODEL", "m"),
        ("CHAT_SYSTEM_PROMPT", "p"),
    ] {
        let error = config(&[(variable, value)]).unwrap_err().to_string();
        assert!(error.starts_with(variable) && error.contains("CHAT_BASE_URL"), "{error}");
    }
}

#[test]
fn sessions_end_after_half_an_hour_without_input_and_after_half_a_day() {
    let limits = |more: &[(&'static str, &'static str)]| {
        let SessionLimits { idle_timeout, lifetime } = config(more).unwrap().session_limits;
        (idle_timeout.as_secs(), lifetime.as_secs())
    };
    assert_eq!(limits(&[]), (1800, 43_200));
    assert_eq!(limits(&[("SESSION_IDLE_TIMEOUT", "300"), ("SESSION_LIFETIME", "604800")]), (300, 604_800));
    // What was not asked for gives way to what was.
    assert_eq!(limits(&[("SESSION_LIFETIME", "900")]), (900, 900));
}

#[test]
fn a_session_that_would_be_idle_for_longer_than_it_lasts_is_a_mistake() {
    let wrong = config(&[("SESSION_IDLE_TIMEOUT", "3600"), ("SESSION_LIFETIME", "900")]).unwrap_err().to_string();
    assert!(wrong.starts_with("SESSION_IDLE_TIMEOUT") && wrong.contains("SESSION_LIFETIME"), "{wrong}");
}

#[test]
fn redis_wants_keys_and_what_belongs_to_it_wants_redis() {
    const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    const TWO: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=,eDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    let url = ("REDIS_URL", "rediss://cache.example.com");
    assert!(matches!(config(&[]).unwrap().sessions, SessionStorage::Memory));
    for keys in [KEY, TWO] {
        assert!(matches!(config(&[url, ("SESSION_KEYS", keys)]).unwrap().sessions, SessionStorage::Redis { .. }));
    }
    for wrong in [
        &[url][..],
        &[url, ("SESSION_KEYS", "short")],
        &[url, ("SESSION_KEYS", "MDEyMzQ1Njc4OWFiY2RlZg==")],
        &[url, ("SESSION_KEYS", ",")],
        &[("SESSION_KEYS", KEY)],
    ] {
        let error = config(wrong).unwrap_err().to_string();
        assert!(error.starts_with("SESSION_KEYS"), "{error}");
    }
    for wrong in [
        &[url, ("SESSION_KEYS", KEY), ("REDIS_CA_FILE", "/nowhere/ca.pem")][..],
        &[url, ("SESSION_KEYS", KEY), ("REDIS_CA_FILE", "Cargo.toml")],
        &[("REDIS_CA_FILE", "Cargo.toml")],
    ] {
        let error = config(wrong).unwrap_err().to_string();
        assert!(error.starts_with("REDIS_CA_FILE"), "{error}");
    }
}

#[test]
fn what_would_cross_a_network_readably_is_refused_unless_it_is_allowed_by_name() {
    const KEYS: (&str, &str) = ("SESSION_KEYS", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
    for (address, setting, elsewhere, good) in [
        ("REDIS_URL", "REDIS_ALLOW_PLAINTEXT", "redis://me:secret@10.0.0.5", "redis://127.0.0.1:6379"),
        ("REDIS_URL", "REDIS_ALLOW_PLAINTEXT", "redis+cluster://localhost:7000", "rediss+cluster://n1:7000"),
        ("REDIS_URL", "REDIS_ALLOW_PLAINTEXT", "redis://cache.example.com", "unix:///run/redis.sock"),
        ("DATABASE_URL", "DATABASE_ALLOW_PLAINTEXT", "postgres://me:secret@db/chat", "postgres://localhost/chat"),
        ("DATABASE_URL", "DATABASE_ALLOW_PLAINTEXT", "postgres://db/chat?sslmode=prefer", "sqlite::memory:"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_ALLOW_HTTP", "http://otel:4318", "http://[::1]:4318"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_ALLOW_HTTP", "http://a.localhost:4318", "https://otel.example.com"),
    ] {
        let with = |value, allow| {
            let pairs = [(address, value), (setting, allow), KEYS, ("REDIS_URL", "rediss://cache.example.com")];
            let pairs = pairs.into_iter().rev().collect::<Vec<_>>();
            config(&pairs)
        };
        let refused = with(elsewhere, "").unwrap_err().to_string();
        assert!(refused.starts_with(address) && refused.contains(&format!("{setting}=true")), "{refused}");
        assert!(!refused.contains("secret") && !refused.contains('\n'), "{refused}");
        let allowed = with(elsewhere, "true").unwrap();
        assert_eq!(allowed.plaintext.iter().map(|it| it.setting).collect::<Vec<_>>(), [setting]);
        assert!(with(good, "false").unwrap().plaintext.is_empty(), "{good}");
        // Nobody should find an exception that is none.
        let unneeded = with(good, "true").unwrap_err().to_string();
        assert!(unneeded.starts_with(setting), "{unneeded}");
        assert!(with(elsewhere, "yes").unwrap_err().to_string().starts_with(setting));
    }
    // Their keys never cross one readably.
    let endpoint = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel:4318"), ("OTEL_ALLOW_HTTP", "true")];
    let keys = [&endpoint[..], &[("OTEL_EXPORTER_OTLP_HEADERS", "api-key=secret")]].concat();
    assert!(config(&keys).unwrap_err().to_string().starts_with("OTEL_EXPORTER_OTLP_HEADERS"));
    assert!(config(&[("REDIS_ALLOW_PLAINTEXT", "true")]).unwrap_err().to_string().starts_with("REDIS_ALLOW_PLAINTEXT"));
}

#[test]
fn a_proxy_and_what_is_called_without_it_are_set_by_the_usual_names() {
    assert!(config(&[]).unwrap().proxy.url.is_none());
    let proxy =
        config(&[("HTTPS_PROXY", "http://me:pw@proxy.example.com:3128"), ("NO_PROXY", ".example.com,10.0.0.0/8")]);
    let proxy = proxy.unwrap().proxy;
    assert_eq!(proxy.url.unwrap().as_str(), "http://me:pw@proxy.example.com:3128/");
    assert_eq!(proxy.except, ".example.com,10.0.0.0/8");
}

#[test]
fn hosts_of_endpoints_are_named_as_urls_have_them() {
    let Provider::Configured(settings) =
        config(&[("OIDC_ENDPOINT_HOSTS", "API.example.com  10.0.0.5")]).unwrap().provider
    else {
        panic!("not the mock")
    };
    assert_eq!(settings.metadata.hosts, Some(["api.example.com".into(), "10.0.0.5".into()].into()));
    assert!(!settings.metadata.introspection);
}

#[test]
fn no_error_repeats_a_value() {
    // T101: it may be a secret in the wrong place.
    let error = config(&[("CLIENT_AUTH", "hunter2")]).unwrap_err().to_string();
    assert!(!error.contains("hunter2"));
}

#[cfg(feature = "mock")]
mod with_the_mock {
    use super::*;

    fn config(pairs: &[(&'static str, &'static str)]) -> Result<Config, ConfigError> {
        Config::from_variables(&Variables::from_pairs(pairs.iter().copied()))
    }

    #[test]
    fn nothing_configured_means_the_mock_on_loopback() {
        let config = config(&[]).unwrap();
        assert_eq!(config.front_url.as_str(), "http://localhost:8080/");
        assert!(matches!(config.provider, Provider::Mock(mock) if mock.address.to_string() == "127.0.0.1:9400"));
    }

    #[test]
    fn the_mock_never_serves_others() {
        assert!(config(&[("FRONT_URL", "https://chat.example.com")]).is_err());
        assert!(config(&[("IP", "0.0.0.0")]).is_err());
        assert!(config(&[("MOCK_PROVIDER_ADDR", "0.0.0.0:9400")]).is_err());
    }

    #[test]
    fn the_mock_upstream_is_asked_for_by_its_address_and_never_serves_others() {
        let chat = config(&[("MOCK_UPSTREAM_ADDR", "127.0.0.1:0"), ("CHAT_IDLE_TIMEOUT", "2")]).unwrap().chat;
        let ChatUpstream::Mock(mock) = chat else { panic!("not the mock") };
        assert_eq!(mock.patience.idle.as_secs(), 2);
        for address in ["0.0.0.0:9500", "9500", "localhost:9500"] {
            let error = config(&[("MOCK_UPSTREAM_ADDR", address)]).unwrap_err().to_string();
            assert!(error.starts_with("MOCK_UPSTREAM_ADDR"), "{error}");
        }
    }

    #[test]
    fn a_forgotten_issuer_does_not_fall_back_to_the_mock() {
        let error = config(&[("CLIENT_ID", "chat")]).unwrap_err().to_string();
        assert!(error.contains("OIDC_ISSUER"), "{error}");
    }
}

#[test]
fn a_client_key_takes_the_place_of_the_secret() {
    let way = ("CLIENT_AUTH", "private_key_jwt");
    let without_secret = |more: &[(&'static str, &'static str)]| {
        let pairs = PROVIDER.into_iter().filter(|(name, _)| *name != "CLIENT_SECRET");
        Config::from_variables(&Variables::from_pairs(pairs.chain(more.iter().copied()))).unwrap_err().to_string()
    };
    assert!(config(&[way]).unwrap_err().to_string().starts_with("CLIENT_SECRET"));
    assert!(without_secret(&[way]).starts_with("CLIENT_KEY_FILE must be set"));
    for file in ["/nowhere/client.pem", "Cargo.toml"] {
        let error = without_secret(&[way, ("CLIENT_KEY_FILE", file)]);
        assert!(error.starts_with("CLIENT_KEY_FILE") && !error.contains('\n'), "{error}");
    }
}

#[test]
fn without_discovery_the_endpoints_that_a_login_needs_must_be_set() {
    // T21
    let off = ("OIDC_DISCOVERY", "false");
    let set = [
        ("AUTHORIZATION_ENDPOINT", "https://sso.example.com/authorize"),
        ("TOKEN_ENDPOINT", "https://sso.example.com//token"),
        ("JWKS_URI", "https://sso.example.com/jwks"),
    ];
    for n in 0..set.len() {
        let some = [&[off][..], &set[..n]].concat();
        assert!(config(&some).unwrap_err().to_string().starts_with(set[n].0));
    }
    let Provider::Configured(settings) = config(&[&[off][..], &set].concat()).unwrap().provider else {
        panic!("not the mock")
    };
    assert_eq!(settings.metadata.endpoints["token_endpoint"], "https://sso.example.com//token");
    assert!(!settings.metadata.discovery);
}

#[test]
fn spans_go_to_the_collector_that_is_named_and_to_none_where_none_is() {
    let traces = |pairs: &[(&'static str, &'static str)]| {
        let pairs = pairs.iter().copied();
        traces::settings(&Variables::from_pairs(pairs)).map_err(|error| error.to_string())
    };
    assert!(traces(&[]).unwrap().is_none());
    // For other programs on the machine.
    assert!(traces(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_TRACES_SAMPLER", "odd")]).unwrap().is_none());
    for (endpoint, expected) in [
        ("http://localhost:4318", "http://localhost:4318/v1/traces"),
        ("https://otel.example.com/", "https://otel.example.com/v1/traces"),
        ("https://otel.example.com/otlp", "https://otel.example.com/otlp/v1/traces"),
    ] {
        let settings = traces(&[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)]).unwrap().unwrap();
        assert_eq!(settings.endpoint.as_str(), expected);
        assert_eq!((settings.service.as_str(), settings.timeout.as_secs()), ("oracle-ai", 10));
        assert_eq!((settings.sampling.ratio, settings.sampling.as_the_caller_says), (1.0, true));
    }
    let all = traces(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://otel.example.com"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=s%3Dcret, x-team = chat"),
        ("OTEL_TRACES_SAMPLER", "traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
    ]);
    let all = all.unwrap().unwrap();
    let headers: Vec<_> = all.headers.iter().map(|header| (header.name.as_str(), header.value.as_str())).collect();
    assert_eq!(headers, [("api-key", "s=cret"), ("x-team", "chat")]);
    assert_eq!((all.sampling.ratio, all.sampling.as_the_caller_says), (0.25, false));
    assert!(!format!("{all:?}").contains("s=cret"));
}
