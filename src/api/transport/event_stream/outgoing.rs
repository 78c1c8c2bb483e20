//! The server's half of an event stream.

use std::{future::ready, marker::PhantomData, time::Duration};

use axum::{
    BoxError,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{TryStream, TryStreamExt};
use serde::Serialize;

use super::EventStream;
use crate::wire::error::ApiError;

/// Some proxies close a connection that is silent for half a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(9);

impl<T: Serialize + Send + 'static> EventStream<T> {
    /// While there are no events, comments keep the connection alive.
    pub fn of<S>(events: S) -> Self
    where
        S: TryStream<Ok = T, Error = BoxError> + Send + 'static,
    {
        let events = events.and_then(|event| ready(Event::default().json_data(event).map_err(BoxError::from)));
        let sent = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
        Self { sent: Some(sent), received: None, event: PhantomData }
    }

    /// Adds an extension to the response, for the layers around the endpoints.
    pub fn marked_as<M: Clone + Send + Sync + 'static>(mut self, mark: M) -> Self {
        if let Some(sent) = &mut self.sent {
            sent.extensions_mut().insert(mark);
        }
        self
    }
}

impl<T> IntoResponse for EventStream<T> {
    fn into_response(self) -> Response {
        // A stream that was received is not sent.
        self.sent.unwrap_or_else(|| ApiError::Internal.into_response())
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
