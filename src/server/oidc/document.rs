//! The provider's metadata as we use it: its document (OpenID Connect Discovery §4) with what the operator says in the
//! place of what it says. Everybody who needs an endpoint asks this one value.

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
    metrics::ProviderEndpoint,
    outbound::{self, EndpointRefusal},
};

const DOCUMENT: &str = ".well-known/openid-configuration";

const INTROSPECTION: &str = "introspection_endpoint";

/// Every member that names a place which we call, or send browsers to. No other is read.
const ENDPOINTS: [&str; 8] = [
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

/// What the operator says of the provider.
#[derive(Clone, Debug)]
pub struct MetadataSettings {
    /// `OIDC_DISCOVERY`: whether the provider has a metadata document at all.
    pub discovery: bool,
    /// Endpoints by their member in the document, in place of what it says; as written, letter by letter.
    pub endpoints: BTreeMap<&'static str, String>,
    /// `OIDC_ENDPOINT_HOSTS`: the hosts, besides the issuer's, at which the document's endpoints may be; anywhere, where
    /// it is not set.
    pub hosts: Option<BTreeSet<String>>,
    /// Whether access tokens are introspected. Where they are not, the endpoint for it is nobody's concern, and not used.
    pub introspection: bool,
}

impl Default for MetadataSettings {
    fn default() -> Self {
        Self { discovery: true, endpoints: BTreeMap::new(), hosts: None, introspection: true }
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
        let failed = |text: String| ProviderError::Discovery(excerpt(&text).to_string());
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
            let issuer = excerpt(issuer);
            return Err(ProviderError::Discovery(format!("unexpected issuer `{issuer}` (expected `{expected}`)")));
        }
        document.insert("issuer".into(), self.issuer.as_str().into());
        let endpoints = self.settings.endpoints.iter();
        document.extend(endpoints.map(|(member, url)| ((*member).to_owned(), Value::from(url.as_str()))));
        self.check_endpoints(&mut document)?;
        for (member, usual) in [
            ("response_types_supported", json!(["code"])),
            ("subject_types_supported", json!(["public"])),
            ("id_token_signing_alg_values_supported", json!(["RS256"])),
        ] {
            document.entry(member).or_insert(usual);
        }
        for member in ["authorization_endpoint", "jwks_uri"] {
            if !document.contains_key(member) {
                return Err(ProviderError::MissingEndpoint(member));
            }
        }
        serde_json::from_value(Value::Object(document))
            .map_err(|error| ProviderError::Discovery(format!("unreadable document: {}", excerpt(&error.to_string()))))
    }

    /// Refuses the whole document for an endpoint that is not fit for what we would send there (T22). Takes out those that
    /// are empty, as some providers write what they don't have, or not used.
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
        // The configuration has judged those of the operator's; only the document can lead us astray.
        if is_set_here {
            return Ok(());
        }
        // What is on loopback is on *this* machine: no provider elsewhere has business there.
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
mod tests {
    use super::*;

    fn metadata(discovery: bool, endpoints: &[(&'static str, &str)], document: Value) -> Result<Metadata, String> {
        let endpoints = endpoints.iter().map(|(member, url)| (*member, (*url).to_owned())).collect();
        let issuer = IssuerUrl::new("https://sso.example.com/oidc/Chat".into()).unwrap();
        let source =
            MetadataSource { issuer, settings: MetadataSettings { discovery, endpoints, ..Default::default() } };
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
        // T101: not whole, if it is a book.
        let error = metadata(true, &[], json!({ "issuer": "x".repeat(100_000) })).unwrap_err();
        assert!(error.len() < 500, "{error}");
    }

    /// What the document is refused for, where this member of it has this value; nothing where it is not.
    fn refusal(issuer: &str, settings: MetadataSettings, member: &str, value: Value) -> Option<ProviderError> {
        let at = |path: &str| format!("{issuer}{path}");
        let mut document = json!({
            "issuer": issuer,
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "jwks_uri": at("/jwks"),
        });
        document[member] = value;
        let source = MetadataSource { issuer: IssuerUrl::new(issuer.into()).unwrap(), settings };
        source.metadata(document.as_object().unwrap().clone()).err()
    }

    const ISSUER: &str = "https://sso.example.com";

    #[test]
    fn an_endpoint_that_is_not_fit_for_secrets_refuses_the_document_by_its_name() {
        // T22. Only two of the eight were looked at: at `http://` elsewhere, tokens were asked for with our credentials.
        for member in ENDPOINTS {
            for wrong in [
                "http://sso.example.com/x",
                "http://0.0.0.0:9400/x",
                // Of this machine, which is not the provider's to send us to.
                "http://127.0.0.1:9400/x",
                "http://localhost/x",
                "javascript:alert(document.domain)",
                "data:text/html,hello",
                "https://me:secret@sso.example.com/x",
                "https://sso.example.com/x#y",
                "x",
            ] {
                let refusal = refusal(ISSUER, MetadataSettings::default(), member, wrong.into());
                let words = refusal.unwrap_or_else(|| panic!("{member} at {wrong}")).to_string();
                assert!(words.contains(member) && !words.contains("secret"), "{words}");
            }
            assert!(refusal(ISSUER, MetadataSettings::default(), member, json!(7)).is_some(), "{member}");
            let elsewhere = json!("https://login.example.net/x?a=b");
            assert!(refusal(ISSUER, MetadataSettings::default(), member, elsewhere).is_none(), "{member}");
        }
    }

    #[test]
    fn a_provider_on_this_machine_may_be_called_over_http_and_send_us_nowhere_else() {
        // T22
        let refusal = |value: &str| refusal("http://127.0.0.1:9400", <_>::default(), "token_endpoint", value.into());
        assert!(refusal("http://localhost:9401/token").is_none());
        assert!(refusal("http://192.0.2.1/token").is_some());
    }

    #[test]
    fn where_hosts_are_set_the_document_names_no_other() {
        // T22
        let hosts = || MetadataSettings { hosts: Some(["api.example.com".into()].into()), ..Default::default() };
        for (url, is_taken) in [
            ("https://sso.example.com:8443/x", true),
            ("https://api.example.com/x", true),
            ("https://evil.example/x", false),
            ("https://api.example.com.evil.example/x", false),
            ("https://x.api.example.com/x", false),
        ] {
            let refusal = refusal(ISSUER, hosts(), "userinfo_endpoint", url.into());
            assert_eq!(refusal.is_none(), is_taken, "{url}: {refusal:?}");
        }
        let endpoints = [("token_endpoint", "https://other.example.com/token".to_owned())].into();
        let set_here = MetadataSettings { endpoints, ..hosts() };
        assert!(refusal(ISSUER, set_here, "userinfo_endpoint", Value::Null).is_none());
    }

    #[test]
    fn what_nobody_uses_may_be_wrong_or_empty() {
        let refusal = |member: &str, value: &str| {
            refusal(ISSUER, MetadataSettings { introspection: false, ..Default::default() }, member, value.into())
        };
        assert!(refusal("check_session_iframe", "http://sso.example.com/check").is_none());
        assert!(refusal("introspection_endpoint", "http://sso.example.com/introspect").is_none());
        assert!(refusal("end_session_endpoint", "").is_none());
        assert!(refusal("revocation_endpoint", "http://sso.example.com/revoke").is_some());
        assert!(matches!(refusal("jwks_uri", ""), Some(ProviderError::MissingEndpoint("jwks_uri"))));
    }
}
