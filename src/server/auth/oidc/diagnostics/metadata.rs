//! What the provider's metadata names, and what is missing in it.

use openidconnect::{
    JsonWebKey, JsonWebKeyAlgorithm,
    core::{CoreJsonWebKeyType, CoreJsonWebKeyUse, CoreJwsSigningAlgorithm},
};
use serde_json::{Map, Value};

use super::DiagnosticError;
use crate::server::{
    auth::oidc::{
        client::OidcClient,
        document::ENDPOINTS,
        dpop::DpopPolicy,
        id_token::{ProviderKey, SIGNING_ALGORITHMS, is_large_enough, signing_algorithm},
    },
    excerpt::excerpt,
    outbound,
};

/// The parts of the provider's metadata that this client uses.
#[derive(Clone, Debug)]
pub struct MetadataReport {
    /// Whether there is a metadata document (`OIDC_DISCOVERY`).
    pub is_discovered: bool,
    pub signing: SigningReport,
    /// Whether `code_challenge_methods_supported` has `S256`; `None` if it is absent (RFC 8414 §2).
    pub s256: Option<bool>,
    /// `authorization_response_iss_parameter_supported` (RFC 9207 §3).
    pub announces_iss: bool,
    pub pushed_requests: PushedRequests,
    /// Whether access tokens are bound to a key of this server's (RFC 9449).
    pub dpop: DpopReport,
    /// Whether clients can be registered for access tokens that are bound to a certificate (RFC 8705 §3.3), which this
    /// client does not request.
    pub binds_to_certificates: bool,
    /// Configured scopes that `scopes_supported` does not list, where that is present.
    pub unlisted_scopes: Vec<String>,
}

/// An endpoint in the metadata or the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointReport {
    /// Its member of the metadata; in capitals, it is the setting that replaces it.
    pub member: &'static str,
    pub url: Option<String>,
    /// Whether the URL is configured, in place of what the metadata says.
    pub is_configured: bool,
    /// What the metadata says, where that can't be used, and why.
    pub unusable: Option<String>,
}

/// How ID tokens may be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningReport {
    /// `id_token_signing_alg_values_supported`; `None` if it is absent.
    pub listed: Option<Vec<String>>,
    /// The algorithms that are listed, or not excluded, and accepted here.
    pub common: Vec<String>,
    /// The algorithms that are listed and not accepted here.
    pub refused: Vec<String>,
    /// Whether `ID_TOKEN_ALGS` is set.
    pub is_restricted: bool,
    /// All keys that could be read.
    pub keys: usize,
    /// Those that fit one of the common algorithms.
    pub fitting_keys: usize,
}

/// DPoP at the provider (RFC 9449).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DpopReport {
    /// `OIDC_DPOP`
    pub policy: DpopPolicy,
    /// `dpop_signing_alg_values_supported` (§5.1); `None` if it is absent.
    pub listed: Option<Vec<String>>,
    /// Whether ES256 is among them, the algorithm of this client's proofs.
    pub is_supported: bool,
}

/// Pushed authorization requests (RFC 9126).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushedRequests {
    /// By the configuration or the metadata: every login is pushed.
    Used,
    /// There is an endpoint, and neither the configuration nor the metadata requires its use. A client's registration may.
    Possible,
    None,
}

impl OidcClient {
    /// All endpoints that this client can use, also where the metadata is refused because one is missing.
    pub async fn endpoint_reports(&self) -> Result<Vec<EndpointReport>, DiagnosticError> {
        let document = self.metadata_document().await?;
        Ok(ENDPOINTS.map(|member| self.endpoint_report(member, document.get(member))).into())
    }

    /// The rest of the metadata. Fails where it can't be used.
    pub async fn metadata_report(&self) -> Result<MetadataReport, DiagnosticError> {
        let document = self.metadata_document().await?;
        let fetched = self.discovery.current().await?;
        let more = fetched.metadata.additional_metadata();
        let listed_scopes = strings(document.get("scopes_supported"));
        let is_unlisted = |scope: &&String| listed_scopes.as_ref().is_some_and(|listed| !listed.contains(scope));
        Ok(MetadataReport {
            is_discovered: self.settings.metadata.discovery,
            signing: self.signing_report(
                strings(document.get("id_token_signing_alg_values_supported")),
                fetched.metadata.jwks().keys(),
            ),
            s256: more.supports_s256(),
            announces_iss: more.announces_iss(),
            pushed_requests: match more.pushed_authorization_request_endpoint() {
                _ if self.settings.requests.pushed || more.requires_pushed_authorization_requests() => {
                    PushedRequests::Used
                }
                Some(_) => PushedRequests::Possible,
                None => PushedRequests::None,
            },
            dpop: DpopReport {
                policy: self.settings.requests.dpop,
                listed: strings(document.get("dpop_signing_alg_values_supported")),
                is_supported: more.supports_dpop(),
            },
            binds_to_certificates: is_true(&document, "tls_client_certificate_bound_access_tokens"),
            unlisted_scopes: self.settings.requested_scope().iter().filter(is_unlisted).cloned().collect(),
        })
    }

