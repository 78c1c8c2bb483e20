//! The control API, through which tests change the provider and see what was called. It is part of no specification.
//!
//! | | |
//! |---|---|
//! | `GET PUT /__control/users` | all users with their settings; changes several, as the file of people writes them |
//! | `GET PUT DELETE /__control/users/{user}` | the user's settings; `DELETE` leads back to those at the start |
//! | `POST /__control/users/{user}/revoke` | ends all grants of the user |
//! | `POST /__control/users/{user}/replay` | uses a superseded refresh token of the user, as a thief would |
//! | `POST /__control/users/{user}/backchannel-logout` | ends the user's sessions, and sends logout tokens |
//! | `GET /__control/` | the fault board: a page to do all of this by hand |
//! | `GET DELETE /__control/calls?user=` | the log of calls |
//! | `POST /__control/outage` | the endpoints that answer 503 to everybody |
//! | `POST /__control/dpop` | what is done about DPoP: none, ignored, bound, nonce; nonces issued before are invalid |
//! | `POST /__control/rotate-keys` | a new signing key; on request with the same `kid`, or without the old keys |
//! | `POST /__control/sign` | a JWT with this `header` and these `claims`, signed with the current key |
//! | `POST /__control/expire-pushed` | expires the pushed authorization requests |
//! | `GET POST /__control/clock` | moves the clock of the provider, and of a server that has this provider in its process |
//! | `POST /__control/reset` | back to the state at the start, but for the keys and the clock |
//! | `GET /__control/health` | 200 |
//!
//! An issuer with a path has its control API below that path.

mod board;
mod clock;
mod error;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use self::error::ControlError;
use super::{
    endpoint::Endpoint,
    endpoints::{
        backchannel::{self, LogoutOptions, SentToken},
        token_error::TokenError,
    },
    params::Params,
    shared::Shared,
    state::{
        calls::Call,
        dpop::{Dpop, DpopSupport},
        grants::Grants,
        keys::Rotation,
        settings::Settings,
        signing_algorithm::SigningAlgorithm,
        user_name::UserName,
        users::People,
    },
    ui::board_page::BOARD_PATH,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetDpop {
    support: DpopSupport,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Outage {
    endpoints: BTreeSet<Endpoint>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unsigned {
    #[serde(default)]
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

pub fn router() -> Router<Arc<Shared>> {
    let user = get(show_user).put(change_user).delete(reset_user);
    let control = Router::new()
        .route("/", get(board::redirect))
        .route("/board", post(board::change))
        .route("/clock", get(clock::show).post(clock::change))
        .route("/users", get(list_users).put(change_users))
        .route("/users/{user}", user)
        .route("/users/{user}/revoke", post(revoke_user))
        .route("/users/{user}/replay", post(replay_superseded))
        .route("/users/{user}/backchannel-logout", post(log_out))
        .route("/calls", get(list_calls).delete(clear_calls))
        .route("/outage", post(set_outage))
        .route("/dpop", post(set_dpop))
        .route("/rotate-keys", post(rotate_keys))
        .route("/sign", post(sign))
        .route("/expire-pushed", post(expire_pushed))
        .route("/reset", post(reset))
        .route("/health", get(health))
        .fallback(no_such_path);
    // The `/` of a nested router has no slash at its end.
    Router::new().route(BOARD_PATH, get(board::show)).nest("/__control", control)
}

async fn list_users(State(shared): State<Arc<Shared>>) -> Json<BTreeMap<String, Settings>> {
    let users = shared.users().all().clone();
    Json(users.into_iter().map(|(user, settings)| (user.to_string(), settings)).collect())
}

async fn change_users(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<StatusCode, ControlError> {
    let people: People = serde_json::from_slice(&body)?;
    shared.users().change_all(people)?;
    Ok(StatusCode::NO_CONTENT)
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

/// The settings only: the user's grants stay valid.
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

/// Returns what the token endpoint answers to the thief.
async fn replay_superseded(
    State(shared): State<Arc<Shared>>,
    Path(user): Path<String>,
) -> Result<Json<Value>, ControlError> {
    let user = parse_user(&user)?;
    let replayed = shared.grants().replay_superseded(&user, shared.now());
    let error = replayed.ok_or(ControlError::NothingSuperseded(user))?;
    Ok(Json(json!({ "status": 400, "error": TokenError::Grant(error).code() })))
}

async fn log_out(
    State(shared): State<Arc<Shared>>,
    Path(user): Path<String>,
    body: Bytes,
) -> Result<Json<Vec<SentToken>>, ControlError> {
    let user = parse_user(&user)?;
    let options: LogoutOptions =
        if body.is_empty() { LogoutOptions::default() } else { serde_json::from_slice(&body)? };
    Ok(Json(backchannel::log_out(&shared, &user, options).await?))
}

async fn list_calls(
    State(shared): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
) -> Result<Json<Vec<Call>>, ControlError> {
    let user = requested_user(query)?;
    Ok(Json(shared.calls.list(user.as_ref())))
}

async fn clear_calls(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Result<StatusCode, ControlError> {
    let user = requested_user(query)?;
    shared.calls.clear(user.as_ref());
    Ok(StatusCode::NO_CONTENT)
}

async fn set_outage(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<StatusCode, ControlError> {
    let outage: Outage = serde_json::from_slice(&body)?;
    *shared.outage() = outage.endpoints;
    Ok(StatusCode::NO_CONTENT)
}

async fn set_dpop(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<StatusCode, ControlError> {
    let SetDpop { support } = serde_json::from_slice(&body)?;
    *shared.dpop() = Dpop::of(support);
    Ok(StatusCode::NO_CONTENT)
}

async fn rotate_keys(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<StatusCode, ControlError> {
    let rotation: Rotation = if body.is_empty() { Rotation::default() } else { serde_json::from_slice(&body)? };
    shared.keys.rotate(rotation).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn sign(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<Json<Value>, ControlError> {
    let Unsigned { header, claims } = serde_json::from_slice(&body)?;
    let jwt = shared.keys.ring().await?.current.sign_with(SigningAlgorithm::default(), header, &claims)?;
    Ok(Json(json!({ "jwt": jwt })))
}

async fn expire_pushed(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.pushed_requests().expire();
    StatusCode::NO_CONTENT
}

/// The signing keys stay, because clients have cached them.
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

fn requested_user(query: Option<String>) -> Result<Option<UserName>, ControlError> {
    let params = Params::parse(query.unwrap_or_default().as_bytes());
    params.get("user").map(parse_user).transpose()
}
