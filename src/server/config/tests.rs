use super::*;
use crate::server::{chat::upstream::Patience, oidc::ClientAuthentication};

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
    assert_eq!(settings.client_authentication, ClientAuthentication::ClientSecretBasic);
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
    let set =
        config(&[("CHAT_GRACE_SECONDS", "0"), ("CHAT_HISTORY_CHARS", "1000"), ("DATABASE_URL", "postgres://h/d")]);
    let set = set.unwrap();
    assert_eq!(set.database_url, "postgres://h/d".parse().unwrap());
    assert_eq!((set.answers.grace, set.answers.history_chars), (Duration::ZERO, 1000));
}

#[test]
fn each_wrong_value_is_refused_by_name() {
    for (variable, value) in [
        ("ALLOW_BEARER_TOKENS", "yes"),
        ("CHAT_GRACE_SECONDS", "-1"),
        ("CHAT_GRACE_SECONDS", "3601"),
        ("CHAT_GRACE_SECONDS", "20s"),
        ("CHAT_HISTORY_CHARS", "many"),
        ("CLIENT_AUTH", "basic"),
        ("DATABASE_URL", "oracle-ai.db"),
        ("DATABASE_URL", "mysql://me:secret@db.example/chat"),
        ("FRONT_URL", "chat.example.com"),
        ("FRONT_URL", "https://chat.example.com/app"),
        ("FRONT_URL", "http://chat.example.com"),
        ("IP", "localhost"),
        ("LOG", "oracle_ai=loud"),
        ("MOCK_PROVIDER_ADDR", "127.0.0.1:9400"),
        ("OIDC_ISSUER", "http://sso.example.com"),
        ("OIDC_ISSUER", "https://sso.example.com/?a=b"),
        ("FRONT_URL", "http://:secret@localhost:1"),
        ("OIDC_ISSUER", "https://me:secret@sso.example.com"),
        ("PORT", "0"),
        ("PORT", "80800"),
        ("REDIRECT_URI", "https://chat.example.com/auth/callback#here"),
        ("REDIRECT_URI", "https://evil.example.com/auth/callback"),
        ("REDIRECT_URI", "https://chat.example.com/elsewhere"),
        ("SCOPES", "profile"),
        ("SCOPES", "openid \"x\""),
    ] {
        let error = config(&[(variable, value)]).unwrap_err().to_string();
        assert!(error.starts_with(variable), "{variable}={value}: {error}");
        assert!(!error.contains('\n'));
    }
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
    assert_eq!(settings.patience, Patience::default());
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
