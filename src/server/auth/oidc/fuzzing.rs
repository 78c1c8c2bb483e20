//! What a fuzzer made up in the provider's name.

#![allow(clippy::unwrap_used)]

use openidconnect::OAuth2TokenResponse;

use super::token_response::TokenResponse;
pub use super::{
    document::fuzzing::metadata,
    id_token::fuzzing::{id_token_claims, jwt},
};
use crate::wire::auth::AccessToken;

/// A token answer. What is used of it can be carried by a header, and is not valid for longer than a day; and an answer that
/// is written again is read as the same.
pub fn token_answer(data: &[u8]) {
    let Ok(answer) = serde_json::from_slice::<TokenResponse>(data) else { return };
    let lifetime = answer.lifetime().as_secs_f64();
    assert!(0.0 < lifetime && lifetime <= 24.0 * 3600.0, "{lifetime}");
    if answer.unusable_reason().is_none() {
        let token = answer.access_token().secret();
        assert!(!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()));
        assert_eq!(answer.usable_access_token().is_ok(), token.len() <= AccessToken::MAX_LENGTH);
    }
    assert!(answer.refresh_token().is_none_or(|token| !token.secret().is_empty()));
    let again: TokenResponse = serde_json::from_str(&serde_json::to_string(&answer).unwrap()).unwrap();
    assert_eq!(answer.access_token().secret(), again.access_token().secret());
    assert_eq!(answer.refresh_token().map(|token| token.secret()), again.refresh_token().map(|token| token.secret()));
    assert_eq!(answer.id_token().map(|token| token.secret()), again.id_token().map(|token| token.secret()));
    assert_eq!(answer.unusable_reason(), again.unusable_reason());
}
