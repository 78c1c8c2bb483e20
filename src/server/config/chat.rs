//! The model that answers.

use std::net::SocketAddr;

use url::Url;

use super::{
    certificates::{self, ca_file},
    mocks::MOCK_UPSTREAM_ADDR,
    models::{CHAT_MODELS_FILE, ListedModel},
    plaintext::Connection,
    setting::{AnySetting, Section, Setting, refuse},
    urls::is_plain_http,
    values::{Flag, OneOf, Parsed, Seconds, Secret, Text},
    variables::{ConfigError, Variables},
};
use crate::server::{
    certificates::TlsSettings,
    chat::upstream::{ApiKey, ApiStyle, Timeouts, UpstreamSettings},
    outbound::is_https_or_loopback,
};

#[derive(Clone, Debug)]
pub enum ChatUpstream {
    Configured(Box<UpstreamSettings>),
    /// With `MOCK_UPSTREAM_ADDR`: the mock upstream in this process.
    Mock(MockUpstream),
    /// Otherwise: the demo responder.
    Demo,
}

#[derive(Clone, Copy, Debug)]
pub struct MockUpstream {
    /// Port 0 takes a free one.
    pub address: SocketAddr,
    pub timeouts: Timeouts,
}

#[derive(Clone, Copy, PartialEq)]
enum Style {
    OpenAi,
    Azure,
}

pub static SECTION: Section = Section {
    title: "The model that answers",
    text: "Any server that speaks OpenAI's chat completions. Without CHAT_BASE_URL, a demo responder in the process \
           answers.",
    settings: &[
        &CHAT_BASE_URL,
        &CHAT_MODEL,
        &CHAT_MODELS_FILE,
        &CHAT_API_KEY,
        &CHAT_SYSTEM_PROMPT,
        &CHAT_ALLOW_HTTP,
        &CHAT_CA_FILE,
        &CHAT_CLIENT_CERTIFICATE_FILE,
        &CHAT_CLIENT_KEY_FILE,
        &CHAT_API_STYLE,
        &CHAT_API_VERSION,
        &CHAT_FIRST_TOKEN_TIMEOUT,
        &CHAT_IDLE_TIMEOUT,
    ],
};

static CHAT_BASE_URL: Setting<Parsed<Url>> = Setting {
    name: "CHAT_BASE_URL",
    text: "What comes before /chat/completions; https, or http on loopback. Ollama: http://127.0.0.1:11434/v1.",
    example: "https://api.openai.com/v1",
    value: Parsed {
        expected: "the URL before /chat/completions, such as https://api.openai.com/v1, without query, user and password",
        default: None,
        parse: base_url,
    },
};

pub static CHAT_MODEL: Setting<Text> = Setting {
    name: "CHAT_MODEL",
    text: "The model's name there. Needed with CHAT_BASE_URL, unless CHAT_MODELS_FILE is set.",
    example: "gpt-4o-mini",
    value: Text { default: None },
};

static CHAT_API_KEY: Setting<Secret<Parsed<ApiKey>>> = Setting {
    name: "CHAT_API_KEY",
    text: "Many servers on a private network need none.",
    example: "",
    value: Secret {
        file: "CHAT_API_KEY_FILE",
        value: Parsed {
            expected: "a key without blanks, in ASCII",
            default: None,
            parse: |text| text.bytes().all(|byte| byte.is_ascii_graphic()).then(|| ApiKey::new(text)),
        },
    },
};

static CHAT_SYSTEM_PROMPT: Setting<Text> = Setting {
    name: "CHAT_SYSTEM_PROMPT",
    text: "Put before every conversation.",
    example: "",
    value: Text { default: None },
};

pub static CHAT_ALLOW_HTTP: Setting<Flag> = Setting {
    name: "CHAT_ALLOW_HTTP",
    text: "true where the network to a model at http on another machine is as trustworthy as a private wire; questions, \
           answers and the key cross it unencrypted. Each start is logged.",
    example: "false",
    value: Flag { default: false },
};

static CHAT_CA_FILE: Setting<Text> = ca_file!("CHAT_CA_FILE", "the model");

static CHAT_CLIENT_CERTIFICATE_FILE: Setting<Text> = Setting {
    name: "CHAT_CLIENT_CERTIFICATE_FILE",
    text: "For a model that requires a client certificate (mutual TLS): this server's certificate, with those between it and \
           its authority after it, in PEM. It is read at the start.",
    example: "/etc/oracle-ai/model-client.pem",
    value: Text { default: None },
};

static CHAT_CLIENT_KEY_FILE: Setting<Text> = Setting {
    name: "CHAT_CLIENT_KEY_FILE",
    text: "The private key that belongs to CHAT_CLIENT_CERTIFICATE_FILE, in PEM and unencrypted.",
    example: "/etc/oracle-ai/model-client.key",
    value: Text { default: None },
};

