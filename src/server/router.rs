//! Paths and headers: what every request and every answer has in common.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Json, Router,
    body::to_bytes,
    extract::{DefaultBodyLimit, Extension, Request},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use dioxus::server::{DioxusRouterExt, FullstackState};
use futures_util::FutureExt;
use serde_json::{Value, json};
use tokio::time::timeout;
use tower::{Service, ServiceExt, layer::layer_fn, util::MapRequestLayer};
use tower_http::{
    catch_panic::CatchPanicLayer,
    trace::{DefaultOnResponse, TraceLayer},
};
use tracing::Instrument;

use super::{
    auth::{oidc::MetadataStatus, sessions::Readiness},
    backchannel,
    edge::{Call, ClientAddress, Edge, REQUEST_ID, RequestId},
    environment::Environment,
    headers::{self, HeaderSettings},
    http::{Services, extract::NextNonce, metrics, traces},
    observe::audit::{self, Pseudonyms},
    pages::{self, Site},
};
use crate::wire::error::{ApiError, RETRY_AFTER_SECONDS};

/// Largest request body, in bytes. The longest message fits several times.
const MAX_BODY: usize = 256 * 1024;

/// Longest time to the head of an answer; above all that the provider may take (discovery, then a token request).
const MAX_TIME: Duration = Duration::from_secs(60);

const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

const API: &str = "/api";
const DOORS: &str = "/api/";

/// What all routes are put behind.
struct Common {
    edge: Arc<Edge>,
    headers: HeaderSettings,
    pseudonyms: Pseudonyms,
}

/// Routes behind it. A service by hand: axum's layer of a function boxes what is within for each request.
#[derive(Clone)]
struct InCommon<R> {
    common: Arc<Common>,
    routes: R,
}

/// Everything: the doors, the pages of `site`, its static files.
pub fn application(services: Services, site: Site, settings: HeaderSettings) -> Router {
    with_common(pages::routes(site, services.link_hosts.clone(), settings), services, settings)
}

/// The doors alone, for tests that need no pages.
pub fn doors(services: Services) -> Router {
    let doors = Router::new().register_server_functions().with_state(FullstackState::headless());
    with_common(doors, services, HeaderSettings::default())
}

/// These routes, with what all have in common.
pub fn with_common(router: Router, services: Services, settings: HeaderSettings) -> Router {
    let edge = services.edge.clone();
    let common = Arc::new(Common { edge: edge.clone(), headers: settings, pseudonyms: services.pseudonyms.clone() });
    router
        // No page answers for a mistyped door.
        .route(API, any(async || ApiError::NotFound))
        .route(DOORS, any(async || ApiError::NotFound))
        .route("/api/{*door}", any(async || ApiError::NotFound))
        .route("/livez", get(async || StatusCode::OK))
        .route("/readyz", get(readiness))
        .route(backchannel::PATH, post(backchannel::logout))
        .merge(headers::report_route(services.sessions.front_url(), Environment::system()))
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        // The outermost first. In one: each that is put on by itself is one more box around all within it, to be copied
        // for every request (docs/performance.md).
        .layer((
            MapRequestLayer::new(move |request| edge.identify(request)),
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
            layer_fn(move |routes| InCommon { common: common.clone(), routes }),
            CatchPanicLayer::custom(|_| {
                tracing::error!("a request panicked");
                ApiError::Internal.into_response()
            }),
            DefaultBodyLimit::max(MAX_BODY),
            Extension(Arc::new(services)),
        ))
}

impl<R> Service<Request> for InCommon<R>
where
    R: Service<Request, Error = Infallible> + Clone + Send + 'static,
    R::Response: IntoResponse,
    R::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let Self { common, routes } = self.clone();
        Box::pin(in_common(common, routes, request).map(Ok))
    }
}

