//! The routes, and the layers around them.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Extension},
    http::{HeaderName, HeaderValue, header},
    middleware::{from_fn, from_fn_with_state},
    routing::{any, get, post},
};
use dioxus::server::{DioxusRouterExt, FullstackState, ServerFunction};
use tower::{Layer, ServiceBuilder};
use tower_http::{
    catch_panic::CatchPanicLayer,
    set_header::SetResponseHeaderLayer,
    trace::{DefaultOnResponse, TraceLayer},
};

use super::{
    backchannel, errors,
    headers::{self, HeaderSettings},
    health, layers,
    pages::{self, App},
    signals, user_token_keys,
};
use crate::{
    server::{Services, chat::upstream::JWKS_PATH, environment::Environment},
    wire::error::ApiError,
};

/// Largest request body, in bytes. The longest message fits several times. That of a message has its files besides.
const MAX_BODY: usize = 256 * 1024;

/// The most bytes of a character (RFC 3629 §3).
const BYTES_OF_A_CHARACTER: usize = 4;

/// The endpoint that takes messages.
const MESSAGES: &str = "/api/chat";

/// Asks nginx not to buffer a stream of events.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The whole server: the endpoints, the pages of `app`, its static files.
pub fn application(services: Services, app: App, settings: HeaderSettings) -> Router {
    let state = pages::renderer(app, &services.furnishing, services.chat.page_limits());
    let pages = pages::routes(app, state.clone(), services.furnishing.logo.clone(), settings);
    let routes = api(state, &services).merge(pages);
    with_common_layers(routes, services, settings)
}

/// The endpoints alone, for tests that need no pages.
pub fn endpoints(services: Services) -> Router {
    let routes = api(FullstackState::headless(), &services);
    with_common_layers(routes, services, HeaderSettings::default())
}

/// These routes and the server's own, behind the layers that all routes share.
pub fn with_common_layers(routes: Router, services: Services, settings: HeaderSettings) -> Router {
    let edge = services.edge.clone();
    // The outermost first.
    let layers = ServiceBuilder::new()
        .map_request(layers::identify(edge.clone()))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(layers::log_span)
                .on_response(DefaultOnResponse::new())
                // Each failure has logged its cause already.
                .on_failure(()),
        )
        .layer(from_fn(layers::observe))
        .layer(from_fn_with_state(settings, layers::add_headers))
        .layer(from_fn(layers::add_nonce))
        .layer(from_fn(errors::write_error))
        .layer(from_fn_with_state(services.pseudonyms.clone(), layers::audit_context))
        .layer(from_fn_with_state(edge, layers::charge_refused))
        .layer(from_fn(layers::check_host))
        .layer(from_fn(layers::limit_time))
        .layer(CatchPanicLayer::custom(layers::panicked))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(Extension(Arc::new(services.clone())));
    routes
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .route(JWKS_PATH, get(user_token_keys::show))
        .route(backchannel::PATH, post(backchannel::logout))
        .merge(signals::routes(services.sessions.signals()))
        .merge(headers::report_route(services.sessions.front_url(), Environment::system()))
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(layers)
}

/// The server functions, behind the layers that only they need.
fn api(state: FullstackState, services: &Services) -> Router {
    let (edge, limits) = (services.edge.clone(), services.chat.page_limits().attachments);
    let largest_message = MAX_BODY.saturating_add(limits.message_chars.saturating_mul(BYTES_OF_A_CHARACTER));
    let layers = ServiceBuilder::new()
        // Tokens are nobody else's to store (T52).
        .layer(SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .layer(SetResponseHeaderLayer::overriding(ACCEL_BUFFERING, HeaderValue::from_static("no")))
        .layer(from_fn_with_state(edge, layers::admit))
        .map_request(layers::remove_referer)
        .layer(from_fn(layers::check_query))
        .layer(from_fn(errors::take_returned_error));
    // Each layer clones what it wraps for each request: a router is cheap to clone, the framework's handlers are not.
    let functions = Router::new()
        .register_server_functions()
        .with_state(state)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .into_service::<Body>();
    let paths = ServerFunction::collect().into_iter().map(ServerFunction::path).collect::<BTreeSet<_>>();
    paths
        .into_iter()
        .fold(Router::new(), |routes, path| {
            let largest = if path == MESSAGES { largest_message } else { MAX_BODY };
            routes.route_service(path, DefaultBodyLimit::max(largest).layer(functions.clone()))
        })
        // A mistyped path gets no page.
        .route("/api", any(async || ApiError::NotFound))
        .route("/api/", any(async || ApiError::NotFound))
        .route("/api/{*path}", any(async || ApiError::NotFound))
        .layer(layers)
}
