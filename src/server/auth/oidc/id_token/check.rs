//! Verification of an ID token: OpenID Connect Core §3.1.3.7, step by step.
//!
//! The crate `openidconnect` performs most steps, in two calls: one checks the signature, the other the claims. Each step
//! is configured below with its number, and the steps that the crate leaves to its callers are implemented with their
//! numbers too. The signature (steps 6 to 8) is checked first, as unsigned claims must not be evaluated.

use std::{
    str::FromStr,
    time::{Duration, SystemTime},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use openidconnect::{
    AccessToken, AccessTokenHash, Audience, AuthenticationContextClass, ClaimsVerificationError as Refused,
    IdTokenVerifier, IssuerUrl, JsonWebKeySet, Nonce as ClaimedNonce,
    core::{CoreIdToken, CoreIdTokenClaims, CoreJwsSigningAlgorithm},
};
use serde_json::{Map, Value, json};
use subtle::ConstantTimeEq;

use super::{
    ClaimError, IdTokenError, LoginClaims, ProviderKey, ProviderKeys,
    claims::{CheckedClaims, Requested},
    keys,
};
use crate::{
    server::auth::{
        jose::{Compact, Malformed, json},
        oidc::{
            AskedAuthentication,
            deviations::{self, Document, LEFT_OUT},
            settings::ProviderSettings,
            standard_claims,
            values::{IdToken, Nonce},
        },
    },
    wire::auth::UserClaims,
};

/// The maximum age of a login's ID token. A login must end within ten minutes, and the provider issues the ID token when
/// the code is exchanged, or a little earlier.
const MAX_AGE_AT_LOGIN: Duration = Duration::from_secs(10 * 60);

/// Whether the ID token is of a login or of a refresh, and the values that it must have.
#[derive(Clone, Copy)]
pub(in crate::server::auth::oidc) enum Expected<'a> {
    /// Of a login, whose authorization request had this nonce.
    Login(&'a Nonce),
    /// Of a login that asked for more than others do (RFC 9470 §4).
    StepUp(&'a Nonce, &'a AskedAuthentication),
    /// Of a refresh, for this user and with these claims of the login (OpenID Connect Core §12.2).
    Refresh(&'a UserClaims, &'a LoginClaims),
}

/// The inputs of the verification.
pub(super) struct Check<'a> {
    pub provider: &'a ProviderSettings,
    pub keys: &'a ProviderKeys,
    pub expected: Expected<'a>,
    /// The access token of the same response.
    pub access_token: &'a AccessToken,
    pub now: SystemTime,
}

