//! The standard claims about a person and their sign-in (OpenID Connect Core §2, §5.1), read from untyped JSON.
//!
//! Only a few are shown. None is needed, so one of another type counts as absent.

use serde_json::{Map, Value};

use super::{
    deviations::{self, Document, LEFT_OUT},
    token_claims::numeric_date,
};
use crate::wire::auth::UserClaims;

/// The JSON type of a claim.
#[derive(Clone, Copy)]
enum Type {
    Text,
    Boolean,
    Object,
    Time,
    Texts,
}

const TYPES: [(&str, Type); 23] = [
    ("name", Type::Text),
    ("given_name", Type::Text),
    ("family_name", Type::Text),
    ("middle_name", Type::Text),
    ("nickname", Type::Text),
    ("preferred_username", Type::Text),
    ("profile", Type::Text),
    ("picture", Type::Text),
    ("website", Type::Text),
    ("email", Type::Text),
    ("email_verified", Type::Boolean),
    ("gender", Type::Text),
    ("birthdate", Type::Text),
    ("zoneinfo", Type::Text),
    ("locale", Type::Text),
    ("phone_number", Type::Text),
    ("phone_number_verified", Type::Boolean),
    ("address", Type::Object),
    ("updated_at", Type::Time),
    ("amr", Type::Texts),
    ("c_hash", Type::Text),
    // OpenID Connect Back-Channel Logout §2.1
    ("sid", Type::Text),
    ("jti", Type::Text),
];

/// The person, by the claims that are shown.
pub(super) fn user(iss: &str, sub: &str, claims: &Map<String, Value>) -> UserClaims {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
    UserClaims {
        iss: iss.to_owned(),
        sub: sub.to_owned(),
        name: text("name"),
        preferred_username: text("preferred_username"),
        email: text("email"),
        user_id: None,
    }
}

/// Counts and logs the standard claims of another type.
pub(super) fn record_other_types(document: Document, claims: &Map<String, Value>) {
    for name in of_other_type(claims) {
        deviations::accepted(document, name, LEFT_OUT);
    }
}

fn of_other_type(claims: &Map<String, Value>) -> impl Iterator<Item = &'static str> {
    let is_other = |(name, expected): &(&'static str, Type)| {
        claims.get(*name).is_some_and(|value| !value.is_null() && !expected.fits(value))
    };
    TYPES.into_iter().filter(is_other).map(|(name, _)| name)
}

impl Type {
    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Boolean => value.is_boolean(),
            Self::Object => value.is_object(),
            Self::Time => numeric_date(value).is_some(),
            Self::Texts => value.as_array().is_some_and(|items| items.iter().all(Value::is_string)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_claim_of_another_type_is_found_by_its_name_and_counts_as_absent() {
        let claims = json!({
            "name": ["Ada"], "preferred_username": 7, "email": ["a@example.com", "b@example.com"], "email_verified": 1,
            "address": "1 Example Street", "updated_at": "yesterday", "amr": "pwd", "locale": null, "nickname": "Ada",
            "phone_number_verified": true, "made_up": 1,
        });
        let claims = claims.as_object().unwrap();
        let found: Vec<_> = of_other_type(claims).collect();
        let expected = ["name", "preferred_username", "email", "email_verified", "address", "updated_at", "amr"];
        assert_eq!(found, expected);
        assert_eq!(user("i", "s", claims), UserClaims::known_by("i".into(), "s".into()));
    }

    #[test]
    fn claims_of_the_specified_types_are_not_reported() {
        let claims = json!({
            "name": "Ada", "email": "a@example.com", "email_verified": false, "address": { "country": "UK" },
            "updated_at": "1700000000", "amr": ["pwd", "otp"], "sid": "s",
        });
        let claims = claims.as_object().unwrap();
        assert_eq!(of_other_type(claims).count(), 0);
        let user = user("i", "s", claims);
        assert_eq!((user.name.as_deref(), user.email.as_deref()), (Some("Ada"), Some("a@example.com")));
    }
}
