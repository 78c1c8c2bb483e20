//! Why a proof is refused. The texts are for the log. None contains a value from the proof.

use super::thumbprint::Thumbprint;
use crate::server::auth::jose;

/// Why a request's proof is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    #[error("no DPoP header")]
    Missing,
    #[error("more than one DPoP header")]
    MoreThanOne,
    #[error("the proof is too long")]
    TooLong,
    /// Not a JWT, or a required member is absent or of another type.
    #[error("malformed proof: {0}")]
    Malformed(&'static str),
    /// RFC 7515 §4.1.11: an unsupported extension must not be ignored, and none is supported.
    #[error("the proof's header has `crit`")]
    CriticalExtension,
    #[error("the proof's `typ` is not dpop+jwt")]
    WrongType,
    #[error("the proof's `alg` is not ES256")]
    UnsupportedAlgorithm,
    /// The `jwk` is not a key for ES256, or has another `use`, `key_ops` or `alg`.
    #[error("unusable `jwk`: {0}")]
    UnusableKey(&'static str),
    #[error("the proof's `jwk` holds a private key")]
    PrivateKeyInHeader,
    #[error("the proof's signature does not verify with its `jwk`")]
    BadSignature,
    #[error("the proof's `jti` is empty or too long")]
    BadJti,
    /// Out of range, probably in milliseconds instead of seconds.
    #[error("the proof's `iat` is no plausible time in seconds")]
    BadIat,
    #[error("the proof is for another method")]
    WrongMethod,
    #[error("the proof is for another URL")]
    WrongUrl,
    /// It has no nonce, or one that is not valid for its key; or, if none is required, its `iat` is not recent. The client
    /// must try again with the nonce in the response's `DPoP-Nonce` header (error `use_dpop_nonce`, RFC 9449 §8), which is
    /// issued for this key.
    #[error("a proof with a fresh server nonce is needed")]
    UseNonce(Thumbprint),
    #[error("the proof is by another key than `dpop_jkt` names")]
    WrongKey,
    #[error("the proof has no `ath`, but an access token goes along")]
    MissingTokenHash,
    #[error("the proof is for another access token")]
    WrongTokenHash,
}

impl From<jose::Malformed> for ProofError {
    fn from(error: jose::Malformed) -> Self {
        Self::Malformed(error.0)
    }
}
