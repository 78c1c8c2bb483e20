//! DPoP at the provider (RFC 9449): a key of this server's for each session, to which the provider binds the session's
//! tokens; the proofs of its requests; and the nonces that the provider issues.
//!
//! It has nothing to do with the browser's key, which the session is bound to at this server.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use openidconnect::{
    HttpRequest, HttpResponse,
    http::{HeaderName, HeaderValue, Uri, header::WWW_AUTHENTICATE},
};

use super::{
    client::OidcClient,
    error::ProviderError,
    error_response::{ErrorResponse, INVALID_PROOF, USE_NONCE},
    http::{ClientHttp, HttpError},
    token_response::TokenResponse,
};
use crate::server::{
    auth::dpop::{ProofKey, ProofKeyError, ProofOf},
    environment::Environment,
};

/// `OIDC_DPOP`: whether the provider is to bind access tokens to a key of this server's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DpopPolicy {
    Off,
    /// If its metadata lists ES256 in `dpop_signing_alg_values_supported`. A bearer token is accepted nevertheless, as a
    /// provider may decide for one (§5).
    #[default]
    Auto,
    /// In any case; a bearer token is discarded.
    Required,
}

/// Who issues a nonce. At one origin, an authorization server and a resource server may have nonces of their own (§9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum NonceIssuer {
    AuthorizationServer,
    ResourceServer,
}

/// The latest nonces, by who issued them and at which origin. Shared by all requests of this process, so that only the
/// first one is repeated for a nonce.
#[derive(Default)]
pub(super) struct ProviderNonces(Mutex<HashMap<(NonceIssuer, String), String>>);

/// The proofs of one request, and of its repetition.
pub(super) struct RequestProofs<'c> {
    key: &'c ProofKey,
    nonces: &'c ProviderNonces,
    environment: &'c Environment,
    issuer: NonceIssuer,
}

/// The access token is a bearer token, which [`DpopPolicy::Required`] does not accept (T67).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the provider issued a bearer token, and OIDC_DPOP=required accepts only those bound to a key")]
pub struct NotBound;

const DPOP: HeaderName = HeaderName::from_static("dpop");
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// Far more than any provider's. A longer one is not stored.
const MAX_NONCE_LENGTH: usize = 1024;

impl OidcClient {
    /// The key for a login that begins now, if its tokens are to be bound to one.
    pub async fn new_proof_key(&self) -> Result<Option<ProofKey>, ProviderError> {
        let is_wanted = match self.settings.requests.dpop {
            DpopPolicy::Off => false,
            DpopPolicy::Auto => self.discovery.current().await?.metadata.additional_metadata().supports_dpop(),
            DpopPolicy::Required => true,
        };
        Ok(is_wanted.then(ProofKey::generate).transpose()?)
    }

    /// The key for a login or session that was begun with this one. Without one it goes on with bearer tokens, unless
    /// they are not accepted: the refresh tokens of a client that authenticates itself are not bound (§5), so that a new
    /// key can take the place of none.
    pub(super) fn proof_key(&self, known: Option<&ProofKey>) -> Result<Option<ProofKey>, ProofKeyError> {
        match (self.settings.requests.dpop, known) {
            (DpopPolicy::Off, _) => Ok(None),
            (DpopPolicy::Required, None) => ProofKey::generate().map(Some),
            (DpopPolicy::Auto | DpopPolicy::Required, known) => Ok(known.cloned()),
        }
    }

    /// The key that the access token is bound to, if it is: `key` signed the proof of the request.
    pub(super) fn bound_to(
        &self,
        response: &TokenResponse,
        key: Option<ProofKey>,
    ) -> Result<Option<ProofKey>, NotBound> {
        match key {
            Some(key) if response.is_bound() => Ok(Some(key)),
            Some(_) if self.settings.requests.dpop == DpopPolicy::Required => Err(NotBound),
            _ => Ok(None),
        }
    }

    /// Whether the provider demands a proof (§5) for a refresh that has none although this server makes proofs.
    pub(super) fn demands_lost_key(&self, http: &ClientHttp<'_>, key: Option<&ProofKey>) -> bool {
        let demands_proof = http.error_response().is_some_and(ErrorResponse::refuses_proof);
        demands_proof && key.is_none() && self.settings.requests.dpop == DpopPolicy::Auto
    }

