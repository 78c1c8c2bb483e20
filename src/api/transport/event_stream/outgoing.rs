//! How the server sends events.

use std::{future::ready, marker::PhantomData, time::Duration};

use axum::{
    BoxError,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use dioxus::fullstack::http::StatusCode;
use futures_util::{TryStream, TryStreamExt};
use serde::Serialize;

use super::EventStream;

/// Well below the half minute after which the most impatient proxies give up.
const LONGEST_SILENCE: Duration = Duration::from_secs(9);

impl<T: Serialize + Send + 'static> EventStream<T> {
    /// A comment keeps it alive while it is silent: what lies between drops connections that seem idle.
    pub fn of<S>(events: S) -> Self
    where
        S: TryStream<Ok = T, Error = BoxError> + Send + 'static,
    {
        let events = events.and_then(|event| ready(Event::default().json_data(event).map_err(BoxError::from)));
        let sent = Sse::new(events).keep_alive(KeepAlive::new().interval(LONGEST_SILENCE)).into_response();
        Self { sent: Some(sent), received: None, event: PhantomData }
    }
}

impl<T> IntoResponse for EventStream<T> {
    fn into_response(self) -> Response {
        // What was received is not sent on.
        self.sent.unwrap_or_else(|| StatusCode::INTERNAL_SERVER_ERROR.into_response())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt, stream};

    use super::*;
    use crate::wire::chat::ChatEvent;

    #[tokio::test(start_paused = true)]
    async fn a_silent_stream_says_every_ten_seconds_that_it_is_alive() {
        let silent = EventStream::of(stream::pending::<Result<ChatEvent, BoxError>>()).into_response();
        let mut body = silent.into_body().into_data_stream();
        for _ in 0..3 {
            let next = tokio::time::timeout(Duration::from_secs(10), body.next()).await;
            let comment = next.unwrap().unwrap().unwrap();
            assert!(comment.starts_with(b":") && comment.ends_with(b"\n\n"), "{comment:?}");
        }
    }
}
