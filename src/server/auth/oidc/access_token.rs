//! Verification of access tokens that are JWTs (RFC 9068 §4). Signatures are checked by `openidconnect`.

use serde_json::{Map, Value};

use super::{
    client::OidcClient,
    error::AccessTokenError,
    token_claims::{TokenClaims, VerifiedToken},
};
use crate::{
    server::auth::jose::{Compact, json},
    wire::auth::AccessToken,
};

/// The requirements for access tokens that are JWTs.
#[derive(Clone, Debug)]
pub struct JwtProfile {
    /// `API_AUDIENCE`: the `aud` that identifies this server.
    pub audience: String,
    /// `ACCESS_TOKEN_ISSUER`, if it differs from the issuer of ID tokens, as with AD FS.
    pub issuer: Option<String>,
    /// `ACCESS_TOKEN_TYP`
    pub typ: AccessTokenTyp,
}

/// The accepted `typ` of the header (RFC 9068 §2.1, RFC 8725 §3.11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessTokenTyp {
    /// `at+jwt`, which only access tokens have.
    AtJwt,
    /// `at+jwt` or this one.
    Or(String),
    /// Any, or none, except explicit types of other kinds of tokens.
    Any,
}

const AT_JWT: &str = "at+jwt";

/// Claims that access tokens don't have, but ID tokens (OpenID Connect Core §2, §3.3.2.11) and logout tokens
/// (OpenID Connect Back-Channel Logout §2.4).
const CLAIMS_OF_OTHER_KINDS: [&str; 4] = ["nonce", "at_hash", "c_hash", "events"];

impl AccessTokenTyp {
    /// The type with this name.
    pub fn named(typ: &str) -> Self {
        if is_media_type(typ, AT_JWT) { Self::AtJwt } else { Self::Or(typ.to_owned()) }
    }
}

impl OidcClient {
    /// If no cached key verifies the signature, the provider may have new keys: they are fetched again. If the last fetch
    /// for that reason was too recent, the result is `Unavailable`. Otherwise no request is made.
    pub async fn verify_access_token(
        &self,
        access_token: &AccessToken,
        profile: &JwtProfile,
    ) -> Result<VerifiedToken, AccessTokenError> {
        let came_at = self.environment.now();
        let jwt = Compact::parse(access_token.secret().as_bytes())?;
        let header = json::object(&jwt.header)?;
        let claims = TokenClaims(json::object(&jwt.payload)?);
        // Checks that need no key come first, so that a foreign JWT does not cause a fetch of keys.
        check_header(&header, &claims, profile)?;
        let issuer = profile.issuer.as_deref().unwrap_or(self.issuer());
        if claims.text("iss") != Some(issuer) {
            return Err(AccessTokenError::OtherIssuer);
        }
        if !claims.is_for(&profile.audience) {
            return Err(AccessTokenError::OtherAudience);
        }

        self.verify_signature(&jwt, &header, came_at).await?;

        let clock_tolerance = self.settings.id_tokens.clock_tolerance;
        let now = self.environment.now();
        let expires_at = claims.time("exp")?.ok_or(AccessTokenError::NoTime("exp"))?;
        if expires_at + clock_tolerance <= now {
            return Err(AccessTokenError::Expired);
        }
        claims.check_not_before(now + clock_tolerance)?;
        claims.into_verified(self.issuer(), &self.settings.claims)
    }
}

