//! `session_expiry`, a claim of ID tokens by which the provider says when a session that began with it has to end, at the
//! latest (OpenID IPSIE SL1 Profile): Unix seconds.

use std::time::SystemTime;

use super::{claim_names::claims_of, error::AccessTokenError, token_claims::TokenClaims, values::IdToken};

/// Of an ID token that was verified before. One that can't be read is no licence to go on.
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
    fn it_is_a_number_or_the_same_as_text_may_be_missing_and_is_never_guessed() {
        let at = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        for said in [json!(1_800_000_000), json!("1800000000")] {
            assert_eq!(of(&json!({ "session_expiry": said })).unwrap(), Some(at), "{said}");
        }
        assert_eq!(of(&json!({})).unwrap(), None);
        for said in [json!("tomorrow"), json!(-1), json!(true), json!([1_800_000_000])] {
            assert!(of(&json!({ "session_expiry": said })).is_err(), "{said}");
        }
    }
}
