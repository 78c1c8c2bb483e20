//! `/livez` and `/readyz`, for process managers and load balancers.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::Services;
use crate::server::auth::{oidc::MetadataStatus, sessions::Readiness};

/// Whether the process answers.
pub async fn live() -> StatusCode {
    StatusCode::OK
}

/// Whether requests should be sent here. A provider that does not answer makes no server worse than another: who is signed
/// in stays so, and others are asked to try again.
pub async fn ready(services: Services) -> Response {
    const STORE: &str = "the session store does not answer";
    const PROVIDER: &str = "the provider's metadata could not be fetched";
    let provider_metadata = match services.sessions.metadata_status() {
        MetadataStatus::NotFetched => "not asked for yet",
        MetadataStatus::Fetched => "fetched",
        MetadataStatus::Failed => "failed",
    };
    if services.draining.is_cancelled() {
        let body = json!({ "status": "draining", "reason": "the server is being stopped" });
        return (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response();
    }
    let (status, word, reason) = match services.sessions.readiness().await {
        Readiness::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", Some(STORE)),
        Readiness::Degraded => (StatusCode::OK, "degraded", Some(STORE)),
        Readiness::Ready if provider_metadata == "failed" => (StatusCode::OK, "degraded", Some(PROVIDER)),
        Readiness::Ready => (StatusCode::OK, "ready", None),
    };
    let mut body = json!({ "status": word, "provider_metadata": provider_metadata });
    if let Some(reason) = reason {
        body["reason"] = reason.into();
    }
    (status, Json(body)).into_response()
}
