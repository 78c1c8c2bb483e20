//! The relying party's settings and its one client.

use std::sync::Arc;

use openidconnect::{
    AuthType, Client, ClientId, EmptyAdditionalClaims, EndpointMaybeSet, EndpointNotSet, EndpointSet, IntrospectionUrl,
    IssuerUrl, RedirectUrl, StandardErrorResponse,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreRevocableToken, CoreRevocationErrorResponse,
    },
};

use super::{
    discovery::{Discovery, Metadata},
    error::ProviderError,
    http::ProviderHttp,
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
    /// Where the provider says which roles a person has.
    pub roles_claim: RolesClaim,
    /// In place of the one in the provider's metadata.
    pub introspection_endpoint: Option<IntrospectionUrl>,
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
    CoreJsonWebKey,
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
    discovery: Discovery,
}

impl OidcClient {
    pub fn new(settings: ProviderSettings, http: ProviderHttp, environment: Environment) -> Self {
        let discovery = Discovery::new(settings.issuer.clone(), http.clone(), environment.clone());
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
        Ok(self.with_metadata(&*self.metadata().await?))
    }

    /// The provider's metadata, with its keys, as they are known now.
    pub(super) async fn metadata(&self) -> Result<Arc<Metadata>, ProviderError> {
        self.discovery.metadata().await
    }

    /// The same with keys fetched again, unless that was done a moment ago: then `None`.
    pub(super) async fn metadata_with_new_keys(&self) -> Option<Arc<Metadata>> {
        self.discovery.new_keys().await
    }

    /// Whether the provider's metadata promises an `iss` in authorization responses (RFC 9207 §3).
    pub(super) async fn promises_iss(&self) -> Result<bool, ProviderError> {
        Ok(self.metadata().await?.additional_metadata().promises_iss())
    }

    /// The client with keys fetched again, unless that was done a moment ago: then `None`.
    pub(super) async fn relying_party_with_new_keys(&self) -> Option<RelyingParty> {
        Some(self.with_metadata(&*self.metadata_with_new_keys().await?))
    }

    fn with_metadata(&self, metadata: &Metadata) -> RelyingParty {
        let settings = &self.settings;
        let secret = openidconnect::ClientSecret::new(settings.client_secret.secret().to_owned());
        RelyingParty::from_provider_metadata(metadata.clone(), settings.client_id.clone(), Some(secret))
            .set_redirect_uri(settings.redirect_uri.clone())
            .set_auth_type(match settings.client_authentication {
                ClientAuthentication::ClientSecretBasic => AuthType::BasicAuth,
                ClientAuthentication::ClientSecretPost => AuthType::RequestBody,
            })
    }
}
