//! The claim `session_expiry` of ID tokens, in Unix seconds: when the session must have ended (OpenID IPSIE SL1 Profile).

use std::time::SystemTime;

use super::{claim_names::claims_of, error::AccessTokenError, token_claims::TokenClaims, values::IdToken};

/// `session_expiry` of an ID token that was verified before. An unreadable value is an error, not an absent limit.
pub(super) fn session_expiry(verified: &IdToken) -> Result<Option<SystemTime>, AccessTokenError> {
    TokenClaims(claims_of(verified)).time("session_expiry")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    use serde_json::{Value, json};

    use super::*;

    fn of(claims: &Value) -> Result<Option<SystemTime>, AccessTokenError> {
        let part = |json: &Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
        session_expiry(&IdToken::new(format!("{}.{}.AAAA", part(&json!({ "alg": "ES256" })), part(claims))))
    }

    #[test]
    fn session_expiry_is_a_number_or_a_number_as_text_or_absent_and_anything_else_is_an_error() {
        let at = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        for value in [json!(1_800_000_000), json!("1800000000")] {
            assert_eq!(of(&json!({ "session_expiry": value })).unwrap(), Some(at), "{value}");
        }
        assert_eq!(of(&json!({})).unwrap(), None);
        for value in [json!("tomorrow"), json!(-1), json!(true), json!([1_800_000_000])] {
            assert!(of(&json!({ "session_expiry": value })).is_err(), "{value}");
        }
    }
}
