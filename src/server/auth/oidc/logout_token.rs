//! Verification of logout tokens: OpenID Connect Back-Channel Logout 1.0 §2.4 and §2.6, step by step. Signatures are
//! checked by `openidconnect`, with the keys and algorithms for ID tokens.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use super::{
    client::OidcClient,
    deviations::{self, Document},
    error::{AccessTokenError, LogoutTokenError},
    token_claims::TokenClaims,
};
use crate::server::auth::jose::{Compact, json};

/// The member of `events` that makes a JWT a logout token (§2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The maximum length of a logout token, in bytes.
const MAX_LENGTH: usize = 16 * 1024;

/// The maximum age of a logout token, which bounds how long its `jti` must be stored (§2.6 with Core §3.1.3.7, step 10).
/// Providers retry with a new token, or within minutes.
const MAX_AGE: Duration = Duration::from_secs(10 * 60);

/// A verified logout token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutToken {
    pub target: LogoutTarget,
    pub jti: String,
    /// How long the `jti` must be stored as used. Later, the token is refused for its age.
    pub jti_expires_at: SystemTime,
}

/// The sessions that a logout token ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogoutTarget {
    /// Those of the provider's session `sid`. If the token has `sub` too, it must be the user of that session.
    ProviderSession { sid: String, sub: Option<String> },
    /// All sessions of the user with this `sub`, for a token without `sid`.
    User(String),
}

impl OidcClient {
    /// Verifies the logout token, except that its `jti` was not used before: the caller has to check that.
    pub async fn verify_logout_token(&self, token: &str) -> Result<LogoutToken, LogoutTokenError> {
        if token.len() > MAX_LENGTH {
            return Err(LogoutTokenError::TooLong);
        }
        // §2.6, step 1. Decryption: an encrypted token has five parts and is not readable. None was agreed.
        let jwt = Compact::parse(token.as_bytes())?;
        let header = json::object(&jwt.header)?;
        let claims = TokenClaims(json::object(&jwt.payload)?);
        let came_at = self.environment.now();
        // Checks that need no key come first, so that a foreign JWT does not cause a fetch of keys.
        check_header(&header, self.settings.logout.untyped_tokens_allowed)?;
        self.check_claims(&claims)?;
        // Step 2. The signature is the provider's. It is refused only with keys that were fetched after the token was
        // received, as a provider does not send it again after a refusal.
        // Step 3. `alg` is one of those accepted for ID tokens, and never `none`.
        self.verify_signature(&jwt, &header, came_at).await?;
        if !claims.0.contains_key("exp") {
            deviations::accepted(Document::LogoutToken, "exp", "it is absent, which the configuration allows");
        }

        let (issued_at, jti) = (issued_at(&claims)?, claims.text("jti").unwrap_or_default().to_owned());
        let tolerance = self.settings.id_tokens.clock_tolerance;
        Ok(LogoutToken { target: target(&claims)?, jti, jti_expires_at: issued_at + MAX_AGE + tolerance })
    }

    fn check_claims(&self, claims: &TokenClaims) -> Result<(), LogoutTokenError> {
        let (now, tolerance) = (self.environment.now(), self.settings.id_tokens.clock_tolerance);
        // Step 4. `iss` is exactly the issuer, `aud` contains the client id, and `exp` and `iat` fit the current time.
        if claims.text("iss") != Some(self.issuer()) {
            return Err(LogoutTokenError::OtherIssuer);
        }
        if !claims.is_for(&self.settings.client_id) {
            return Err(LogoutTokenError::OtherAudience);
        }
        match time(claims, "exp")? {
            Some(expires_at) if expires_at + tolerance <= now => return Err(LogoutTokenError::Expired),
            // Drafts of the specification had no `exp`. The age is bounded by `iat` in any case, see below.
            None if !self.settings.logout.tokens_without_exp_allowed => return Err(LogoutTokenError::NoTime("exp")),
            Some(_) | None => {}
        }
        let issued_at = issued_at(claims)?;
        if issued_at > now + tolerance {
            return Err(LogoutTokenError::NotYet("iat"));
        }
        if issued_at + MAX_AGE + tolerance <= now {
            return Err(LogoutTokenError::TooOld);
        }
        if time(claims, "nbf")?.is_some_and(|not_before| not_before > now + tolerance) {
            return Err(LogoutTokenError::NotYet("nbf"));
        }
        // Step 5. `sub` or `sid`, or both.
        target(claims)?;
        // Step 6. `events` is an object with the logout event, whose value is an object too (§2.4).
        let event = claims.0.get("events").and_then(|events| events.get(EVENT));
        if !event.is_some_and(Value::is_object) {
            return Err(LogoutTokenError::NoEvent);
        }
        // Step 7. There is no `nonce`: with one, it could be an ID token.
        if claims.0.contains_key("nonce") {
            return Err(LogoutTokenError::Nonce);
        }
        // Step 8. There is a `jti`. The caller checks that it is new.
        match claims.text("jti") {
            Some(jti) if !jti.is_empty() => Ok(()),
            _ => Err(LogoutTokenError::NoJti),
        }
    }
}

/// Requires `typ` to be `logout+jwt` (T81), as recommended by §2.4 and RFC 8725 §3.11. Many providers send none or `JWT`,
/// which `is_untyped_allowed` allows too.
fn check_header(header: &Map<String, Value>, is_untyped_allowed: bool) -> Result<(), LogoutTokenError> {
    // RFC 7515 §4.1.11: no extension is supported.
    if header.contains_key("crit") {
        return Err(LogoutTokenError::CriticalExtension);
    }
    let typ = match header.get("typ") {
        None if !is_untyped_allowed => return Err(LogoutTokenError::OtherKind),
        None => return Ok(()),
        Some(typ) => typ.as_str().map(str::to_ascii_lowercase).ok_or(LogoutTokenError::OtherKind)?,
    };
    // RFC 7515 §4.1.9: `application/` may be left out.
    match typ.strip_prefix("application/").unwrap_or(&typ) {
        "logout+jwt" => Ok(()),
        "jwt" if is_untyped_allowed => Ok(()),
        _ => Err(LogoutTokenError::OtherKind),
    }
}

fn target(claims: &TokenClaims) -> Result<LogoutTarget, LogoutTokenError> {
    // A claim that is present but not a string is an error: falling back to the other claim could end too many or too
    // few sessions.
    let text = |name: &'static str| match claims.0.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
        Some(_) => Err(LogoutTokenError::NobodyNamed),
    };
    match (text("sid")?, text("sub")?) {
        (Some(sid), sub) => Ok(LogoutTarget::ProviderSession { sid, sub }),
        (None, Some(sub)) => Ok(LogoutTarget::User(sub)),
        (None, None) => Err(LogoutTokenError::NobodyNamed),
    }
}

fn issued_at(claims: &TokenClaims) -> Result<SystemTime, LogoutTokenError> {
    time(claims, "iat")?.ok_or(LogoutTokenError::NoTime("iat"))
}

fn time(claims: &TokenClaims, name: &'static str) -> Result<Option<SystemTime>, LogoutTokenError> {
    claims.time(name).map_err(|_: AccessTokenError| LogoutTokenError::NoTime(name))
}
