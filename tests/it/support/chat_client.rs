//! A person who chats, at an application whose upstream the test plays.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, BodyDataStream},
    http::{Method, header},
};
use futures_util::StreamExt;
use oracle_ai::{
    server::chat::{ChatSettings, upstream::SharedUpstream},
    wire::{
        chat::{ChatEvent, ChatEventKind, EndReason, MessageId},
        conversations::{Conversation, ConversationSummary},
    },
};
use serde_json::{Value, json};

use crate::{
    conversation_store::{Store, in_memory},
    support::{
        app::{Answer, TestApp},
        browser::Browser,
        provider::MockProvider,
        scripted_upstream::ScriptedUpstream,
    },
};

/// Longest wait for something that should happen at once, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Longer than any test.
pub const LONG_GRACE: ChatSettings = ChatSettings { grace: Duration::from_secs(600), history_chars: 60_000 };

#[derive(Clone)]
pub struct Chatter {
    pub browser: Browser,
    pub upstream: Arc<ScriptedUpstream>,
    token: String,
}

/// An answer's stream, as it is read.
pub struct Reading {
    body: BodyDataStream,
    unread: String,
}

pub fn message(text: &str) -> Value {
    send_as("c", text, &format!("key-{}", uuid()))
}

pub fn send_as(conversation: &str, text: &str, key: &str) -> Value {
    json!({ "conversation": conversation, "message": text, "idempotency_key": key })
}

/// A name that was never used before.
pub fn uuid() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NAMES: AtomicU64 = AtomicU64::new(0);
    NAMES.fetch_add(1, Ordering::Relaxed)
}

impl Chatter {
    pub async fn start() -> Self {
        Self::with(in_memory(), LONG_GRACE).await
    }

    pub async fn with(store: Store, settings: ChatSettings) -> Self {
        let (provider, upstream) = (MockProvider::shared(), ScriptedUpstream::new());
        let app = TestApp::chatting(provider.settings(), store, upstream.clone(), settings);
        Self::sign_in(Browser::at(app, provider), upstream).await
    }

    /// At an application with another upstream.
    pub async fn asking(upstream: SharedUpstream) -> Self {
        let provider = MockProvider::shared();
        let app = TestApp::chatting(provider.settings(), in_memory(), upstream, LONG_GRACE);
        Self::sign_in(Browser::at(app, provider), ScriptedUpstream::new()).await
    }

    /// Somebody else.
    pub async fn another(&self) -> Self {
        Self::sign_in(self.browser.another(), self.upstream.clone()).await
    }

    /// The same person at another server with this store.
    pub async fn elsewhere(&self, store: Store) -> Self {
        let upstream = ScriptedUpstream::new();
        let app = TestApp::chatting(self.browser.provider.settings(), store, upstream.clone(), LONG_GRACE);
        let mut browser = Browser::at(app, self.browser.provider.clone());
        browser.user = self.browser.user.clone();
        Self::sign_in(browser, upstream).await
    }

    async fn sign_in(browser: Browser, upstream: Arc<ScriptedUpstream>) -> Self {
        let token = browser.sign_in().await.access_token;
        Self { browser, upstream, token }
    }

