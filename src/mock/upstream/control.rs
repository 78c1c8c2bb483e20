//! The control API, through which tests choose scenarios and see what was requested. It is part of no specification.
//!
//! | | |
//! |---|---|
//! | `POST /__control/scenario` | `{when, name, number?, times?}`: the scenario of requests that contain `when` |
//! | `GET /__control/requests?containing=` | the log of requests, and how each ended |
//! | `POST /__control/reset` | back to the state at the start |
//! | `GET /__control/health` | 200 |

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    requests::Request,
    scenario::{Name, Scenario},
    shared::{Rule, Shared},
};

/// As a test writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewRule {
    /// A text of the conversation. Empty: every request.
    when: String,
    name: Name,
    #[serde(default)]
    number: Option<u64>,
    #[serde(default = "once")]
    times: u32,
}

/// The body is no [`NewRule`].
struct NotARule(serde_json::Error);

pub fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/scenario", post(set_scenario))
        .route("/requests", get(list_requests))
        .route("/reset", post(reset))
        .route("/health", get(health))
}

async fn set_scenario(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<StatusCode, NotARule> {
    let NewRule { when, name, number, times } = serde_json::from_slice(&body).map_err(NotARule)?;
    shared.add_rule(Rule { when, scenario: Scenario { name, number }, times });
    Ok(StatusCode::NO_CONTENT)
}

async fn list_requests(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Json<Vec<Request>> {
    let query = query.unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let containing = pairs.find(|(name, _)| name == "containing").map(|(_, text)| text).unwrap_or_default();
    Json(shared.requests.list(&containing))
}

async fn reset(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.reset();
    StatusCode::NO_CONTENT
}

async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

fn once() -> u32 {
    1
}

impl IntoResponse for NotARule {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, Json(json!({ "message": self.0.to_string() }))).into_response()
    }
}
