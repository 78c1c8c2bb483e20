//! The authorization request: Authorization Code with PKCE (RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID Connect Core
//! §3.1.2.1).

use std::{cmp::Reverse, ops::Range};

use openidconnect::{
    AuthenticationContextClass, CsrfToken, Nonce as RequestNonce, PkceCodeChallenge, PkceCodeVerifier, Scope,
    core::{CoreAuthPrompt, CoreAuthenticationFlow},
};
use url::form_urlencoded::byte_serialize;

use super::{
    client::OidcClient,
    discovery::Fetched,
    error::ProviderError,
    id_token::IdTokenPolicy,
    settings::RequestSettings,
    values::{CodeVerifier, Nonce},
};
use crate::wire::auth::State;

/// Refresh tokens that outlive the provider's own session are given only with the person's consent (OpenID Connect
/// Core §11).
const OFFLINE_ACCESS: &str = "offline_access";

const PROMPT: &str = "prompt";

/// What stands in a [`RequestForm`] for the values that each login has of its own.
const STATE: &str = "the-state-of-one-login";
const NONCE: &str = "the-nonce-of-one-login";
const VERIFIER: &str = "the-code-verifier-of-one-login-which-is-in-no-url";

/// The URL of all authorization requests, with places for what each has of its own. The library takes a third
/// of what a login's beginning takes to write it (docs/performance.md).
pub(super) struct RequestForm {
    url: String,
    /// Of state, nonce and challenge, each with its number; the last one first.
    places: Vec<(Range<usize>, usize)>,
}

impl RequestForm {
    /// `own` are the texts that stand for state, nonce and challenge; `None` where one is not there exactly once.
    fn of(url: String, own: [&str; 3]) -> Option<Self> {
        let place = |text: &str| {
            let mut found = url.match_indices(text).map(|(start, _)| start..start + text.len());
            found.next().filter(|_| found.next().is_none())
        };
        let mut places =
            own.iter().zip(0..).map(|(text, number)| Some((place(text)?, number))).collect::<Option<Vec<_>>>()?;
        places.sort_by_key(|(place, _)| Reverse(place.start));
        Some(Self { url, places })
    }

    fn filled_with(&self, own: [&str; 3]) -> String {
        let mut url = self.url.clone();
        for (place, number) in &self.places {
            url.replace_range(place.clone(), &byte_serialize(own[*number].as_bytes()).collect::<String>());
        }
        url
    }
}

impl OidcClient {
    /// The URL to send the browser to.
    pub async fn authorization_url(
        &self,
        state: &State,
        nonce: &Nonce,
        code_verifier: &CodeVerifier,
    ) -> Result<String, ProviderError> {
        let known = self.discovery.known().await?;
        let form = known.request_form(|| self.request_form(&known))?;
        let url = form.filled_with([state.secret(), nonce.secret(), challenge(code_verifier.secret()).as_str()]);
        self.pushed(&known, url).await
    }

    fn request_form(&self, known: &Fetched) -> Result<RequestForm, ProviderError> {
        let challenge = challenge(VERIFIER);
        let own = [STATE, NONCE, challenge.as_str()].map(str::to_owned);
        let relying_party = self.relying_party_of(known);
        let mut request = relying_party
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                || CsrfToken::new(STATE.to_owned()),
                || RequestNonce::new(NONCE.to_owned()),
            )
            .set_pkce_challenge(challenge)
            .add_scopes(self.settings.scopes.iter().cloned().map(Scope::new));
        let IdTokenPolicy { max_age, acr_values, .. } = &self.settings.id_tokens;
        if let Some(max_age) = max_age {
            request = request.set_max_age(*max_age);
        }
        for acr in acr_values {
            request = request.add_auth_context_value(AuthenticationContextClass::new(acr.clone()));
        }
        let RequestSettings { authorize_parameters, resources, .. } = &self.settings.requests;
        let asks_for_offline_access = self.settings.scopes.iter().any(|scope| scope == OFFLINE_ACCESS);
        if asks_for_offline_access && authorize_parameters.iter().all(|(name, _)| name != PROMPT) {
            request = request.add_prompt(CoreAuthPrompt::Consent);
        }
        // One without a value is there to be left out: `prompt=` where the provider needs no consent.
        for (name, value) in authorize_parameters.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.add_extra_param(name, value);
        }
        for resource in resources {
            request = request.add_extra_param("resource", resource);
        }
        let (url, _, _) = request.url();
        let form = RequestForm::of(url.into(), own.each_ref().map(String::as_str));
        form.ok_or_else(|| ProviderError::Discovery("the authorization request has no one place for a value".into()))
    }
}

/// S256 always: `plain` is not to be had here (RFC 9700 §2.1.1).
fn challenge(code_verifier: &str) -> PkceCodeChallenge {
    PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(code_verifier.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_stands_in_its_place_in_whatever_order_and_as_long_as_it_is() {
        let form = RequestForm::of("https://op.example/?c=C-C&state=S-S&x=1&nonce=N-N#".into(), ["S-S", "N-N", "C-C"]);
        let form = form.unwrap();
        assert_eq!(
            form.filled_with(["a&b", "", "long-challenge"]),
            "https://op.example/?c=long-challenge&state=a%26b&x=1&nonce=#"
        );
        assert_eq!(form.filled_with(["1", "2", "3"]), "https://op.example/?c=3&state=1&x=1&nonce=2#");
    }

    #[test]
    fn a_form_without_one_place_for_each_is_none() {
        let form = |url: &str| RequestForm::of(url.into(), ["S-S", "N-N", "C-C"]);
        assert!(form("https://op.example/?state=S-S&nonce=N-N").is_none());
        assert!(form("https://op.example/?a=N-N&state=S-S&nonce=N-N&c=C-C").is_none());
    }
}