    pub async fn post(&self, path: &str, json: &Value) -> Answer {
        let request = self
            .browser
            .request(Method::POST, path, Some(&self.token))
            .header(header::CONTENT_TYPE, "application/json");
        self.browser.app.send(request.body(Body::from(json.to_string())).unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        // Proofs are made for a path without its query (RFC 9449 §4.2).
        let (bare, _) = path.split_once('?').unwrap_or((path, ""));
        let mut request = self.browser.request(Method::GET, bare, Some(&self.token)).body(Body::empty()).unwrap();
        *request.uri_mut() = path.parse().unwrap();
        self.browser.app.send(request).await
    }

    async fn open(&self, path: &str, json: &Value) -> Reading {
        let request = self
            .browser
            .request(Method::POST, path, Some(&self.token))
            .header(header::CONTENT_TYPE, "application/json");
        let body = self.browser.app.open(request.body(Body::from(json.to_string())).unwrap()).await;
        Reading { body: body.into_data_stream(), unread: String::new() }
    }

    pub async fn send(&self, chat_request: &Value) -> Reading {
        self.open("/api/chat", chat_request).await
    }

    /// Sends and reads the names of what that began.
    pub async fn ask(&self, text: &str) -> (Reading, MessageId, MessageId) {
        self.begin(&message(text)).await
    }

    pub async fn begin(&self, chat_request: &Value) -> (Reading, MessageId, MessageId) {
        let mut reading = self.send(chat_request).await;
        let (question, answer) = reading.opened().await;
        (reading, question, answer)
    }

    /// A question and its whole answer.
    pub async fn exchange(&self, chat_request: &Value, answer: &str) -> (MessageId, MessageId) {
        let (reading, question, id) = self.begin(chat_request).await;
        self.upstream.asked().await.answer(answer);
        assert_eq!(ended(&reading.rest().await), EndReason::Complete);
        (question, id)
    }

    pub async fn follow(&self, answer: &MessageId, after: Option<u64>) -> Reading {
        self.open("/api/chat/follow", &json!({ "answer": answer, "after": after })).await
    }

    pub async fn try_follow(&self, answer: &MessageId) -> Answer {
        self.post("/api/chat/follow", &json!({ "answer": answer })).await
    }

    pub async fn stop(&self, answer: &MessageId) -> Answer {
        self.post("/api/chat/stop", &json!({ "answer": answer })).await
    }

    pub async fn conversations(&self, search: &str) -> Vec<ConversationSummary> {
        let answer = self.get(&format!("/api/conversations{search}")).await;
        answer.assert_ok();
        serde_json::from_value(answer.json()["conversations"].clone()).unwrap()
    }

    pub async fn conversation(&self, id: &str) -> Conversation {
        let answer = self.get(&format!("/api/conversation?id={id}")).await;
        answer.assert_ok();
        serde_json::from_value(answer.json()).unwrap()
    }

    pub async fn texts(&self, id: &str) -> Vec<String> {
        self.conversation(id).await.messages.into_iter().map(|message| message.text).collect()
    }
}

impl Reading {
    /// The next event, or the end of the stream.
    pub async fn next(&mut self) -> Option<ChatEvent> {
        tokio::time::timeout(PATIENCE, self.next_event()).await.unwrap_or_else(|_| panic!("no event in time"))
    }

    async fn next_event(&mut self) -> Option<ChatEvent> {
        loop {
            if let Some((block, rest)) = self.unread.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.unread = rest;
                match block.strip_prefix("data:") {
                    Some(data) => return Some(serde_json::from_str(data).unwrap()),
                    None => assert!(block.starts_with(':'), "{block:?}"),
                }
                continue;
            }
            let Some(bytes) = self.body.next().await else {
                assert_eq!(self.unread, "", "the stream stops in the middle of an event");
                return None;
            };
            self.unread.push_str(std::str::from_utf8(&bytes.unwrap()).unwrap());
        }
    }

    pub async fn opened(&mut self) -> (MessageId, MessageId) {
        match self.next().await {
            Some(ChatEvent { n: 0, kind: ChatEventKind::Open { question, answer, model } }) => {
                assert!(!model.is_empty());
                (question, answer)
            }
            other => panic!("{other:?} in the place of `open`"),
        }
    }

    /// Reads until this was said.
    pub async fn until(&mut self, text: &str) -> u64 {
        let mut said = String::new();
        while said != text {
            let Some(ChatEvent { n, kind: ChatEventKind::Delta { text: piece } }) = self.next().await else {
                panic!("{said:?} in the place of {text:?}")
            };
            said.push_str(&piece);
            if said == text {
                return n;
            }
        }
        panic!("nothing to wait for")
    }

    /// All that comes.
    pub async fn rest(mut self) -> Vec<ChatEvent> {
        let mut events = vec![];
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

/// The text that these events tell.
pub fn told(events: &[ChatEvent]) -> String {
    let texts = events.iter().filter_map(|event| match &event.kind {
        ChatEventKind::Delta { text } => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

/// The last event is the end, and the only one; the numbers have no gaps.
#[track_caller]
pub fn ended(events: &[ChatEvent]) -> EndReason {
    let first = events.first().map_or(0, |event| event.n);
    assert!(events.iter().map(|event| event.n).eq(first..first + events.len() as u64), "{events:?}");
    let is_end = |event: &&ChatEvent| matches!(event.kind, ChatEventKind::End { .. });
    assert_eq!(events.iter().filter(is_end).count(), 1, "{events:?}");
    match events.last() {
        Some(ChatEvent { kind: ChatEventKind::End { reason }, .. }) => *reason,
        other => panic!("{other:?} is last"),
    }
}
