//! The pushed authorization request endpoint: `POST /par` (RFC 9126).

use std::sync::Arc;

use axum::{
    Extension, Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{authorize, client_auth::authenticate, dpop, token_error::TokenError};
use crate::mock::provider::{
    endpoint::Endpoint,
    params::Params,
    shared::Shared,
    state::{calls::PendingCall, pushed_requests},
};

pub async fn push(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Arc<PendingCall>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let params = Params::parse(&body);
    let accepted = authenticate(&shared, &headers, &params).and_then(|client| {
        // RFC 9126 §2.1
        match params.get("request_uri") {
            _ if params.get("client_id").is_some_and(|id| id != client.client_id) => {
                Err(TokenError::InvalidRequest("client_id is that of another client".into()))
            }
            Some(_) => Err(TokenError::InvalidRequest("request_uri can't be pushed".into())),
            None => {
                authorize::check(&shared, &params).map_err(|reason| TokenError::InvalidRequest(reason.into_owned()))
            }
        }?;
        dpop::key_of_proof(&shared, &headers, Endpoint::PushedAuthorization)
    });
    // RFC 9449 §10.1: the code is bound to the key of a proof as if `dpop_jkt` named it.
    let key = accepted.and_then(|key| match (key, params.get("dpop_jkt")) {
        (Some(key), Some(named)) if key != named => Err(TokenError::InvalidDpopProof("dpop_jkt names another key")),
        (key, None) => Ok(key),
        (_, Some(_)) => Ok(None),
    });
    let key = match key {
        Ok(key) => key,
        Err(error) => {
            call.set_outcome(error.code());
            return error.into_response();
        }
    };
    let mut request = String::from_utf8_lossy(&body).into_owned();
    if let Some(key) = key {
        request = format!("{request}&dpop_jkt={key}");
    }
    let request_uri = shared.pushed_requests().push(request, shared.now());
    let answer = json!({ "request_uri": request_uri, "expires_in": pushed_requests::LIFETIME.as_secs() });
    (StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}
