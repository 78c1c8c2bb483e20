//! The introspection endpoint: `POST /introspect` (RFC 7662).

use std::{sync::Arc, time::Instant};

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{ConnectInfo, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use crate::mock::provider::{
    connection::Connection,
    endpoints::{
        access_token,
        token::{authenticate, spoil_before_granting},
        token_error::TokenError,
    },
    params::Params,
    shared::Shared,
    state::{calls::OpenCall, fault::Sent, grants::ActiveToken, users::Settings},
};

/// An unknown token is not an error, but not active (RFC 7662 §2.2); so is one that is no access token.
pub async fn introspect(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Arc<OpenCall>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let params = Params::parse(&body);
    let token = authenticate(&shared, &headers, &params)
        .and_then(|()| params.get("token").ok_or_else(|| TokenError::InvalidRequest("token is missing".into())));
    let token = match token {
        Ok(token) => token,
        Err(error) => {
            call.outcome(error.code());
            return error.into_response();
        }
    };
    let active = shared.grants().active_token(token, Instant::now());
    let user = active.as_ref().map(|active| active.sign_in.user.clone());
    let user = user.or_else(|| shared.grants().user_of_ended_token(token));
    let mut members = json!({ "active": false });
    if let Some(user) = user {
        call.user(&user);
        let fault = shared.users().next_introspection_fault(&user);
        let sent = Sent { connection: &connection, headers: &headers, params: &params };
        if let Some(fault) = fault
            && let Some(response) = spoil_before_granting(&fault, &call, &sent).await
        {
            return response;
        }
        if let Some(active) = active {
            members = response(&shared, &shared.users().settings(&user), &active);
        }
    }
    if members["active"] == false {
        call.outcome("inactive");
    }
    ([(header::CACHE_CONTROL, "no-store")], Json(members)).into_response()
}

fn response(shared: &Shared, settings: &Settings, active: &ActiveToken) -> Value {
    let mut members = access_token::claims(shared, settings, &active.sign_in, active.lifetime);
    members.insert("active".into(), true.into());
    members.insert("token_type".into(), "Bearer".into());
    members.insert("username".into(), active.sign_in.user.to_string().into());
    access_token::change(&mut members, &settings.access_token_claims);
    if settings.introspection_numbers_as_strings {
        numbers_as_strings(&mut members);
    }
    access_token::change(&mut members, &settings.introspection_members);
    Value::Object(members)
}

/// As some providers send them.
fn numbers_as_strings(members: &mut Map<String, Value>) {
    for value in members.values_mut().filter(|value| value.is_number()) {
        *value = value.to_string().into();
    }
}
