//! A chat upstream whose answers a test writes, event by event.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use oracle_ai::{
    server::chat::upstream::{
        Asker, FinishReason, Message, TokenUsage, Upstream, UpstreamError, UpstreamEvent, UpstreamEvents,
    },
    wire::auth::UserClaims,
};
use tokio::{
    sync::{Mutex, mpsc},
    time::timeout,
};

use crate::support::app::MAX_WAIT;

type Line = Result<UpstreamEvent, Failure>;

#[derive(Clone, Copy)]
enum Failure {
    Upstream(UpstreamError),
    Panic,
}

pub struct ScriptedUpstream {
    calls: mpsc::UnboundedSender<Call>,
    asked: Mutex<mpsc::UnboundedReceiver<Call>>,
}

/// A request that reached the upstream. Dropping it ends the stream without a finish reason.
pub struct Call {
    pub messages: Vec<Message>,
    pub user: UserClaims,
    lines: mpsc::UnboundedSender<Line>,
}

impl ScriptedUpstream {
    pub fn new() -> Arc<Self> {
        let (calls, asked) = mpsc::unbounded_channel();
        Arc::new(Self { calls, asked: Mutex::new(asked) })
    }

    /// Waits for the next request.
    pub async fn next_request(&self) -> Call {
        self.asked.lock().await.recv().await.unwrap()
    }

    /// Whether a request has come that no test has taken yet.
    pub async fn has_request(&self) -> bool {
        !self.asked.lock().await.is_empty()
    }
}

#[async_trait]
impl Upstream for ScriptedUpstream {
    fn model(&self) -> &str {
        "scripted"
    }

    /// Returns once there is a first event, as real upstreams do.
    async fn answer(&self, messages: Vec<Message>, asker: &Asker) -> Result<UpstreamEvents, UpstreamError> {
        let (lines, mut script) = mpsc::unbounded_channel();
        self.calls.send(Call { messages, user: asker.user.clone(), lines }).unwrap();
        let first = match script.recv().await {
            Some(line) => Some(played(line)?),
            None => None,
        };
        let rest = stream::unfold(script, async |mut script| Some((played(script.recv().await?), script)));
        Ok(stream::iter(first.map(Ok)).chain(rest).boxed())
    }
}

fn played(line: Line) -> Result<UpstreamEvent, UpstreamError> {
    line.map_err(|failure| match failure {
        Failure::Upstream(error) => error,
        Failure::Panic => panic!("requested by the test"),
    })
}

impl Call {
    pub fn send_text(&self, text: &str) {
        self.play(Ok(UpstreamEvent::Delta(text.into())));
    }

    pub fn send_thinking(&self, text: &str) {
        self.play(Ok(UpstreamEvent::Thinking(text.into())));
    }

    /// All text so far was thinking.
    pub fn take_back_text(&self) {
        self.play(Ok(UpstreamEvent::TextWasThinking));
    }

    pub fn count(&self, input: u64, output: u64) {
        self.play(Ok(UpstreamEvent::Usage(TokenUsage { input: Some(input), output: Some(output) })));
    }

    pub fn finish(&self, reason: FinishReason) {
        self.play(Ok(UpstreamEvent::Finished(reason)));
    }

    /// Sends a whole answer.
    pub fn answer(&self, text: &str) {
        self.send_text(text);
        self.finish(FinishReason::Complete);
    }

    pub fn fail(&self, error: UpstreamError) {
        self.play(Err(Failure::Upstream(error)));
    }

    pub fn panic(&self) {
        self.play(Err(Failure::Panic));
    }

    /// Waits until the request is cancelled, which would close the connection to a real upstream.
    pub async fn closed(&self) {
        timeout(MAX_WAIT, self.lines.closed()).await.unwrap();
    }

    pub fn is_closed(&self) -> bool {
        self.lines.is_closed()
    }

    fn play(&self, line: Line) {
        assert!(self.lines.send(line).is_ok(), "the request was cancelled");
    }
}
