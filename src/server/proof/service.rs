//! A proof verified for one request, and spent.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderName, HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};

use url::form_urlencoded;

use super::{Expected, Nonces, Proof, ProofError, Thumbprint, check};
use crate::{
    server::{
        Services,
        audit::{self, Event},
        edge::Call,
        environment::Environment,
        sessions::{Kind, RecordName, Store, StoreError},
    },
    wire::error::ApiError,
};

const DPOP: HeaderName = HeaderName::from_static("dpop");
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// Checks the proofs of requests to this server.
pub struct Proofs {
    /// Browsers see us there, whatever stands between: proofs are made for it.
    front_url: String,
    nonces: Nonces,
    store: Arc<dyn Store>,
    environment: Environment,
}

/// The key that has proven to be the caller's, by a proof made for this very request.
#[derive(Clone, Debug)]
pub struct BrowserKey(pub Thumbprint);

/// The key that a login is begun for: `dpop_jkt` in the query (RFC 9449 §10). Nothing is proven of it yet.
#[derive(Clone, Debug)]
pub struct NamedKey(pub Thumbprint);

/// A proof that was verified for this request, and not yet spent.
pub struct UnspentProof {
    proof: Proof,
    proofs: Arc<Proofs>,
    call: Call,
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

/// What a caller is told of a [`ProofRefusal`]: a challenge (RFC 9449 §7.1), and a nonce where that helps (§8).
#[derive(Debug)]
pub enum ProofChallenge {
    InvalidProof,
    UseNonce(String),
    Unavailable,
}

impl Proofs {
    /// `front_url` is an origin, without a slash at its end.
    pub fn new(front_url: String, nonces: Nonces, store: Arc<dyn Store>, environment: Environment) -> Self {
        Self { front_url, nonces, store, environment }
    }

    /// The one proof of this request: made for this request and, where there is one, this access token. It is good
    /// only once it is spent.
    pub fn verify(&self, parts: &Parts, access_token: Option<&str>) -> Result<Proof, ProofChallenge> {
        let htu = format!("{}{}", self.front_url, parts.uri.path());
        let expected = Expected { method: parts.method.as_str(), htu: &htu, access_token };
        let values = parts.headers.get_all(DPOP).iter().map(HeaderValue::as_bytes);
        check(values, &expected, self.environment.now(), &self.nonces).map_err(|error| self.challenge(error.into()))
    }

    /// Spends the proof of this request and gives the key that made it. Whoever knows whose key it must be compares
    /// first: anybody can make keys, and what is spent takes room in the store.
    pub async fn spend(&self, proof: Proof) -> Result<BrowserKey, ProofChallenge> {
        let jti = RecordName::of(Kind::Spent, &proof.jti_hash);
        // RFC 9449 §11.1: in the store, so that no replica accepts it again.
        match self.store.spend(&jti, proof.expires_at, self.environment.now()).await {
            Ok(true) => Ok(BrowserKey(proof.thumbprint)),
            Ok(false) => Err(self.challenge(ProofRefusal::Replayed)),
            Err(error) => Err(self.challenge(error.into())),
        }
    }

    fn challenge(&self, refusal: ProofRefusal) -> ProofChallenge {
        match &refusal {
            // An honest browser with a wrong clock gets here once per call.
            ProofRefusal::Proof(ProofError::UseNonce) => {}
            ProofRefusal::Store(error) => tracing::error!(%error, "proof could not be judged"),
            ProofRefusal::Replayed => audit::record(Event::ProofReplayed, None, Some(&refusal)),
            ProofRefusal::Proof(ProofError::BadSignature) => {
                audit::record(Event::ProofBadSignature, None, Some(&refusal));
            }
            ProofRefusal::Proof(_) => audit::record(Event::ProofRefused, None, Some(&refusal)),
        }
        match refusal {
            ProofRefusal::Proof(ProofError::UseNonce) => {
                ProofChallenge::UseNonce(self.nonces.issue(self.environment.now()))
            }
            ProofRefusal::Proof(_) | ProofRefusal::Replayed => ProofChallenge::InvalidProof,
            ProofRefusal::Store(_) => ProofChallenge::Unavailable,
        }
    }
}

impl UnspentProof {
    pub fn key(&self) -> &Thumbprint {
        &self.proof.thumbprint
    }

    pub async fn spend(self) -> Result<BrowserKey, ProofChallenge> {
        let key = self.proofs.spend(self.proof).await?;
        self.call.prove();
        Ok(key)
    }

    /// For what may as well be asked twice.
    pub fn unspent(self) -> BrowserKey {
        BrowserKey(self.proof.thumbprint)
    }
}

/// For the doors of sessions that there are, and of logins that have begun.
impl<S: Send + Sync> FromRequestParts<S> for UnspentProof {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let services = Services::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        let proof = services.proofs.verify(parts, None).map_err(IntoResponse::into_response)?;
        let allowed = services.edge.allows_key(parts, &proof.thumbprint).await;
        allowed.map_err(IntoResponse::into_response)?;
        let call = Call::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        Ok(Self { proof, proofs: services.proofs, call })
    }
}

impl IntoResponse for ProofChallenge {
    fn into_response(self) -> Response {
        const INVALID: &str = r#"DPoP error="invalid_dpop_proof", algs="ES256""#;
        const USE_NONCE: &str = r#"DPoP error="use_dpop_nonce", algs="ES256""#;
        match self {
            Self::InvalidProof => ([(header::WWW_AUTHENTICATE, INVALID)], ApiError::InvalidProof).into_response(),
            Self::UseNonce(nonce) => {
                let headers = [(header::WWW_AUTHENTICATE, USE_NONCE), (DPOP_NONCE, &nonce)];
                (headers, ApiError::InvalidProof).into_response()
            }
            Self::Unavailable => ApiError::Unavailable.into_response(),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for NamedKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let mut named = query.filter(|(name, _)| name == "dpop_jkt").map(|(_, value)| value);
        let only = named.next().filter(|_| named.next().is_none());
        let key = only.and_then(|text| text.parse().ok()).ok_or_else(|| ApiError::MalformedRequest {
            reason: "`dpop_jkt` must be the browser key's RFC 7638 thumbprint: 43 characters of base64url".into(),
        })?;
        // The key is not charged: nobody has proven that it is the caller's.
        Services::from_request_parts(parts, state).await?.edge.allows_login(parts).await?;
        Ok(Self(key))
    }
}
