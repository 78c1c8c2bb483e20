//! The control plane: what a test sets, and what it reads. Not part of any specification.
//!
//! | | |
//! |---|---|
//! | `GET PUT DELETE /__control/users/{user}` | the user's settings |
//! | `POST /__control/users/{user}/revoke` | ends everything the user granted |
//! | `POST /__control/users/{user}/replay` | a thief uses a refresh token of the user that was superseded |
//! | `POST /__control/users/{user}/backchannel-logout` | ends the user's sessions here, and tells the relying party |
//! | `GET /__control/` | all of it by hand: the fault board |
//! | `GET DELETE /__control/calls?user=` | what was called |
//! | `POST /__control/outage` | the endpoints that answer 503, for everyone |
//! | `POST /__control/rotate-keys` | a new signing key; the same `kid`, the old keys gone if so asked |
//! | `POST /__control/expire-pushed` | the pushed authorization requests expire |
//! | `POST /__control/reset` | as just started |
//! | `GET /__control/health` | 200 |

use std::{collections::BTreeSet, sync::Arc, time::Instant};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::mock::provider::{
    endpoint::Endpoint,
    endpoints::{
        backchannel::{self, LogoutOrder, Sent},
        token_error::TokenError,
    },
    params::Params,
    shared::Shared,
    state::{
        calls::Call,
        grants::Grants,
        keys::{NoKey, Rotation},
        users::{Settings, SettingsError, UserName},
    },
    ui::board_page,
};

