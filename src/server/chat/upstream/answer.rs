//! The response with an answer, read chunk by chunk, with its timeouts.

use std::time::Duration;

use futures_util::{Stream, stream};
use reqwest::header::CONTENT_TYPE;
use tokio::time::{Instant, timeout_at};
use tokio_util::bytes::Bytes;

use super::{
    Timeouts, UpstreamError, UpstreamEvent,
    deviations::Deviation,
    sent::SentRequest,
    transcript::{Step, Transcript},
};
use crate::server::outbound::cause;

/// How long to wait for the usage and `[DONE]` after the finish reason.
const AFTER_FINISH: Duration = Duration::from_secs(5);

pub struct AnswerResponse {
    /// Dropped, which closes the socket, as soon as no more bytes are needed.
    response: Option<reqwest::Response>,
    /// The unread rest of the last chunk.
    chunk: Bytes,
    transcript: Transcript,
    timeouts: Timeouts,
}

impl AnswerResponse {
    pub fn new(response: reqwest::Response, timeouts: Timeouts, sent: SentRequest) -> Self {
        let mut transcript = Transcript::of(sent);
        // The body decides what it is: many servers and proxies send a wrong type.
        let content_type = response.headers().get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
        if !content_type.to_ascii_lowercase().starts_with(b"text/event-stream") {
            transcript.note(Deviation::ContentType);
        }
        Self { response: Some(response), chunk: Bytes::new(), transcript, timeouts }
    }

    /// The first event. The caller limits the whole wait; retries count too.
    pub async fn first(&mut self) -> Option<Result<UpstreamEvent, UpstreamError>> {
        self.next(self.timeouts.first_token).await
    }

    /// The events after the first.
    pub fn into_events(self) -> impl Stream<Item = Result<UpstreamEvent, UpstreamError>> + Send {
        stream::unfold(self, |mut answer| async {
            let event = answer.next(answer.timeouts.idle).await?;
            Some((event, answer))
        })
    }

    /// The timeout begins with the call, so that a slow reader doesn't count as a silent upstream.
    async fn next(&mut self, timeout: Duration) -> Option<Result<UpstreamEvent, UpstreamError>> {
        let mut silent_since = Instant::now();
        loop {
            let mut rest = &self.chunk[..];
            let step = self.transcript.next(&mut rest);
            let taken = self.chunk.len() - rest.len();
            drop(self.chunk.split_to(taken));
            if self.transcript.has_ended() {
                self.response = None;
            }
            match step {
                Ok(Step::Event(event)) => return Some(Ok(event)),
                Ok(Step::Progress) => silent_since = Instant::now(),
                Ok(Step::End) => return None,
                Ok(Step::NeedsBytes) => {
                    let timeout = if self.transcript.is_ending() { timeout.min(AFTER_FINISH) } else { timeout };
                    match self.read(silent_since + timeout).await {
                        Ok(Some(chunk)) => self.chunk = chunk,
                        Ok(None) => self.transcript.end(),
                        Err(error) => self.transcript.break_off(error),
                    }
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// The next chunk; `None` at the end of the response.
    async fn read(&mut self, by: Instant) -> Result<Option<Bytes>, UpstreamError> {
        let Some(response) = &mut self.response else { return Ok(None) };
        match timeout_at(by, response.chunk()).await {
            Ok(Ok(chunk)) => Ok(chunk),
            Ok(Err(error)) => {
                tracing::warn!(error = cause(error), "the connection to the upstream broke");
                Err(UpstreamError::Network)
            }
            Err(_) => {
                tracing::warn!("the upstream fell silent");
                Err(UpstreamError::Timeout)
            }
        }
    }
}
