//! How we are registered at the provider, and what it is like.

use openidconnect::{ClientId, IssuerUrl, RedirectUrl};
use url::Url;

use super::{
    claim_names::ClaimNames,
    client_authentication::ClientAuthentication,
    document::{MetadataSettings, MetadataSource},
    id_token::IdTokenPolicy,
};

/// How we are registered at the provider.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// Compared with the metadata and with ID tokens letter by letter (OpenID Connect Discovery §4.3).
    pub issuer: IssuerUrl,
    pub client_id: ClientId,
    pub client_authentication: ClientAuthentication,
    /// Sent the same with the authorization request and the code.
    pub redirect_uri: RedirectUrl,
    /// Asked for besides `openid`.
    pub scopes: Vec<String>,
    pub requests: RequestSettings,
    pub id_tokens: IdTokenPolicy,
    /// Where the provider says what about a person.
    pub claims: ClaimNames,
    pub metadata: MetadataSettings,
    /// Certificates of authorities in PEM, trusted besides the public ones.
    pub authorities: Option<Vec<u8>>,
    pub logout: LogoutSettings,
}

/// What is configured alike for every provider, the mock among them: see [`ProviderSettings`].
#[derive(Clone, Debug)]
pub struct CommonSettings {
    pub redirect_uri: RedirectUrl,
    pub scopes: Vec<String>,
    pub requests: RequestSettings,
    pub id_tokens: IdTokenPolicy,
    pub claims: ClaimNames,
    pub metadata: MetadataSettings,
    pub logout: LogoutSettings,
}

/// How people sign out at the provider, and it signs them out here.
#[derive(Clone, Debug)]
pub struct LogoutSettings {
    /// Where the provider sends browsers that have signed out there: registered as `post_logout_redirect_uri`.
    pub redirect_uri: Url,
    /// Where browsers go instead, at a provider without an end session endpoint.
    pub url: Option<Url>,
    /// Whether logout tokens are taken that don't say that they are some.
    pub untyped_tokens_allowed: bool,
}

impl LogoutSettings {
    /// For an app at this origin.
    pub fn of(front_url: &Url) -> Self {
        let mut redirect_uri = front_url.clone();
        redirect_uri.set_path("/signed-out");
        Self { redirect_uri, url: None, untyped_tokens_allowed: false }
    }
}

/// What our requests have besides what the specifications ask for.
#[derive(Clone, Debug, Default)]
pub struct RequestSettings {
    /// `AUTHORIZE_PARAMETERS`, none of which is ours.
    pub authorize_parameters: Vec<(String, String)>,
    /// `RESOURCE`: for whom access tokens are (RFC 8707 §2).
    pub resources: Vec<String>,
    /// Whether authorization requests are pushed even where the provider does not ask for it (RFC 9126).
    pub pushed: bool,
}

impl CommonSettings {
    /// At this provider, as this client.
    pub fn at(
        self,
        issuer: IssuerUrl,
        client_id: ClientId,
        client_authentication: ClientAuthentication,
        authorities: Option<Vec<u8>>,
    ) -> ProviderSettings {
        let Self { redirect_uri, scopes, requests, id_tokens, claims, metadata, logout } = self;
        ProviderSettings {
            issuer,
            client_id,
            client_authentication,
            redirect_uri,
            scopes,
            requests,
            id_tokens,
            claims,
            metadata,
            authorities,
            logout,
        }
    }
}

impl ProviderSettings {
    pub(super) fn asked_scope(&self) -> Vec<String> {
        ["openid"].into_iter().map(str::to_owned).chain(self.scopes.iter().cloned()).collect()
    }

    /// Whether it, or an endpoint of it, is called over http, as the configuration allows on loopback.
    pub(super) fn is_on_loopback(&self) -> bool {
        let endpoints = self.metadata.endpoints.values().map(String::as_str);
        endpoints.chain([self.issuer.as_str()]).any(|url| url.starts_with("http://"))
    }

    pub(super) fn metadata_source(&self) -> MetadataSource {
        MetadataSource { issuer: self.issuer.clone(), settings: self.metadata.clone() }
    }

    /// What an auditor should find in the log of every start.
    pub(super) fn warn_of_exceptions(&self) {
        self.id_tokens.warn_of_exceptions();
        self.metadata.warn_of_exceptions();
        self.claims.warn_of_exceptions();
    }
}
