//! The responses that faults put in place of the normal ones.

use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

use super::{client_auth::basic_credentials, token_error::TokenError};
use crate::mock::{
    listener::Connection,
    provider::{
        params::Params,
        state::{
            calls::PendingCall,
            fault::{Fault, FaultKind},
            grants::GrantError,
        },
    },
};

/// The request that gets a fault.
pub struct FaultyRequest<'a> {
    pub connection: &'a Connection,
    pub headers: &'a HeaderMap,
    pub params: &'a Params,
}

/// Long, as real providers have sent it; in characters.
const ECHO_LENGTH: usize = 100_000;

/// The response to send at once, if the fault prevents the normal one. [`FaultKind::Slow`] only waits.
pub async fn respond_instead(fault: &Fault, call: &PendingCall, request: &FaultyRequest<'_>) -> Option<Response> {
    match fault.kind {
        FaultKind::Slow => {
            tokio::time::sleep(fault.delay()).await;
            None
        }
        FaultKind::SlowAnswer => None,
        kind => {
            call.set_outcome(kind.name());
            response(fault, request)
        }
    }
}

/// 503 with `Retry-After`.
pub fn unavailable() -> Response {
    let retry_after = [(header::RETRY_AFTER, "1")];
    (StatusCode::SERVICE_UNAVAILABLE, retry_after).into_response()
}

/// An error whose description repeats the whole request, with the client secret.
pub fn echo(headers: &HeaderMap, params: &Params) -> TokenError {
    let authorization = headers.get(header::AUTHORIZATION).map(|value| value.as_bytes()).unwrap_or_default();
    let (id, secret) = basic_credentials(authorization).unwrap_or_default();
    let mut description: String = params.all().map(|(name, value)| format!("{name} ({value}) ")).collect();
    description += &format!("for {id} with ({secret}) in {}. ", String::from_utf8_lossy(authorization));
    TokenError::Echo(description + &"Please try again. ".repeat(ECHO_LENGTH / 18))
}

fn response(fault: &Fault, request: &FaultyRequest<'_>) -> Option<Response> {
    let response = match fault.kind {
        FaultKind::InvalidGrant => TokenError::Grant(GrantError::Ended).into_response(),
        FaultKind::ServerError => {
            let page = Html("<!doctype html><title>500</title><h1>Internal error</h1>");
            (StatusCode::INTERNAL_SERVER_ERROR, page).into_response()
        }
        FaultKind::Unavailable => unavailable(),
        FaultKind::Garbage => ([(header::CONTENT_TYPE, "application/json")], "}{ not JSON").into_response(),
        FaultKind::Empty => StatusCode::BAD_REQUEST.into_response(),
        FaultKind::Reset => request.connection.close_without_answer(),
        FaultKind::Echo => echo(request.headers, request.params).into_response(),
        FaultKind::Response => {
            let status = fault.status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or_default();
            let content_type = fault.content_type.as_deref().unwrap_or("application/json");
            (status, [(header::CONTENT_TYPE, content_type)], fault.body.clone()).into_response()
        }
        _ => return None,
    };
    Some(response)
}
