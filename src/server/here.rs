//! Doors that are answered where their request is.
//!
//! The framework takes every call to a thread of its own and back, as a door's future might be one that can't move
//! between threads. That is two tasks, two channels and often two threads woken: some 30 µs of processor, more than many
//! a door takes for itself (docs/performance.md). None of our futures is of that kind. A door without a body that is
//! called often says here how it is answered, in the attribute that puts this before the framework.

use std::{future::Future, pin::Pin};

use axum::{
    extract::Request,
    handler::Handler,
    http::Method,
    middleware::{FromFnLayer, Next, from_fn},
    response::Response,
};

type Answer = Pin<Box<dyn Future<Output = Response> + Send>>;

/// `door` takes what the door takes from the request's head, in the same order. Other methods are the framework's.
///
/// A caller who goes away ends it, where the framework would go on: so it is for doors that may be broken off anywhere.
pub fn here<H, T>(door: H) -> FromFnLayer<impl Fn(Request, Next) -> Answer + Clone + Send + Sync, (), (Request,)>
where
    H: Handler<T, ()>,
    T: 'static,
{
    from_fn(move |request: Request, next: Next| -> Answer {
        match *request.method() {
            Method::GET | Method::HEAD => Box::pin(door.clone().call(request, ())),
            _ => Box::pin(next.run(request)),
        }
    })
}

#[cfg(test)]
mod tests {
    use axum::{
        Router,
        body::{Body, to_bytes},
        routing::get,
    };
    use tower::ServiceExt;

    use super::*;

    async fn answer(method: Method) -> (u16, String) {
        let framework = get(async || "the framework's").post(async || "the framework's").layer(here(async || "here"));
        let request = Request::builder().method(method).uri("/").body(Body::empty()).unwrap();
        let response = Router::new().route("/", framework).oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        (status, String::from_utf8(to_bytes(response.into_body(), 100).await.unwrap().to_vec()).unwrap())
    }

    #[tokio::test]
    async fn only_what_the_door_is_for_is_answered_here() {
        assert_eq!(answer(Method::GET).await, (200, "here".into()));
        assert_eq!(answer(Method::HEAD).await.0, 200);
        assert_eq!(answer(Method::POST).await, (200, "the framework's".into()));
        assert_eq!(answer(Method::PUT).await.0, 405);
    }
}
