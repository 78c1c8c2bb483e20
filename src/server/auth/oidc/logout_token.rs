//! OpenID Connect Back-Channel Logout 1.0 §2.4 and §2.6, step by step. Signatures are checked by `openidconnect`, with
//! the keys and algorithms of ID tokens.

use std::time::{Duration, SystemTime};

use openidconnect::core::CoreJwsSigningAlgorithm;
use serde_json::{Map, Value};

use super::{
    client::OidcClient,
    error::{AccessTokenError, LogoutTokenError},
    id_token::{IdTokenPolicy, may_be_for_want_of_a_key, signing_key},
    token_claims::TokenClaims,
};
use crate::server::auth::jose::{Compact, json};

/// The member of `events` that makes a JWT a logout token (§2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Longest logout token taken, in bytes.
const MAX_LENGTH: usize = 16 * 1024;

/// A logout token is no older than this, so that its `jti` need not be remembered for longer (§2.6 with Core §3.1.3.7,
/// step 10). Providers that try again do so with a new one, or within minutes.
const MAX_AGE: Duration = Duration::from_secs(10 * 60);

/// What a verified logout token asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutToken {
    pub ends: Ends,
    pub jti: String,
    /// Until then the `jti` must be stored. Later, the token is refused for its age.
    pub jti_expires_at: SystemTime,
}

/// Which of the provider's sessions have ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ends {
    /// This one (`sid`). Where the token names the user too (`sub`), it is theirs.
    Session { sid: String, sub: Option<String> },
    /// All of this user's (`sub`, without `sid`).
    User(String),
}

impl OidcClient {
    /// The logout token's demand, if it passes every step but the last, which is the caller's: that its `jti` is new.
    pub async fn verify_logout_token(&self, token: &str) -> Result<LogoutToken, LogoutTokenError> {
        if token.len() > MAX_LENGTH {
            return Err(LogoutTokenError::TooLong);
        }
        // §2.6, step 1. Decryption: an encrypted token has five parts and is not readable. None was agreed.
        let jwt = Compact::parse(token.as_bytes())?;
        let header = json::object(&jwt.header)?;
        let claims = TokenClaims(json::object(&jwt.payload)?);
        let came_at = self.environment.now();
        // What needs no key comes first, so that a JWT of somebody else's never makes us look for new ones.
        check_header(&header, self.settings.logout.untyped_tokens_allowed)?;
        self.check_claims(&claims)?;
        let IdTokenPolicy { algorithms, .. } = &self.settings.id_tokens;
        // Step 3. `alg` is one that we take for ID tokens, and never `none`.
        let algorithm = algorithm(&header, algorithms)?;
        // Step 2. The signature is the provider's.
        self.check_signature(&jwt, header.get("kid").and_then(Value::as_str), &algorithm, came_at).await?;

        let (issued_at, jti) = (issued_at(&claims)?, claims.text("jti").unwrap_or_default().to_owned());
        let tolerance = self.settings.id_tokens.clock_tolerance;
        Ok(LogoutToken { ends: ends(&claims)?, jti, jti_expires_at: issued_at + MAX_AGE + tolerance })
    }

    fn check_claims(&self, claims: &TokenClaims) -> Result<(), LogoutTokenError> {
        let (now, tolerance) = (self.environment.now(), self.settings.id_tokens.clock_tolerance);
        // Step 4. `iss` is the issuer, letter by letter, `aud` has us, and `exp` and `iat` are as of now.
        if claims.text("iss") != Some(self.issuer()) {
            return Err(LogoutTokenError::OtherIssuer);
        }
        if !claims.is_for(&self.settings.client_id) {
            return Err(LogoutTokenError::OtherAudience);
        }
        let expires_at = time(claims, "exp")?.ok_or(LogoutTokenError::NoTime("exp"))?;
        if expires_at + tolerance <= now {
            return Err(LogoutTokenError::Expired);
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
        ends(claims)?;
        // Step 6. `events` is an object with the logout event, whose value is an object too (§2.4).
        let event = claims.0.get("events").and_then(|events| events.get(EVENT));
        if !event.is_some_and(Value::is_object) {
            return Err(LogoutTokenError::NoEvent);
        }
        // Step 7. No `nonce`: with one it could be an ID token.
        if claims.0.contains_key("nonce") {
            return Err(LogoutTokenError::Nonce);
        }
        // Step 8. There is a `jti`; whether it is new shows when it is spent.
        match claims.text("jti") {
            Some(jti) if !jti.is_empty() => Ok(()),
            _ => Err(LogoutTokenError::NoJti),
        }
    }

    /// Where no known key fits, the provider may have new ones: they are fetched again and tried. Keys that were fetched
    /// after the token came decide; older ones can't, as a provider that is told "invalid" does not come again.
    async fn check_signature(
        &self,
        jwt: &Compact<'_>,
        kid: Option<&str>,
        algorithm: &CoreJwsSigningAlgorithm,
        came_at: SystemTime,
    ) -> Result<(), LogoutTokenError> {
        let mut known = self.discovery.known().await?;
        loop {
            match signing_key(jwt, kid, algorithm, known.metadata.jwks(), &self.settings.id_tokens) {
                Ok(_) => return Ok(()),
                Err(refusal) if known.fetched_at < came_at && may_be_for_want_of_a_key(&refusal) => {}
                Err(_) => return Err(LogoutTokenError::BadSignature),
            }
            known = self.discovery.newer_than(&known).await.ok_or(LogoutTokenError::UnknownKey)?;
        }
    }
}

/// §2.4 recommends `logout+jwt`, and RFC 8725 §3.11 a type for every kind. Where the operator has not made an exception,
/// it must be there (T81); with it, none or `JWT` passes too, as most providers send them. Never another kind's.
fn check_header(header: &Map<String, Value>, is_untyped_allowed: bool) -> Result<(), LogoutTokenError> {
    // RFC 7515 §4.1.11: we understand no extension.
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

fn algorithm(
    header: &Map<String, Value>,
    algorithms: &[CoreJwsSigningAlgorithm],
) -> Result<CoreJwsSigningAlgorithm, LogoutTokenError> {
    let named = header.get("alg").cloned().and_then(|alg| serde_json::from_value(alg).ok());
    named.filter(|alg| algorithms.contains(alg)).ok_or(LogoutTokenError::UnsupportedAlgorithm)
}

fn ends(claims: &TokenClaims) -> Result<Ends, LogoutTokenError> {
    // One that is there but is no text is none that we could find; to fall back to the other would end too much, or
    // too little.
    let text = |name: &'static str| match claims.0.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
        Some(_) => Err(LogoutTokenError::NobodyNamed),
    };
    match (text("sid")?, text("sub")?) {
        (Some(sid), sub) => Ok(Ends::Session { sid, sub }),
        (None, Some(sub)) => Ok(Ends::User(sub)),
        (None, None) => Err(LogoutTokenError::NobodyNamed),
    }
}

fn issued_at(claims: &TokenClaims) -> Result<SystemTime, LogoutTokenError> {
    time(claims, "iat")?.ok_or(LogoutTokenError::NoTime("iat"))
}

fn time(claims: &TokenClaims, name: &'static str) -> Result<Option<SystemTime>, LogoutTokenError> {
    claims.time(name).map_err(|_: AccessTokenError| LogoutTokenError::NoTime(name))
}
