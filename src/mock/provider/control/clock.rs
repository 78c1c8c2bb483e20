//! The provider's clock, which a test moves.

use std::sync::Arc;

use axum::{Json, body::Bytes, extract::State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::ControlError;
use crate::mock::provider::{shared::Shared, state::clock::unix_seconds};

/// As a test writes it: `{"advance": 28800}`, or `{"offset": 0}`; in seconds.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Move {
    /// From where the clock is now; negative: back.
    Advance(i64),
    /// From the machine's clock.
    Offset(i64),
}

pub async fn show(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(reading(&shared))
}

pub async fn change(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<Json<Value>, ControlError> {
    let change: Move = serde_json::from_slice(&body)?;
    match change {
        Move::Advance(seconds) => shared.clock.advance(seconds)?,
        Move::Offset(seconds) => shared.clock.set_offset(seconds)?,
    }
    Ok(Json(reading(&shared)))
}

/// How far it has been moved, and the time that it shows, in seconds since the epoch.
fn reading(shared: &Shared) -> Value {
    json!({ "offset": shared.clock.offset(), "now": unix_seconds(shared.now()) })
}
