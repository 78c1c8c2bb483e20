//! The claims of an access token: of a JWT (RFC 9068 §2.2) or an introspection response (RFC 7662 §2.2). They have the
//! same names, and providers deviate from the specifications in the same ways.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

use super::{
    authentication::Authentication,
    claim_names::ClaimNames,
    deviations::{self, Document, LEFT_OUT},
    error::AccessTokenError,
    permissions::{Permissions, scopes},
};
use crate::{server::auth::dpop::Thumbprint, wire::auth::UserClaims};

/// The last second of the year 9999, in Unix seconds. A time in milliseconds by mistake is far beyond it.
const MAX_TIME: f64 = 253_402_300_799.0;

/// Claims that name the kind of a token: `token_type` (RFC 7662 §2.2), `typ` (Keycloak), `token_use` (Cognito, Hydra).
const KIND_CLAIMS: [&str; 3] = ["token_type", "typ", "token_use"];

/// Values of these claims that access tokens have, in lower case. `jwt` names only the format.
const ACCESS_TOKEN_KINDS: [&str; 8] = [
    "access",
    "access_token",
    "application/at+jwt",
    "at+jwt",
    "bearer",
    "dpop",
    "jwt",
    "urn:ietf:params:oauth:token-type:access_token",
];

/// A NumericDate (RFC 7519 §2) in Unix seconds, as a number or as text (T72). `None` for anything else.
pub(super) fn numeric_date(value: &Value) -> Option<f64> {
    let seconds = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    seconds.filter(|seconds| (0.0..=MAX_TIME).contains(seconds))
}

/// What a verified access token contains.
#[derive(Clone, Debug)]
pub struct VerifiedToken {
    /// The person it was issued to, if it names one.
    pub user: Option<UserClaims>,
    pub permissions: Permissions,
    /// The thumbprint of the DPoP key that it is bound to (`cnf.jkt`, RFC 9449 §6).
    pub bound_to: Option<Thumbprint>,
    pub expires_at: Option<SystemTime>,
    /// RFC 9068 §2.2.1, RFC 9470 §6.2. For a token that was issued here, its session knows better.
    pub authentication: Authentication,
}

/// Claims that are not verified yet.
pub(super) struct TokenClaims(pub Map<String, Value>);

