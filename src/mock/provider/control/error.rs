//! The errors of the control API.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::mock::{
    clock::TooFar,
    provider::state::{keys::NoKey, settings::SettingsError, user_name::UserName, users::PeopleError},
};

pub enum ControlError {
    NotAUser(String),
    NotJson(serde_json::Error),
    Settings(SettingsError),
    People(PeopleError),
    TooFar(TooFar),
    NoKey(NoKey),
    NothingSuperseded(UserName),
    NoSuchPath,
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

impl From<PeopleError> for ControlError {
    fn from(error: PeopleError) -> ControlError {
        ControlError::People(error)
    }
}

impl From<TooFar> for ControlError {
    fn from(error: TooFar) -> ControlError {
        ControlError::TooFar(error)
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
            ControlError::People(error) => {
                (StatusCode::BAD_REQUEST, json!({ "field": null, "message": error.to_string() }))
            }
            ControlError::TooFar(error) => {
                (StatusCode::BAD_REQUEST, json!({ "field": "clock", "message": error.to_string() }))
            }
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