static CHAT_API_STYLE: Setting<OneOf<Style>> = Setting {
    name: "CHAT_API_STYLE",
    text: "At Azure, CHAT_BASE_URL is https://{resource}.openai.azure.com, CHAT_MODEL the deployment, and CHAT_API_VERSION \
           is needed.",
    example: "openai",
    value: OneOf { values: &[("openai", Style::OpenAi), ("azure", Style::Azure)], default: Some(Style::OpenAi) },
};

static CHAT_API_VERSION: Setting<Text> = Setting {
    name: "CHAT_API_VERSION",
    text: "For azure: the version of its API.",
    example: "2024-10-21",
    value: Text { default: None },
};

static CHAT_FIRST_TOKEN_TIMEOUT: Setting<Seconds> = Setting {
    name: "CHAT_FIRST_TOKEN_TIMEOUT",
    text: "Seconds of silence before its first word after which an answer is given up.",
    example: "300",
    value: Seconds { from: 1, to: 24 * 60 * 60, default: Some(Timeouts::DEFAULT.first_token) },
};

static CHAT_IDLE_TIMEOUT: Setting<Seconds> = Setting {
    name: "CHAT_IDLE_TIMEOUT",
    text: "Seconds of silence between two pieces of an answer after which it is given up. A whole answer may take as long as \
           it likes.",
    example: "60",
    value: Seconds { from: 1, to: 24 * 60 * 60, default: Some(Timeouts::DEFAULT.idle) },
};

/// Questions and the key are sent over TLS, or within the machine.
pub static CONNECTION: Connection = Connection {
    address: &CHAT_BASE_URL,
    permission: &CHAT_ALLOW_HTTP,
    expected: "https, or on loopback: over http, anybody on the way reads along",
    words: "questions, answers and the model's key cross the network unencrypted",
};

impl ChatUpstream {
    /// `models` are those of `CHAT_MODELS_FILE`.
    pub fn from_variables(variables: &Variables, models: &[ListedModel]) -> Result<Self, ConfigError> {
        if let Some(base_url) = CHAT_BASE_URL.get(variables)? {
            return configured(variables, base_url, models).map(Box::new).map(Self::Configured);
        }
        refuse(
            variables,
            &[
                &CHAT_ALLOW_HTTP,
                &CHAT_API_KEY,
                &CHAT_API_STYLE,
                &CHAT_API_VERSION,
                &CHAT_CA_FILE,
                &CHAT_CLIENT_CERTIFICATE_FILE,
                &CHAT_CLIENT_KEY_FILE,
                &CHAT_MODEL,
                &CHAT_SYSTEM_PROMPT,
            ],
            "CHAT_BASE_URL is not: set it to where the model is, or remove this one",
        )?;
        if let Some(address) = MOCK_UPSTREAM_ADDR.get(variables)? {
            if !cfg!(feature = "mock") {
                let reason = "this build has no mock upstream: remove it, or set CHAT_BASE_URL instead";
                return Err(MOCK_UPSTREAM_ADDR.unexpected(reason));
            }
            return Ok(Self::Mock(MockUpstream { address, timeouts: timeouts(variables)? }));
        }
        refuse(
            variables,
            &[&CHAT_MODELS_FILE],
            "CHAT_BASE_URL is not: set it to where the models are, or remove this one",
        )?;
        let reason = "CHAT_BASE_URL is not, and the demo responder is never late: remove this one";
        refuse(variables, &[&CHAT_FIRST_TOKEN_TIMEOUT, &CHAT_IDLE_TIMEOUT], reason)?;
        Ok(Self::Demo)
    }
}

fn configured(variables: &Variables, base_url: Url, models: &[ListedModel]) -> Result<UpstreamSettings, ConfigError> {
    refuse(variables, &[&MOCK_UPSTREAM_ADDR], "CHAT_BASE_URL names another upstream: remove one of the two")?;
    let addresses = models.iter().filter_map(|model| model.base_url.as_ref()).chain([&base_url]);
    CONNECTION.check(variables, addresses.into_iter().any(|address| !is_https_or_loopback(address)))?;
    let reason = "it belongs to CHAT_BASE_URL, and names the model (at Azure, the deployment)";
    Ok(UpstreamSettings {
        tls: tls(variables, &base_url)?,
        base_url,
        api_key: CHAT_API_KEY.get(variables)?,
        model: match models.first() {
            Some(first) => first.model.clone(),
            None => CHAT_MODEL.required(variables, reason)?,
        },
        system_prompt: CHAT_SYSTEM_PROMPT.get(variables)?,
        style: style(variables)?,
        timeouts: timeouts(variables)?,
        max_tokens: None,
        takes_user_token: true,
    })
}

