//! Calls to the stores: each is timed, and has a span if traces are on.

use std::time::Instant;

use super::{metrics, traces};

/// A call to the store of sessions, by this name.
pub async fn session_store_call<T, E>(name: &'static str, call: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    timed(metrics::Store::Sessions, traces::store_call(name, call)).await
}

/// A call to the store of conversations, by this name.
pub async fn conversation_store_call<T, E>(
    name: &'static str,
    call: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    timed(metrics::Store::Conversations, traces::store_call(name, call)).await
}

async fn timed<T, E>(store: metrics::Store, call: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let called_at = Instant::now();
    let outcome = call.await;
    metrics::store_call(store, outcome.is_ok(), called_at.elapsed());
    outcome
}
