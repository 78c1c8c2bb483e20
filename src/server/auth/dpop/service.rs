//! The proof of one request: it is verified, its key is compared with the key of the login or session, and its `jti` is
//! consumed.

use std::sync::Arc;

use super::{Expected, NonceRule, Nonces, Proof, ProofError, Thumbprint, check};
use crate::{
    server::{
        environment::Environment,
        observe::audit::{self, Event},
        store::{Kind, RecordName, Store, StoreError},
    },
    wire::error::ApiError,
};

/// Verifies the proofs of requests to this server.
pub struct Proofs {
    /// The origin that browsers see, also behind a proxy: `htu` begins with it.
    front_url: String,
    nonces: Nonces,
    store: Arc<dyn Store>,
    environment: Environment,
}

/// The parts of a request that its proof is checked against.
#[derive(Clone, Debug)]
pub struct SignedRequest<'a> {
    pub method: &'a str,
    /// Without the query.
    pub path: &'a str,
    /// The values of all `DPoP` header fields.
    pub proofs: Vec<&'a [u8]>,
}

/// The outcome of [`Proofs::verify`].
pub struct Verification {
    pub proof: Result<Proof, ProofChallenge>,
    /// For the response's `DPoP-Nonce` header (RFC 9449 §8.2). `None` if the proof's signature was not verified.
    pub next_nonce: Option<String>,
}

/// The thumbprint of the key that the login or session is bound to and that signed the proof of this request. Only
/// [`VerifiedProof::accept`] creates one, when it has consumed the proof.
#[derive(Clone, Debug)]
pub struct VerifiedKey(Thumbprint);

/// A proof that is valid for this request, made with any key: [`Self::accept`] has to compare the key before the proof
/// is relied on.
pub struct VerifiedProof {
    proof: Proof,
    proofs: Arc<Proofs>,
    on_accept: Box<dyn FnOnce() + Send>,
}

/// Why a verified proof was not accepted.
#[derive(Debug)]
pub enum KeyRefusal {
    /// It was made with another key. It is not consumed.
    OtherKey,
    Proof(ProofChallenge),
}

/// Why a proof was refused.
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

/// The response to a [`ProofRefusal`]: the error of the challenge (RFC 9449 §7.1). For [`Self::UseNonce`], the response
/// has a nonce in the `DPoP-Nonce` header.
#[derive(Clone, Copy, Debug)]
pub enum ProofChallenge {
    InvalidProof,
    UseNonce,
    Unavailable,
}

impl Proofs {
    /// `front_url` is an origin without a trailing slash.
    pub fn new(front_url: String, nonces: Nonces, store: Arc<dyn Store>, environment: Environment) -> Self {
        Self { front_url, nonces, store, environment }
    }

    /// Verifies that the request has exactly one proof, made for this request and, if given, this access token. The
    /// caller must still compare its key and consume it.
    pub fn verify(&self, request: &SignedRequest<'_>, access_token: Option<&str>, nonce: NonceRule) -> Verification {
        let (htu, now) = (format!("{}{}", self.front_url, request.path), self.environment.now());
        let expected = Expected { method: request.method, htu: &htu, access_token, nonce };
        let proof = check(request.proofs.iter().copied(), &expected, now, &self.nonces);
        let signed_by = match &proof {
            Ok(proof) => Some(&proof.thumbprint),
            Err(ProofError::UseNonce(thumbprint)) => Some(thumbprint),
            Err(_) => None,
        };
        if let Some(thumbprint) = signed_by {
            audit::set_proof_key(thumbprint);
        }
        let next_nonce = signed_by.map(|thumbprint| self.nonces.issue(thumbprint, now));
        Verification { proof: proof.map_err(|error| ProofRefusal::from(error).report()), next_nonce }
    }

    /// Consumes the proof, so that it can't be used again. Only for a proof with the expected key: anybody can generate
    /// keys, and each used `jti` takes space in the store.
    pub async fn consume(&self, proof: &Proof) -> Result<(), ProofChallenge> {
        let jti = RecordName::of(Kind::UsedProof, &proof.jti_hash);
        // RFC 9449 §11.1: in the store, so that no replica accepts it again.
        match self.store.consume(&jti, proof.expires_at, self.environment.now()).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(ProofRefusal::Replayed.report()),
            Err(error) => Err(ProofRefusal::from(error).report()),
        }
    }
}

impl ProofRefusal {
    /// Records the refusal in the audit log, and returns the response to the client. To be called once.
    pub fn report(&self) -> ProofChallenge {
        match self {
            // Not an attack: the nonce of an idle client has expired.
            Self::Proof(ProofError::UseNonce(_)) => return ProofChallenge::UseNonce,
            Self::Store(error) => {
                tracing::error!(%error, "proof could not be judged");
                return ProofChallenge::Unavailable;
            }
            Self::Replayed => audit::record(Event::ProofReplayed, None, Some(self)),
            Self::Proof(ProofError::BadSignature) => audit::record(Event::ProofBadSignature, None, Some(self)),
            Self::Proof(_) => audit::record(Event::ProofRefused, None, Some(self)),
        }
        ProofChallenge::InvalidProof
    }
}

impl VerifiedKey {
    pub fn thumbprint(&self) -> &Thumbprint {
        &self.0
    }

    pub fn into_thumbprint(self) -> Thumbprint {
        self.0
    }
}

impl VerifiedProof {
    /// `on_accept` is called when the key has matched and the proof was consumed.
    pub fn new(proof: Proof, proofs: Arc<Proofs>, on_accept: impl FnOnce() + Send + 'static) -> Self {
        Self { proof, proofs, on_accept: Box::new(on_accept) }
    }

    /// Compares the key with the one that the login or session is bound to, and then consumes the proof. A proof with
    /// another key is not consumed, so that it takes no space in the store.
    pub async fn accept(self, bound_to: &Thumbprint) -> Result<VerifiedKey, KeyRefusal> {
        if !self.proof.thumbprint.matches(bound_to) {
            return Err(KeyRefusal::OtherKey);
        }
        self.proofs.consume(&self.proof).await.map_err(KeyRefusal::Proof)?;
        (self.on_accept)();
        Ok(VerifiedKey(self.proof.thumbprint))
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