    /// Whether access tokens are introspected (`ACCESS_TOKEN_CHECK`).
    pub fn uses_introspection(&self) -> bool {
        self.settings.metadata.introspection
    }

    /// The document as the provider sends it, empty if there is none.
    pub(super) async fn metadata_document(&self) -> Result<Map<String, Value>, DiagnosticError> {
        match self.settings.metadata.discovery {
            true => Ok(self.settings.metadata_source().fetch_document(&self.http).await?),
            false => Ok(Map::new()),
        }
    }

    fn endpoint_report(&self, member: &'static str, said: Option<&Value>) -> EndpointReport {
        if let Some(url) = self.settings.metadata.endpoints.get(member) {
            return EndpointReport { member, url: Some(url.clone()), is_configured: true, unusable: None };
        }
        let said = said.filter(|value| !value.is_null() && *value != "");
        let url = said.map(|value| outbound::endpoint(value.as_str().unwrap_or_default()));
        let unusable = match (&url, said) {
            (Some(Err(refusal)), Some(said)) => Some(format!("{}: {refusal}", excerpt(&said.to_string()))),
            _ => None,
        };
        EndpointReport { member, url: url.and_then(Result::ok).map(Into::into), is_configured: false, unusable }
    }

    fn signing_report(&self, listed: Option<Vec<String>>, keys: &[ProviderKey]) -> SigningReport {
        let policy = &self.settings.id_tokens;
        let supported = || SIGNING_ALGORITHMS.iter().map(|(name, _)| (*name).to_owned()).collect();
        let names: Vec<String> = listed.clone().unwrap_or_else(supported);
        let accepted = |name: &String| signing_algorithm(name).filter(|alg| policy.algorithms.contains(alg));
        let algorithms: Vec<CoreJwsSigningAlgorithm> = names.iter().filter_map(accepted).collect();
        let fits = |key: &&ProviderKey| {
            is_large_enough(key, policy) && algorithms.iter().any(|algorithm| is_key_for(key, algorithm))
        };
        let (common, refused) = names.into_iter().partition(|name| accepted(name).is_some());
        SigningReport {
            common,
            refused: if listed.is_some() { refused } else { vec![] },
            fitting_keys: keys.iter().filter(fits).count(),
            is_restricted: policy.algorithms.len() < SIGNING_ALGORITHMS.len(),
            keys: keys.len(),
            listed,
        }
    }
}

/// Whether signatures by this algorithm may be made with the key (RFC 7517 §4.1, §4.2, §4.4).
fn is_key_for(key: &ProviderKey, algorithm: &CoreJwsSigningAlgorithm) -> bool {
    use CoreJwsSigningAlgorithm as Alg;
    let key_type = match algorithm {
        Alg::RsaSsaPkcs1V15Sha256
        | Alg::RsaSsaPkcs1V15Sha384
        | Alg::RsaSsaPkcs1V15Sha512
        | Alg::RsaSsaPssSha256
        | Alg::RsaSsaPssSha384
        | Alg::RsaSsaPssSha512 => CoreJsonWebKeyType::RSA,
        Alg::EcdsaP256Sha256 | Alg::EcdsaP384Sha384 => CoreJsonWebKeyType::EllipticCurve,
        Alg::EdDsa => CoreJsonWebKeyType::OctetKeyPair,
        _ => return false,
    };
    let is_for_signatures = !matches!(key.key_use(), Some(CoreJsonWebKeyUse::Encryption));
    let fits = match key.signing_alg() {
        JsonWebKeyAlgorithm::Algorithm(alg) => alg == algorithm,
        JsonWebKeyAlgorithm::Unspecified => true,
        JsonWebKeyAlgorithm::Unsupported => false,
    };
    *key.key_type() == key_type && is_for_signatures && fits
}

pub(super) fn is_true(document: &Map<String, Value>, member: &str) -> bool {
    document.get(member) == Some(&Value::Bool(true))
}

/// The texts of a list, or a single text in place of one. `None` where there is nothing of the kind.
pub(super) fn strings(value: Option<&Value>) -> Option<Vec<String>> {
    match value? {
        Value::Array(values) => {
            Some(values.iter().filter_map(Value::as_str).map(|it| excerpt(it).to_string()).collect())
        }
        Value::String(text) => Some(text.split_whitespace().map(|it| excerpt(it).to_string()).collect()),
        _ => None,
    }
}
