//! The OpenID provider, and this server's registration there.
//!
//! | file | holds |
//! |---|---|
//! | `endpoints` | the issuer, how its metadata is read, and endpoints that replace those in it |
//! | `credentials` | client authentication, and trusted certificate authorities |
//! | `requests` | the authorization request |
//! | `claims` | the names of claims about a person |
//! | `profile` | a security profile over all of these |

mod claims;
mod credentials;
mod endpoints;
mod profile;
mod requests;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;

use openidconnect::ClientId;
use url::Url;

pub use claims::{ROLES_CLAIM, ROLES_SEPARATOR};
pub use endpoints::INTROSPECTION_ENDPOINT;
pub use requests::is_scope;

use super::{
    id_tokens, logout,
    mocks::{MOCK_PROVIDER_ADDR, MOCK_PROVIDER_PROFILE},
    setting::{Section, Setting, refuse},
    urls::is_local_origin,
    values::Parsed,
    variables::{ConfigError, Variables},
};
use crate::server::auth::oidc::{CommonSettings, ProviderSettings};
use claims::{EMAIL_CLAIM, NAME_CLAIM, USER_ID_CLAIM};
use credentials::{
    CLIENT_ASSERTION_AUDIENCE, CLIENT_AUTH, CLIENT_KEY_FILE, CLIENT_KEY_ID, CLIENT_SECRET, CLIENT_SECRET_FILE,
    OIDC_CA_FILE,
};
use endpoints::{
    AUTHORIZATION_ENDPOINT, END_SESSION_ENDPOINT, JWKS_URI, OIDC_DISCOVERY, OIDC_ENDPOINT_HOSTS, OIDC_ISSUER,
    OIDC_METADATA_MAX_AGE, PUSHED_AUTHORIZATION_REQUEST_ENDPOINT, REVOCATION_ENDPOINT, TOKEN_ENDPOINT,
    USERINFO_ENDPOINT,
};
use profile::OIDC_PROFILE;
use requests::{
    AUTHORIZE_PARAMETERS, OIDC_DPOP, OIDC_TIMEOUT, PUSHED_AUTHORIZATION_REQUESTS, REDIRECT_URI, RESOURCE, SCOPES,
};

#[derive(Clone, Debug)]
pub enum Provider {
    Configured(Box<ProviderSettings>),
    /// Without `OIDC_ISSUER`: the mock provider in this process.
    Mock(Box<MockProvider>),
}

/// The mock provider, and this server's registration there.
#[derive(Clone, Debug)]
pub struct MockProvider {
    /// Port 0 takes a free one.
    pub address: SocketAddr,
    /// The name of the provider that it imitates.
    pub profile: Option<&'static str>,
    pub common: CommonSettings,
}

pub static SECTION: Section = Section {
    title: "Your OpenID provider",
    text: "",
    settings: &[
        &OIDC_ISSUER,
        &OIDC_PROFILE,
        &CLIENT_ID,
        &CLIENT_SECRET,
        &CLIENT_SECRET_FILE,
        &CLIENT_AUTH,
        &CLIENT_KEY_FILE,
        &CLIENT_KEY_ID,
        &CLIENT_ASSERTION_AUDIENCE,
        &OIDC_CA_FILE,
        &OIDC_DISCOVERY,
        &OIDC_ENDPOINT_HOSTS,
        &OIDC_METADATA_MAX_AGE,
        &OIDC_TIMEOUT,
        &AUTHORIZATION_ENDPOINT,
        &TOKEN_ENDPOINT,
        &JWKS_URI,
        &USERINFO_ENDPOINT,
        &REVOCATION_ENDPOINT,
        &END_SESSION_ENDPOINT,
        &PUSHED_AUTHORIZATION_REQUEST_ENDPOINT,
        &PUSHED_AUTHORIZATION_REQUESTS,
        &OIDC_DPOP,
        &AUTHORIZE_PARAMETERS,
        &RESOURCE,
        &NAME_CLAIM,
        &EMAIL_CLAIM,
        &USER_ID_CLAIM,
        &SCOPES,
        &REDIRECT_URI,
    ],
};

static CLIENT_ID: Setting<Parsed<ClientId>> = Setting {
    name: "CLIENT_ID",
    text: "How this server is registered there: a confidential client. Needed with OIDC_ISSUER.",
    example: "oracle-ai",
    value: Parsed {
        expected: "this server's client id",
        default: None,
        parse: |text| Some(ClientId::new(text.to_owned())),
    },
};

impl Provider {
    pub fn from_variables(variables: &Variables, front_url: &Url, listen: SocketAddr) -> Result<Self, ConfigError> {
        match endpoints::issuer(variables)? {
            Some(issuer) => {
                let reason = "OIDC_ISSUER names another provider: remove one of the two";
                refuse(variables, &[&MOCK_PROVIDER_ADDR, &MOCK_PROVIDER_PROFILE], reason)?;
                let client_id = CLIENT_ID.required(variables, "it belongs to OIDC_ISSUER")?;
                let profile = profile::profile(variables)?;
                let client_authentication = credentials::client_authentication(variables, profile)?;
                let authorities = credentials::authorities(variables)?;
                let mut common = common(variables, front_url)?;
                profile::apply(profile, &mut common);
                Ok(Self::Configured(Box::new(common.at(issuer, client_id, client_authentication, authorities))))
            }
            None => mock(variables, front_url, listen).map(Box::new).map(Self::Mock),
        }
    }
}

/// The client's name at the provider, for settings that must differ from it.
pub fn client_id(variables: &Variables) -> Result<Option<ClientId>, ConfigError> {
    CLIENT_ID.get(variables)
}

fn mock(variables: &Variables, front_url: &Url, listen: SocketAddr) -> Result<MockProvider, ConfigError> {
    refuse(
        variables,
        &[
            &OIDC_PROFILE,
            &CLIENT_ID,
            &CLIENT_SECRET,
            &CLIENT_SECRET_FILE,
            &CLIENT_AUTH,
            &CLIENT_KEY_FILE,
            &CLIENT_KEY_ID,
            &CLIENT_ASSERTION_AUDIENCE,
            &OIDC_CA_FILE,
        ],
        "OIDC_ISSUER is not: set it to your provider's issuer, or remove this one to use the mock",
    )?;
    if !cfg!(feature = "mock") {
        return Err(OIDC_ISSUER.missing("this build has no mock provider; set it to your provider's issuer"));
    }
    if !is_local_origin(front_url) || !listen.ip().is_loopback() {
        return Err(OIDC_ISSUER.missing(
            "the mock provider lets anybody in, so it only serves loopback; set it, or FRONT_URL and IP to loopback",
        ));
    }
    Ok(MockProvider {
        address: MOCK_PROVIDER_ADDR.read(variables)?,
        profile: MOCK_PROVIDER_PROFILE.get(variables)?,
        common: common(variables, front_url)?,
    })
}

/// What both providers have.
fn common(variables: &Variables, front_url: &Url) -> Result<CommonSettings, ConfigError> {
    Ok(CommonSettings {
        redirect_uri: requests::redirect_uri(variables, front_url)?,
        scopes: SCOPES.read(variables)?,
        requests: requests::settings(variables)?,
        id_tokens: id_tokens::policy(variables)?,
        claims: claims::names(variables)?,
        metadata: endpoints::metadata(variables)?,
        logout: logout::settings(variables, front_url)?,
    })
}