    pub(super) fn proofs<'c>(&'c self, key: Option<&'c ProofKey>, issuer: NonceIssuer) -> Option<RequestProofs<'c>> {
        key.map(|key| RequestProofs { key, nonces: &self.nonces, environment: &self.environment, issuer })
    }
}

impl RequestProofs<'_> {
    /// Adds a new proof.
    pub(super) fn add_to(&self, request: &mut HttpRequest, access_token: Option<&str>) -> Result<(), HttpError> {
        let nonce = self.nonces.latest(self.issuer, request.uri());
        let url = without_query(request.uri());
        let of = ProofOf { method: request.method().as_str(), url: &url, access_token, nonce: nonce.as_deref() };
        let jti = self.environment.random_text().map_err(|_| ProofKeyError)?;
        let proof = self.key.prove(of, &jti, self.environment.now())?;
        request.headers_mut().insert(DPOP, HeaderValue::try_from(proof).map_err(|_| ProofKeyError)?);
        Ok(())
    }

    /// Stores the nonce that a response of any status brings (§8.2). Where the proof was refused and there is no new
    /// nonce, the old one may be the reason: the next proof has none.
    pub(super) fn store_nonce(&self, sent_to: &Uri, response: &HttpResponse) {
        match nonce(response) {
            Some(nonce) => self.nonces.set(self.issuer, sent_to, nonce),
            None if refuses_proof(response) => self.nonces.remove(self.issuer, sent_to),
            None => {}
        }
    }
}

/// Whether the request is to be repeated with the nonce of this response (§8, §9).
pub(super) fn demands_nonce(response: &HttpResponse) -> bool {
    let in_body = || ErrorResponse::of(response).is_some_and(|error| error.has_code(USE_NONCE));
    nonce(response).is_some() && (in_body() || is_challenge(response, USE_NONCE))
}

/// In the body (§5), or in the challenge of a resource server (§7.1).
fn refuses_proof(response: &HttpResponse) -> bool {
    ErrorResponse::of(response).is_some_and(|error| error.refuses_proof()) || is_challenge(response, INVALID_PROOF)
}

fn is_challenge(response: &HttpResponse, code: &str) -> bool {
    let names_code = |value: &HeaderValue| value.to_str().is_ok_and(|challenge| challenge.contains(code));
    response.headers().get_all(WWW_AUTHENTICATE).iter().any(names_code)
}

/// §8.1: one or more of these characters.
fn nonce(response: &HttpResponse) -> Option<&str> {
    let nonce = response.headers().get(DPOP_NONCE)?.to_str().ok()?;
    let is_allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    ((1..=MAX_NONCE_LENGTH).contains(&nonce.len()) && nonce.bytes().all(is_allowed)).then_some(nonce)
}

/// §4.2
fn without_query(url: &Uri) -> String {
    let (scheme, authority) = (url.scheme_str().unwrap_or_default(), url.authority().map_or("", |it| it.as_str()));
    format!("{scheme}://{authority}{}", url.path())
}

impl ProviderNonces {
    fn latest(&self, issuer: NonceIssuer, url: &Uri) -> Option<String> {
        self.lock().get(&(issuer, origin(url))).cloned()
    }

    fn set(&self, issuer: NonceIssuer, url: &Uri, nonce: &str) {
        self.lock().insert((issuer, origin(url)), nonce.to_owned());
    }

    fn remove(&self, issuer: NonceIssuer, url: &Uri) {
        self.lock().remove(&(issuer, origin(url)));
    }

    /// Must not be held across an await.
    fn lock(&self) -> MutexGuard<'_, HashMap<(NonceIssuer, String), String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn origin(url: &Uri) -> String {
    format!("{}://{}", url.scheme_str().unwrap_or_default(), url.authority().map_or("", |it| it.as_str()))
}

#[cfg(test)]
mod tests {
    use openidconnect::http::StatusCode;

    use super::*;

