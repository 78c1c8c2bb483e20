//! What the provider's metadata says about the requirements of FAPI 2.0 (`OIDC_PROFILE=fapi2`).

use serde_json::{Map, Value};

use super::{
    DiagnosticError,
    metadata::{is_true, strings},
};
use crate::server::auth::oidc::{
    client::OidcClient, document::ENDPOINTS, id_token::signing_algorithm, profile::SecurityProfile,
};

/// The requirements for which a client depends on its provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FapiReport {
    /// The issuer and the endpoints that are http, which is possible on loopback only (§5.2.1).
    pub unencrypted: Vec<String>,
    /// `private_key_jwt` (§5.3.3.1).
    pub client_authentication: Named,
    /// An algorithm that our keys sign assertions with (§5.4.1).
    pub assertions: Named,
    /// An algorithm of ID tokens that the profile allows (§5.4.1).
    pub id_tokens: Named,
    /// DPoP with ES256 (§5.3.3.1).
    pub dpop: Named,
    /// PKCE with S256 (§5.3.3.2).
    pub pkce: Named,
    /// Whether there is an endpoint for pushed requests (§5.3.3.2).
    pub takes_pushed_requests: bool,
    /// Whether all clients must push their requests (RFC 9126 §5).
    pub requires_pushed_requests: bool,
    /// Whether authorization responses are to name their issuer (§5.3.3.2).
    pub announces_iss: bool,
}

/// Whether a list of the metadata names what is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// These of it.
    Yes(Vec<String>),
    /// It lists these instead.
    No(Vec<String>),
    /// There is no such list.
    Unsaid,
}

impl OidcClient {
    /// `None` without the profile.
    pub async fn fapi_report(&self) -> Result<Option<FapiReport>, DiagnosticError> {
        let settings = &self.settings;
        if settings.requests.profile != SecurityProfile::Fapi2 {
            return Ok(None);
        }
        let document = self.metadata_document().await?;
        let fetched = self.discovery.current().await?;
        let more = fetched.metadata.additional_metadata();
        let accepts =
            |name: &str| signing_algorithm(name).is_some_and(|alg| settings.id_tokens.algorithms.contains(&alg));
        let ours = settings.client_authentication.assertion_algorithms();
        let named = |list, is_needed: &dyn Fn(&str) -> bool| Named::of(&document, list, is_needed);
        Ok(Some(FapiReport {
            unencrypted: self.unencrypted(&document),
            client_authentication: named("token_endpoint_auth_methods_supported", &|it| it == "private_key_jwt"),
            assertions: named("token_endpoint_auth_signing_alg_values_supported", &|it| ours.contains(&it)),
            id_tokens: named("id_token_signing_alg_values_supported", &accepts),
            dpop: named("dpop_signing_alg_values_supported", &|it| it == "ES256"),
            pkce: named("code_challenge_methods_supported", &|it| it == "S256"),
            takes_pushed_requests: more.pushed_authorization_request_endpoint().is_some(),
            requires_pushed_requests: is_true(&document, "require_pushed_authorization_requests"),
            announces_iss: more.announces_iss(),
        }))
    }

    fn unencrypted(&self, document: &Map<String, Value>) -> Vec<String> {
        let endpoints = ENDPOINTS.iter().filter_map(|member| Some((*member, document.get(*member)?.as_str()?)));
        let urls = [("issuer", self.issuer())].into_iter().chain(endpoints);
        urls.filter(|(_, url)| url.starts_with("http:")).map(|(name, _)| name.to_owned()).collect()
    }
}

impl Named {
    fn of(document: &Map<String, Value>, list: &str, is_needed: &dyn Fn(&str) -> bool) -> Self {
        let Some(listed) = strings(document.get(list)) else { return Self::Unsaid };
        let (needed, others): (Vec<_>, Vec<_>) = listed.into_iter().partition(|name| is_needed(name));
        if needed.is_empty() { Self::No(others) } else { Self::Yes(needed) }
    }
}
