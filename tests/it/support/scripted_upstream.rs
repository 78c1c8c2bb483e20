//! An upstream that says what a test tells it to say.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use oracle_ai::{
    server::chat::upstream::{
        FinishReason, Message, TokenUsage, Upstream, UpstreamError, UpstreamEvent, UpstreamEvents,
    },
    wire::auth::UserClaims,
};
use tokio::sync::{Mutex, mpsc};

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

/// One question that reached the upstream. Dropping it ends the stream without a word.
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

    /// The next question, once it is here.
    pub async fn asked(&self) -> Call {
        self.asked.lock().await.recv().await.unwrap()
    }

    /// Whether a question is here that nobody has looked at.
    pub async fn was_asked(&self) -> bool {
        !self.asked.lock().await.is_empty()
    }
}

#[async_trait]
impl Upstream for ScriptedUpstream {
    fn model(&self) -> &str {
        "scripted"
    }

    /// Returns with the first event at hand, as upstreams do.
    async fn answer(&self, messages: Vec<Message>, user: &UserClaims) -> Result<UpstreamEvents, UpstreamError> {
        let (lines, mut script) = mpsc::unbounded_channel();
        self.calls.send(Call { messages, user: user.clone(), lines }).unwrap();
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
        Failure::Panic => panic!("as the script says"),
    })
}

impl Call {
    pub fn say(&self, text: &str) {
        self.play(Ok(UpstreamEvent::Delta(text.into())));
    }

    pub fn think(&self, text: &str) {
        self.play(Ok(UpstreamEvent::Thinking(text.into())));
    }

    pub fn count(&self, input: u64, output: u64) {
        self.play(Ok(UpstreamEvent::Usage(TokenUsage { input: Some(input), output: Some(output) })));
    }

    pub fn finish(&self, reason: FinishReason) {
        self.play(Ok(UpstreamEvent::Finished(reason)));
    }

    /// The whole of an answer.
    pub fn answer(&self, text: &str) {
        self.say(text);
        self.finish(FinishReason::Complete);
    }

    pub fn fail(&self, error: UpstreamError) {
        self.play(Err(Failure::Upstream(error)));
    }

    pub fn panic(&self) {
        self.play(Err(Failure::Panic));
    }

    /// Returns once nobody listens any more: where a socket would be closed.
    pub async fn closed(&self) {
        self.lines.closed().await;
    }

    pub fn is_closed(&self) -> bool {
        self.lines.is_closed()
    }

    fn play(&self, line: Line) {
        assert!(self.lines.send(line).is_ok(), "nobody listens to the upstream");
    }
}
