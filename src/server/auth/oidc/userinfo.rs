//! The userinfo request (OpenID Connect Core §5.3), for claims that providers leave out of the ID token.

use std::sync::OnceLock;

use futures_util::{FutureExt, future::BoxFuture};
use openidconnect::{
    AccessToken, AsyncHttpClient, EmptyAdditionalClaims, HttpRequest, HttpResponse, SubjectIdentifier, UserInfoClaims,
    core::CoreGenderClaim,
    http::{HeaderValue, StatusCode, header::AUTHORIZATION},
};
use serde_json::{Map, Value, json};

use super::{
    client::{OidcClient, RelyingParty},
    dpop::{NonceIssuer, RequestProofs, demands_nonce},
    http::{HttpError, is_jwt},
    signature::SignatureError,
    token_claims::TokenClaims,
};
use crate::server::{
    auth::{
        dpop::{ProofKey, ProofKeyError},
        jose::{Compact, Malformed, json as jose_json},
    },
    excerpt::excerpt,
    observe::metrics::ProviderEndpoint,
};

/// Why a userinfo response is not used. The texts quote nothing of it.
#[derive(Debug, thiserror::Error)]
enum UserinfoError {
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("{0}")]
    Malformed(#[from] Malformed),
    #[error("{0}")]
    Signature(#[from] SignatureError),
    #[error("its `{0}` is not the expected one")]
    Claim(&'static str),
}

/// The HTTP client for one request. It returns to `openidconnect` only the claim that the crate checks, `sub`, and stores
/// the others as received: the crate rejects a response if one claim that nobody reads has another type than specified.
struct UserinfoHttp<'c> {
    oidc: &'c OidcClient,
    access_token: &'c AccessToken,
    /// For an access token that is bound to a key.
    proofs: Option<RequestProofs<'c>>,
    claims: OnceLock<Map<String, Value>>,
}

impl OidcClient {
    /// The claims of the userinfo response, in untyped JSON. `proof_key` is the key that the access token is bound to.
    /// `None`, with a line in the log, if it can't be used.
    pub(super) async fn userinfo(
        &self,
        relying_party: &RelyingParty,
        access_token: &AccessToken,
        sub: &SubjectIdentifier,
        proof_key: Option<&ProofKey>,
    ) -> Option<Map<String, Value>> {
        // Without the endpoint there is nothing to log.
        relying_party.user_info_url()?;
        let claims = self.request_userinfo(relying_party, access_token, sub, proof_key).await;
        claims
            .inspect_err(|error| {
                tracing::warn!(%error, "userinfo could not be read; the person is shown by what the ID token says");
            })
            .ok()
    }

    /// The same; the error is for the log.
    pub(super) async fn request_userinfo(
        &self,
        relying_party: &RelyingParty,
        access_token: &AccessToken,
        sub: &SubjectIdentifier,
        proof_key: Option<&ProofKey>,
    ) -> Result<Map<String, Value>, String> {
        // `openidconnect` compares the response's `sub` with the ID token's (§5.3.2).
        let request = relying_party.user_info(access_token.clone(), Some(sub.clone()));
        let request = request.map_err(|_| "the provider's metadata names no userinfo_endpoint".to_owned())?;
        let proofs = self.proofs(proof_key, NonceIssuer::ResourceServer);
        let http = UserinfoHttp { oidc: self, access_token, proofs, claims: OnceLock::new() };
        let answer: Result<UserInfoClaims<EmptyAdditionalClaims, CoreGenderClaim>, _> =
            request.request_async(&http).await;
        match answer {
            Ok(_) => http.claims.into_inner().ok_or_else(|| "the answer has no claims".to_owned()),
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                let error = format!("{error}: {cause}");
                Err(excerpt(&error).without([access_token.secret().as_str()]).to_string())
            }
        }
    }

    async fn userinfo_claims(&self, response: &HttpResponse) -> Result<Map<String, Value>, UserinfoError> {
        match is_jwt(response.headers()) {
            false => Ok(serde_json::from_slice(response.body()).map_err(|_| Malformed("it is not a JSON object"))?),
            true => self.signed_userinfo_claims(response.body()).await,
        }
    }

    /// §5.3.2: a signed response has the issuer as `iss`, and the client id in `aud`.
    async fn signed_userinfo_claims(&self, body: &[u8]) -> Result<Map<String, Value>, UserinfoError> {
        let came_at = self.environment.now();
        let jwt = Compact::parse(body.trim_ascii())?;
        let header = jose_json::object(&jwt.header)?;
        // RFC 7515 §4.1.11: no extension is supported.
        if header.contains_key("crit") {
            return Err(UserinfoError::Claim("crit"));
        }
        self.verify_signature(&jwt, &header, came_at).await?;
        let claims = TokenClaims(jose_json::object(&jwt.payload)?);
        match (claims.text("iss") == Some(self.issuer()), claims.is_for(&self.settings.client_id)) {
            (false, _) => Err(UserinfoError::Claim("iss")),
            (true, false) => Err(UserinfoError::Claim("aud")),
            (true, true) => Ok(claims.0),
        }
    }
}

impl UserinfoHttp<'_> {
    /// Repeats the request once if the provider demands a proof with its nonce (RFC 9449 §9).
    async fn send_with_nonce(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let Some(proofs) = &self.proofs else {
            return self.oidc.http.at(ProviderEndpoint::Userinfo).call(request).await;
        };
        let response = self.send_with_proof(&request, proofs).await?;
        match demands_nonce(&response) {
            true => self.send_with_proof(&request, proofs).await,
            false => Ok(response),
        }
    }

    /// RFC 9449 §7.1
    async fn send_with_proof(
        &self,
        request: &HttpRequest,
        proofs: &RequestProofs<'_>,
    ) -> Result<HttpResponse, HttpError> {
        let (mut attempt, access_token) = (request.clone(), self.access_token.secret());
        let mut authorization = HeaderValue::try_from(format!("DPoP {access_token}")).map_err(|_| ProofKeyError)?;
        authorization.set_sensitive(true);
        attempt.headers_mut().insert(AUTHORIZATION, authorization);
        proofs.add_to(&mut attempt, Some(access_token))?;
        let response = self.oidc.http.at(ProviderEndpoint::Userinfo).call(attempt).await?;
        proofs.store_nonce(request.uri(), &response);
        Ok(response)
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, UserinfoError> {
        let mut response = self.send_with_nonce(request).await?;
        if response.status() == StatusCode::OK {
            let claims = self.oidc.userinfo_claims(&response).await?;
            *response.body_mut() = json!({ "sub": claims.get("sub") }).to_string().into_bytes();
            response.headers_mut().clear();
            _ = self.claims.set(claims);
        }
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for UserinfoHttp<'_> {
    type Error = UserinfoError;
    type Future = BoxFuture<'c, Result<HttpResponse, UserinfoError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        self.send(request).boxed()
    }
}
