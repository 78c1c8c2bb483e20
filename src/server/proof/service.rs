//! One request's proof: verified, its key compared with the one it must be by, and consumed.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderName, HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};

use url::form_urlencoded;

use super::{Expected, NextNonce, NonceRule, Nonces, Proof, ProofError, Thumbprint, check};
use crate::{
    server::{
        Services,
        audit::{self, Event},
        environment::Environment,
        http::ingress::Call,
        sessions::{Kind, RecordName, Store, StoreError},
    },
    wire::error::ApiError,
};

const DPOP: HeaderName = HeaderName::from_static("dpop");

/// Checks the proofs of requests to this server.
pub struct Proofs {
    /// Browsers see us there, whatever stands between: proofs are made for it.
    front_url: String,
    nonces: Nonces,
    store: Arc<dyn Store>,
    environment: Environment,
}

/// The key of the login or session that a call is for: it made the proof of this very request, and that proof is
/// consumed. Only [`VerifiedProof::accept`] makes one.
#[derive(Clone, Debug)]
pub struct BrowserKey(Thumbprint);

/// The key that a login is begun for: `dpop_jkt` in the query names it (RFC 9449 §10), and it made the request's proof.
#[derive(Clone, Debug)]
pub struct NamedKey(pub Thumbprint);

/// A proof that was verified for this request. Which key it must be by is still to be said: nothing is given for it
/// before [`Self::accept`].
pub struct VerifiedProof {
    proof: Proof,
    proofs: Arc<Proofs>,
    call: Call,
}

/// Why a verified proof was not accepted.
#[derive(Debug)]
pub enum KeyRefusal {
    /// It is by another key. It is not consumed.
    OtherKey,
    Proof(ProofChallenge),
}

/// Why a proof was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum ProofRefusal {
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// RFC 9449 §11.1
    #[error("the proof was used before")]
    Replayed,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a caller is told of a [`ProofRefusal`]: a challenge (RFC 9449 §7.1). The nonce that [`Self::UseNonce`] asks for
/// goes along by [`NextNonce`].
#[derive(Clone, Copy, Debug)]
pub enum ProofChallenge {
    InvalidProof,
    UseNonce,
    Unavailable,
}

impl Proofs {
    /// `front_url` is an origin, without a slash at its end.
    pub fn new(front_url: String, nonces: Nonces, store: Arc<dyn Store>, environment: Environment) -> Self {
        Self { front_url, nonces, store, environment }
    }

    /// The one proof of this request: made for this request and, where there is one, this access token, with a nonce of
    /// ours. It is good only once its key is compared and it is consumed.
    pub fn verify(&self, parts: &Parts, access_token: Option<&str>) -> Result<Proof, ProofChallenge> {
        self.verify_as(parts, access_token, NonceRule::Required)
    }

    fn verify_as(&self, parts: &Parts, access_token: Option<&str>, nonce: NonceRule) -> Result<Proof, ProofChallenge> {
        let (htu, now) = (format!("{}{}", self.front_url, parts.uri.path()), self.environment.now());
        let expected = Expected { method: parts.method.as_str(), htu: &htu, access_token, nonce };
        let values = parts.headers.get_all(DPOP).iter().map(HeaderValue::as_bytes);
        let outcome = check(values, &expected, now, &self.nonces);
        let client = match &outcome {
            Ok(proof) => Some(&proof.thumbprint),
            Err(ProofError::UseNonce(client)) => Some(client),
            Err(_) => None,
        };
        if let Some(client) = client {
            audit::presented(client);
        }
        if let Some(client) = client
            && let Some(next) = parts.extensions.get::<NextNonce>()
        {
            next.set(self.nonces.issue(client, now));
        }
        outcome.map_err(|error| challenge(&error.into()))
    }

    /// Consumes the proof of this request: it is good once. To be done once its key is known to be the right one: anybody
    /// can make keys, and what is consumed takes room in the store.
    pub async fn consume(&self, proof: &Proof) -> Result<(), ProofChallenge> {
        let jti = RecordName::of(Kind::Spent, &proof.jti_hash);
        // RFC 9449 §11.1: in the store, so that no replica accepts it again.
        match self.store.spend(&jti, proof.expires_at, self.environment.now()).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(challenge(&ProofRefusal::Replayed)),
            Err(error) => Err(challenge(&error.into())),
        }
    }
}

