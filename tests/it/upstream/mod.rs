//! `ChatCompletions` against the mock upstream, over real sockets.

mod cancellation;
mod control;
mod dialects;
mod endpoints;
mod errors;
mod streams;
mod timeouts;

use std::{net::SocketAddr, time::Duration};

use futures_util::StreamExt;
use oracle_ai::{
    mock::upstream::Upstream as MockUpstream,
    server::{
        chat::upstream::{
            ApiKey, ApiStyle, Asker, ChatCompletions, FinishReason, Message, Role, Timeouts, TokenUsage, Upstream,
            UpstreamError, UpstreamEvent, UpstreamEvents, UpstreamSettings,
        },
        environment::Environment,
    },
    wire::{auth::UserClaims, chat::ConversationId},
};
use serde_json::{Value, json};

use crate::support::app::wait_until;

const API_KEY: &str = "sk-not-for-anyone";
/// For timeouts that must not end during a test.
const LONG: Duration = Duration::from_secs(600);
/// The text that the mock upstream sends before an answer breaks.
const SOME_WORDS: &str = "This much was said ";

/// The mock upstream of one test, and a client of it.
struct TestUpstream {
    mock: MockUpstream,
    completions: ChatCompletions,
    http: reqwest::Client,
}

/// An answer that was read to its end.
#[derive(Debug, PartialEq)]
struct ReceivedAnswer {
    text: String,
    thinking: String,
    usage: Option<TokenUsage>,
    /// `Ok(None)`: interrupted.
    end: Result<Option<FinishReason>, UpstreamError>,
}

impl TestUpstream {
    async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    async fn start_with(change: impl FnOnce(&mut UpstreamSettings)) -> Self {
        let mock = MockUpstream::start(SocketAddr::from(([127, 0, 0, 1], 0)), API_KEY).await.unwrap();
        let mut settings = settings(&mock.base_url());
        change(&mut settings);
        let completions = ChatCompletions::new(settings, Environment::system()).unwrap();
        Self { mock, completions, http: reqwest::Client::new() }
    }

    async fn begin(&self, text: &str) -> Result<UpstreamEvents, UpstreamError> {
        self.completions.answer(vec![message(Role::User, text)], &asker()).await
    }

    async fn ask(&self, text: &str) -> ReceivedAnswer {
        self.ask_with_history(vec![message(Role::User, text)]).await
    }

    async fn ask_with_history(&self, messages: Vec<Message>) -> ReceivedAnswer {
        let mut received = ReceivedAnswer { text: String::new(), thinking: String::new(), usage: None, end: Ok(None) };
        let mut events = match self.completions.answer(messages, &asker()).await {
            Ok(events) => events,
            Err(error) => return ReceivedAnswer { end: Err(error), ..received },
        };
        while let Some(event) = events.next().await {
            assert_eq!(received.end, Ok(None), "{event:?} after the end");
            match event {
                Ok(UpstreamEvent::Delta(text)) => received.text.push_str(&text),
                Ok(UpstreamEvent::Thinking(text)) => received.thinking.push_str(&text),
                Ok(UpstreamEvent::TextWasThinking) => {
                    let text = std::mem::take(&mut received.text);
                    received.thinking.push_str(&text);
                }
                Ok(UpstreamEvent::Usage(usage)) => assert_eq!(received.usage.replace(usage), None),
                Ok(UpstreamEvent::Finished(reason)) => received.end = Ok(Some(reason)),
                Err(error) => received.end = Err(error),
            }
        }
        received
    }

    /// Sets the scenario of the next requests.
    async fn play(&self, name: &str, number: u64, times: u32) {
        let rule = json!({ "when": "", "name": name, "number": number, "times": times });
        let url = format!("{}/__control/scenario", self.mock.origin());
        assert!(self.http.post(url).body(rule.to_string()).send().await.unwrap().status().is_success());
    }

    /// The requests that the mock received, with their outcomes.
    async fn requests(&self) -> Vec<Value> {
        let url = format!("{}/__control/requests", self.mock.origin());
        let text = self.http.get(url).send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap()
    }

    async fn request(&self) -> Value {
        let requests = self.requests().await;
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests[0].clone()
    }

    /// Waits until the client has closed all connections.
    async fn wait_until_closed(&self) {
        wait_until("the upstream sees the connection closed", async || {
            self.requests().await.iter().all(|request| request["outcome"] == "closed")
        })
        .await;
    }
}

impl ReceivedAnswer {
    /// Compares text and end.
    #[track_caller]
    fn assert_is(&self, text: &str, end: Result<Option<FinishReason>, UpstreamError>) {
        assert_eq!((self.text.as_str(), &self.end), (text, &end));
    }
}

fn settings(base_url: &str) -> UpstreamSettings {
    UpstreamSettings {
        base_url: base_url.parse().unwrap(),
        api_key: Some(ApiKey::new(API_KEY)),
        model: "mock".into(),
        system_prompt: None,
        style: ApiStyle::OpenAi,
        timeouts: Timeouts { first_token: LONG, idle: LONG },
        max_tokens: None,
        takes_user_token: true,
        tls: Default::default(),
    }
}

fn message(role: Role, text: &str) -> Message {
    Message { role, text: text.into() }
}

fn asker() -> Asker {
    Asker { user: alice(), roles: vec!["dba".into()], conversation: ConversationId::new("c") }
}

fn alice() -> UserClaims {
    UserClaims {
        iss: "https://provider.example".into(),
        sub: "uid=alice".into(),
        name: Some("Alice".into()),
        preferred_username: None,
        email: Some("alice@example.com".into()),
        user_id: None,
    }
}
