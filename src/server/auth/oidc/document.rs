//! The provider's metadata document (OpenID Connect Discovery §4): fetched, validated, and completed with the endpoints
//! that the operator has configured.

use std::collections::{BTreeMap, BTreeSet};

use openidconnect::{
    AsyncHttpClient, DiscoveryError, IssuerUrl,
    http::{HeaderValue, Method, Request, StatusCode, header::ACCEPT},
};
use serde_json::{Map, Value, json};
use url::Url;

use super::{
    discovery::Metadata,
    error::ProviderError,
    http::{HttpError, ProviderHttp},
    id_token::ProviderKeys,
};
use crate::server::{
    excerpt::excerpt,
    observe::metrics::ProviderEndpoint,
    outbound::{self, EndpointRefusal},
};

const WELL_KNOWN_PATH: &str = ".well-known/openid-configuration";

const INTROSPECTION: &str = "introspection_endpoint";

/// The endpoints that this server calls or redirects browsers to. Other endpoints in the document are not read.
pub(super) const ENDPOINTS: [&str; 8] = [
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "userinfo_endpoint",
    INTROSPECTION,
    "revocation_endpoint",
    "end_session_endpoint",
    "pushed_authorization_request_endpoint",
];

/// Where the metadata comes from.
#[derive(Clone, Debug)]
pub struct MetadataSource {
    pub issuer: IssuerUrl,
    pub settings: MetadataSettings,
}

/// The configuration of the provider's metadata.
#[derive(Clone, Debug)]
pub struct MetadataSettings {
    /// `OIDC_DISCOVERY`: whether the provider has a metadata document.
    pub discovery: bool,
    /// Configured endpoints by their name in the document, which they replace.
    pub endpoints: BTreeMap<&'static str, String>,
    /// `OIDC_ENDPOINT_HOSTS`: the hosts that the document's endpoints may have, besides the issuer's. `None` allows any.
    pub hosts: Option<BTreeSet<String>>,
    /// Whether access tokens are introspected. If not, `introspection_endpoint` is ignored, even if it is not valid.
    pub introspection: bool,
}

impl Default for MetadataSettings {
    fn default() -> Self {
        Self { discovery: true, endpoints: BTreeMap::new(), hosts: None, introspection: true }
    }
}

impl MetadataSettings {
    /// Logs at every start what replaces the provider's own metadata, for auditors (T21).
    pub(super) fn warn_of_exceptions(&self) {
        for (endpoint, url) in &self.endpoints {
            tracing::warn!(endpoint, url, "set here, in place of what the provider's metadata says");
        }
        if !self.discovery {
            tracing::warn!("OIDC_DISCOVERY=false: the provider's metadata is what is set here, and nothing else");
        }
    }
}

impl MetadataSource {
    /// The metadata, with the provider's keys.
    pub(super) async fn fetch(&self, http: &ProviderHttp) -> Result<Metadata, ProviderError> {
        let document = match self.settings.discovery {
            true => self.fetch_document(http).await?,
            false => Map::new(),
        };
        let metadata = self.metadata(document)?;
        if metadata.token_endpoint().is_none() {
            return Err(ProviderError::MissingEndpoint("token_endpoint"));
        }
        let keys = ProviderKeys::fetch_async(metadata.jwks_uri(), &http.at(ProviderEndpoint::Keys))
            .await
            .map_err(unreadable_keys)?;
        Ok(metadata.set_jwks(keys))
    }

    /// The document as the provider sends it.
    pub(super) async fn fetch_document(&self, http: &ProviderHttp) -> Result<Map<String, Value>, ProviderError> {
        let failed = |text: String| ProviderError::Discovery(excerpt(&text).to_string());
        let url = self.issuer.join(WELL_KNOWN_PATH).map_err(|error| failed(error.to_string()))?;
        let request = Request::builder()
            .uri(url.as_str())
            .method(Method::GET)
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .body(vec![])
            .map_err(|error| failed(error.to_string()))?;
        let answer =
            http.at(ProviderEndpoint::Metadata).call(request).await.map_err(|error| failed(error.to_string()))?;
        if answer.status() != StatusCode::OK {
            return Err(failed(format!("status {}", answer.status())));
        }
        serde_json::from_slice(answer.body()).map_err(|error| failed(format!("unreadable document: {error}")))
    }

