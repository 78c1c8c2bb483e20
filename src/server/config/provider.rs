//! Which identity provider, and who we are there.

use std::net::SocketAddr;

use openidconnect::{ClientId, IntrospectionUrl, IssuerUrl, RedirectUrl};
use url::Url;

use super::{
    ConfigError, Variables,
    guard::{introspection_endpoint, roles_claim},
    has_no_user, id_tokens, is_https_or_loopback, is_loopback, logout,
};
use crate::server::oidc::{
    ClientAuthentication, ClientSecret, IdTokenPolicy, LogoutSettings, ProviderSettings, RolesClaim,
};

const DEFAULT_SCOPES: &str = "openid profile email";
const DEFAULT_MOCK_ADDRESS: &str = "127.0.0.1:9400";
const CALLBACK_PATH: &str = "/auth/callback";

#[derive(Clone, Debug)]
pub enum Provider {
    /// `OIDC_ISSUER`, with `CLIENT_ID`, `CLIENT_SECRET`, `CLIENT_AUTH`, `REDIRECT_URI`, `SCOPES`, and what `id_tokens`
    /// reads.
    Configured(ProviderSettings),
    /// No `OIDC_ISSUER`: the mock provider in this process.
    Mock(MockProvider),
}

/// The mock provider, and who we are there.
#[derive(Clone, Debug)]
pub struct MockProvider {
    /// `MOCK_PROVIDER_ADDR`, default `127.0.0.1:9400`; port 0 takes a free one.
    pub address: SocketAddr,
    pub redirect_uri: RedirectUrl,
    pub scopes: Vec<String>,
    pub id_tokens: IdTokenPolicy,
    pub roles_claim: RolesClaim,
    pub introspection_endpoint: Option<IntrospectionUrl>,
    pub logout: LogoutSettings,
}

impl Provider {
    pub(super) fn from_variables(
        variables: &Variables,
        front_url: &Url,
        listen: SocketAddr,
    ) -> Result<Self, ConfigError> {
        match variables.get("OIDC_ISSUER") {
            Some(issuer) => Ok(Self::Configured(configured(variables, issuer, front_url)?)),
            None => Ok(Self::Mock(mock(variables, front_url, listen)?)),
        }
    }
}

fn configured(variables: &Variables, issuer: &str, front_url: &Url) -> Result<ProviderSettings, ConfigError> {
    const BELONGS: &str = "it belongs to OIDC_ISSUER";
    if variables.get("MOCK_PROVIDER_ADDR").is_some() {
        return Err(ConfigError::Unexpected {
            variable: "MOCK_PROVIDER_ADDR",
            reason: "OIDC_ISSUER names another provider: remove one of the two",
        });
    }
    let needed = |variable| variables.get(variable).ok_or(ConfigError::Missing { variable, reason: BELONGS });
    Ok(ProviderSettings {
        issuer: checked_issuer(variables, issuer)?,
        client_id: ClientId::new(needed("CLIENT_ID")?.to_owned()),
        client_secret: ClientSecret::new(needed("CLIENT_SECRET")?),
        client_authentication: client_authentication(variables)?,
        redirect_uri: redirect_uri(variables, front_url)?,
        scopes: scopes(variables)?,
        id_tokens: id_tokens::policy(variables)?,
        roles_claim: roles_claim(variables)?,
        introspection_endpoint: introspection_endpoint(variables)?,
        logout: logout::settings(variables, front_url)?,
    })
}

fn mock(variables: &Variables, front_url: &Url, listen: SocketAddr) -> Result<MockProvider, ConfigError> {
    const NEEDS_ISSUER: &str =
        "OIDC_ISSUER is not: set it to your provider's issuer, or remove this one to use the mock";
    for variable in ["CLIENT_ID", "CLIENT_SECRET", "CLIENT_AUTH"] {
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
    if !is_loopback(front_url) || !listen.ip().is_loopback() {
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
    Ok(MockProvider {
        address,
        redirect_uri: redirect_uri(variables, front_url)?,
        scopes: scopes(variables)?,
        id_tokens: id_tokens::policy(variables)?,
        roles_claim: roles_claim(variables)?,
        introspection_endpoint: introspection_endpoint(variables)?,
        logout: logout::settings(variables, front_url)?,
    })
}

fn checked_issuer(variables: &Variables, issuer: &str) -> Result<IssuerUrl, ConfigError> {
    const EXPECTED: &str =
        "the provider's issuer, letter by letter: an https URL (http only on loopback) without query";
    let wrong = || variables.wrong("OIDC_ISSUER", EXPECTED);
    let url = Url::parse(issuer).map_err(|_| wrong())?;
    if !is_https_or_loopback(&url) || url.query().is_some() || url.fragment().is_some() || !has_no_user(&url) {
        return Err(wrong());
    }
    // Keeps the text as it is: a slash more or less is another issuer (OpenID Connect Discovery §4.3).
    IssuerUrl::new(issuer.to_owned()).map_err(|_| wrong())
}

fn client_authentication(variables: &Variables) -> Result<ClientAuthentication, ConfigError> {
    match variables.get("CLIENT_AUTH") {
        None | Some("client_secret_basic") => Ok(ClientAuthentication::ClientSecretBasic),
        Some("client_secret_post") => Ok(ClientAuthentication::ClientSecretPost),
        Some(_) => Err(variables.wrong("CLIENT_AUTH", "client_secret_basic or client_secret_post")),
    }
}

fn redirect_uri(variables: &Variables, front_url: &Url) -> Result<RedirectUrl, ConfigError> {
    let expected = format!("FRONT_URL followed by {CALLBACK_PATH}: the page that finishes a login");
    let default = format!("{}{CALLBACK_PATH}", front_url.origin().ascii_serialization());
    let url: Url = variables.parsed("REDIRECT_URI", &expected, &default)?;
    if url.origin() != front_url.origin()
        || url.path() != CALLBACK_PATH
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return Err(variables.wrong("REDIRECT_URI", &expected));
    }
    let text = variables.get("REDIRECT_URI").unwrap_or(&default);
    RedirectUrl::new(text.to_owned()).map_err(|_| variables.wrong("REDIRECT_URI", &expected))
}

/// `openid` is always asked for, so it is left out of the list.
fn scopes(variables: &Variables) -> Result<Vec<String>, ConfigError> {
    let text = variables.get("SCOPES").unwrap_or(DEFAULT_SCOPES);
    let scopes: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    match scopes.iter().all(|scope| is_scope(scope)) && scopes.iter().any(|scope| scope == "openid") {
        true => Ok(scopes.into_iter().filter(|scope| scope != "openid").collect()),
        false => Err(variables.wrong("SCOPES", "scopes separated by spaces, `openid` among them")),
    }
}

/// RFC 6749 §3.3: scope-token.
pub(super) fn is_scope(text: &str) -> bool {
    text.bytes().all(|byte| (0x21..=0x7e).contains(&byte) && byte != b'"' && byte != b'\\')
}
