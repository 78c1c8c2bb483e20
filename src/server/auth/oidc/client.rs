//! The relying party's one client.

use std::sync::Arc;

use openidconnect::{
    Client, EmptyAdditionalClaims, EndpointMaybeSet, EndpointNotSet, EndpointSet, StandardErrorResponse,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJweContentEncryptionAlgorithm,
        CoreRevocableToken, CoreRevocationErrorResponse,
    },
};

use super::{
    discovery::{Discovery, Fetched, MetadataStatus},
    error::ProviderError,
    http::ProviderHttp,
    id_token::ProviderKey,
    introspection::IntrospectionResponse,
    settings::ProviderSettings,
    token_response::TokenResponse,
};
use crate::server::environment::Environment;

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
    front_url: String,
}

impl OidcClient {
    pub fn new(settings: ProviderSettings, http: ProviderHttp, environment: Environment) -> Self {
        settings.warn_of_exceptions();
        let (source, id_tokens) = (settings.metadata_source(), settings.id_tokens.clone());
        let discovery = Discovery::new(source, http.clone(), environment.clone(), id_tokens);
        let front_url = settings.redirect_uri.url().origin().ascii_serialization();
        Self { settings, http, environment, discovery, front_url }
    }

    /// The issuer as configured.
    pub fn issuer(&self) -> &str {
        self.settings.issuer.as_str()
    }

    /// Without asking it.
    pub fn metadata_status(&self) -> MetadataStatus {
        self.discovery.status()
    }

    /// The origin of the redirect URI: where logins end.
    pub fn front_url(&self) -> String {
        self.front_url.clone()
    }

    /// The client with the provider's metadata and keys as they are known now. Who we are is put into each request by
    /// `ClientHttp`, and is never part of it: a secret or key that was changed lives on nowhere here (T61).
    pub(super) async fn relying_party(&self) -> Result<Arc<RelyingParty>, ProviderError> {
        Ok(self.relying_party_of(&*self.discovery.known().await?))
    }

    /// With this metadata and these keys.
    pub(super) fn relying_party_of(&self, known: &Fetched) -> Arc<RelyingParty> {
        let settings = &self.settings;
        let authentication = &settings.client_authentication;
        known.relying_party(|metadata| {
            let secret = authentication.shaping_secret();
            RelyingParty::from_provider_metadata(metadata, settings.client_id.clone(), secret)
                .set_redirect_uri(settings.redirect_uri.clone())
                .set_auth_type(authentication.auth_type())
        })
    }

    /// Whether the provider's metadata promises an `iss` in authorization responses (RFC 9207 §3).
    pub(super) async fn promises_iss(&self) -> Result<bool, ProviderError> {
        Ok(self.discovery.known().await?.metadata.additional_metadata().promises_iss())
    }
}