    /// Validates the document and adds the configured endpoints, and defaults for required members that some providers
    /// leave out.
    fn metadata(&self, mut document: Map<String, Value>) -> Result<Metadata, ProviderError> {
        let issuer = match self.settings.discovery {
            true => document.get("issuer").and_then(Value::as_str).unwrap_or_default(),
            false => self.issuer.as_str(),
        };
        // Compared exactly (OpenID Connect Discovery §4.3). The error shows both, as they often look alike.
        if issuer != self.issuer.as_str() {
            let expected = self.issuer.as_str();
            let issuer = excerpt(issuer);
            return Err(ProviderError::Discovery(format!("unexpected issuer `{issuer}` (expected `{expected}`)")));
        }
        document.insert("issuer".into(), self.issuer.as_str().into());
        let endpoints = self.settings.endpoints.iter();
        document.extend(endpoints.map(|(member, url)| ((*member).to_owned(), Value::from(url.as_str()))));
        self.check_endpoints(&mut document)?;
        for (member, default) in [
            ("response_types_supported", json!(["code"])),
            ("subject_types_supported", json!(["public"])),
            ("id_token_signing_alg_values_supported", json!(["RS256"])),
        ] {
            document.entry(member).or_insert(default);
        }
        for member in ["authorization_endpoint", "jwks_uri"] {
            if !document.contains_key(member) {
                return Err(ProviderError::MissingEndpoint(member));
            }
        }
        serde_json::from_value(Value::Object(document))
            .map_err(|error| ProviderError::Discovery(format!("unreadable document: {}", excerpt(&error.to_string()))))
    }

    /// Refuses the whole document if one of its endpoints must not be sent secrets (T22). First removes endpoints that
    /// are empty, as some providers write those that they don't have, and the unused introspection endpoint.
    fn check_endpoints(&self, document: &mut Map<String, Value>) -> Result<(), ProviderError> {
        if !self.settings.introspection {
            document.remove(INTROSPECTION);
        }
        let is_empty = |value: &Value| value.is_null() || value == "";
        document.retain(|member, value| !(ENDPOINTS.contains(&member.as_str()) && is_empty(value)));
        for member in ENDPOINTS {
            let Some(value) = document.get(member) else { continue };
            let is_set_here = self.settings.endpoints.contains_key(member);
            self.check_endpoint(value, is_set_here)
                .map_err(|reason| ProviderError::UnusableEndpoint { member, reason })?;
        }
        Ok(())
    }

    fn check_endpoint(&self, value: &Value, is_set_here: bool) -> Result<(), UnusableEndpoint> {
        let url = outbound::endpoint(value.as_str().ok_or(EndpointRefusal::NotAUrl)?)?;
        // Configured endpoints were checked with the configuration.
        if is_set_here {
            return Ok(());
        }
        // Loopback is this machine, so only a provider on this machine may name it.
        let issuer = self.issuer.url();
        if url.scheme() == "http" && !outbound::is_loopback(issuer) {
            return Err(EndpointRefusal::Unencrypted.into());
        }
        match &self.settings.hosts {
            Some(hosts) if url.host_str() != issuer.host_str() && !is_among(hosts, &url) => {
                Err(UnusableEndpoint::OtherHost)
            }
            _ => Ok(()),
        }
    }
}

/// Why an endpoint that the metadata names is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableEndpoint {
    #[error(transparent)]
    Url(#[from] EndpointRefusal),
    #[error("its host is neither the issuer's nor in OIDC_ENDPOINT_HOSTS")]
    OtherHost,
}

fn is_among(hosts: &BTreeSet<String>, url: &Url) -> bool {
    url.host_str().is_some_and(|host| hosts.contains(host))
}

fn unreadable_keys(error: DiscoveryError<HttpError>) -> ProviderError {
    ProviderError::Discovery(match error {
        DiscoveryError::Request(cause) => format!("keys: {cause}"),
        DiscoveryError::Parse(cause) => format!("unreadable keys: {}", excerpt(&cause.to_string())),
        DiscoveryError::Response(status, _, text) => format!("keys: status {status}: {}", excerpt(&text)),
        other => format!("keys: {}", excerpt(&other.to_string())),
    })
}

#[cfg(test)]
mod tests;
