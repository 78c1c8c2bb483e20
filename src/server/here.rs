//! Doors that are answered where their request is.
//!
//! The framework takes every call to a thread of its own and back, as a door's future might be one that can't move
//! between threads. That is two tasks, two channels and often two threads woken: some 30 µs of processor, more than many
//! a door takes for itself (docs/performance.md). None of our futures is of that kind. A door without a body that is
//! called often says here how it is answered, in the attribute that puts this before the framework.

use std::{
    convert::Infallible,
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    extract::Request,
    handler::Handler,
    http::Method,
    response::{IntoResponse, Response},
};
use futures_util::{FutureExt, TryFutureExt};
use tower::{Layer, Service, ServiceExt};

/// Puts a door before the framework's.
pub struct Here<H, T> {
    door: H,
    taken: PhantomData<fn(T)>,
}

/// A door, and the framework's behind it. Axum copies what answers a request several times for each, and a copy of the
/// framework's is all its settings, with the page in them: it is shared, and copied only for a call that it answers.
pub struct Before<H, T, F> {
    door: H,
    framework: Arc<F>,
    taken: PhantomData<fn(T)>,
}

type Answer = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

/// `door` takes what the door takes from the request's head, in the same order. Other methods are the framework's.
///
/// A caller who goes away ends it, where the framework would go on: so it is for doors that may be broken off anywhere.
pub fn here<H: Handler<T, ()>, T>(door: H) -> Here<H, T> {
    Here { door, taken: PhantomData }
}

impl<H: Clone, T, F> Layer<F> for Here<H, T> {
    type Service = Before<H, T, F>;

    fn layer(&self, framework: F) -> Self::Service {
        Before { door: self.door.clone(), framework: Arc::new(framework), taken: PhantomData }
    }
}

impl<H, T, F> Service<Request> for Before<H, T, F>
where
    H: Handler<T, ()>,
    F: Service<Request, Error = Infallible> + Clone + Send + Sync + 'static,
    F::Response: IntoResponse,
    F::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Answer {
        match *request.method() {
            Method::GET | Method::HEAD => Box::pin(self.door.clone().call(request, ()).map(Ok)),
            _ => Box::pin(F::clone(&self.framework).oneshot(request).map_ok(IntoResponse::into_response)),
        }
    }
}

// Not derived: `T` only names what the door takes.
impl<H: Clone, T> Clone for Here<H, T> {
    fn clone(&self) -> Self {
        Self { door: self.door.clone(), taken: PhantomData }
    }
}

impl<H: Clone, T, F> Clone for Before<H, T, F> {
    fn clone(&self) -> Self {
        Self { door: self.door.clone(), framework: self.framework.clone(), taken: PhantomData }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::{Ready, ready},
        sync::atomic::{AtomicUsize, Ordering},
    };

    use axum::{
        Router,
        body::{Body, to_bytes},
        routing::{any_service, get},
    };

    use super::*;

    async fn answer(method: Method) -> (u16, String) {
        let framework = get(async || "the framework's").post(async || "the framework's").layer(here(async || "here"));
        let request = Request::builder().method(method).uri("/").body(Body::empty()).unwrap();
        let response = Router::new().route("/", framework).oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        (status, String::from_utf8(to_bytes(response.into_body(), 100).await.unwrap().to_vec()).unwrap())
    }

    /// The framework's, with a count of its copies.
    struct Framework(Arc<AtomicUsize>);

    impl Clone for Framework {
        fn clone(&self) -> Self {
            self.0.fetch_add(1, Ordering::Relaxed);
            Self(self.0.clone())
        }
    }

    impl Service<Request> for Framework {
        type Response = Response;
        type Error = Infallible;
        type Future = Ready<Result<Response, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request) -> Self::Future {
            ready(Ok("the framework's".into_response()))
        }
    }

    #[tokio::test]
    async fn the_frameworks_door_is_copied_only_for_what_it_answers() {
        let copies = Arc::new(AtomicUsize::new(0));
        let door = here(async || "here").layer(Framework(copies.clone()));
        let router = Router::new().route("/", any_service(door));
        let call = async |method: Method| {
            let request = Request::builder().method(method).uri("/").body(Body::empty()).unwrap();
            router.clone().oneshot(request).await.unwrap();
            copies.load(Ordering::Relaxed)
        };
        assert_eq!((call(Method::GET).await, call(Method::HEAD).await), (0, 0));
        assert_eq!(call(Method::POST).await, 1);
    }

    #[tokio::test]
    async fn only_what_the_door_is_for_is_answered_here() {
        assert_eq!(answer(Method::GET).await, (200, "here".into()));
        assert_eq!(answer(Method::HEAD).await.0, 200);
        assert_eq!(answer(Method::POST).await, (200, "the framework's".into()));
        assert_eq!(answer(Method::PUT).await.0, 405);
    }
}