    fn response(status: u16, headers: &[(&'static str, &str)], body: &str) -> HttpResponse {
        let mut response = HttpResponse::new(body.into());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        for (name, value) in headers {
            response.headers_mut().append(HeaderName::from_static(name), value.parse().unwrap());
        }
        response
    }

    #[test]
    fn a_request_is_repeated_for_a_nonce_that_the_response_brings_and_for_nothing_else() {
        // T67
        let error = r#"{"error":"use_dpop_nonce"}"#;
        let challenge = ("www-authenticate", r#"DPoP error="use_dpop_nonce", algs="ES256""#);
        let nonce = ("dpop-nonce", "eyJ7S_zG.eyJH0-Z.HX4w-7v");
        assert!(demands_nonce(&response(400, &[nonce], error)));
        assert!(demands_nonce(&response(401, &[nonce], error)));
        assert!(demands_nonce(&response(401, &[challenge, nonce], "")));
        // RFC 9110 §11.1: the scheme is case-insensitive.
        let challenge_in_capitals = ("www-authenticate", r#"DPOP error="use_dpop_nonce""#);
        assert!(demands_nonce(&response(401, &[challenge_in_capitals, nonce], "")));
        assert!(!demands_nonce(&response(400, &[], error)), "no nonce");
        assert!(!demands_nonce(&response(401, &[challenge], "")), "no nonce");
        assert!(!demands_nonce(&response(400, &[nonce], r#"{"error":"invalid_dpop_proof"}"#)));
        assert!(!demands_nonce(&response(200, &[nonce], r#"{"access_token":"a"}"#)));
        for wrong in ["", "a b", "a\"b", "a\\b", &"a".repeat(MAX_NONCE_LENGTH + 1)] {
            assert!(!demands_nonce(&response(400, &[("dpop-nonce", wrong)], error)), "{wrong:?}");
        }
    }

    #[test]
    fn a_refused_proof_is_recognized_in_the_body_and_in_the_challenge() {
        // RFC 9449 §5, §7.1
        let challenge = ("www-authenticate", r#"DPoP error="invalid_dpop_proof""#);
        assert!(refuses_proof(&response(400, &[], r#"{"error":"invalid_dpop_proof"}"#)));
        assert!(refuses_proof(&response(401, &[challenge], "")));
        let of_keycloak = r#"{"error":"invalid_request","error_description":"DPoP proof has already been used"}"#;
        assert!(refuses_proof(&response(400, &[], of_keycloak)));
        for other in [
            r#"{"error":"invalid_request","error_description":"Missing parameter: code"}"#,
            r#"{"error":"use_dpop_nonce"}"#,
            r#"{"error":"invalid_grant","error_description":"DPoP key changed"}"#,
        ] {
            assert!(!refuses_proof(&response(400, &[], other)), "{other}");
        }
    }

    #[test]
    fn a_nonce_is_for_the_origin_and_the_server_that_issued_it() {
        let nonces = ProviderNonces::default();
        let [token, par, elsewhere]: [Uri; 3] =
            ["https://idp.example.com/token", "https://idp.example.com/par?a=b", "https://api.example.com/userinfo"]
                .map(|url| url.parse().unwrap());
        nonces.set(NonceIssuer::AuthorizationServer, &token, "a");
        nonces.set(NonceIssuer::AuthorizationServer, &token, "b");
        assert_eq!(nonces.latest(NonceIssuer::AuthorizationServer, &par).as_deref(), Some("b"));
        assert_eq!(nonces.latest(NonceIssuer::AuthorizationServer, &elsewhere), None);
        assert_eq!(nonces.latest(NonceIssuer::ResourceServer, &token), None);
    }

    #[test]
    fn the_url_of_a_proof_has_no_query() {
        // RFC 9449 §4.2
        for (url, expected) in [
            ("https://idp.example.com/token", "https://idp.example.com/token"),
            ("https://idp.example.com:8443/as//token?tenant=a&b", "https://idp.example.com:8443/as//token"),
            ("https://idp.example.com", "https://idp.example.com/"),
        ] {
            assert_eq!(without_query(&url.parse().unwrap()), expected);
        }
    }
}