impl Check<'_> {
    /// The claims, if the token passes every step.
    pub fn claims(&self, id_token: &IdToken) -> Result<CoreIdTokenClaims, IdTokenError> {
        let ProviderSettings { issuer, client_id, id_tokens: policy, .. } = self.provider;
        let (now, tolerance) = (self.now, policy.clock_tolerance);
        let is_not_ahead = move |time: SystemTime| time <= now + tolerance;

        let jwt = Compact::parse(id_token.secret().as_bytes())?;
        // Duplicate members are refused in header and claims, as parsers differ in which one they use.
        let header = json::object(&jwt.header)?;
        let members = json::object(&jwt.payload)?;
        check_kind(&header, &members)?;

        // 1. Decryption: encryption was not agreed with the provider. An encrypted token has five parts and was refused.

        // 6. The signature is always verified, although TLS to the token endpoint would allow skipping that.
        // 7. `alg` is one of the accepted algorithms, and fits the key.
        // 8. There are no MACs: `HS*` is not accepted, and `openidconnect` is given no secret.
        let alg = policy.algorithm(&header).map_err(IdTokenError::Signature)?;
        let kid = keys::key_id(&header);
        let key = keys::signing_key(&jwt, kid.as_deref(), &alg, self.keys, policy).map_err(IdTokenError::Signature)?;

        let checked = CheckedClaims::of(&members, self.requested())?;
        let token = with_claims(&header, &alg, &checked.claims, &jwt.signature)?;
        let verifier: IdTokenVerifier<'_, ProviderKey> =
            // 2. `iss` is exactly the configured issuer.
            // 3. `aud` contains the client id, …
            IdTokenVerifier::new_public_client(client_id.clone(), issuer.clone(), JsonWebKeySet::new(vec![]))
            // 6.-8. The signature was verified above, over the token as it was received. This one has fewer claims.
            .insecure_disable_signature_check()
            // 3. … and no other audience that is not trusted.
            .set_other_audience_verifier_fn(|audience| policy.trusted_audiences.contains(audience))
            // 4., 5. `azp`: see below, as the crate leaves it to the caller.
            // 9. `exp` is in the future, with the tolerance.
            .set_time_fn(move || (now - tolerance).into())
            // 10. `iat` is not in the future, and at a login not too long ago.
            .set_issue_time_verifier_fn(move |issued_at| {
                self.issue_time(issued_at.into(), is_not_ahead(issued_at.into()))
            })
            // 12. `acr` is one of those requested.
            .set_auth_context_verifier_fn(|acr| self.authentication_context(acr))
            // 13. If `max_age` was requested, `auth_time` is present and not too long ago.
            .set_auth_time_verifier_fn(move |auth_time| {
                let auth_time = auth_time.map(SystemTime::from);
                self.authentication_time(auth_time, auth_time.is_some_and(is_not_ahead))
            });
        let claims = match self.expected {
            // 11. `nonce` is that of the request. `openidconnect` compares hashes, so there is no timing side channel
            // (T39).
            Expected::Login(nonce) | Expected::StepUp(nonce, _) => {
                token.claims(&verifier, &ClaimedNonce::new(nonce.secret().to_owned()))
            }
            // §12.2: it is optional, but must be that of the login.
            Expected::Refresh(_, login) => token.claims(&verifier, |claimed: Option<&ClaimedNonce>| {
                let is_good = claimed.is_none_or(|claimed| constant_time_eq(claimed.secret(), login.nonce.secret()));
                if is_good { Ok(()) } else { Err("nonce mismatch".into()) }
            }),
        }?;

        // 4., 5. With several audiences there is `azp`, and if present it is the client id.
        self.authorized_party(claims)?;
        // RFC 7519 §4.1.5: `nbf` is not in the future.
        if checked.not_before.is_some_and(|not_before| !is_not_ahead(not_before)) {
            return Err(Refused::Other("nbf is in the future".into()).into());
        }
        // §2: `sub` is not empty.
        if claims.subject().is_empty() {
            return Err(Refused::InvalidSubject("it is empty".into()).into());
        }
        // §3.1.3.8: `at_hash`, if present, is the hash of this access token.
        self.access_token_hash(claims, &alg, key)?;
        if let Expected::Refresh(user, login) = self.expected {
            login.check_refreshed(claims, user)?;
        }
        for name in checked.left_out {
            deviations::accepted(Document::IdToken, name, LEFT_OUT);
        }
        standard_claims::record_other_types(Document::IdToken, &members);
        Ok(claims.clone())
    }

    /// What the authorization request has asked of the person's authentication. `None` for a refresh, as the person does
    /// not authenticate again.
    fn asked(&self) -> Option<&AskedAuthentication> {
        match self.expected {
            Expected::Login(_) => Some(&self.provider.id_tokens.authentication),
            Expected::StepUp(_, asked) => Some(asked),
            Expected::Refresh(..) => None,
        }
    }

    fn requested(&self) -> Requested {
        let acr = self.asked().is_some_and(|asked| !asked.acr_values.is_empty());
        Requested { acr, auth_time: self.asked().is_some_and(|asked| asked.max_age.is_some()) }
    }

    fn issue_time(&self, issued_at: SystemTime, is_not_ahead: bool) -> Result<(), String> {
        let oldest = self.now - MAX_AGE_AT_LOGIN - self.provider.id_tokens.clock_tolerance;
        match self.expected {
            _ if !is_not_ahead => Err("iat is in the future".into()),
            Expected::Login(_) | Expected::StepUp(..) if issued_at < oldest => Err("iat is too long ago".into()),
            _ => Ok(()),
        }
    }

    fn authentication_context(&self, acr: Option<&AuthenticationContextClass>) -> Result<(), String> {
        let Some(AskedAuthentication { acr_values: requested, .. }) = self.asked() else { return Ok(()) };
        match acr {
            _ if requested.is_empty() => Ok(()),
            Some(acr) if requested.contains(acr) => Ok(()),
            Some(_) => Err("acr is none of those asked for".into()),
            None => Err("acr was asked for, and there is none".into()),
        }
    }

    fn authentication_time(&self, auth_time: Option<SystemTime>, is_not_ahead: bool) -> Result<(), String> {
        let clock_tolerance = self.provider.id_tokens.clock_tolerance;
        let Some(max_age) = self.asked().and_then(|asked| asked.max_age) else { return Ok(()) };
        match auth_time {
            None => Err("auth_time was asked for, and there is none".into()),
            Some(_) if !is_not_ahead => Err("auth_time is in the future".into()),
            Some(auth_time) if auth_time < self.now - max_age - clock_tolerance => Err("it is too long ago".into()),
            Some(_) => Ok(()),
        }
    }

    fn authorized_party(&self, claims: &CoreIdTokenClaims) -> Result<(), Refused> {
        match claims.authorized_party() {
            Some(azp) if *azp != self.provider.client_id => {
                Err(Refused::Other("it was issued to another authorized party".into()))
            }
            None if claims.audiences().len() > 1 => {
                Err(Refused::Other("it has several audiences and no authorized party".into()))
            }
            _ => Ok(()),
        }
    }

    fn access_token_hash(
        &self,
        claims: &CoreIdTokenClaims,
        alg: &CoreJwsSigningAlgorithm,
        key: &ProviderKey,
    ) -> Result<(), Refused> {
        let Some(claimed) = claims.access_token_hash() else { return Ok(()) };
        let hash = AccessTokenHash::from_token(self.access_token, alg, key)
            .map_err(|error| Refused::Unsupported(error.to_string()))?;
        match constant_time_eq(claimed, &hash) {
            true => Ok(()),
            false => Err(Refused::Other("at_hash is of another access token".into())),
        }
    }
}

