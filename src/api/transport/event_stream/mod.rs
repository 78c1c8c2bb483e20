//! Responses that stream JSON events as `text/event-stream` (HTML Standard §9.2).
//!
//! Dioxus' `ServerEvents` drops the body of an error response, which holds our error, and reads events of any length.

// Only the server sends events.
#[cfg(feature = "server")]
mod outgoing;

use std::marker::PhantomData;

use dioxus::fullstack::{FromResponse, ServerFnError, response::Response};
use serde::de::DeserializeOwned;

use super::{
    fetch::{Chunks, Reply},
    json::error_of,
};
use crate::wire::{chat::ChatEvent, events::EventDecoder};

/// The longest answer (2 MB) may come as one event, with each byte written as `\u00xx`.
const MAX_EVENT_BYTES: usize = 16 * 1024 * 1024;

/// On the server the events to be sent, in the browser those that arrive. Dropping it in the browser cancels the request.
pub struct EventStream<T = ChatEvent> {
    #[cfg_attr(not(feature = "server"), expect(dead_code, reason = "only the server sends events"))]
    sent: Option<Response>,
    received: Option<Incoming>,
    event: PhantomData<fn() -> T>,
}

struct Incoming {
    chunks: Chunks,
    /// The latest chunk, and how much of it is decoded.
    chunk: Vec<u8>,
    decoded: usize,
    decoder: EventDecoder,
}

impl<T: DeserializeOwned> EventStream<T> {
    /// The next event; `None` at the end of the stream, and where it can't be read any further.
    pub async fn recv(&mut self) -> Option<T> {
        let data = self.received.as_mut()?.next_data().await?;
        serde_json::from_str(&data).ok()
    }
}

impl Incoming {
    async fn next_data(&mut self) -> Option<String> {
        loop {
            let mut rest = self.chunk.get(self.decoded..)?;
            let event = self.decoder.next_event(&mut rest).ok()?;
            self.decoded = self.chunk.len() - rest.len();
            if event.is_some() {
                return event;
            }
            self.chunk = self.chunks.next().await.ok()??;
            self.decoded = 0;
        }
    }
}

impl<T> FromResponse<Reply> for EventStream<T> {
    async fn from_response(reply: Reply) -> Result<Self, ServerFnError> {
        if reply.status() != 200 {
            return Err(error_of(reply).await);
        }
        // A proxy's own page is no stream.
        let media_type = reply.header("Content-Type").unwrap_or_default();
        if !media_type.starts_with("text/event-stream") {
            return Err(ServerFnError::Deserialization(media_type));
        }
        let chunks = reply.chunks()?;
        let received = Incoming { chunks, chunk: vec![], decoded: 0, decoder: EventDecoder::new(MAX_EVENT_BYTES) };
        Ok(Self { sent: None, received: Some(received), event: PhantomData })
    }
}
