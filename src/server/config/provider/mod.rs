//! Which identity provider, and who we are there.
//!
//! | file | holds |
//! |---|---|
//! | `endpoints` | where the provider is |
//! | `credentials` | how we prove who we are, and whose word we take |
//! | `requests` | what we ask it for |
//! | `claims` | where it says what about a person |

mod claims;
mod credentials;
mod endpoints;
mod requests;

use std::net::SocketAddr;

use openidconnect::ClientId;
use url::Url;

pub(super) use requests::is_scope;

use super::{ConfigError, Variables, id_tokens, is_local_origin, logout};
use crate::server::auth::oidc::{CommonSettings, ProviderSettings};

const DEFAULT_MOCK_ADDRESS: &str = "127.0.0.1:9400";

/// Whom the mock provider can play.
pub const MOCK_PROFILES: [&str; 4] = ["entra", "google", "keycloak", "siteminder"];

#[derive(Clone, Debug)]
pub enum Provider {
    /// `OIDC_ISSUER`, with `CLIENT_ID`, `REDIRECT_URI`, `SCOPES`, and what is read beside and in `id_tokens`.
    Configured(Box<ProviderSettings>),
    /// No `OIDC_ISSUER`: the mock provider in this process.
    Mock(Box<MockProvider>),
}

/// The mock provider, and who we are there.
#[derive(Clone, Debug)]
pub struct MockProvider {
    /// `MOCK_PROVIDER_ADDR`, default `127.0.0.1:9400`; port 0 takes a free one.
    pub address: SocketAddr,
    /// `MOCK_PROVIDER_PROFILE`: one of [`MOCK_PROFILES`].
    pub profile: Option<String>,
    pub common: CommonSettings,
}

impl Provider {
    pub(super) fn from_variables(
        variables: &Variables,
        front_url: &Url,
        listen: SocketAddr,
    ) -> Result<Self, ConfigError> {
        match variables.get("OIDC_ISSUER") {
            Some(issuer) => Ok(Self::Configured(Box::new(configured(variables, issuer, front_url)?))),
            None => Ok(Self::Mock(Box::new(mock(variables, front_url, listen)?))),
        }
    }
}

fn configured(variables: &Variables, issuer: &str, front_url: &Url) -> Result<ProviderSettings, ConfigError> {
    for variable in ["MOCK_PROVIDER_ADDR", "MOCK_PROVIDER_PROFILE"] {
        if variables.get(variable).is_some() {
            let reason = "OIDC_ISSUER names another provider: remove one of the two";
            return Err(ConfigError::Unexpected { variable, reason });
        }
    }
    let issuer = endpoints::issuer(variables, issuer)?;
    let reason = "it belongs to OIDC_ISSUER";
    let client_id = variables.get("CLIENT_ID").ok_or(ConfigError::Missing { variable: "CLIENT_ID", reason })?;
    let client_id = ClientId::new(client_id.to_owned());
    let client_authentication = credentials::client_authentication(variables)?;
    let authorities = credentials::authorities(variables)?;
    Ok(common(variables, front_url)?.at(issuer, client_id, client_authentication, authorities))
}

fn mock(variables: &Variables, front_url: &Url, listen: SocketAddr) -> Result<MockProvider, ConfigError> {
    const NEEDS_ISSUER: &str =
        "OIDC_ISSUER is not: set it to your provider's issuer, or remove this one to use the mock";
    for variable in [
        "CLIENT_ID",
        "CLIENT_SECRET",
        "CLIENT_SECRET_FILE",
        "CLIENT_AUTH",
        "CLIENT_KEY_FILE",
        "CLIENT_KEY_ID",
        "CLIENT_ASSERTION_AUDIENCE",
        "OIDC_CA_FILE",
    ] {
        if variables.get(variable).is_some() {
            return Err(ConfigError::Unexpected { variable, reason: NEEDS_ISSUER });
        }
    }
    if !cfg!(feature = "mock") {
        return Err(ConfigError::Missing {
            variable: "OIDC_ISSUER",
            reason: "this build has no mock provider; set it to your provider's issuer",
        });
    }
    if !is_local_origin(front_url) || !listen.ip().is_loopback() {
        return Err(ConfigError::Missing {
            variable: "OIDC_ISSUER",
            reason: "the mock provider lets anybody in, so it only serves loopback; set it, or FRONT_URL and IP to loopback",
        });
    }
    let address: SocketAddr = variables.parsed(
        "MOCK_PROVIDER_ADDR",
        "a loopback address and port, such as 127.0.0.1:9400",
        DEFAULT_MOCK_ADDRESS,
    )?;
    if !address.ip().is_loopback() {
        return Err(variables.wrong("MOCK_PROVIDER_ADDR", "on loopback: the mock provider lets anybody in"));
    }
    Ok(MockProvider { address, profile: profile(variables)?, common: common(variables, front_url)? })
}

/// Read alike for both.
fn common(variables: &Variables, front_url: &Url) -> Result<CommonSettings, ConfigError> {
    Ok(CommonSettings {
        redirect_uri: requests::redirect_uri(variables, front_url)?,
        scopes: requests::scopes(variables)?,
        requests: requests::settings(variables)?,
        id_tokens: id_tokens::policy(variables)?,
        claims: claims::names(variables)?,
        metadata: endpoints::metadata(variables)?,
        logout: logout::settings(variables, front_url)?,
    })
}

fn profile(variables: &Variables) -> Result<Option<String>, ConfigError> {
    match variables.get("MOCK_PROVIDER_PROFILE") {
        Some(name) if !MOCK_PROFILES.contains(&name) => {
            Err(variables.wrong("MOCK_PROVIDER_PROFILE", &format!("one of {}", MOCK_PROFILES.join(", "))))
        }
        name => Ok(name.map(str::to_owned)),
    }
}
