//! The revocation endpoint: `POST /revoke` (RFC 7009).

use std::sync::Arc;

use axum::{
    Extension,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
};

use super::{client_auth::authenticate, fault_responses, token_error::TokenError};
use crate::mock::provider::{params::Params, shared::Shared, state::calls::PendingCall};

/// An unknown token counts as revoked (RFC 7009 §2.2).
pub async fn revoke(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Arc<PendingCall>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, TokenError> {
    let params = Params::parse(&body);
    let revoked = authenticate(&shared, &headers, &params).and_then(|client| {
        let missing = || TokenError::InvalidRequest("token is missing".into());
        let token = params.get("token").ok_or_else(missing)?;
        let user = shared.grants().user_of_refresh_token(token);
        if user.is_some_and(|user| shared.users().settings(&user).revocation_echo) {
            return Err(fault_responses::echo(&headers, &params));
        }
        Ok(shared.grants().revoke_token(token, &client.client_id)?)
    });
    match &revoked {
        Ok(Some(user)) => call.set_user(user),
        Ok(None) => {}
        Err(error) => call.set_outcome(error.code()),
    }
    revoked.map(|_| StatusCode::OK)
}
