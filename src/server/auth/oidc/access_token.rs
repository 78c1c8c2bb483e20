//! Verification of access tokens that are JWTs (RFC 9068 §4). Signatures are checked by `openidconnect`.

use openidconnect::core::CoreJwsSigningAlgorithm;
use serde_json::{Map, Value};

use super::{
    client::OidcClient,
    error::AccessTokenError,
    id_token::{IdTokenPolicy, ProviderKeys, signing_key},
    token_claims::{TokenClaims, VerifiedToken},
};
use crate::{
    server::auth::jose::{Compact, json},
    wire::auth::AccessToken,
};

/// What access tokens that are JWTs must be.
#[derive(Clone, Debug)]
pub struct JwtProfile {
    /// `API_AUDIENCE`: who we are to the issuer of access tokens.
    pub audience: String,
    /// `ACCESS_TOKEN_ISSUER`, where it is not the issuer of ID tokens (AD FS).
    pub issuer: Option<String>,
    /// `ACCESS_TOKEN_TYP`
    pub typ: AccessTokenTyp,
}

/// What the header's `typ` must say (RFC 9068 §2.1, RFC 8725 §3.11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessTokenTyp {
    /// `at+jwt`, which no token of another kind has.
    AtJwt,
    /// That, or this.
    Or(String),
    /// Nothing in particular, but not the type of another kind.
    Any,
}

const AT_JWT: &str = "at+jwt";

/// Claims that only JWTs of other kinds have: ID tokens (OpenID Connect Core §2, §3.3.2.11) and logout tokens
/// (OpenID Connect Back-Channel Logout §2.4).
const CLAIMS_OF_OTHER_KINDS: [&str; 4] = ["nonce", "at_hash", "c_hash", "events"];

impl AccessTokenTyp {
    /// The type with this name.
    pub fn named(typ: &str) -> Self {
        if is_media_type(typ, AT_JWT) { Self::AtJwt } else { Self::Or(typ.to_owned()) }
    }
}

impl OidcClient {
    /// Where the signature does not fit, the provider may have new keys: they are fetched again, unless that was done a
    /// moment ago. Otherwise nobody is called.
    pub async fn verify_access_token(
        &self,
        access_token: &AccessToken,
        profile: &JwtProfile,
    ) -> Result<VerifiedToken, AccessTokenError> {
        let jwt = Compact::parse(access_token.secret().as_bytes())?;
        let header = json::object(&jwt.header)?;
        let claims = TokenClaims(json::object(&jwt.payload)?);
        // What needs no key comes first, so that a JWT of somebody else's never makes us look for new ones.
        check_header(&header, &claims, profile)?;
        let issuer = profile.issuer.as_deref().unwrap_or(self.issuer());
        if claims.text("iss") != Some(issuer) {
            return Err(AccessTokenError::OtherIssuer);
        }
        if !claims.is_for(&profile.audience) {
            return Err(AccessTokenError::OtherAudience);
        }

        let IdTokenPolicy { algorithms, clock_tolerance, .. } = &self.settings.id_tokens;
        let algorithm = algorithm(&header, algorithms)?;
        let kid = header.get("kid").and_then(Value::as_str);
        let is_signed =
            |keys: &ProviderKeys| signing_key(&jwt, kid, &algorithm, keys, &self.settings.id_tokens).is_ok();
        let known = self.discovery.known().await?;
        if !is_signed(known.metadata.jwks()) {
            let newer = self.discovery.newer_than(&known).await.ok_or(AccessTokenError::BadSignature)?;
            if !is_signed(newer.metadata.jwks()) {
                return Err(AccessTokenError::BadSignature);
            }
        }

        let now = self.environment.now();
        let expires_at = claims.time("exp")?.ok_or(AccessTokenError::NoTime("exp"))?;
        if expires_at + *clock_tolerance <= now {
            return Err(AccessTokenError::Expired);
        }
        claims.check_begun(now + *clock_tolerance)?;
        claims.into_verified(self.issuer(), &self.settings.claims)
    }
}

fn check_header(
    header: &Map<String, Value>,
    claims: &TokenClaims,
    profile: &JwtProfile,
) -> Result<(), AccessTokenError> {
    // RFC 7515 §4.1.11: we understand no extension.
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
        // RFC 8725 §3.11: what has a type of its own ends so, as logout tokens and proofs do.
        AccessTokenTyp::Any => !typ.to_ascii_lowercase().ends_with("+jwt"),
    };
    // Where the type does not tell the kinds apart, the claims must (T36).
    match is_accepted && CLAIMS_OF_OTHER_KINDS.iter().all(|name| !claims.0.contains_key(*name)) {
        true => Ok(()),
        false => Err(AccessTokenError::OtherKind),
    }
}

/// RFC 7515 §4.1.9: compared without case, and `application/` may be left out.
fn is_media_type(typ: &str, expected: &str) -> bool {
    let short = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.strip_prefix("application/").map(str::to_owned).unwrap_or(text)
    };
    short(typ) == short(expected)
}

/// One that we take: the same as for ID tokens.
fn algorithm(
    header: &Map<String, Value>,
    algorithms: &[CoreJwsSigningAlgorithm],
) -> Result<CoreJwsSigningAlgorithm, AccessTokenError> {
    let named = header.get("alg").cloned().and_then(|alg| serde_json::from_value(alg).ok());
    named.filter(|alg| algorithms.contains(alg)).ok_or(AccessTokenError::UnsupportedAlgorithm)
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
    fn the_type_is_at_jwt_or_the_exception_that_is_named() {
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
    fn without_the_type_the_claims_of_another_kind_tell() {
        // T36
        for claims in
            [json!({ "nonce": "n" }), json!({ "at_hash": "h" }), json!({ "c_hash": "h" }), json!({ "events": {} })]
        {
            assert!(!is_accepted(AccessTokenTyp::Any, json!({ "typ": "JWT" }), claims.clone()), "{claims}");
            assert!(is_accepted(AccessTokenTyp::Any, json!({ "typ": "at+jwt" }), claims));
        }
        // What says itself that it is no access token is none, whatever its header says.
        for claims in [json!({ "typ": "ID" }), json!({ "typ": "Refresh" }), json!({ "token_use": "id" })] {
            assert!(!is_accepted(AccessTokenTyp::Any, json!({ "typ": "JWT" }), claims.clone()), "{claims}");
            assert!(!is_accepted(AccessTokenTyp::AtJwt, json!({ "typ": "at+jwt" }), claims.clone()), "{claims}");
        }
        assert!(is_accepted(AccessTokenTyp::Any, json!({ "typ": "JWT" }), json!({ "typ": "Bearer" })));
    }

    #[test]
    fn algorithms_that_anybody_could_sign_with_are_refused() {
        // T25
        let is_taken = |header: Value| algorithm(header.as_object().unwrap(), &IdTokenPolicy::default().algorithms);
        for alg in
            [json!("none"), json!("HS256"), json!("HS512"), json!("rs256"), json!("A128GCM"), json!(7), Value::Null]
        {
            assert!(is_taken(json!({ "alg": alg })).is_err(), "{alg}");
        }
        assert!(is_taken(json!({ "alg": "ES256" })).is_ok());
    }
}