impl LoginClaims {
    /// From the verified claims of a login's ID token.
    pub fn of(claims: &CoreIdTokenClaims, nonce: Nonce) -> Self {
        Self {
            nonce,
            audiences: audiences(claims),
            authorized_party: claims.authorized_party().map(|azp| azp.to_string()),
            auth_time: claims.auth_time().map(|time| time.timestamp()),
            acr: claims.auth_context_ref().map(|acr| acr.to_string()),
        }
    }

    /// OpenID Connect Core §12.2: `iss`, `sub`, `aud` and `azp` must be those of the login. `auth_time` must be the time of
    /// that authentication too.
    ///
    /// A later `auth_time` is accepted nevertheless, as some providers send the person's latest sign-in, in any
    /// browser. It does no harm: the value of the login stays stored, so the session does not become fresher. An
    /// earlier one is refused: it contradicts the freshness that the login was accepted for (`max_age`), and no later
    /// sign-in explains it.
    fn check_refreshed(&self, claims: &CoreIdTokenClaims, user: &UserClaims) -> Result<(), Refused> {
        let refreshed = Self::of(claims, self.nonce.clone());
        if claims.issuer().as_str() != user.iss || claims.subject().as_str() != user.sub {
            return Err(Refused::InvalidSubject("it is about somebody else".into()));
        }
        if refreshed.audiences != self.audiences || refreshed.authorized_party != self.authorized_party {
            return Err(Refused::InvalidAudience("it is for others than at the login".into()));
        }
        match (refreshed.auth_time, self.auth_time) {
            (Some(refreshed), Some(login)) if refreshed < login => {
                return Err(Refused::InvalidAuthTime("it is before the login's".into()));
            }
            (Some(refreshed), Some(login)) if refreshed > login => {
                let how = "it is later than the login's, which stays in use";
                deviations::accepted(Document::RefreshedIdToken, "auth_time", how);
            }
            _ => {}
        }
        Ok(())
    }
}

/// Refuses other kinds of tokens. `openidconnect` checks `typ` (RFC 8725 §3.11), which must be absent, `JWT` or `JOSE`. A
/// logout token may have none, but has `events` (OpenID Connect Back-Channel Logout §2.4). `openidconnect` also ignores a
/// `crit` of `null`; here the member must be absent.
fn check_kind(header: &Map<String, Value>, claims: &Map<String, Value>) -> Result<(), IdTokenError> {
    if claims.contains_key("events") {
        return Err(IdTokenError::AnotherKind);
    }
    match header.contains_key("crit") {
        true => Err(Refused::Unsupported("its header has `crit`".into()).into()),
        false => Ok(()),
    }
}

/// The token with these claims only. Its header has only what `openidconnect` checks: the key was chosen before.
fn with_claims(
    header: &Map<String, Value>,
    alg: &CoreJwsSigningAlgorithm,
    claims: &Map<String, Value>,
    signature: &[u8],
) -> Result<CoreIdToken, IdTokenError> {
    let mut checked_header = Map::from_iter([("alg".to_owned(), json!(alg))]);
    for name in ["typ", "cty"] {
        match header.get(name) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => drop(checked_header.insert(name.into(), text.as_str().into())),
            Some(_) => return Err(ClaimError::NotText(name).into()),
        }
    }
    let issuer = claims.get("iss").and_then(Value::as_str).unwrap_or_default();
    if IssuerUrl::new(issuer.to_owned()).is_err() {
        return Err(Refused::InvalidIssuer("it is not a URL".into()).into());
    }
    let [header, claims] = [Value::Object(checked_header), Value::Object(claims.clone())]
        .map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string()));
    let signature = BASE64_URL_SAFE_NO_PAD.encode(signature);
    CoreIdToken::from_str(&format!("{header}.{claims}.{signature}"))
        .map_err(|_| Malformed("`openidconnect` can't read its claims").into())
}

fn audiences(claims: &CoreIdTokenClaims) -> Vec<String> {
    let mut audiences: Vec<_> = claims.audiences().iter().map(|audience: &Audience| audience.to_string()).collect();
    audiences.sort();
    audiences.dedup();
    audiences
}

/// T39
fn constant_time_eq(claimed: &str, expected: &str) -> bool {
    claimed.as_bytes().ct_eq(expected.as_bytes()).into()
}
