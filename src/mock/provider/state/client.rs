//! The one relying party, and how it proves to be it.

use std::fmt;

use axum::http::{HeaderMap, header};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;
use subtle::ConstantTimeEq;
use url::Url;

use crate::mock::provider::params::Params;

/// What the provider knows about its one relying party.
#[derive(Clone, Default)]
pub struct Client {
    pub client_id: String,
    /// Worth nothing where there are keys.
    pub client_secret: String,
    /// Public keys, each as a JWK: then the client signs (`private_key_jwt`).
    pub jwks: Vec<Value>,
    /// Whether its authorization requests must be pushed (RFC 9126 §6).
    pub pushes_requests: bool,
    pub redirect_uris: Vec<String>,
    pub post_logout_redirect_uris: Vec<String>,
    /// Where it wants to be told of ended sessions (Back-Channel Logout §2.2).
    pub backchannel_logout_uri: Option<String>,
}

/// Why a client is not believed to be ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuthError {
    /// RFC 6749 §2.3: one method per request.
    TwoMethods,
    /// Nothing presented, or the wrong thing.
    Unauthenticated,
}

impl Client {
    /// Gives the first URI that nobody could be redirected to (RFC 6749 §3.1.2).
    pub fn check_uris(&self) -> Result<(), String> {
        let mut uris = self.redirect_uris.iter().chain(&self.post_logout_redirect_uris);
        let is_bad = |uri: &&String| Url::parse(uri).map_or(true, |uri| uri.fragment().is_some());
        match uris.find(is_bad) {
            Some(uri) => Err(uri.clone()),
            None => Ok(()),
        }
    }

    /// `client_secret_basic` and `client_secret_post` (RFC 6749 §2.3.1).
    pub fn authenticate(&self, headers: &HeaderMap, params: &Params) -> Result<(), ClientAuthError> {
        let basic = headers.get(header::AUTHORIZATION);
        let posted_id = params.get("client_id");
        let (id, secret) = match (basic, params.get("client_secret")) {
            (Some(_), Some(_)) => return Err(ClientAuthError::TwoMethods),
            (None, posted_secret) => (posted_id.map(str::to_owned), posted_secret.map(str::to_owned)),
            (Some(header), None) => basic_credentials(header.as_bytes()).unzip(),
        };
        let is_ours = self.jwks.is_empty()
            && id.is_some_and(|id| id == self.client_id)
            && posted_id.is_none_or(|id| id == self.client_id)
            && secret.is_some_and(|secret| bool::from(secret.as_bytes().ct_eq(self.client_secret.as_bytes())));
        match is_ours {
            true => Ok(()),
            false => Err(ClientAuthError::Unauthenticated),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("client_id", &self.client_id)
            .field("redirect_uris", &self.redirect_uris)
            .field("post_logout_redirect_uris", &self.post_logout_redirect_uris)
            .finish_non_exhaustive()
    }
}

pub fn basic_credentials(authorization: &[u8]) -> Option<(String, String)> {
    let authorization = std::str::from_utf8(authorization).ok()?;
    let (scheme, credentials) = authorization.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let credentials = BASE64_STANDARD.decode(credentials.trim()).ok()?;
    let credentials = String::from_utf8(credentials).ok()?;
    let (id, secret) = credentials.split_once(':')?;
    Some((form_decode(id), form_decode(secret)))
}

/// Id and secret are form-encoded before they are joined (RFC 6749 §2.3.1).
fn form_decode(text: &str) -> String {
    let pair = format!("value={}", text.replace('&', "%26"));
    let value = form_urlencoded::parse(pair.as_bytes()).next();
    value.map_or_else(String::new, |(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client() -> Client {
        Client { client_id: "the app:1".into(), client_secret: "s%cr+t=&é".into(), ..Client::default() }
    }

    fn basic(credentials: &str) -> HeaderMap {
        let value = format!("basic {}", BASE64_STANDARD.encode(credentials));
        HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())])
    }

    #[test]
    fn basic_credentials_are_form_decoded() {
        let nothing = Params::parse(b"");
        let encoded = basic("the+app%3A1:s%25cr%2Bt%3D%26%C3%A9");
        assert_eq!(client().authenticate(&encoded, &nothing), Ok(()));
        let raw = basic("the app:1:s%cr+t=&é");
        assert_eq!(client().authenticate(&raw, &nothing), Err(ClientAuthError::Unauthenticated));
    }

    #[test]
    fn one_method_per_request() {
        let both = Params::parse(b"client_id=the+app%3A1&client_secret=s%25cr%2Bt%3D%26%C3%A9");
        assert_eq!(client().authenticate(&HeaderMap::new(), &both), Ok(()));
        assert_eq!(client().authenticate(&basic("a:b"), &both), Err(ClientAuthError::TwoMethods));
    }

    #[test]
    fn the_secret_is_not_printed() {
        assert!(!format!("{:?}", client()).contains("cr+t"));
    }

    #[test]
    fn a_relative_redirect_uri_and_one_with_a_fragment_are_named() {
        for uri in ["/auth/callback", "http://localhost/cb#here"] {
            let mut client = client();
            client.redirect_uris = vec!["http://localhost/cb".into(), uri.into()];
            assert_eq!(client.check_uris(), Err(uri.to_owned()));
        }
    }
}
