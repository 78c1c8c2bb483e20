//! The middleware that logs the calls, and answers for endpoints that have an outage.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};

use super::fault_responses::unavailable;
use crate::mock::provider::{endpoint::Endpoint, shared::Shared};

/// Gives the handler its [`PendingCall`](crate::mock::provider::state::calls::PendingCall) as an extension.
pub async fn record_calls(State(shared): State<Arc<Shared>>, mut request: Request, next: Next) -> Response {
    let endpoint = Endpoint::at_path(request.uri().path());
    let Some(endpoint) = endpoint.filter(|endpoint| shared.profile.supports(*endpoint)) else {
        return next.run(request).await;
    };
    let traceparent = request.headers().get("traceparent").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let call = Arc::new(shared.calls.begin(endpoint, traceparent, shared.now()));
    let has_outage = shared.outage().contains(&endpoint);
    let response = if has_outage {
        call.set_outcome("unavailable");
        unavailable()
    } else {
        request.extensions_mut().insert(call.clone());
        next.run(request).await
    };
    call.set_answered(response.status());
    response
}
