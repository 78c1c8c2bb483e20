//! The clients that are registered at an issuer.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::signing_algorithm::SigningAlgorithm;

/// With keys, it authenticates by `private_key_jwt`; else with a secret by that; with neither, it is a public client.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    pub client_id: String,
    /// Ignored if there are keys.
    #[serde(default)]
    pub client_secret: String,
    /// Public keys, each as a JWK.
    #[serde(default)]
    pub jwks: Vec<Value>,
    /// Whether its authorization requests must be pushed (RFC 9126 §6).
    #[serde(default)]
    pub pushes_requests: bool,
    /// Whether it must prove the possession of a key for every token (RFC 9449 §5.2).
    #[serde(default)]
    pub dpop_bound_access_tokens: bool,
    /// Of ID tokens, logout tokens and access tokens.
    #[serde(default)]
    pub id_token_signed_response_alg: SigningAlgorithm,
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<String>,
    /// Where logout tokens are sent (Back-Channel Logout §2.2).
    #[serde(default)]
    pub backchannel_logout_uri: Option<String>,
}

/// How a client authenticates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// `client_secret_basic` or `client_secret_post`.
    Secret,
    /// `private_key_jwt`.
    Key,
    /// A public client: by its ID alone (RFC 6749 §2.1).
    None,
}

/// All clients of an issuer.
#[derive(Debug)]
pub struct Clients(Vec<Client>);

impl Client {
    pub fn authentication(&self) -> ClientAuthentication {
        match self {
            Client { jwks, .. } if !jwks.is_empty() => ClientAuthentication::Key,
            Client { client_secret, .. } if !client_secret.is_empty() => ClientAuthentication::Secret,
            _ => ClientAuthentication::None,
        }
    }

    /// Fails with the first URI that can't be a redirect URI: relative, or with a fragment (RFC 6749 §3.1.2).
    pub fn check_uris(&self) -> Result<(), String> {
        let mut uris = self.redirect_uris.iter().chain(&self.post_logout_redirect_uris);
        let is_bad = |uri: &&String| Url::parse(uri).map_or(true, |uri| uri.fragment().is_some());
        match uris.find(is_bad) {
            Some(uri) => Err(uri.clone()),
            None => Ok(()),
        }
    }
}

impl Clients {
    pub fn new(clients: Vec<Client>) -> Clients {
        Clients(clients)
    }

    pub fn get(&self, client_id: &str) -> Option<&Client> {
        self.0.iter().find(|client| client.client_id == client_id)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Client> {
        self.0.iter()
    }

    /// How tokens for this client are signed.
    pub fn signing_algorithm(&self, client_id: &str) -> SigningAlgorithm {
        self.get(client_id).map_or_else(SigningAlgorithm::default, |client| client.id_token_signed_response_alg)
    }

    /// Those of all clients, each once.
    pub fn signing_algorithms(&self) -> Vec<SigningAlgorithm> {
        let mut algorithms = vec![];
        for algorithm in self.iter().map(|client| client.id_token_signed_response_alg) {
            if !algorithms.contains(&algorithm) {
                algorithms.push(algorithm);
            }
        }
        algorithms
    }

    /// Whether a client authenticates in this way.
    pub fn some_use(&self, authentication: ClientAuthentication) -> bool {
        self.iter().any(|client| client.authentication() == authentication)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_not_printed() {
        let client = Client { client_secret: "s%cr+t=&é".into(), ..Client::default() };
        assert!(!format!("{client:?}").contains("cr+t"));
    }

    #[test]
    fn a_relative_redirect_uri_and_one_with_a_fragment_are_named() {
        for uri in ["/auth/callback", "http://localhost/cb#here"] {
            let redirect_uris = vec!["http://localhost/cb".into(), uri.into()];
            let client = Client { redirect_uris, ..Client::default() };
            assert_eq!(client.check_uris(), Err(uri.to_owned()));
        }
    }
}