/// Around all answers; those to panics and timeouts too.
async fn in_common<R>(common: Arc<Common>, routes: R, mut request: Request) -> Response
where
    R: Service<Request, Error = Infallible>,
    R::Response: IntoResponse,
{
    let (counted, span) = (metrics::Counted::of(&request), traces::request(&request));
    // Nobody within asks for it.
    let id = request.extensions_mut().remove::<RequestId>();
    let call = request.extensions().get::<Call>().cloned();
    let source = call.as_ref().map(|call| audit::Source(call.address().network()));
    let context = audit::Context::of_request(common.pseudonyms.clone(), source);
    request.extensions_mut().insert(context.clone());
    let is_door = is_door(request.uri().path());
    if is_door {
        // The framework answers form posts with a redirect to the referrer; a door answers itself.
        request.headers_mut().remove(header::REFERER);
    }
    let next_nonce = is_door.then(|| NextNonce::insert_into(request.extensions_mut()));
    let answered = async {
        let (head, body) = request.into_parts();
        let answer = match common.edge.admit(&head).await {
            // Not as a layer: that one sets its timer before it asks for the answer, which mostly is there at once.
            Ok(()) => match timeout(MAX_TIME, routes.oneshot(Request::from_parts(head, body))).await {
                Ok(Ok(response)) => response.into_response(),
                Err(_) => StatusCode::GATEWAY_TIMEOUT.into_response(),
            },
            Err(refusal) => refusal,
        };
        match &call {
            Some(call) => common.edge.settle(call, answer).await,
            None => answer,
        }
    };
    let mut response = context.scope(answered).instrument(span.clone()).await;
    if is_door {
        response = of_a_door(response, id.as_ref()).await;
    }
    counted.answered(response.status());
    traces::answered(&span, response.status().as_u16());
    headers::complete(response.headers_mut(), common.headers);
    if let Some(next_nonce) = next_nonce {
        next_nonce.add_to(response.headers_mut());
    }
    if let Some(id) = id {
        response.headers_mut().insert(REQUEST_ID, id.header());
    }
    response
}

/// Whether a door answers there.
pub(super) fn is_door(path: &str) -> bool {
    path == API || path.starts_with(DOORS)
}

/// What would become of calls now, for whoever sends requests to several servers. A provider that does not answer makes
/// no server worse than another: who is signed in stays so, and the rest is told to come again.
async fn readiness(services: Services) -> Response {
    const STORE: &str = "the session store does not answer";
    const PROVIDER: &str = "the provider's metadata could not be fetched";
    let provider_metadata = match services.sessions.metadata_status() {
        MetadataStatus::NotFetched => "not asked for yet",
        MetadataStatus::Fetched => "fetched",
        MetadataStatus::Failed => "failed",
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
async fn of_a_door(response: Response, id: Option<&RequestId>) -> Response {
    let status = response.status();
    let mut response = match status.is_client_error() || status.is_server_error() {
        // Boxed, as it is large: other answers have no room to make for it.
        true => Box::pin(in_our_words(response, id)).await,
        false => response,
    };
    let status = response.status();
    let headers = response.headers_mut();
    // RFC 9110 §15.5.2: every 401 has a challenge.
    if status == StatusCode::UNAUTHORIZED {
        headers.entry(header::WWW_AUTHENTICATE).or_insert(HeaderValue::from_static(r#"DPoP algs="ES256""#));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(ACCEL_BUFFERING, HeaderValue::from_static("no"));
    response
}

/// Every refusal in one envelope, with the request's name (T104). The framework answers 500 in its own words for a query
/// that it can't read, and for a panic behind a door; the panic's text among them. Ours have `data`.
async fn in_our_words(response: Response, id: Option<&RequestId>) -> Response {
    const LONGEST: usize = 64 * 1024;
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, LONGEST).await.unwrap_or_default();
    let mut envelope = match serde_json::from_slice::<Value>(&body) {
        Ok(ours) if ours.get("data").is_some() => ours,
        _ => {
            let (status, error) = match parts.status {
                StatusCode::INTERNAL_SERVER_ERROR if is_unreadable_query(&body) => {
                    (StatusCode::BAD_REQUEST, ApiError::MalformedRequest { reason: "the query can't be read".into() })
                }
                StatusCode::INTERNAL_SERVER_ERROR => {
                    tracing::error!("a door panicked");
                    (parts.status, ApiError::Internal)
                }
                StatusCode::GATEWAY_TIMEOUT => {
                    tracing::error!("a door took too long");
                    (parts.status, ApiError::Unavailable)
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
