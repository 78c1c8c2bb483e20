//! From where the call came that is being answered, for whoever records an event about it.

use std::net::IpAddr;

use dioxus::fullstack::FullstackContext;

/// A client's address, or its network where it has one to itself. In the extensions of each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Source(pub IpAddr);

tokio::task_local! {
    static SOURCE: Option<Source>;
}

/// Does this for a call from there.
pub async fn from<F: Future>(source: Option<Source>, answer: F) -> F::Output {
    SOURCE.scope(source, answer).await
}

/// Does this for the call that is being answered here, wherever it is polled.
pub fn from_here<F: Future>(answer: F) -> impl Future<Output = F::Output> {
    from(current(), answer)
}

/// Server functions run on threads of the framework's own, to which it takes the request's head along.
pub(super) fn current() -> Option<Source> {
    match SOURCE.try_with(|source| *source) {
        Ok(source) => source,
        Err(_) => FullstackContext::current()?.extension(),
    }
}
