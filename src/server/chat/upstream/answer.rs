//! One answer on its socket: pulled chunk by chunk, with a limit to each silence.

use std::time::Duration;

use axum::body::Bytes;
use futures_util::{Stream, stream};
use tokio::time::{Instant, timeout_at};

use super::{
    Patience, UpstreamError, UpstreamEvent,
    sent::Sent,
    transcript::{Step, Transcript},
};
use crate::server::outbound::cause;

/// How long to wait for usage and `[DONE]` once the finish reason is there.
const AFTER_FINISH: Duration = Duration::from_secs(5);

pub struct Answer {
    /// Dropped, and with it the socket, as soon as nothing more is wanted of it.
    response: Option<reqwest::Response>,
    /// What the socket gave last, as far as it isn't read.
    chunk: Bytes,
    transcript: Transcript,
    patience: Patience,
}

impl Answer {
    pub fn new(response: reqwest::Response, patience: Patience, sent: Sent) -> Self {
        Self { response: Some(response), chunk: Bytes::new(), transcript: Transcript::of(sent), patience }
    }

    /// The first event. The caller limits the wait.
    pub async fn first(&mut self) -> Option<Result<UpstreamEvent, UpstreamError>> {
        self.next(self.patience.first_token).await
    }

    /// The rest.
    pub fn into_events(self) -> impl Stream<Item = Result<UpstreamEvent, UpstreamError>> + Send {
        stream::unfold(self, |mut answer| async {
            let event = answer.next(answer.patience.idle).await?;
            Some((event, answer))
        })
    }

    /// The silence is counted from here: a slow reader is not the upstream's fault.
    async fn next(&mut self, patience: Duration) -> Option<Result<UpstreamEvent, UpstreamError>> {
        let mut silent_since = Instant::now();
        loop {
            let mut rest = &self.chunk[..];
            let step = self.transcript.next(&mut rest);
            let taken = self.chunk.len() - rest.len();
            drop(self.chunk.split_to(taken));
            if self.transcript.is_over() {
                self.response = None;
            }
            match step {
                Ok(Step::Event(event)) => return Some(Ok(event)),
                Ok(Step::Progress) => silent_since = Instant::now(),
                Ok(Step::Over) => return None,
                Ok(Step::Read) => {
                    let patience = if self.transcript.has_finished() { patience.min(AFTER_FINISH) } else { patience };
                    match self.read(silent_since + patience).await {
                        Ok(Some(chunk)) => self.chunk = chunk,
                        Ok(None) => self.transcript.end(),
                        Err(error) => return Some(Err(self.broken(error))),
                    }
                }
                Err(error) => return Some(Err(self.broken(error))),
            }
        }
    }

    /// What the socket gives next; `None` where nothing will follow.
    async fn read(&mut self, by: Instant) -> Result<Option<Bytes>, UpstreamError> {
        let Some(response) = &mut self.response else { return Ok(None) };
        let error = match timeout_at(by, response.chunk()).await {
            Ok(Ok(chunk)) => return Ok(chunk),
            Ok(Err(error)) => {
                tracing::warn!(error = cause(error), "the connection to the upstream broke");
                UpstreamError::Network
            }
            Err(_) => {
                tracing::warn!("the upstream fell silent");
                UpstreamError::Timeout
            }
        };
        // Whatever happens to a finished answer, it is whole.
        if self.transcript.has_finished() { Ok(None) } else { Err(error) }
    }

    /// After an error nothing comes.
    fn broken(&mut self, error: UpstreamError) -> UpstreamError {
        *self = Self { response: None, chunk: Bytes::new(), transcript: Transcript::over(), patience: self.patience };
        error
    }
}
