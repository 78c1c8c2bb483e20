//! The OpenID Connect client, shared by all requests to the provider.

use std::{sync::Arc, time::Duration};

use openidconnect::{
    Client, EmptyAdditionalClaims, EndpointMaybeSet, EndpointNotSet, EndpointSet, StandardErrorResponse,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJweContentEncryptionAlgorithm,
        CoreRevocableToken, CoreRevocationErrorResponse,
    },
};

use super::{
    discovery::{Discovery, FetchedMetadata, MetadataStatus},
    dpop::ProviderNonces,
    error::ProviderError,
    http::ProviderHttp,
    id_token::ProviderKey,
    introspection::IntrospectionResponse,
    settings::ProviderSettings,
    signals::IssuerKeys,
    token_response::TokenResponse,
};
use crate::server::environment::Environment;

/// `openidconnect`'s client type with this module's token and introspection responses. The endpoint type parameters say
/// that the authorization endpoint is set, and that the token and userinfo endpoints may be.
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

/// The client of one provider.
pub struct OidcClient {
    pub(super) settings: ProviderSettings,
    pub(super) http: ProviderHttp,
    pub(super) environment: Environment,
    pub(super) discovery: Discovery,
    pub(super) nonces: ProviderNonces,
    /// Of signals, if they are not signed by the provider.
    pub(super) signal_keys: Option<IssuerKeys>,
    front_url: String,
}

impl OidcClient {
    pub fn new(settings: ProviderSettings, http: ProviderHttp, environment: Environment) -> Self {
        settings.warn_of_exceptions();
        let discovery = Discovery::new(&settings, http.clone(), environment.clone());
        let front_url = settings.redirect_uri.url().origin().ascii_serialization();
        let signal_keys = settings.logout.signals.issuer.as_ref().map(|issuer| IssuerKeys::at(issuer.jwks_uri.clone()));
        Self { settings, http, environment, discovery, nonces: ProviderNonces::default(), signal_keys, front_url }
    }

    /// The issuer as configured.
    pub fn issuer(&self) -> &str {
        self.settings.issuer.as_str()
    }

    /// `CLOCK_TOLERANCE`
    pub fn clock_tolerance(&self) -> Duration {
        self.settings.id_tokens.clock_tolerance
    }

    /// Reads the provider's metadata before a login needs it, so that the log of the start says what it lacks (T07). It is
    /// fetched again later where the provider is not there yet.
    pub async fn read_metadata(&self) {
        // A failure is in the log.
        let _ = self.discovery.current().await;
    }

    /// Whether the metadata is cached. Makes no request.
    pub fn metadata_status(&self) -> MetadataStatus {
        self.discovery.status()
    }

    /// This application's origin, taken from the redirect URI.
    pub fn front_url(&self) -> String {
        self.front_url.clone()
    }

    /// `openidconnect`'s client with the current metadata and keys. It contains no credentials: `ClientHttp` adds them to
    /// each request, so that a rotated secret or key is never cached here (T61).
    pub(super) async fn relying_party(&self) -> Result<Arc<RelyingParty>, ProviderError> {
        Ok(self.relying_party_of(&*self.discovery.current().await?))
    }

    /// The same with this metadata.
    pub(super) fn relying_party_of(&self, fetched: &FetchedMetadata) -> Arc<RelyingParty> {
        let settings = &self.settings;
        let authentication = &settings.client_authentication;
        fetched.relying_party(|metadata| {
            let secret = authentication.placeholder_secret();
            RelyingParty::from_provider_metadata(metadata, settings.client_id.clone(), secret)
                .set_redirect_uri(settings.redirect_uri.clone())
                .set_auth_type(authentication.auth_type())
        })
    }

    /// `authorization_response_iss_parameter_supported` (RFC 9207 §3).
    pub(super) async fn announces_iss(&self) -> Result<bool, ProviderError> {
        Ok(self.discovery.current().await?.metadata.additional_metadata().announces_iss())
    }
}