fn check_header(
    header: &Map<String, Value>,
    claims: &TokenClaims,
    profile: &JwtProfile,
) -> Result<(), AccessTokenError> {
    // RFC 7515 §4.1.11: no extension is supported.
    if header.contains_key("crit") {
        return Err(AccessTokenError::CriticalExtension);
    }
    claims.check_kind()?;
    let typ = header.get("typ").and_then(Value::as_str).unwrap_or_default();
    if is_media_type(typ, AT_JWT) {
        return Ok(());
    }
    let is_accepted = match &profile.typ {
        AccessTokenTyp::AtJwt => false,
        AccessTokenTyp::Or(other) => is_media_type(typ, other),
        // RFC 8725 §3.11: explicit types end in `+jwt`, such as those of logout tokens and DPoP proofs.
        AccessTokenTyp::Any => !typ.to_ascii_lowercase().ends_with("+jwt"),
    };
    // This `typ` does not exclude other kinds of tokens, so the claims must (T36).
    match is_accepted && CLAIMS_OF_OTHER_KINDS.iter().all(|name| !claims.0.contains_key(*name)) {
        true => Ok(()),
        false => Err(AccessTokenError::OtherKind),
    }
}

/// RFC 7515 §4.1.9: case-insensitive, and `application/` may be left out.
fn is_media_type(typ: &str, expected: &str) -> bool {
    let short = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.strip_prefix("application/").map(str::to_owned).unwrap_or(text)
    };
    short(typ) == short(expected)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn is_accepted(typ: AccessTokenTyp, header: Value, claims: Value) -> bool {
        let profile = JwtProfile { audience: "api".into(), issuer: None, typ };
        let claims = TokenClaims(claims.as_object().unwrap().clone());
        check_header(header.as_object().unwrap(), &claims, &profile).is_ok()
    }

    #[test]
    fn typ_must_be_at_jwt_or_the_configured_exception() {
        // T70
        let jwt = || AccessTokenTyp::Or("JWT".into());
        for (typ, header, expected) in [
            (AccessTokenTyp::AtJwt, json!({ "typ": "at+jwt" }), true),
            (AccessTokenTyp::AtJwt, json!({ "typ": "application/AT+JWT" }), true),
            (AccessTokenTyp::AtJwt, json!({ "typ": "JWT" }), false),
            (AccessTokenTyp::AtJwt, json!({ "typ": "dpop+jwt" }), false),
            (AccessTokenTyp::AtJwt, json!({}), false),
            (AccessTokenTyp::AtJwt, json!({ "typ": 7 }), false),
            (jwt(), json!({ "typ": "jwt" }), true),
            (jwt(), json!({ "typ": "at+jwt" }), true),
            (jwt(), json!({ "typ": "logout+jwt" }), false),
            (jwt(), json!({}), false),
            (AccessTokenTyp::Any, json!({}), true),
            (AccessTokenTyp::Any, json!({ "typ": "JWT" }), true),
            // T36
            (AccessTokenTyp::Any, json!({ "typ": "Logout+JWT" }), false),
            (AccessTokenTyp::Any, json!({ "typ": "application/dpop+jwt" }), false),
            (AccessTokenTyp::Any, json!({ "typ": "at+jwt", "crit": ["x"] }), false),
        ] {
            assert_eq!(is_accepted(typ.clone(), header.clone(), json!({})), expected, "{typ:?} {header}");
        }
    }

    #[test]
    fn without_at_jwt_a_token_with_claims_of_another_kind_is_refused() {
        // T36
        for claims in
            [json!({ "nonce": "n" }), json!({ "at_hash": "h" }), json!({ "c_hash": "h" }), json!({ "events": {} })]
        {
            assert!(!is_accepted(AccessTokenTyp::Any, json!({ "typ": "JWT" }), claims.clone()), "{claims}");
            assert!(is_accepted(AccessTokenTyp::Any, json!({ "typ": "at+jwt" }), claims));
        }
        // A claim that names another kind of token outweighs the header.
        for claims in [json!({ "typ": "ID" }), json!({ "typ": "Refresh" }), json!({ "token_use": "id" })] {
            assert!(!is_accepted(AccessTokenTyp::Any, json!({ "typ": "JWT" }), claims.clone()), "{claims}");
            assert!(!is_accepted(AccessTokenTyp::AtJwt, json!({ "typ": "at+jwt" }), claims.clone()), "{claims}");
        }
        assert!(is_accepted(AccessTokenTyp::Any, json!({ "typ": "JWT" }), json!({ "typ": "Bearer" })));
    }
}
