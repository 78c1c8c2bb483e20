//! Signals that a person's sessions must end, besides the provider's logout tokens: security event tokens of the Shared
//! Signals Framework (RFC 8417, RFC 8935, OpenID CAEP), and requests for global token revocation
//! (draft-parecki-oauth-global-token-revocation), which Okta calls Universal Logout.
//!
//! | file | holds |
//! |---|---|
//! | `settings` | what is accepted, and from whom |
//! | `issuer_keys` | the keys of an issuer that is not the provider |
//! | `security_event`, `revocation` | verification of each kind of token |
//! | `subject` | whose sessions are meant (RFC 9493) |
//! | `error` | why a signal is refused |
//!
//! Both kinds of tokens are verified alike: by their `typ`, which no other token has, then issuer, audience, times and `jti`,
//! and last the signature. The caller checks that the `jti` is new.

mod error;
mod issuer_keys;
mod revocation;
mod security_event;
mod settings;
mod subject;

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use super::{client::OidcClient, error::AccessTokenError, token_claims::TokenClaims};
use crate::server::auth::jose::{Compact, json};

pub use error::SignalError;
pub use security_event::{EventKind, SecurityEvent};
pub use settings::{SignalIssuer, SignalSettings};
pub use subject::{SignalSubject, SubjectError, SubjectUser};

pub(super) use issuer_keys::IssuerKeys;

/// The `jti` of a verified signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalId {
    pub jti: String,
    /// How long it must be stored as used. Later, the signal is refused for its age.
    pub expires_at: SystemTime,
}

/// What distinguishes the kinds of tokens.
struct Profile {
    /// The maximum length in bytes.
    max_length: usize,
    /// Without `application/` (RFC 7515 §4.1.9).
    typ: &'static str,
    /// This endpoint's path: its URL is the audience, if no other is configured.
    path: &'static str,
    /// The maximum age, which bounds how long the `jti` must be stored.
    max_age: Duration,
    needs_exp: bool,
}

impl OidcClient {
    pub fn signals(&self) -> &SignalSettings {
        &self.settings.logout.signals
    }

    /// Verifies a token of this profile, except that its `jti` was not used before. Its claims and `jti`.
    async fn verify_signal(&self, token: &str, profile: &Profile) -> Result<(TokenClaims, SignalId), SignalError> {
        if token.len() > profile.max_length {
            return Err(SignalError::TooLong);
        }
        let jwt = Compact::parse(token.as_bytes())?;
        let header = json::object(&jwt.header)?;
        let claims = TokenClaims(json::object(&jwt.payload)?);
        let came_at = self.environment.now();
        // Checks that need no key come first, so that a foreign JWT does not cause a fetch of keys.
        check_header(&header, profile.typ)?;
        let id = self.check_signal_claims(&claims, profile)?;
        match &self.signal_keys {
            Some(keys) => keys.verify(&jwt, &header, came_at, self).await?,
            None => self.verify_signature(&jwt, &header, came_at).await?,
        }
        Ok((claims, id))
    }

    fn check_signal_claims(&self, claims: &TokenClaims, profile: &Profile) -> Result<SignalId, SignalError> {
        let (now, tolerance) = (self.environment.now(), self.settings.id_tokens.clock_tolerance);
        let signals = self.signals();
        if claims.text("iss") != Some(signals.issuer(self.issuer())) {
            return Err(SignalError::OtherIssuer);
        }
        if !claims.is_for(&signals.audience(&self.front_url(), profile.path)) {
            return Err(SignalError::OtherAudience);
        }
        match time(claims, "exp")? {
            Some(expires_at) if expires_at + tolerance <= now => return Err(SignalError::Expired),
            None if profile.needs_exp => return Err(SignalError::NoTime("exp")),
            Some(_) | None => {}
        }
        let issued_at = time(claims, "iat")?.ok_or(SignalError::NoTime("iat"))?;
        if issued_at > now + tolerance {
            return Err(SignalError::NotYet("iat"));
        }
        if issued_at + profile.max_age + tolerance <= now {
            return Err(SignalError::TooOld);
        }
        if time(claims, "nbf")?.is_some_and(|not_before| not_before > now + tolerance) {
            return Err(SignalError::NotYet("nbf"));
        }
        let jti = claims.text("jti").filter(|jti| !jti.is_empty()).ok_or(SignalError::NoJti)?.to_owned();
        Ok(SignalId { jti, expires_at: issued_at + profile.max_age + tolerance })
    }
}

/// RFC 8725 §3.11, RFC 8417 §2.3.
fn check_header(header: &Map<String, Value>, expected: &str) -> Result<(), SignalError> {
    // RFC 7515 §4.1.11: no extension is supported.
    if header.contains_key("crit") {
        return Err(SignalError::CriticalExtension);
    }
    let typ = header.get("typ").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    match typ.strip_prefix("application/").unwrap_or(&typ) == expected {
        true => Ok(()),
        false => Err(SignalError::OtherKind),
    }
}

fn time(claims: &TokenClaims, name: &'static str) -> Result<Option<SystemTime>, SignalError> {
    claims.time(name).map_err(|_: AccessTokenError| SignalError::NoTime(name))
}
