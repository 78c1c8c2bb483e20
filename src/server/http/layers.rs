//! One function per concern of a request: [`super::router`] puts them around the routes, in order.

use std::{any::Any, collections::HashMap, sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use dioxus::fullstack::{ServerFnError, payloads::Query};
use tracing::{Instrument, Span};

use super::{
    extract::NextNonce,
    headers::{self, HeaderSettings},
    ingress::{self, Call, ClientAddress, Edge, REQUEST_ID, RequestId},
    metrics, traces,
};
use crate::{
    server::{
        excerpt::excerpt,
        observe::audit::{self, Pseudonyms},
    },
    wire::error::ApiError,
};

/// Longest time to the head of a response. Longer than a discovery and a token request at the provider may take.
pub const MAX_TIME: Duration = Duration::from_secs(60);

/// Finds the client's address, and gives the request an id.
pub fn identify(edge: Arc<Edge>) -> impl Fn(Request) -> Request + Clone {
    move |request| edge.identify(request)
}

/// The span of a request in the log.
pub fn log_span(request: &Request) -> Span {
    let request_id = request.extensions().get::<RequestId>().map(RequestId::as_str);
    let client = request.extensions().get::<ClientAddress>().map(tracing::field::display);
    // Without the query: `/auth/callback` is called with a code.
    let path = request.uri().path();
    // No filter leaves this target out, so every line within has the request's id.
    tracing::error_span!(target: audit::TARGET, "request", request_id, client, method = %request.method(), path)
}

/// Counts and times the request, and traces it.
pub async fn observe(request: Request, next: Next) -> Response {
    let (counted, span) = (metrics::Counted::of(&request), traces::request(&request));
    let response = next.run(request).instrument(span.clone()).await;
    counted.answered(response.status());
    traces::answered(&span, response.status().as_u16());
    response
}

/// The headers that every response has.
pub async fn add_headers(State(settings): State<HeaderSettings>, request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().map(RequestId::header);
    let mut response = next.run(request).await;
    headers::add(response.headers_mut(), settings);
    if let Some(id) = id {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Sends the next nonce with a response of any status (RFC 9449 §8.2).
pub async fn add_nonce(mut request: Request, next: Next) -> Response {
    let next_nonce = NextNonce::insert_into(request.extensions_mut());
    let mut response = next.run(request).await;
    next_nonce.add_to(response.headers_mut());
    response
}

/// What the audit events of this request have in common.
pub async fn audit_context(State(pseudonyms): State<Pseudonyms>, mut request: Request, next: Next) -> Response {
    let address = request.extensions().get::<ClientAddress>();
    let source = address.map(|address| audit::Source(address.network()));
    let id = request.extensions().get::<RequestId>().map(RequestId::as_str).unwrap_or_default();
    let about = audit::RequestInfo {
        id: id.to_owned(),
        client: address.map(ToString::to_string),
        method: request.method().to_string(),
        // Without the query: `/auth/callback` is called with a code.
        path: excerpt(request.uri().path()).to_string(),
    };
    let context = audit::Context::of_request(pseudonyms, source, Some(about));
    request.extensions_mut().insert(context.clone());
    context.scope(next.run(request)).await
}

/// Charges the client's address for a refused request that has identified nobody.
pub async fn charge_refused(State(edge): State<Arc<Edge>>, request: Request, next: Next) -> Response {
    let call = request.extensions().get::<Call>().cloned();
    let response = next.run(request).await;
    match call {
        Some(call) => edge.charge_refused(&call, response).await,
        None => response,
    }
}

/// Refuses a request that names no host, or two (RFC 9112 §3.2).
pub async fn check_host(request: Request, next: Next) -> Result<Response, ApiError> {
    let (head, body) = request.into_parts();
    ingress::check_host(&head)?;
    Ok(next.run(Request::from_parts(head, body)).await)
}

/// Refuses calls from pages of other origins, and too many calls without proof and token.
pub async fn admit(State(edge): State<Arc<Edge>>, request: Request, next: Next) -> Result<Response, ApiError> {
    let (head, body) = request.into_parts();
    edge.admit(&head).await?;
    Ok(next.run(Request::from_parts(head, body)).await)
}

pub async fn limit_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(MAX_TIME, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            tracing::error!("a request took too long");
            (StatusCode::GATEWAY_TIMEOUT, ApiError::Unavailable).into_response()
        }
    }
}

/// The panic's text stays in the log.
pub fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a request panicked");
    ApiError::Internal.into_response()
}

/// Dioxus answers a form post with a redirect to its `Referer`; an endpoint answers with data.
pub fn remove_referer(mut request: Request) -> Request {
    request.headers_mut().remove(header::REFERER);
    request
}

/// Dioxus answers a query that it can't read with 500; so the query is read before it comes there. Arguments are text, each
/// given once.
pub async fn check_query(
    query: Result<Query<HashMap<String, String>>, ServerFnError>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    match query {
        Ok(_) => Ok(next.run(request).await),
        Err(_) => Err(ApiError::MalformedRequest { reason: "the query can't be read".into() }),
    }
}
