//! The provider's metadata as we use it: its document (OpenID Connect Discovery §4) with what the operator says in the
//! place of what it says. Everybody who needs an endpoint asks this one value.

use std::collections::BTreeMap;

use openidconnect::{
    AsyncHttpClient, DiscoveryError, IssuerUrl,
    http::{HeaderValue, Method, Request, StatusCode, header::ACCEPT},
};
use serde_json::{Map, Value, json};

use super::{
    discovery::Metadata,
    error::ProviderError,
    http::{HttpError, ProviderHttp},
    id_token::ProviderKeys,
};
use crate::server::metrics::ProviderEndpoint;

const DOCUMENT: &str = ".well-known/openid-configuration";

/// Where the metadata comes from.
#[derive(Clone, Debug)]
pub struct MetadataSource {
    pub issuer: IssuerUrl,
    pub settings: MetadataSettings,
}

/// What the operator says of the provider.
#[derive(Clone, Debug)]
pub struct MetadataSettings {
    /// `OIDC_DISCOVERY`: whether the provider has a metadata document at all.
    pub discovery: bool,
    /// Endpoints by their member in the document, in place of what it says; as written, letter by letter.
    pub endpoints: BTreeMap<&'static str, String>,
}

impl Default for MetadataSettings {
    fn default() -> Self {
        Self { discovery: true, endpoints: BTreeMap::new() }
    }
}

impl MetadataSettings {
    /// What an auditor should find in the log of every start (T21).
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

    async fn fetch_document(&self, http: &ProviderHttp) -> Result<Map<String, Value>, ProviderError> {
        let failed = |text: String| ProviderError::Discovery(text);
        let url = self.issuer.join(DOCUMENT).map_err(|error| failed(error.to_string()))?;
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

    /// The document with the operator's endpoints, and with what it must have but some providers leave out.
    fn metadata(&self, mut document: Map<String, Value>) -> Result<Metadata, ProviderError> {
        let issuer = match self.settings.discovery {
            true => document.get("issuer").and_then(Value::as_str).unwrap_or_default(),
            false => self.issuer.as_str(),
        };
        // Letter by letter (OpenID Connect Discovery §4.3); both are told, as they often look alike.
        if issuer != self.issuer.as_str() {
            let expected = self.issuer.as_str();
            return Err(ProviderError::Discovery(format!("unexpected issuer `{issuer}` (expected `{expected}`)")));
        }
        document.insert("issuer".into(), self.issuer.as_str().into());
        let endpoints = self.settings.endpoints.iter();
        document.extend(endpoints.map(|(member, url)| ((*member).to_owned(), Value::from(url.as_str()))));
        for (member, usual) in [
            ("response_types_supported", json!(["code"])),
            ("subject_types_supported", json!(["public"])),
            ("id_token_signing_alg_values_supported", json!(["RS256"])),
        ] {
            document.entry(member).or_insert(usual);
        }
        for member in ["authorization_endpoint", "jwks_uri"] {
            if !document.get(member).is_some_and(Value::is_string) {
                return Err(ProviderError::MissingEndpoint(member));
            }
        }
        serde_json::from_value(Value::Object(document))
            .map_err(|error| ProviderError::Discovery(format!("unreadable document: {error}")))
    }
}

fn unreadable_keys(error: DiscoveryError<HttpError>) -> ProviderError {
    ProviderError::Discovery(match error {
        DiscoveryError::Request(cause) => format!("keys: {cause}"),
        DiscoveryError::Parse(cause) => format!("unreadable keys: {cause}"),
        DiscoveryError::Response(status, _, text) => format!("keys: status {status}: {text}"),
        other => format!("keys: {other}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(discovery: bool, endpoints: &[(&'static str, &str)], document: Value) -> Result<Metadata, String> {
        let endpoints = endpoints.iter().map(|(member, url)| (*member, (*url).to_owned())).collect();
        let issuer = IssuerUrl::new("https://sso.example.com/oidc/Chat".into()).unwrap();
        let source = MetadataSource { issuer, settings: MetadataSettings { discovery, endpoints } };
        source.metadata(document.as_object().unwrap().clone()).map_err(|error| error.to_string())
    }

    #[test]
    fn what_the_operator_says_takes_the_place_of_what_the_document_says() {
        // T21
        let document = json!({
            "issuer": "https://sso.example.com/oidc/Chat",
            "authorization_endpoint": "https://sso.example.com/oidc/authorize",
            "token_endpoint": "https://sso.example.com/oidc/token",
            "jwks_uri": "https://sso.example.com/oidc/jwks",
        });
        let set = [("token_endpoint", "https://sso.example.com//own/token")];
        let metadata = metadata(true, &set, document).unwrap();
        assert_eq!(metadata.token_endpoint().unwrap().as_str(), "https://sso.example.com//own/token");
        assert_eq!(metadata.authorization_endpoint().as_str(), "https://sso.example.com/oidc/authorize");
    }

    #[test]
    fn without_a_document_the_operators_endpoints_are_enough_and_a_missing_one_is_named() {
        let set = [("authorization_endpoint", "https://sso.example.com/a"), ("jwks_uri", "https://sso.example.com/k")];
        assert!(metadata(false, &set, json!({})).is_ok());
        assert!(metadata(false, &set[..1], json!({})).unwrap_err().contains("jwks_uri"));
    }

    #[test]
    fn another_issuer_is_told_beside_ours() {
        // T20
        let error = metadata(true, &[], json!({ "issuer": "https://sso.example.com/oidc/chat" })).unwrap_err();
        assert!(error.contains("/oidc/chat`") && error.contains("/oidc/Chat`"), "{error}");
        assert!(metadata(true, &[], json!({})).is_err());
    }
}
