//! Verification of a DPoP proof: RFC 9449 §4.3, step by step.

use std::time::{Duration, SystemTime};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{
    claims::Claims, error::ProofError, header::Header, htu, key::PublicKey, nonce::Nonces, thumbprint::Thumbprint,
};
use crate::server::auth::jose::Compact;

/// The maximum length of a `DPoP` header value, in bytes. Proofs by browsers have about 500.
pub const MAX_PROOF_LENGTH: usize = 4096;

/// The maximum age of a proof without a nonce, by its `iat`.
pub const IAT_WINDOW: Duration = Duration::from_secs(60);

/// How far in the future its `iat` may be, for clocks that differ a little.
pub const IAT_LEEWAY: Duration = Duration::from_secs(5);

/// How far the clocks of two replicas may be apart.
pub const REPLICA_SKEW: Duration = Duration::from_secs(60);

/// The values of the request that the proof must match.
#[derive(Clone, Copy)]
pub struct Expected<'a> {
    pub method: &'a str,
    /// Origin and path of the request as the browser sees them, without query and fragment.
    pub htu: &'a str,
    /// The access token of the request, if any.
    pub access_token: Option<&'a str>,
    pub nonce: NonceRule,
}

/// Whether a proof must contain a server nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonceRule {
    /// For requests that use a pending login, a session or an access token. The client chooses `iat`, so without a nonce,
    /// injected script could sign proofs in advance for hours (RFC 9449 §11.2).
    Required,
    /// For the request that begins a login: the client may not have a nonce yet, so a proof without one must be recent. A
    /// proof that was signed in advance can only begin a login, which the same key must finish, with a nonce. (§11.3 would
    /// require a nonce of clients that were sent one, but the server does not store which these are.)
    Optional,
}

/// A proof that passed every check that needs no store. Before using it, the caller must
///
/// - refuse it unless `thumbprint` is the one that the pending authorization, session or access token is bound to, and
/// - store `jti_hash` as used until `expires_at`, and refuse the proof if it was used before (§11.1).
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "the thumbprint is still to be compared, and the jti to be consumed"]
pub struct Proof {
    pub thumbprint: Thumbprint,
    /// SHA-256 of thumbprint and `jti`, in base64url. With the thumbprint, as two clients may choose the same `jti`.
    pub jti_hash: String,
    /// When no replica accepts the proof any more.
    pub expires_at: SystemTime,
}

/// Checks the proof of a request. `values` are those of all its `DPoP` header fields.
pub fn check<'a>(
    values: impl IntoIterator<Item = &'a [u8]>,
    expected: &Expected<'_>,
    now: SystemTime,
    nonces: &Nonces,
) -> Result<Proof, ProofError> {
    // 1. There is not more than one DPoP header field.
    let value = single_value(values)?;

    // 2. Its value is a single and well-formed JWT.
    let jwt = Compact::parse(value)?;

    // 3. It contains all required claims (§4.2). The header has no `crit`.
    let header = Header::parse(&jwt.header)?;
    let claims = Claims::parse(&jwt.payload)?;

    // 4. `typ` is dpop+jwt.
    if header.typ != "dpop+jwt" {
        return Err(ProofError::WrongType);
    }

    // 5. `alg` is a supported asymmetric algorithm. Every browser has ES256.
    if header.alg != "ES256" {
        return Err(ProofError::UnsupportedAlgorithm);
    }

    // 6. The signature verifies with the key in `jwk`.
    let key = PublicKey::from_jwk(&header.jwk)?;
    if !key.verify(jwt.signed, &jwt.signature) {
        return Err(ProofError::BadSignature);
    }

    // 7. `jwk` does not contain a private key.
    if header.jwk.contains_key("d") {
        return Err(ProofError::PrivateKeyInHeader);
    }

    // 8. `htm` is the method of the request. Methods are case-sensitive (RFC 9110 §9.1).
    if claims.htm != expected.method {
        return Err(ProofError::WrongMethod);
    }

    // 9. `htu` is the URL of the request, without query and fragment.
    if !htu::is_same(&claims.htu, expected.htu) {
        return Err(ProofError::WrongUrl);
    }

    // 10. and 11. `nonce` was issued to this key recently; or, if none is required, `iat` is recent.
    let thumbprint = key.thumbprint();
    let acceptable_until = match acceptable_until(&claims, expected.nonce, &thumbprint, now, nonces) {
        Some(until) => until,
        None => return Err(ProofError::UseNonce(thumbprint)),
    };

    // 12. `ath` is the hash of the access token. The caller checks that the token is bound to this key, and that the
    // `jti` is used only once (§11.1).
    if let Some(access_token) = expected.access_token {
        check_token_hash(claims.ath.as_deref(), access_token)?;
    }

    let jti_hash = jti_hash(&thumbprint, &claims.jti);
    Ok(Proof { thumbprint, jti_hash, expires_at: acceptable_until + REPLICA_SKEW })
}

fn single_value<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Result<&'a [u8], ProofError> {
    let mut values = values.into_iter();
    match (values.next(), values.next()) {
        (None, _) => Err(ProofError::Missing),
        (Some(_), Some(_)) => Err(ProofError::MoreThanOne),
        (Some(value), None) if value.len() > MAX_PROOF_LENGTH => Err(ProofError::TooLong),
        (Some(value), None) => Ok(value),
    }
}

/// Until when the proof is accepted; `None` if it is not accepted now.
///
/// With a valid nonce, `iat` is not compared with the server's clock: step 11 allows "a server managed timestamp via the
/// nonce claim" in its place, as a proof can't have been made before its nonce was issued (§8, §11.1). So a wrong clock of
/// the client does no harm, and an `iat` in the future gains nothing. With an invalid nonce the proof is refused, however
/// recent its `iat` is: otherwise it could be replayed after its `jti` was removed, which is stored for the lifetime of
/// the nonce.
fn acceptable_until(
    claims: &Claims,
    rule: NonceRule,
    client: &Thumbprint,
    now: SystemTime,
    nonces: &Nonces,
) -> Option<SystemTime> {
    match (&claims.nonce, rule) {
        (Some(nonce), _) => nonces.valid_until(nonce, client, now),
        (None, NonceRule::Required) => None,
        (None, NonceRule::Optional) => {
            let until = claims.iat + IAT_WINDOW;
            (claims.iat <= now + IAT_LEEWAY && now <= until).then_some(until)
        }
    }
}

/// Only for requests with an access token. Otherwise `ath` is ignored like any unknown claim.
fn check_token_hash(ath: Option<&str>, access_token: &str) -> Result<(), ProofError> {
    let ath = ath.ok_or(ProofError::MissingTokenHash)?;
    let hash = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(access_token));
    if ath.as_bytes().ct_eq(hash.as_bytes()).into() { Ok(()) } else { Err(ProofError::WrongTokenHash) }
}

/// No separator is needed, as the thumbprint always has 43 characters.
fn jti_hash(thumbprint: &Thumbprint, jti: &str) -> String {
    let hash = Sha256::new().chain_update(thumbprint.to_string()).chain_update(jti).finalize();
    BASE64_URL_SAFE_NO_PAD.encode(hash)
}