fn tls(variables: &Variables, base_url: &Url) -> Result<TlsSettings, ConfigError> {
    if base_url.scheme() != "https" {
        let settings: [&dyn AnySetting; 3] = [&CHAT_CA_FILE, &CHAT_CLIENT_CERTIFICATE_FILE, &CHAT_CLIENT_KEY_FILE];
        refuse(variables, &settings, "CHAT_BASE_URL is not https, so there are no certificates: remove this one")?;
    }
    Ok(TlsSettings {
        authorities: certificates::authorities(&CHAT_CA_FILE, variables)?,
        client_certificate: certificates::client_certificate(
            &CHAT_CLIENT_CERTIFICATE_FILE,
            &CHAT_CLIENT_KEY_FILE,
            variables,
        )?,
    })
}

fn style(variables: &Variables) -> Result<ApiStyle, ConfigError> {
    match CHAT_API_STYLE.read(variables)? {
        Style::OpenAi => {
            refuse(variables, &[&CHAT_API_VERSION], "only CHAT_API_STYLE=azure has a use for it")?;
            Ok(ApiStyle::OpenAi)
        }
        Style::Azure => {
            let reason = "CHAT_API_STYLE=azure needs it, such as 2024-10-21";
            Ok(ApiStyle::Azure { api_version: CHAT_API_VERSION.required(variables, reason)? })
        }
    }
}

fn timeouts(variables: &Variables) -> Result<Timeouts, ConfigError> {
    Ok(Timeouts { first_token: CHAT_FIRST_TOKEN_TIMEOUT.read(variables)?, idle: CHAT_IDLE_TIMEOUT.read(variables)? })
}

pub fn base_url(text: &str) -> Option<Url> {
    let is_whole = |url: &Url| url.path().trim_end_matches('/').ends_with("/chat/completions");
    Url::parse(text).ok().filter(|url| is_plain_http(url) && !is_whole(url))
}

#[cfg(test)]
mod tests {
    use super::super::tests;
    use super::*;

    const UPSTREAM: [(&str, &str); 2] = [("CHAT_BASE_URL", "https://llm.example.com/v1"), ("CHAT_MODEL", "m")];

    fn chat(more: &[(&'static str, &'static str)]) -> Result<ChatUpstream, ConfigError> {
        tests::config(&[&UPSTREAM[..], more].concat()).map(|config| config.chat)
    }

    #[test]
    fn a_model_needs_two_lines_and_none_of_them_means_the_demo() {
        let ChatUpstream::Configured(settings) = chat(&[]).unwrap() else { panic!("not the demo") };
        assert_eq!(settings.endpoint().as_str(), "https://llm.example.com/v1/chat/completions");
        assert_eq!((settings.api_key, settings.system_prompt), (None, None));
        assert_eq!(settings.timeouts, Timeouts::default());
        assert!(matches!(tests::config(&[]).unwrap().chat, ChatUpstream::Demo));
        assert!(tests::error(&UPSTREAM[..1]).starts_with("CHAT_MODEL"));
    }

    #[test]
    fn a_model_may_be_at_azure() {
        let azure = ("CHAT_API_STYLE", "azure");
        let ChatUpstream::Configured(settings) =
            chat(&[azure, ("CHAT_API_VERSION", "2024-10-21"), ("CHAT_API_KEY", "k")]).unwrap()
        else {
            panic!("not the demo")
        };
        assert_eq!(
            settings.endpoint().as_str(),
            "https://llm.example.com/v1/openai/deployments/m/chat/completions?api-version=2024-10-21"
        );
        assert!(chat(&[azure]).unwrap_err().to_string().starts_with("CHAT_API_VERSION"));
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
    fn what_belongs_to_a_model_does_not_fall_back_to_the_demo() {
        for (variable, value) in [
            ("CHAT_ALLOW_HTTP", "false"),
            ("CHAT_API_KEY", "k"),
            ("CHAT_API_STYLE", "openai"),
            ("CHAT_API_VERSION", "1"),
            ("CHAT_CA_FILE", "public"),
            ("CHAT_CLIENT_CERTIFICATE_FILE", "client.pem"),
            ("CHAT_CLIENT_KEY_FILE", "client.key"),
            ("CHAT_FIRST_TOKEN_TIMEOUT", "1"),
            ("CHAT_IDLE_TIMEOUT", "1"),
            ("CHAT_MODEL", "m"),
            ("CHAT_SYSTEM_PROMPT", "p"),
        ] {
            let error = tests::error(&[(variable, value)]);
            assert!(error.starts_with(variable) && error.contains("CHAT_BASE_URL"), "{error}");
        }
    }
}
