//! The relying party's settings and its one client.

use openidconnect::{
    AuthType, Client, ClientId, EmptyAdditionalClaims, EndpointMaybeSet, EndpointNotSet, EndpointSet, IntrospectionUrl,
    IssuerUrl, RedirectUrl, StandardErrorResponse,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJweContentEncryptionAlgorithm,
        CoreRevocableToken, CoreRevocationErrorResponse,
    },
};
use url::Url;

use super::{
    discovery::Discovery,
    error::ProviderError,
    http::ProviderHttp,
    id_token::{IdTokenPolicy, ProviderKey},
    introspection::IntrospectionResponse,
    permissions::RolesClaim,
    token_response::TokenResponse,
    values::ClientSecret,
};
use crate::server::environment::Environment;

/// How we are registered at the provider.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// Compared with the metadata and with ID tokens letter by letter (OpenID Connect Discovery §4.3).
    pub issuer: IssuerUrl,
    pub client_id: ClientId,
    pub client_secret: ClientSecret,
    pub client_authentication: ClientAuthentication,
    /// Sent the same with the authorization request and the code.
    pub redirect_uri: RedirectUrl,
    /// Asked for besides `openid`.
    pub scopes: Vec<String>,
    pub id_tokens: IdTokenPolicy,
    /// Where the provider says which roles a person has.
    pub roles_claim: RolesClaim,
    /// In place of the one in the provider's metadata.
    pub introspection_endpoint: Option<IntrospectionUrl>,
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

impl ProviderSettings {
    pub(super) fn asked_scope(&self) -> Vec<String> {
        ["openid"].into_iter().map(str::to_owned).chain(self.scopes.iter().cloned()).collect()
    }
}

/// OpenID Connect Core §9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthentication {
    ClientSecretBasic,
    ClientSecretPost,
}

/// `openidconnect`'s client with our token and introspection responses; the authorization endpoint is known to be there.
pub(super) type RelyingParty = Client<
    EmptyAdditionalClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    ProviderKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    TokenResponse,
    IntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Speaks with one provider.
pub struct OidcClient {
    pub(super) settings: ProviderSettings,
    pub(super) http: ProviderHttp,
    pub(super) environment: Environment,
    pub(super) discovery: Discovery,
}

impl OidcClient {
    pub fn new(settings: ProviderSettings, http: ProviderHttp, environment: Environment) -> Self {
        settings.id_tokens.warn_of_exceptions();
        let (issuer, id_tokens) = (settings.issuer.clone(), settings.id_tokens.clone());
        let discovery = Discovery::new(issuer, http.clone(), environment.clone(), id_tokens);
        Self { settings, http, environment, discovery }
    }

    /// The issuer as configured.
    pub fn issuer(&self) -> &str {
        self.settings.issuer.as_str()
    }

    /// The origin of the redirect URI: where logins end.
    pub fn front_url(&self) -> String {
        self.settings.redirect_uri.url().origin().ascii_serialization()
    }

    /// The client with the provider's metadata and keys as they are known now.
    pub(super) async fn relying_party(&self) -> Result<RelyingParty, ProviderError> {
        let metadata = self.discovery.known().await?.metadata.clone();
        let settings = &self.settings;
        let secret = openidconnect::ClientSecret::new(settings.client_secret.secret().to_owned());
        Ok(RelyingParty::from_provider_metadata(metadata, settings.client_id.clone(), Some(secret))
            .set_redirect_uri(settings.redirect_uri.clone())
            .set_auth_type(match settings.client_authentication {
                ClientAuthentication::ClientSecretBasic => AuthType::BasicAuth,
                ClientAuthentication::ClientSecretPost => AuthType::RequestBody,
            }))
    }

    /// Whether the provider's metadata promises an `iss` in authorization responses (RFC 9207 §3).
    pub(super) async fn promises_iss(&self) -> Result<bool, ProviderError> {
        Ok(self.discovery.known().await?.metadata.additional_metadata().promises_iss())
    }
}
