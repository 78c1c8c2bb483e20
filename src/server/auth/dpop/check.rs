//! RFC 9449 §4.3, step by step.

use std::time::{Duration, SystemTime};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{
    claims::Claims, error::ProofError, header::Header, htu, key::PublicKey, nonce::Nonces, thumbprint::Thumbprint,
};
use crate::server::auth::jose::Compact;

/// The longest `DPoP` header value that is read, in bytes. Proofs by browsers have about 500.
pub const MAX_PROOF_LENGTH: usize = 4096;

/// How old a proof without a nonce may be by its `iat`.
pub const IAT_WINDOW: Duration = Duration::from_secs(60);

/// How far in the future its `iat` may be: for clocks that differ a little, not for proofs made in advance.
pub const IAT_LEEWAY: Duration = Duration::from_secs(5);

/// How far the clocks of two replicas may be apart.
pub const REPLICA_SKEW: Duration = Duration::from_secs(60);

/// What the request must have been signed for.
#[derive(Clone, Copy)]
pub struct Expected<'a> {
    pub method: &'a str,
    /// Origin and path of the request as the browser names them, without query and fragment.
    pub htu: &'a str,
    /// The access token of the request, if any.
    pub access_token: Option<&'a str>,
    pub nonce: NonceRule,
}

/// Whether a proof must have a server nonce in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonceRule {
    /// For requests that use a pending login, a session or an access token. The signer chooses `iat`, so without a nonce,
    /// injected script could sign proofs for hours ahead (RFC 9449 §11.2).
    Required,
    /// For the request that begins a login: the client may not have a nonce yet, so a proof without one must be recent. A
    /// proof that was signed in advance can only begin a login, which the same key must finish, with a nonce. (The server does
    /// not store which clients got a nonce, so §11.3 could only be followed by demanding one of everybody.)
    Optional,
}

/// A proof that passed every check that needs no store. Before acting on it, the caller must
///
/// - refuse it unless `thumbprint` is the one that the pending authorization, session or access token is bound to, and
/// - store `jti_hash` as used until `expires_at`, and refuse the proof if it is there already (§11.1).
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "the thumbprint is still to be compared, and the jti to be consumed"]
pub struct Proof {
    pub thumbprint: Thumbprint,
    /// SHA-256 of thumbprint and `jti`, in base64url: one client can't use up the `jti` of another.
    pub jti_hash: String,
    /// From then on the proof can't pass this check at any replica.
    pub expires_at: SystemTime,
}

/// Checks the proof of a request; `values` are those of all its `DPoP` header fields.
pub fn check<'a>(
    values: impl IntoIterator<Item = &'a [u8]>,
    expected: &Expected<'_>,
    now: SystemTime,
    nonces: &Nonces,
) -> Result<Proof, ProofError> {
    // 1. There is not more than one DPoP header field.
    let value = only_one(values)?;

    // 2. Its value is a single and well-formed JWT.
    let jwt = Compact::parse(value)?;

    // 3. All required claims are contained in it (§4.2); and nothing in the header is critical.
    let header = Header::parse(&jwt.header)?;
    let claims = Claims::parse(&jwt.payload)?;

    // 4. `typ` is dpop+jwt.
    if header.typ != "dpop+jwt" {
        return Err(ProofError::WrongType);
    }

    // 5. `alg` is an asymmetric algorithm that we support: the one that every browser has.
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

    // 10. and 11. `nonce` is one that we issued to this key recently; or, where none is required, `iat` is recent.
    let thumbprint = key.thumbprint();
    let acceptable_until = match acceptable_until(&claims, expected.nonce, &thumbprint, now, nonces) {
        Some(until) => until,
        None => return Err(ProofError::UseNonce(thumbprint)),
    };

    // 12. `ath` is the hash of the access token. The caller checks that the token is bound to this key, as it looks the
    // token up, and that the `jti` is used once (§11.1).
    if let Some(access_token) = expected.access_token {
        check_token_hash(claims.ath.as_deref(), access_token)?;
    }

    let jti_hash = jti_hash(&thumbprint, &claims.jti);
    Ok(Proof { thumbprint, jti_hash, expires_at: acceptable_until + REPLICA_SKEW })
}

fn only_one<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Result<&'a [u8], ProofError> {
    let mut values = values.into_iter();
    match (values.next(), values.next()) {
        (None, _) => Err(ProofError::Missing),
        (Some(_), Some(_)) => Err(ProofError::MoreThanOne),
        (Some(value), None) if value.len() > MAX_PROOF_LENGTH => Err(ProofError::TooLong),
        (Some(value), None) => Ok(value),
    }
}

/// Until when the proof's time is acceptable, if it is acceptable now.
///
/// With a valid nonce, `iat` is not compared with the server's clock: step 11 lets the time of creation be "a server
/// managed timestamp via the nonce claim", because a proof with our nonce in it can't have been made before we issued that
/// nonce (§8), and §11.1 allows it because clocks may be far apart. So a wrong clock at the client does no harm, and an
/// `iat` in the future gains nothing. An invalid nonce is never made up for by `iat`: the proof could then pass again after
/// its `jti` had been removed together with the nonce.
fn acceptable_until(
    claims: &Claims,
    rule: NonceRule,
    client: &Thumbprint,
    now: SystemTime,
    nonces: &Nonces,
) -> Option<SystemTime> {
    match (&claims.nonce, rule) {
        (Some(nonce), _) => nonces.good_until(nonce, client, now),
        (None, NonceRule::Required) => None,
        (None, NonceRule::Optional) => {
            let until = claims.iat + IAT_WINDOW;
            (claims.iat <= now + IAT_LEEWAY && now <= until).then_some(until)
        }
    }
}

/// Without an access token, `ath` is ignored like any unexpected claim.
fn check_token_hash(ath: Option<&str>, access_token: &str) -> Result<(), ProofError> {
    let ath = ath.ok_or(ProofError::MissingTokenHash)?;
    let hash = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(access_token));
    if ath.as_bytes().ct_eq(hash.as_bytes()).into() { Ok(()) } else { Err(ProofError::WrongTokenHash) }
}

/// Unambiguous without a separator: the thumbprint always has 43 characters.
fn jti_hash(thumbprint: &Thumbprint, jti: &str) -> String {
    let hash = Sha256::new().chain_update(thumbprint.to_string()).chain_update(jti).finalize();
    BASE64_URL_SAFE_NO_PAD.encode(hash)
}
