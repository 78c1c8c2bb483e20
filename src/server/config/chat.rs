//! Which model answers.

use std::{net::SocketAddr, num::NonZeroU32, time::Duration};

use url::Url;

use super::{ConfigError, Variables, has_no_user, is_https_or_loopback, plaintext::Connection};
use crate::server::chat::upstream::{ApiKey, ApiStyle, Timeouts, UpstreamSettings};

const BASE_URL: &str = "CHAT_BASE_URL";

const CONNECTION: Connection = Connection {
    address: BASE_URL,
    setting: "CHAT_ALLOW_HTTP",
    expected: "https, or on loopback: over http, anybody on the way reads along",
    unneeded: "CHAT_BASE_URL doesn't need it: remove it",
};

/// What only a configured upstream has a use for.
const BELONGS_TO_BASE_URL: [&str; 6] =
    ["CHAT_ALLOW_HTTP", "CHAT_API_KEY", "CHAT_API_STYLE", "CHAT_API_VERSION", "CHAT_MODEL", "CHAT_SYSTEM_PROMPT"];
/// The mock upstream can be silent too.
const PATIENCE: [&str; 2] = ["CHAT_FIRST_TOKEN_TIMEOUT", "CHAT_IDLE_TIMEOUT"];

#[derive(Clone, Debug)]
pub enum ChatUpstream {
    /// `CHAT_BASE_URL`, with `CHAT_MODEL` and what else begins with `CHAT_`.
    Configured(UpstreamSettings),
    /// `MOCK_UPSTREAM_ADDR`: the mock upstream in this process.
    Mock(MockUpstream),
    /// Neither: the demo responder.
    Demo,
}

#[derive(Clone, Copy, Debug)]
pub struct MockUpstream {
    /// Port 0 takes a free one.
    pub address: SocketAddr,
    pub patience: Timeouts,
}

impl ChatUpstream {
    pub(super) fn from_variables(variables: &Variables) -> Result<Self, ConfigError> {
        if variables.get(BASE_URL).is_some() {
            return Ok(Self::Configured(configured(variables)?));
        }
        refuse(
            variables,
            &BELONGS_TO_BASE_URL,
            "CHAT_BASE_URL is not: set it to where the model is, or remove this one",
        )?;
        if variables.get("MOCK_UPSTREAM_ADDR").is_some() {
            return Ok(Self::Mock(mock(variables)?));
        }
        refuse(variables, &PATIENCE, "CHAT_BASE_URL is not, and the demo responder is never late: remove this one")?;
        Ok(Self::Demo)
    }
}

fn configured(variables: &Variables) -> Result<UpstreamSettings, ConfigError> {
    refuse(variables, &["MOCK_UPSTREAM_ADDR"], "CHAT_BASE_URL names another upstream: remove one of the two")?;
    let reason = "it belongs to CHAT_BASE_URL, and names the model (at Azure, the deployment)";
    let model = variables.get("CHAT_MODEL").ok_or(ConfigError::Missing { variable: "CHAT_MODEL", reason })?;
    Ok(UpstreamSettings {
        base_url: base_url(variables)?,
        api_key: api_key(variables)?,
        model: model.to_owned(),
        system_prompt: variables.get("CHAT_SYSTEM_PROMPT").map(str::to_owned),
        style: style(variables)?,
        timeouts: patience(variables)?,
    })
}

fn mock(variables: &Variables) -> Result<MockUpstream, ConfigError> {
    if !cfg!(feature = "mock") {
        return Err(ConfigError::Unexpected {
            variable: "MOCK_UPSTREAM_ADDR",
            reason: "this build has no mock upstream: remove it, or set CHAT_BASE_URL instead",
        });
    }
    const EXPECTED: &str = "a loopback address and port, such as 127.0.0.1:9500";
    let address: SocketAddr = variables.parsed("MOCK_UPSTREAM_ADDR", EXPECTED, "")?;
    match address.ip().is_loopback() {
        true => Ok(MockUpstream { address, patience: patience(variables)? }),
        false => Err(variables.wrong("MOCK_UPSTREAM_ADDR", EXPECTED)),
    }
}

/// Questions and the key cross only TLS, or the machine itself, unless the operator answers for the network between.
fn base_url(variables: &Variables) -> Result<Url, ConfigError> {
    const EXPECTED: &str = "the URL before /chat/completions, such as https://api.openai.com/v1, without query, \
                            user and password";
    let url: Url = variables.parsed(BASE_URL, EXPECTED, "")?;
    let is_base = ["http", "https"].contains(&url.scheme())
        && url.query().is_none()
        && url.fragment().is_none()
        && has_no_user(&url)
        && !url.path().trim_end_matches('/').ends_with("/chat/completions");
    if !is_base {
        return Err(variables.wrong(BASE_URL, EXPECTED));
    }
    CONNECTION.check(variables, !is_https_or_loopback(&url))?;
    Ok(url)
}

fn api_key(variables: &Variables) -> Result<Option<ApiKey>, ConfigError> {
    match variables.get("CHAT_API_KEY") {
        Some(key) if key.bytes().any(|byte| !byte.is_ascii_graphic()) => {
            Err(variables.wrong("CHAT_API_KEY", "a key without blanks, in ASCII"))
        }
        key => Ok(key.map(ApiKey::new)),
    }
}

fn style(variables: &Variables) -> Result<ApiStyle, ConfigError> {
    let version = variables.get("CHAT_API_VERSION");
    match variables.get("CHAT_API_STYLE") {
        None | Some("openai") => {
            refuse(variables, &["CHAT_API_VERSION"], "only CHAT_API_STYLE=azure has a use for it")?;
            Ok(ApiStyle::OpenAi)
        }
        Some("azure") => {
            let reason = "CHAT_API_STYLE=azure needs it, such as 2024-10-21";
            let version = version.ok_or(ConfigError::Missing { variable: "CHAT_API_VERSION", reason })?;
            Ok(ApiStyle::Azure { api_version: version.to_owned() })
        }
        Some(_) => Err(variables.wrong("CHAT_API_STYLE", "openai or azure")),
    }
}

fn patience(variables: &Variables) -> Result<Timeouts, ConfigError> {
    let [first_token, idle] = PATIENCE;
    let Timeouts { first_token: default_first_token, idle: default_idle } = Timeouts::default();
    Ok(Timeouts {
        first_token: seconds(variables, first_token, default_first_token)?,
        idle: seconds(variables, idle, default_idle)?,
    })
}

fn seconds(variables: &Variables, variable: &'static str, default: Duration) -> Result<Duration, ConfigError> {
    const LONGEST: u32 = 86_400;
    const EXPECTED: &str = "a number of seconds from 1 to 86400";
    let seconds: NonZeroU32 = variables.parsed(variable, EXPECTED, &default.as_secs().to_string())?;
    match seconds.get() <= LONGEST {
        true => Ok(Duration::from_secs(seconds.get().into())),
        false => Err(variables.wrong(variable, EXPECTED)),
    }
}

fn refuse(variables: &Variables, unwanted: &[&'static str], reason: &'static str) -> Result<(), ConfigError> {
    match unwanted.iter().find(|variable| variables.get(variable).is_some()) {
        Some(&variable) => Err(ConfigError::Unexpected { variable, reason }),
        None => Ok(()),
    }
}
