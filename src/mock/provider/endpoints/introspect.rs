//! The introspection endpoint: `POST /introspect` (RFC 7662).

use std::sync::Arc;

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{ConnectInfo, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{
    access_token,
    client_auth::authenticate,
    fault_responses::{FaultyRequest, respond_instead},
    overrides,
    token_error::TokenError,
};
use crate::mock::{
    listener::Connection,
    provider::{
        params::Params,
        shared::Shared,
        state::{calls::PendingCall, grants::ActiveToken, settings::Settings},
    },
};

/// An unknown token is no error, but inactive (RFC 7662 §2.2). So is a refresh token.
pub async fn introspect(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Arc<PendingCall>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let params = Params::parse(&body);
    let token = authenticate(&shared, &headers, &params)
        .and_then(|_| params.get("token").ok_or_else(|| TokenError::InvalidRequest("token is missing".into())));
    let token = match token {
        Ok(token) => token,
        Err(error) => {
            call.set_outcome(error.code());
            return error.into_response();
        }
    };
    let active = shared.grants().active_token(token, shared.now());
    let user = shared.grants().user_of_any_access_token(token);
    let mut members = json!({ "active": false });
    if let Some(user) = user {
        call.set_user(&user);
        let fault = shared.users().next_introspection_fault(&user);
        let request = FaultyRequest { connection: &connection, headers: &headers, params: &params };
        if let Some(fault) = fault
            && let Some(response) = respond_instead(&fault, &call, &request).await
        {
            return response;
        }
        if let Some(active) = active {
            members = response(&shared, &shared.users().settings(&user), &active);
        }
    }
    if members["active"] == false {
        call.set_outcome("inactive");
    }
    ([(header::CACHE_CONTROL, "no-store")], Json(members)).into_response()
}

fn response(shared: &Shared, settings: &Settings, active: &ActiveToken) -> Value {
    let mut members =
        access_token::claims(shared, settings, &active.sign_in, active.lifetime, active.dpop_jkt.as_deref());
    members.insert("active".into(), true.into());
    members.insert("token_type".into(), active.token_type().into());
    members.insert("username".into(), active.sign_in.user.to_string().into());
    overrides::apply(&mut members, &settings.access_token_overrides());
    if settings.introspection_numbers_as_strings {
        numbers_as_strings(&mut members);
    }
    overrides::apply(&mut members, &settings.introspection_members);
    Value::Object(members)
}

/// As SiteMinder sends them.
fn numbers_as_strings(members: &mut Map<String, Value>) {
    for value in members.values_mut().filter(|value| value.is_number()) {
        *value = value.to_string().into();
    }
}