/// Recorded here, once.
fn challenge(refusal: &ProofRefusal) -> ProofChallenge {
    match refusal {
        // An honest client that was idle for a while gets here.
        ProofRefusal::Proof(ProofError::UseNonce(_)) => return ProofChallenge::UseNonce,
        ProofRefusal::Store(error) => {
            tracing::error!(%error, "proof could not be judged");
            return ProofChallenge::Unavailable;
        }
        ProofRefusal::Replayed => audit::record(Event::ProofReplayed, None, Some(refusal)),
        ProofRefusal::Proof(ProofError::BadSignature) => audit::record(Event::ProofBadSignature, None, Some(refusal)),
        ProofRefusal::Proof(_) => audit::record(Event::ProofRefused, None, Some(refusal)),
    }
    ProofChallenge::InvalidProof
}

impl BrowserKey {
    pub fn thumbprint(&self) -> &Thumbprint {
        &self.0
    }
}

impl VerifiedProof {
    /// Of this request, within what its key may ask for.
    async fn of<S: Send + Sync>(parts: &mut Parts, state: &S, nonce: NonceRule) -> Result<Self, Response> {
        let services = Services::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        let proof = services.proofs.verify_as(parts, None, nonce).map_err(IntoResponse::into_response)?;
        let allowed = services.edge.allows_key(parts, &proof.thumbprint).await;
        allowed.map_err(IntoResponse::into_response)?;
        let call = Call::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        Ok(Self { proof, proofs: services.proofs, call })
    }

    /// The key that made it, which must be the one that the login or session is bound to. Only then is the proof consumed:
    /// where it is by another key, one that comes again does no more than it did before, and takes no room in the store.
    pub async fn accept(self, bound_to: &Thumbprint) -> Result<BrowserKey, KeyRefusal> {
        if !self.proof.thumbprint.matches(bound_to) {
            return Err(KeyRefusal::OtherKey);
        }
        self.proofs.consume(&self.proof).await.map_err(KeyRefusal::Proof)?;
        self.call.prove();
        Ok(BrowserKey(self.proof.thumbprint))
    }
}

/// For the endpoints of sessions that there are, and of logins that have begun.
impl<S: Send + Sync> FromRequestParts<S> for VerifiedProof {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        Self::of(parts, state, NonceRule::Required).await
    }
}

impl<S: Send + Sync> FromRequestParts<S> for NamedKey {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let named = named_key(parts).map_err(IntoResponse::into_response)?;
        // A browser that comes for the first time can't have a nonce; this answer brings it.
        let proof = VerifiedProof::of(parts, state, NonceRule::Optional).await?;
        match proof.accept(&named).await {
            Ok(BrowserKey(key)) => Ok(Self(key)),
            // RFC 9449 §10.1
            Err(KeyRefusal::OtherKey) => Err(challenge(&ProofError::WrongKey.into()).into_response()),
            Err(KeyRefusal::Proof(challenge)) => Err(challenge.into_response()),
        }
    }
}

/// The one `dpop_jkt` of the query.
fn named_key(parts: &Parts) -> Result<Thumbprint, ApiError> {
    let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let mut named = query.filter(|(name, _)| name == "dpop_jkt").map(|(_, value)| value);
    let only = named.next().filter(|_| named.next().is_none());
    only.and_then(|text| text.parse().ok()).ok_or_else(|| ApiError::MalformedRequest {
        reason: "`dpop_jkt` must be the browser key's RFC 7638 thumbprint: 43 characters of base64url".into(),
    })
}

impl IntoResponse for ProofChallenge {
    fn into_response(self) -> Response {
        const INVALID: &str = r#"DPoP error="invalid_dpop_proof", algs="ES256""#;
        const USE_NONCE: &str = r#"DPoP error="use_dpop_nonce", algs="ES256""#;
        match self {
            Self::InvalidProof => ([(header::WWW_AUTHENTICATE, INVALID)], ApiError::from(self)).into_response(),
            Self::UseNonce => ([(header::WWW_AUTHENTICATE, USE_NONCE)], ApiError::from(self)).into_response(),
            Self::Unavailable => ApiError::from(self).into_response(),
        }
    }
}

impl From<ProofChallenge> for ApiError {
    fn from(challenge: ProofChallenge) -> Self {
        match challenge {
            ProofChallenge::InvalidProof | ProofChallenge::UseNonce => Self::InvalidProof,
            ProofChallenge::Unavailable => Self::Unavailable,
        }
    }
}
