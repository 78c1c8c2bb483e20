//! `/.well-known/jwks.json`: the public keys with which a gateway before the model verifies the tokens that it gets.

use axum::{
    Json,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

use super::Services;
use crate::wire::error::ApiError;

/// Verifiers fetch an unknown `kid` at once, and forget keys that are gone within minutes.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=300");

pub async fn show(services: Services) -> Response {
    let Some(tokens) = &services.user_tokens else { return ApiError::NotFound.into_response() };
    let mut response = Json(tokens.jwks()).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, CACHE_CONTROL);
    response
}
