//! The token response, as real providers send it (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3).
//!
//! `openidconnect`'s own type rejects members of another type than specified, and reports a malformed ID token as a
//! malformed response. Here only `access_token` must have its type.

use std::time::Duration;

use openidconnect::{
    AccessToken, EmptyAdditionalClaims, OAuth2TokenResponse, RefreshToken, Scope,
    core::{CoreGenderClaim, CoreIdToken, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreTokenType},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    deviations::{self, Document, LEFT_OUT},
    permissions::scopes,
    values::IdToken,
};
use crate::wire::auth::AccessToken as BrowserToken;

/// The lifetime of an access token without a usable `expires_in`.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(5 * 60);

/// The upper bound of `expires_in`.
const MAX_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Members", into = "Members")]
pub(super) struct TokenResponse {
    access_token: AccessToken,
    token_type: CoreTokenType,
    expires_in: Option<Duration>,
    refresh_token: Option<RefreshToken>,
    id_token: Option<IdToken>,
    scope: Option<Vec<Scope>>,
}

impl TokenResponse {
    pub(super) fn lifetime(&self) -> Duration {
        self.expires_in.filter(|lifetime| !lifetime.is_zero()).unwrap_or(DEFAULT_LIFETIME).min(MAX_LIFETIME)
    }

    /// Why the access token can't be used: its type is unknown (RFC 6749 §7.1), or it has characters that are not allowed
    /// in a header (RFC 6749 appendix A.12). `None` if it can be used.
    pub(super) fn unusable_reason(&self) -> Option<&'static str> {
        let token = self.access_token.secret();
        let is_known = match &self.token_type {
            CoreTokenType::Bearer => true,
            CoreTokenType::Extension(other) => other == "dpop",
            _ => false,
        };
        match (is_known, !token.is_empty() && token.bytes().all(|byte| (0x21..=0x7e).contains(&byte))) {
            (false, _) => Some("the access token is of an unknown type"),
            (true, false) => Some("the access token has characters that no header can carry"),
            (true, true) => None,
        }
    }

    /// Whether the access token is bound to the key of the request's DPoP proof (RFC 9449 §5).
    pub(super) fn is_bound(&self) -> bool {
        matches!(&self.token_type, CoreTokenType::Extension(other) if other == "dpop")
    }

    /// The access token for the browser; the error is its length, if it is longer than a call can carry.
    pub(super) fn usable_access_token(&self) -> Result<BrowserToken, usize> {
        let token = self.browser_token();
        if token.is_too_long() { Err(token.secret().len()) } else { Ok(token) }
    }

    pub(super) fn browser_token(&self) -> BrowserToken {
        BrowserToken::new(self.access_token.secret().to_owned())
    }

    /// `scope` of the response, if present (RFC 6749 §5.1).
    pub(super) fn granted_scope(&self) -> Option<Vec<String>> {
        self.scope.as_ref().map(|scopes| scopes.iter().map(|scope| scope.to_string()).collect())
    }

    /// The ID token as received, neither parsed nor verified.
    pub(super) fn id_token(&self) -> Option<&IdToken> {
        self.id_token.as_ref()
    }
}

impl OAuth2TokenResponse for TokenResponse {
    type TokenType = CoreTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &CoreTokenType {
        &self.token_type
    }

    fn expires_in(&self) -> Option<Duration> {
        self.expires_in
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        self.scope.as_ref()
    }
}

impl
    openidconnect::TokenResponse<
        EmptyAdditionalClaims,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    > for TokenResponse
{
    /// Not used: [`TokenResponse::id_token`] returns the text, which is verified exactly as received.
    fn id_token(&self) -> Option<&CoreIdToken> {
        None
    }
}

/// The members as they are in the JSON. Unknown ones are ignored.
#[derive(Clone, Serialize, Deserialize)]
struct Members {
    access_token: AccessToken,
    #[serde(default)]
    token_type: Option<Value>,
    /// `3600`, `3600.5` or `"3600"` (T72).
    #[serde(default)]
    expires_in: Option<Value>,
    #[serde(default)]
    refresh_token: Option<Value>,
    #[serde(default)]
    id_token: Option<Value>,
    /// A string, or an array as some providers send it.
    #[serde(default)]
    scope: Option<Value>,
}

