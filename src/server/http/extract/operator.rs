//! The caller of an endpoint for operators.

use axum::{
    extract::FromRequestParts,
    http::request::Parts,
    response::{IntoResponse, Response},
};

use super::Caller;
use crate::{
    server::{
        auth::access_token::AuthError,
        http::Services,
        observe::audit::{self, Event},
    },
    wire::error::ApiError,
};

/// A caller with the role that `OPERATOR_ROLE` names. Without that setting, the endpoints don't exist.
///
/// All later audit events of the request have the caller as `operator`.
pub struct Operator;

impl<S: Send + Sync> FromRequestParts<S> for Operator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let caller = Caller::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        let services = Services::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        let operator_roles = services.guard.operator_roles();
        if operator_roles.is_empty() {
            return Err(ApiError::NotFound.into_response());
        }
        if !caller.permissions.roles.iter().any(|role| operator_roles.contains(role)) {
            audit::record(Event::OperatorRefused, Some(&caller.user), None);
            return Err(AuthError::InsufficientScope(String::new()).into_response());
        }
        audit::set_operator(&caller.user);
        Ok(Self)
    }
}
