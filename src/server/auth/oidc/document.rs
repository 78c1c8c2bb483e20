//! The provider's metadata document (OpenID Connect Discovery §4): fetched, validated, and completed with the endpoints
//! that the operator has configured.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use openidconnect::{
    AsyncHttpClient, DiscoveryError, IssuerUrl,
    http::{HeaderValue, Method, Request, StatusCode, header::ACCEPT},
};
use serde_json::{Map, Value, json};
use url::Url;

use super::{
    deviations::{self, CONVERTED, Document, LEFT_OUT},
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

/// Without one of these, nobody can sign in.
const REQUIRED_ENDPOINTS: [&str; 3] = ["authorization_endpoint", "token_endpoint", "jwks_uri"];

/// The other members that this client reads. `openidconnect` has a type for every standard member, and rejects a document
/// if one that nobody reads has another type. So it receives only the endpoints and these.
const MEMBERS: [(&str, Type); 5] = [
    // RFC 9207 §3
    ("authorization_response_iss_parameter_supported", Type::Boolean),
    // RFC 9126 §5
    ("require_pushed_authorization_requests", Type::Boolean),
    // RFC 8414 §2
    ("code_challenge_methods_supported", Type::Texts),
    ("token_endpoint_auth_signing_alg_values_supported", Type::Texts),
    // RFC 9449 §5.1
    ("dpop_signing_alg_values_supported", Type::Texts),
];

/// The JSON type of a member.
#[derive(Clone, Copy)]
enum Type {
    Boolean,
    Texts,
}

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
    /// `OIDC_METADATA_MAX_AGE`: older metadata is fetched again when next needed, with the keys.
    pub max_age: Duration,
}

impl Default for MetadataSettings {
    fn default() -> Self {
        Self {
            discovery: true,
            endpoints: BTreeMap::new(),
            hosts: None,
            introspection: true,
            max_age: Self::DEFAULT_MAX_AGE,
        }
    }
}

impl MetadataSettings {
    pub const DEFAULT_MAX_AGE: Duration = Duration::from_secs(60 * 60);

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

    /// Validates the document and adds the configured endpoints.
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
        let endpoints = self.settings.endpoints.iter();
        document.extend(endpoints.map(|(member, url)| ((*member).to_owned(), Value::from(url.as_str()))));
        self.check_endpoints(&mut document)?;
        let mut document = members_read(document);
        document.insert("issuer".into(), self.issuer.as_str().into());
        // `openidconnect` requires these. They are not read.
        for (member, value) in [
            ("response_types_supported", json!(["code"])),
            ("subject_types_supported", json!(["public"])),
            ("id_token_signing_alg_values_supported", json!(["RS256"])),
        ] {
            document.insert(member.into(), value);
        }
        for member in ["authorization_endpoint", "jwks_uri"] {
            if !document.contains_key(member) {
                return Err(ProviderError::MissingEndpoint(member));
            }
        }
        serde_json::from_value(Value::Object(document))
            .map_err(|error| ProviderError::Discovery(format!("unreadable document: {}", excerpt(&error.to_string()))))
    }

    /// Refuses the whole document if one of its endpoints must not be sent secrets (T22). Removes endpoints that are empty
    /// or, if they are optional, no URL at all, as some providers write those that they don't have; and the unused
    /// introspection endpoint.
    fn check_endpoints(&self, document: &mut Map<String, Value>) -> Result<(), ProviderError> {
        if !self.settings.introspection {
            document.remove(INTROSPECTION);
        }
        let is_empty = |value: &Value| value.is_null() || value == "";
        document.retain(|member, value| !(ENDPOINTS.contains(&member.as_str()) && is_empty(value)));
        for member in ENDPOINTS {
            let Some(value) = document.get(member) else { continue };
            let is_set_here = self.settings.endpoints.contains_key(member);
            match self.check_endpoint(value, is_set_here) {
                Ok(()) => {}
                Err(UnusableEndpoint::Url(EndpointRefusal::NotAUrl)) if !REQUIRED_ENDPOINTS.contains(&member) => {
                    deviations::accepted(Document::Metadata, member, "it is not a URL, so it is left out");
                    document.remove(member);
                }
                Err(reason) => return Err(ProviderError::UnusableEndpoint { member, reason }),
            }
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

/// The endpoints and [`MEMBERS`] of a document. Members of another type are converted if they have only one meaning, or
/// else left out.
fn members_read(mut document: Map<String, Value>) -> Map<String, Value> {
    let mut read: Map<_, _> = ENDPOINTS.iter().filter_map(|member| document.remove_entry(*member)).collect();
    for (member, of_type) in MEMBERS {
        let Some(value) = document.remove(member).filter(|value| !value.is_null()) else { continue };
        if of_type.fits(&value) {
            read.insert(member.into(), value);
            continue;
        }
        let converted = of_type.converted(&value);
        deviations::accepted(Document::Metadata, member, if converted.is_some() { CONVERTED } else { LEFT_OUT });
        read.extend(converted.map(|value| (member.to_owned(), value)));
    }
    read
}

impl Type {
    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Boolean => value.is_boolean(),
            Self::Texts => value.as_array().is_some_and(|items| items.iter().all(Value::is_string)),
        }
    }

    fn converted(self, value: &Value) -> Option<Value> {
        match (self, value) {
            (Self::Boolean, Value::String(text)) => text.trim().to_ascii_lowercase().parse().ok().map(Value::Bool),
            (Self::Texts, Value::String(text)) => Some(text.split_whitespace().collect()),
            (Self::Texts, Value::Array(items)) => Some(items.iter().filter(|item| item.is_string()).cloned().collect()),
            _ => None,
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

#[cfg(feature = "fuzzing")]
pub mod fuzzing;
#[cfg(test)]
mod tests;
