//! The one client that is registered at the provider.

use std::fmt;

use serde_json::Value;
use url::Url;

#[derive(Clone, Default)]
pub struct Client {
    pub client_id: String,
    /// Ignored if there are keys.
    pub client_secret: String,
    /// Public keys, each as a JWK. With keys, the client authenticates by `private_key_jwt`.
    pub jwks: Vec<Value>,
    /// Whether its authorization requests must be pushed (RFC 9126 §6).
    pub pushes_requests: bool,
    pub redirect_uris: Vec<String>,
    pub post_logout_redirect_uris: Vec<String>,
    /// Where logout tokens are sent (Back-Channel Logout §2.2).
    pub backchannel_logout_uri: Option<String>,
}

impl Client {
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