impl TokenClaims {
    /// Whether `aud`, a string or an array (RFC 7519 §4.1.3), contains this audience.
    pub fn is_for(&self, audience: &str) -> bool {
        match self.0.get("aud") {
            Some(Value::String(one)) => one == audience,
            Some(Value::Array(several)) => several.iter().any(|one| one == audience),
            _ => false,
        }
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// Refuses a token with a claim that names another kind, such as a refresh token or an ID token, or an unknown one
    /// (T36).
    pub fn check_kind(&self) -> Result<(), AccessTokenError> {
        let is_access_token = |kind: &Value| {
            let kind = kind.as_str().map(str::to_ascii_lowercase);
            kind.is_some_and(|kind| ACCESS_TOKEN_KINDS.contains(&&*kind))
        };
        let mut kinds = KIND_CLAIMS.iter().filter_map(|name| self.0.get(*name)).filter(|kind| !kind.is_null());
        match kinds.all(is_access_token) {
            true => Ok(()),
            false => Err(AccessTokenError::OtherKind),
        }
    }

    /// A NumericDate; see [`numeric_date`].
    pub fn time(&self, name: &'static str) -> Result<Option<SystemTime>, AccessTokenError> {
        let Some(value) = self.0.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
        let seconds = numeric_date(value).ok_or(AccessTokenError::NoTime(name))?;
        Ok(Some(UNIX_EPOCH + Duration::from_secs_f64(seconds)))
    }

    /// `nbf` and `iat` must not be later than `latest`, which is now plus the clock tolerance (T32). An unreadable `iat`
    /// counts as absent, as no check needs it (RFC 9068 §4, RFC 7662 §2.2).
    pub fn check_not_before(&self, latest: SystemTime) -> Result<(), AccessTokenError> {
        let issued_at = self.time("iat").unwrap_or_else(|_| {
            deviations::accepted(Document::AccessToken, "iat", LEFT_OUT);
            None
        });
        for (name, time) in [("nbf", self.time("nbf")?), ("iat", issued_at)] {
            if time.is_some_and(|time| time > latest) {
                return Err(AccessTokenError::NotYet(name));
            }
        }
        Ok(())
    }

    /// To be called after all checks. `issuer` becomes the user's `iss`.
    pub fn into_verified(self, issuer: &str, names: &ClaimNames) -> Result<VerifiedToken, AccessTokenError> {
        let permissions = Permissions {
            // Entra, Okta and AD FS use `scp`.
            scope: ["scope", "scp"].iter().filter_map(|name| self.0.get(*name)).flat_map(scopes).collect(),
            roles: names.roles.read(&self.0).unwrap_or_default(),
            roles_left_out: names.roles.is_left_out(&self.0),
        };
        let time = self.0.get("auth_time").and_then(numeric_date).filter(|seconds| *seconds > 0.0);
        let authentication =
            Authentication { acr: self.text("acr").map(str::to_owned), time: time.map(|seconds| seconds as i64) };
        Ok(VerifiedToken {
            authentication,
            user: self.user(issuer, names),
            permissions,
            bound_to: self.bound_to()?,
            expires_at: self.time("exp")?,
        })
    }

    /// `None` without `sub`, or without the claim that is configured in its place.
    fn user(&self, issuer: &str, names: &ClaimNames) -> Option<UserClaims> {
        let owned = |name: &str| self.text(name).map(str::to_owned);
        let mut user = UserClaims {
            iss: issuer.to_owned(),
            sub: owned("sub").filter(|sub| !sub.is_empty())?,
            name: owned("name"),
            preferred_username: owned("preferred_username").or_else(|| owned("username")),
            email: owned("email"),
            user_id: None,
        };
        names.apply(&self.0, &mut user);
        (names.user_id.is_none() || user.user_id.is_some()).then_some(user)
    }

    /// The key in `cnf`. An error for any other binding, such as to a certificate (RFC 8705 §3.1), as it can't be checked
    /// that the caller is the owner (T74).
    fn bound_to(&self) -> Result<Option<Thumbprint>, AccessTokenError> {
        match self.0.get("cnf") {
            None | Some(Value::Null) => Ok(None),
            Some(cnf) => {
                let jkt = cnf.as_object().filter(|members| members.len() == 1).and_then(|members| members.get("jkt"));
                let jkt = jkt.and_then(Value::as_str).and_then(|text| text.parse().ok());
                jkt.map(Some).ok_or(AccessTokenError::UnknownBinding)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(json: Value) -> TokenClaims {
        TokenClaims(json.as_object().unwrap().clone())
    }

    #[test]
    fn a_time_is_a_number_or_a_number_as_text_and_nothing_else() {
        // T72
        let time = |value: Value| claims(json!({ "exp": value })).time("exp");
        let expected = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        for good in [json!(1_700_000_000), json!(1_700_000_000.0), json!("1700000000"), json!(" 1700000000 ")] {
            assert_eq!(time(good.clone()).unwrap(), Some(expected), "{good}");
        }
        assert_eq!(time(Value::Null).unwrap(), None);
        for bad in
            [json!("soon"), json!(""), json!(-1), json!(1e18), json!("NaN"), json!("inf"), json!([1]), json!(true)]
        {
            assert!(time(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_claim_that_names_the_kind_must_name_an_access_token() {
        // T36
        for name in ["token_type", "typ", "token_use"] {
            let is_accepted = |kind: Value| claims(json!({ name: kind })).check_kind().is_ok();
            for kind in ["Bearer", "bearer", "DPoP", "access", "access_token", "at+jwt", "JWT"] {
                assert!(is_accepted(json!(kind)), "{name}: {kind}");
            }
            assert!(is_accepted(Value::Null), "{name}");
            for kind in
                ["refresh_token", "Refresh", "Offline", "ID", "id", "id_token", "Logout", "logout+jwt", "", "new"]
            {
                assert!(!is_accepted(json!(kind)), "{name}: {kind}");
            }
            for kind in [json!(7), json!(["Bearer"]), json!({}), json!(true)] {
                assert!(!is_accepted(kind.clone()), "{name}: {kind}");
            }
        }
        // All of these claims must fit.
        assert!(claims(json!({ "token_type": "Bearer", "typ": "Refresh" })).check_kind().is_err());
        assert!(claims(json!({})).check_kind().is_ok());
    }

    #[test]
    fn a_binding_that_can_not_be_checked_is_refused() {
        // T74
        let bound = |cnf: Value| claims(json!({ "cnf": cnf })).into_verified("i", &ClaimNames::default());
        let jkt = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
        assert_eq!(bound(json!({ "jkt": jkt })).unwrap().bound_to.unwrap().to_string(), jkt);
        assert!(bound(Value::Null).unwrap().bound_to.is_none());
        for other in [
            json!({ "x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" }),
            json!({ "jkt": jkt, "x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" }),
            json!({ "jkt": "short" }),
            json!({ "jkt": 7 }),
            json!({}),
            json!(jkt),
        ] {
            assert!(matches!(bound(other.clone()), Err(AccessTokenError::UnknownBinding)), "{other}");
        }
    }

    #[test]
    fn an_audience_must_match_exactly_in_a_string_or_an_array() {
        for (aud, is_for) in [
            (json!("api"), true),
            (json!(["other", "api"]), true),
            (json!("api/"), false),
            (json!("other api"), false),
            (json!([]), false),
            (json!(["other", 7]), false),
            (Value::Null, false),
        ] {
            assert_eq!(claims(json!({ "aud": aud })).is_for("api"), is_for, "{aud}");
        }
        assert!(!claims(json!({})).is_for("api"));
    }

    #[test]
    fn a_token_without_a_subject_names_no_user() {
        let user = |json: Value| claims(json).into_verified("issuer", &ClaimNames::default()).unwrap().user;
        assert_eq!(user(json!({ "sub": "ada", "username": "Ada" })).unwrap().display_name(), "Ada");
        assert_eq!(user(json!({ "sub": "" })), None);
        assert_eq!(user(json!({ "name": "Ada" })), None);
    }
}