/// What the control plane can't do.
enum ControlError {
    NotAUser(String),
    NotJson(serde_json::Error),
    Settings(SettingsError),
    NoKey(NoKey),
    NothingSuperseded(UserName),
    NoSuchPath,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Outage {
    endpoints: BTreeSet<Endpoint>,
}

pub fn router() -> Router<Arc<Shared>> {
    let user = get(show_user).put(change_user).delete(reset_user);
    Router::new()
        .route("/users/{user}", user)
        .route("/users/{user}/revoke", post(revoke_user))
        .route("/users/{user}/replay", post(replay_superseded))
        .route("/users/{user}/backchannel-logout", post(log_out))
        .route("/calls", get(list_calls).delete(clear_calls))
        .route("/outage", post(set_outage))
        .route("/rotate-keys", post(rotate_keys))
        .route("/expire-pushed", post(expire_pushed))
        .route("/reset", post(reset))
        .route("/health", get(health))
        .merge(board_page::router())
        .fallback(no_such_path)
}

async fn show_user(
    State(shared): State<Arc<Shared>>,
    Path(user): Path<String>,
) -> Result<Json<Settings>, ControlError> {
    let user = parse_user(&user)?;
    Ok(Json(shared.users().settings(&user)))
}

async fn change_user(
    State(shared): State<Arc<Shared>>,
    Path(user): Path<String>,
    body: Bytes,
) -> Result<Json<Settings>, ControlError> {
    let user = parse_user(&user)?;
    let changes: Map<String, Value> = serde_json::from_slice(&body)?;
    Ok(Json(shared.users().change(&user, changes)?))
}

/// Settings only: what the user granted stays good.
async fn reset_user(State(shared): State<Arc<Shared>>, Path(user): Path<String>) -> Result<StatusCode, ControlError> {
    let user = parse_user(&user)?;
    shared.users().reset(&user);
    Ok(StatusCode::NO_CONTENT)
}

async fn revoke_user(State(shared): State<Arc<Shared>>, Path(user): Path<String>) -> Result<StatusCode, ControlError> {
    let user = parse_user(&user)?;
    shared.grants().revoke_user(&user);
    Ok(StatusCode::NO_CONTENT)
}

/// The token endpoint's answer to the thief.
async fn replay_superseded(
    State(shared): State<Arc<Shared>>,
    Path(user): Path<String>,
) -> Result<Json<Value>, ControlError> {
    let user = parse_user(&user)?;
    let replayed = shared.grants().replay_superseded(&user, Instant::now());
    let error = replayed.ok_or(ControlError::NothingSuperseded(user))?;
    Ok(Json(json!({ "status": 400, "error": TokenError::Grant(error).code() })))
}

/// With what was sent, and how it was answered.
async fn log_out(
    State(shared): State<Arc<Shared>>,
    Path(user): Path<String>,
    body: Bytes,
) -> Result<Json<Vec<Sent>>, ControlError> {
    let user = parse_user(&user)?;
    let order: LogoutOrder = if body.is_empty() { LogoutOrder::default() } else { serde_json::from_slice(&body)? };
    Ok(Json(backchannel::log_out(&shared, &user, order).await?))
}

async fn list_calls(
    State(shared): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
) -> Result<Json<Vec<Call>>, ControlError> {
    let user = asked_user(query)?;
    Ok(Json(shared.calls.list(user.as_ref())))
}

async fn clear_calls(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Result<StatusCode, ControlError> {
    let user = asked_user(query)?;
    shared.calls.clear(user.as_ref());
    Ok(StatusCode::NO_CONTENT)
}

async fn set_outage(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<StatusCode, ControlError> {
    let outage: Outage = serde_json::from_slice(&body)?;
    *shared.outage() = outage.endpoints;
    Ok(StatusCode::NO_CONTENT)
}

/// Answered when the new key signs.
async fn rotate_keys(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<StatusCode, ControlError> {
    let rotation: Rotation = if body.is_empty() { Rotation::default() } else { serde_json::from_slice(&body)? };
    shared.keys.rotate(rotation).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn expire_pushed(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.pushed_requests().expire();
    StatusCode::NO_CONTENT
}

/// Everything but the signing keys, which relying parties have cached.
async fn reset(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.users().reset_all();
    shared.outage().clear();
    *shared.grants() = Grants::default();
    shared.pushed_requests().expire();
    shared.calls.clear(None);
    StatusCode::NO_CONTENT
}

async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

async fn no_such_path() -> ControlError {
    ControlError::NoSuchPath
}

fn parse_user(user: &str) -> Result<UserName, ControlError> {
    UserName::parse(user).ok_or_else(|| ControlError::NotAUser(user.to_owned()))
}

fn asked_user(query: Option<String>) -> Result<Option<UserName>, ControlError> {
    let params = Params::parse(query.unwrap_or_default().as_bytes());
    params.get("user").map(parse_user).transpose()
}

impl From<serde_json::Error> for ControlError {
    fn from(error: serde_json::Error) -> ControlError {
        ControlError::NotJson(error)
    }
}

impl From<NoKey> for ControlError {
    fn from(error: NoKey) -> ControlError {
        ControlError::NoKey(error)
    }
}

impl From<SettingsError> for ControlError {
    fn from(error: SettingsError) -> ControlError {
        ControlError::Settings(error)
    }
}

impl IntoResponse for ControlError {
    fn into_response(self) -> Response {
        let (status, body) = match self {
            ControlError::NotAUser(user) => {
                (StatusCode::BAD_REQUEST, json!({ "field": "user", "message": format!("{user:?} is no user name") }))
            }
            ControlError::NotJson(error) => {
                (StatusCode::BAD_REQUEST, json!({ "field": null, "message": error.to_string() }))
            }
            ControlError::Settings(error) => (StatusCode::BAD_REQUEST, json!(error)),
            ControlError::NoKey(error) => {
                (StatusCode::INTERNAL_SERVER_ERROR, json!({ "field": null, "message": error.to_string() }))
            }
            ControlError::NothingSuperseded(user) => {
                let message = format!("no refresh token of {user} was superseded yet");
                (StatusCode::CONFLICT, json!({ "field": null, "message": message }))
            }
            ControlError::NoSuchPath => (StatusCode::NOT_FOUND, json!({ "field": null, "message": "no such path" })),
        };
        (status, Json(body)).into_response()
    }
}
