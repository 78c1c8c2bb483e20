//! `/livez` and `/readyz`, for process managers and load balancers.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    Services,
    readiness::{Access, Verdict},
};
use crate::server::{auth::oidc::MetadataStatus, version::VERSION};

/// Whether the process answers.
pub async fn live() -> StatusCode {
    StatusCode::OK
}

/// Whether requests should be sent here.
pub async fn ready(services: Services) -> Response {
    if services.draining.is_cancelled() {
        let body = json!({ "status": "draining", "reason": "the server is being stopped", "version": VERSION });
        return (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response();
    }
    let report = services.readiness.report().await;
    let (status, word, reason) = match report.verdict() {
        Verdict::Ready => (StatusCode::OK, "ready", None),
        Verdict::Degraded(reason) => (StatusCode::OK, "degraded", Some(reason)),
        Verdict::Unavailable(reason) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", Some(reason)),
    };
    let mut body = json!({
        "status": word,
        "version": VERSION,
        "sessions": access(report.stores.sessions),
        "conversations": access(report.stores.conversations),
        "provider_metadata": match report.provider_metadata {
            MetadataStatus::NotFetched => "not asked for yet",
            MetadataStatus::Fetched => "fetched",
            MetadataStatus::Failed => "failed",
        },
    });
    if let Some(reason) = reason {
        body["reason"] = reason.into();
    }
    (status, Json(body)).into_response()
}

fn access(Access { read, write }: Access) -> Value {
    let name = |works| if works { "ok" } else { "failed" };
    json!({ "read": name(read), "write": name(write) })
}
