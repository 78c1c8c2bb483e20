//! Paths and headers: what every request and every answer has in common.

use std::time::Duration;

use axum::{
    Json, Router,
    body::to_bytes,
    extract::{DefaultBodyLimit, Extension, Request},
    http::{HeaderValue, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use dioxus::server::{DioxusRouterExt, FullstackState};
use serde_json::{Value, json};
use tower_http::{
    catch_panic::CatchPanicLayer,
    timeout::TimeoutLayer,
    trace::{DefaultOnResponse, TraceLayer},
};

use super::{
    Services, audit, backchannel,
    edge::{self, ClientAddress, RequestId},
    environment::Environment,
    headers::{self, HeaderSettings},
    metrics,
    oidc::MetadataStanding,
    pages::{self, Site},
    sessions::Readiness,
    traces,
};
use crate::wire::error::{ApiError, RETRY_AFTER_SECONDS};

/// Largest request body, in bytes. The longest message fits several times.
const MAX_BODY: usize = 256 * 1024;

/// Longest time to the head of an answer; above all that the provider may take (discovery, then a token request).
const MAX_TIME: Duration = Duration::from_secs(60);

const API: &str = "/api";
const DOORS: &str = "/api/";

/// Everything: the doors, the pages of `site`, its static files.
pub fn application(services: Services, site: Site, settings: HeaderSettings) -> Router {
    with_common(pages::routes(site, settings), services, settings)
}

/// The doors alone, for tests that need no pages.
pub fn doors(services: Services) -> Router {
    let doors = Router::new().register_server_functions().with_state(FullstackState::headless());
    with_common(doors, services, HeaderSettings::default())
}

/// These routes, with what all have in common.
pub fn with_common(router: Router, services: Services, settings: HeaderSettings) -> Router {
    let edge = services.edge.clone();
    let router = router
        // No page answers for a mistyped door.
        .route(API, any(async || ApiError::NotFound))
        .route(DOORS, any(async || ApiError::NotFound))
        .route("/api/{*door}", any(async || ApiError::NotFound))
        .route("/livez", get(async || StatusCode::OK))
        .route("/readyz", get(readiness))
        .route(backchannel::PATH, post(backchannel::logout))
        .merge(headers::report_route(Environment::system()))
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(Extension(services))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, MAX_TIME))
        .layer(CatchPanicLayer::custom(|_| ApiError::Internal.into_response()))
        .layer(from_fn_with_state(edge.clone(), edge::admit))
        .layer(from_fn(doors_in_common))
        .layer(from_fn(metrics::measure))
        .layer(from_fn(traces::measure));
    headers::on_every_answer(router, settings)
        .layer(
            TraceLayer::new_for_http()
                // The path without its query: `/auth/callback` is called with a code.
                .make_span_with(|request: &Request| {
                    let (of_request, path) = (request.extensions(), request.uri().path());
                    let request_id = of_request.get::<RequestId>().map(RequestId::as_str);
                    let client = of_request.get::<ClientAddress>().map(tracing::field::display);
                    // Of the one target that no filter leaves out, so that none takes the name from the lines within.
                    tracing::error_span!(target: audit::TARGET, "request", request_id, client, method = %request.method(), path)
                })
                .on_response(DefaultOnResponse::new())
                // Whatever failed has logged its cause already.
                .on_failure(()),
        )
        .layer(from_fn_with_state(edge, edge::identify))
}

/// Whether a door answers there.
pub(super) fn is_door(path: &str) -> bool {
    path == API || path.starts_with(DOORS)
}

/// What would become of calls now, for whoever sends requests to several servers. A provider that does not answer makes
/// no server worse than another: who is signed in stays so, and the rest is told to come again.
async fn readiness(Extension(services): Extension<Services>) -> Response {
    const STORE: &str = "the session store does not answer";
    const PROVIDER: &str = "the provider's metadata could not be fetched";
    let provider_metadata = match services.sessions.metadata_standing() {
        MetadataStanding::NotAskedFor => "not asked for yet",
        MetadataStanding::Fetched => "fetched",
        MetadataStanding::Failed => "failed",
    };
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

/// What all doors share. Their answers are nobody else's to keep, and are not to be held back on the way.
async fn doors_in_common(mut request: Request, next: Next) -> Response {
    if !is_door(request.uri().path()) {
        return next.run(request).await;
    }
    let id = request.extensions().get::<RequestId>().cloned();
    // The framework answers form posts with a redirect to the referrer; a door answers itself.
    request.headers_mut().remove(header::REFERER);
    let mut response = in_our_words(next.run(request).await, id).await;
    let status = response.status();
    let headers = response.headers_mut();
    // RFC 9110 §15.5.2: every 401 has a challenge.
    if status == StatusCode::UNAUTHORIZED {
        headers.entry(header::WWW_AUTHENTICATE).or_insert(HeaderValue::from_static(r#"DPoP algs="ES256""#));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// Every refusal in one envelope, with the request's name (T104). The framework answers 500 in its own words for a query
/// that it can't read, and for a panic behind a door; the panic's text among them. Ours have `data`.
async fn in_our_words(response: Response, id: Option<RequestId>) -> Response {
    const LONGEST: usize = 64 * 1024;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, LONGEST).await.unwrap_or_default();
    let mut envelope = match serde_json::from_slice::<Value>(&body) {
        Ok(ours) if ours.get("data").is_some() => ours,
        _ => {
            let (status, error) = match status {
                StatusCode::INTERNAL_SERVER_ERROR if is_unreadable_query(&body) => {
                    (StatusCode::BAD_REQUEST, ApiError::MalformedRequest { reason: "the query can't be read".into() })
                }
                StatusCode::INTERNAL_SERVER_ERROR => {
                    tracing::error!("a door panicked");
                    (status, ApiError::Internal)
                }
                StatusCode::GATEWAY_TIMEOUT => {
                    tracing::error!("a door took too long");
                    (status, ApiError::Unavailable)
                }
                _ => return Response::from_parts(parts, body.into()),
            };
            parts.status = status;
            json!({ "code": status.as_u16(), "message": error.to_string(), "data": error })
        }
    };
    if let Some(id) = id {
        envelope["request_id"] = id.as_str().into();
    }
    if [StatusCode::SERVICE_UNAVAILABLE, StatusCode::TOO_MANY_REQUESTS].contains(&parts.status) {
        let seconds = envelope["data"]["retry_after"].as_u64().unwrap_or(RETRY_AFTER_SECONDS);
        parts.headers.entry(header::RETRY_AFTER).or_insert(HeaderValue::from(seconds));
    }
    // The guard and the proofs bring their challenge (RFC 9449 §7.1); a door itself can't, as the framework lets none add
    // a header.
    if envelope["data"]["kind"] == "invalid_proof" {
        let challenge = HeaderValue::from_static(r#"DPoP error="invalid_dpop_proof", algs="ES256""#);
        parts.headers.entry(header::WWW_AUTHENTICATE).or_insert(challenge);
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_TYPE);
    let mut response = (parts.status, Json(envelope)).into_response();
    response.headers_mut().extend(parts.headers);
    response
}

fn is_unreadable_query(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).contains("error deserializing server function")
}