impl From<Members> for TokenResponse {
    fn from(members: Members) -> Self {
        Self {
            access_token: members.access_token,
            token_type: token_type(members.token_type.as_ref()),
            expires_in: members.expires_in.and_then(|seconds| duration(&seconds)),
            scope: members
                .scope
                .filter(|scope| !scope.is_null())
                .map(|scope| scopes(&scope))
                .map(|scopes| scopes.into_iter().map(Scope::new).collect()),
            refresh_token: token("refresh_token", members.refresh_token).map(RefreshToken::new),
            id_token: token("id_token", members.id_token).map(IdToken::new),
        }
    }
}

impl From<TokenResponse> for Members {
    fn from(response: TokenResponse) -> Self {
        Self {
            token_type: Some(Value::String(response.token_type.as_ref().to_owned())),
            expires_in: response.expires_in.map(|lifetime| lifetime.as_secs_f64().into()),
            refresh_token: response.refresh_token.map(|token| token.into_secret().into()),
            id_token: response.id_token.map(|id_token| id_token.secret().into()),
            scope: response
                .scope
                .map(|scopes| scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ").into()),
            access_token: response.access_token,
        }
    }
}

/// Case-insensitive (RFC 6749 §5.1). An absent `token_type` counts as `Bearer`; one that is not text is unknown, and such an
/// access token must not be used (RFC 6749 §7.1).
fn token_type(value: Option<&Value>) -> CoreTokenType {
    match value {
        None | Some(Value::Null) => CoreTokenType::Bearer,
        Some(Value::String(text)) if text.eq_ignore_ascii_case("bearer") => CoreTokenType::Bearer,
        Some(value) => CoreTokenType::Extension(value.as_str().unwrap_or_default().to_lowercase()),
    }
}

/// A token that may be absent. One that is empty or no text counts as absent.
fn token(member: &'static str, value: Option<Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text).filter(|text| !text.is_empty()),
        Value::Null => None,
        _ => {
            deviations::accepted(Document::TokenResponse, member, LEFT_OUT);
            None
        }
    }
}

