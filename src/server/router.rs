//! Paths, limits and headers: what every request and every answer has in common.

use std::time::Duration;

use axum::{
    Json, Router,
    body::to_bytes,
    extract::{DefaultBodyLimit, Extension, Request},
    http::{HeaderValue, StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use dioxus::server::{DioxusRouterExt, FullstackState};
use serde_json::json;
use tower_http::{
    catch_panic::CatchPanicLayer,
    timeout::TimeoutLayer,
    trace::{DefaultOnResponse, TraceLayer},
};

use super::{
    Services,
    environment::Environment,
    headers::{self, HeaderSettings},
    pages::{self, Site},
    sessions::Readiness,
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

fn with_common(router: Router, services: Services, settings: HeaderSettings) -> Router {
    let router = router
        // No page answers for a mistyped door.
        .route(API, any(async || ApiError::NotFound))
        .route(DOORS, any(async || ApiError::NotFound))
        .route("/api/{*door}", any(async || ApiError::NotFound))
        .route("/livez", get(async || StatusCode::OK))
        .route("/readyz", get(readiness))
        .merge(headers::report_route(Environment::system()))
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(Extension(services))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, MAX_TIME))
        .layer(CatchPanicLayer::custom(|_| ApiError::Internal.into_response()))
        .layer(from_fn(doors_in_common));
    headers::on_every_answer(router, settings).layer(
            TraceLayer::new_for_http()
                // The path without its query: `/auth/callback` is called with a code.
                .make_span_with(|request: &Request| {
                    tracing::info_span!("request", method = %request.method(), path = request.uri().path())
                })
                .on_response(DefaultOnResponse::new())
                // Whatever failed has logged its cause already.
                .on_failure(()),
        )
}

/// What would become of calls now, for whoever sends requests to several servers.
async fn readiness(Extension(services): Extension<Services>) -> Response {
    const REASON: &str = "the session store does not answer";
    match services.sessions.readiness().await {
        Readiness::Ready => Json(json!({ "status": "ready" })).into_response(),
        Readiness::Degraded => Json(json!({ "status": "degraded", "reason": REASON })).into_response(),
        Readiness::Unavailable => {
            let body = Json(json!({ "status": "unavailable", "reason": REASON }));
            (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
        }
    }
}

/// What all doors share. Their answers are nobody else's to keep, and are not to be held back on the way.
async fn doors_in_common(mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path != API && !path.starts_with(DOORS) {
        return next.run(request).await;
    }
    // The framework answers form posts with a redirect to the referrer; a door answers itself.
    request.headers_mut().remove(header::REFERER);
    let mut response = in_our_words(next.run(request).await).await;
    let status = response.status();
    let headers = response.headers_mut();
    // RFC 9110 §15.5.2: every 401 has a challenge; the guard's and the proofs' say more.
    if status == StatusCode::UNAUTHORIZED {
        headers.entry(header::WWW_AUTHENTICATE).or_insert(HeaderValue::from_static(r#"DPoP algs="ES256""#));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.entry(header::RETRY_AFTER).or_insert(HeaderValue::from(RETRY_AFTER_SECONDS));
    }
    response
}

/// The framework answers 500 in its own words for a query that it can't read, and for a panic behind a door; the
/// panic's text among them. Ours have `data`.
async fn in_our_words(response: Response) -> Response {
    const LONGEST: usize = 64 * 1024;
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return response;
    }
    let (parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, LONGEST).await else { return ApiError::Internal.into_response() };
    if serde_json::from_slice::<serde_json::Value>(&body).is_ok_and(|json| json.get("data").is_some()) {
        return Response::from_parts(parts, body.into());
    }
    match String::from_utf8_lossy(&body) {
        text if text.contains("error deserializing server function") => {
            ApiError::MalformedRequest { reason: "the query can't be read".into() }.into_response()
        }
        _ => {
            tracing::error!("a door panicked");
            ApiError::Internal.into_response()
        }
    }
}
