//! The authorization request: Authorization Code with PKCE (RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID Connect Core
//! §3.1.2.1).

use openidconnect::{
    AuthenticationContextClass, CsrfToken, Nonce as RequestNonce, PkceCodeChallenge, PkceCodeVerifier, Scope,
    core::CoreAuthenticationFlow,
};
use url::Url;

use super::{
    authentication::AskedAuthentication,
    client::OidcClient,
    discovery::FetchedMetadata,
    error::ProviderError,
    settings::RequestSettings,
    values::{CodeVerifier, Nonce},
};
use crate::{server::auth::dpop::ProofKey, wire::auth::State};

/// This scope requests a refresh token that outlives the provider's session. It has no effect without `prompt=consent`
/// (OpenID Connect Core §11).
const OFFLINE_ACCESS: &str = "offline_access";

const PROMPT: &str = "prompt";

/// The end user must authenticate, even if the provider has a session (OpenID Connect Core §3.1.2.1).
const LOGIN: &str = "login";

const CONSENT: &str = "consent";

/// What differs between logins.
#[derive(Clone, Copy)]
pub struct LoginRequest<'l> {
    pub state: &'l State,
    pub nonce: &'l Nonce,
    pub code_verifier: &'l CodeVerifier,
    /// The code is bound to it.
    pub proof_key: Option<&'l ProofKey>,
    /// What a step-up asks for, in place of what every login does.
    pub asked: Option<&'l AskedAuthentication>,
    /// Whether the provider is to ask for the password again.
    pub reauthenticate: bool,
}

impl OidcClient {
    /// The URL to send the browser to.
    pub async fn authorization_url(&self, login: LoginRequest<'_>) -> Result<String, ProviderError> {
        let fetched = self.discovery.current().await?;
        let url = self.authorization_request(&fetched, login);
        self.pushed(&fetched, url, login.proof_key).await
    }

    /// The authorization endpoint with all parameters of the request.
    pub(super) fn authorization_request(&self, fetched: &FetchedMetadata, login: LoginRequest<'_>) -> Url {
        let LoginRequest { state, nonce, code_verifier, proof_key, asked, reauthenticate } = login;
        let relying_party = self.relying_party_of(fetched);
        let (state, nonce) = (CsrfToken::new(state.secret().to_owned()), RequestNonce::new(nonce.secret().to_owned()));
        let mut request = relying_party
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || state, move || nonce)
            .set_pkce_challenge(code_challenge(code_verifier))
            .add_scopes(self.settings.scopes.iter().cloned().map(Scope::new));
        let AskedAuthentication { max_age, acr_values } = asked.unwrap_or(&self.settings.id_tokens.authentication);
        if let Some(max_age) = max_age {
            request = request.set_max_age(*max_age);
        }
        for acr in acr_values {
            request = request.add_auth_context_value(AuthenticationContextClass::new(acr.clone()));
        }
        let RequestSettings { authorize_parameters, resources, .. } = &self.settings.requests;
        let prompt = self.prompt(reauthenticate);
        let others = authorize_parameters.iter().filter(|(name, _)| name != PROMPT);
        let parameters = others.map(|(name, value)| (name.as_str(), value.as_str())).chain([(PROMPT, prompt.as_str())]);
        for (name, value) in parameters.filter(|(_, value)| !value.is_empty()) {
            request = request.add_extra_param(name, value);
        }
        for resource in resources {
            request = request.add_extra_param("resource", resource);
        }
        if let Some(proof_key) = proof_key {
            // RFC 9449 §10
            request = request.add_extra_param("dpop_jkt", proof_key.thumbprint().to_string());
        }
        request.url().0
    }

    /// The values of `prompt`, separated by spaces. The operator's take the place of `consent`; they are empty where the
    /// provider needs none.
    fn prompt(&self, reauthenticate: bool) -> String {
        let by_operator = self.settings.requests.authorize_parameters.iter().find(|(name, _)| name == PROMPT);
        let requests_offline_access = self.settings.scopes.iter().any(|scope| scope == OFFLINE_ACCESS);
        let usual = match by_operator {
            Some((_, value)) => value,
            None if requests_offline_access => CONSENT,
            None => "",
        };
        match reauthenticate && usual.split(' ').all(|value| value != LOGIN) {
            true => format!("{LOGIN} {usual}").trim_end().to_owned(),
            false => usual.to_owned(),
        }
    }
}

/// Always S256, never `plain` (RFC 9700 §2.1.1).
fn code_challenge(code_verifier: &CodeVerifier) -> PkceCodeChallenge {
    PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(code_verifier.secret().to_owned()))
}