fn duration(seconds: &Value) -> Option<Duration> {
    let number = match seconds {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null => return None,
        _ => None,
    };
    if number.is_none() {
        deviations::accepted(Document::TokenResponse, "expires_in", LEFT_OUT);
    }
    Duration::try_from_secs_f64(number?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn response(json: serde_json::Value) -> TokenResponse {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn expires_in_may_be_a_number_a_text_or_absent() {
        // T72
        let lifetime =
            |expires_in| response(serde_json::json!({"access_token": "a", "expires_in": expires_in})).lifetime();
        assert_eq!(lifetime(serde_json::json!(3600)), Duration::from_secs(3600));
        assert_eq!(lifetime(serde_json::json!("3600")), Duration::from_secs(3600));
        assert_eq!(lifetime(serde_json::json!(-1)), DEFAULT_LIFETIME);
        assert_eq!(lifetime(serde_json::json!(0)), DEFAULT_LIFETIME);
        assert_eq!(lifetime(serde_json::json!(1e19)), MAX_LIFETIME);
        assert_eq!(response(serde_json::json!({"access_token": "a"})).lifetime(), DEFAULT_LIFETIME);
    }

    #[test]
    fn token_type_is_case_insensitive_and_unknown_members_are_ignored_but_an_access_token_is_required() {
        // T23
        let sent = response(serde_json::json!({"access_token": "a", "token_type": "bEARER", "state": "x", "iat": 1}));
        assert_eq!(sent.token_type, CoreTokenType::Bearer);
        assert!(serde_json::from_value::<TokenResponse>(serde_json::json!({"token_type": "Bearer"})).is_err());
    }

    #[test]
    fn members_of_another_type_are_left_out_except_those_that_must_be_understood() {
        for other in [serde_json::json!(false), serde_json::json!(7), serde_json::json!(["a"]), serde_json::json!({})] {
            let sent = response(serde_json::json!({
                "access_token": "a", "token_type": "Bearer", "refresh_token": other, "id_token": other, "scope": other,
                "expires_in": { "seconds": 7 },
            }));
            assert!(sent.refresh_token.is_none() && sent.id_token.is_none(), "{other}");
            assert_eq!((sent.lifetime(), sent.unusable_reason()), (DEFAULT_LIFETIME, None));
            let unknown = response(serde_json::json!({ "access_token": "a", "token_type": other }));
            assert!(unknown.unusable_reason().is_some(), "{other}");
            let without = serde_json::json!({ "access_token": other, "token_type": "Bearer" });
            let error = serde_json::from_value::<TokenResponse>(without);
            assert!(error.is_err(), "{other}");
        }
    }

    #[test]
    fn an_access_token_of_unknown_type_or_with_forbidden_characters_is_unusable() {
        let unusable = |token: &str, kind: &str| {
            response(serde_json::json!({"access_token": token, "token_type": kind})).unusable_reason().is_some()
        };
        assert!(!unusable("7|a:b%41", "Bearer"));
        assert!(!unusable("a", "DPoP"));
        for token in ["", "a b", "a\nb", "tök"] {
            assert!(unusable(token, "Bearer"), "{token:?}");
        }
        assert!(unusable("a", "N_A"));
    }

    #[test]
    fn an_access_token_is_usable_up_to_the_length_that_a_call_can_carry() {
        let usable =
            |length: usize| response(serde_json::json!({"access_token": "a".repeat(length)})).usable_access_token();
        assert_eq!(usable(16 * 1024).unwrap().secret().len(), 16_384);
        assert_eq!(usable(16 * 1024 + 1).unwrap_err(), 16_385);
    }

    #[test]
    fn an_empty_refresh_token_is_absent_and_a_malformed_id_token_is_not() {
        let sent = response(serde_json::json!({"access_token": "a", "refresh_token": "", "id_token": "not a jwt"}));
        assert!(sent.refresh_token.is_none());
        assert_eq!(sent.id_token, Some(IdToken::new("not a jwt")));
        assert!(response(serde_json::json!({"access_token": "a", "id_token": ""})).id_token.is_none());
    }

    /// Members of any type, with the names that a token response has.
    fn any_answer() -> impl Strategy<Value = serde_json::Value> {
        let value = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(serde_json::Value::from),
            any::<i64>().prop_map(serde_json::Value::from),
            any::<f64>().prop_map(serde_json::Value::from),
            any::<String>().prop_map(serde_json::Value::from),
            "[a-zA-Z0-9]{0,9}|bearer|Bearer|3600|-1|1e400|NaN|inf".prop_map(serde_json::Value::from),
            Just(serde_json::json!(["a"])),
            Just(serde_json::json!({"a": "b"})),
        ];
        let name = "access_token|token_type|expires_in|refresh_token|id_token|scope|[a-z]{1,5}";
        vec((name, value), 0..8).prop_map(|members| serde_json::Value::Object(members.into_iter().collect()))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// T23
        #[test]
        fn no_answer_makes_the_parser_panic_or_is_usable_without_an_access_token(answer in any_answer()) {
            if let Ok(response) = serde_json::from_value::<TokenResponse>(answer.clone())
                && response.unusable_reason().is_none()
            {
                prop_assert_eq!(answer["access_token"].as_str(), Some(response.access_token().secret().as_str()));
                prop_assert!(!response.access_token().secret().is_empty());
                prop_assert!(!response.lifetime().is_zero() && response.lifetime() <= MAX_LIFETIME);
            }
        }

        #[test]
        fn no_bytes_make_the_parser_panic(bytes in vec(any::<u8>(), 0..200)) {
            let _ = serde_json::from_slice::<TokenResponse>(&bytes);
        }
    }

    #[test]
    fn an_answer_with_a_member_twice_is_refused() {
        // T18
        for twice in ["access_token", "token_type", "expires_in", "refresh_token", "scope", "id_token"] {
            let answer = format!(r#"{{"access_token":"a","{twice}":"1","{twice}":"2"}}"#);
            assert!(serde_json::from_str::<TokenResponse>(&answer).is_err(), "{twice}");
        }
        assert!(serde_json::from_str::<TokenResponse>(r#"{"access_token":"a","other":"1","other":"2"}"#).is_ok());
    }
}
