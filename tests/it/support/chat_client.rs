//! A signed-in user who chats, at an application whose upstream the test controls.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, BodyDataStream, to_bytes},
    http::{Method, header},
};
use futures_util::StreamExt;
use oracle_ai::{
    server::{
        chat::{ChatSettings, answer_log::AnswerLog, upstream::SharedUpstream},
        conversations::Owner,
    },
    wire::{
        auth::UserClaims,
        chat::{ChatEvent, ChatEventKind, EndReason, MessageId},
        conversations::{Conversation, ConversationSummary},
    },
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    conversation_store::{Store, in_memory},
    support::{
        app::{MAX_WAIT, TestApp, TestResponse},
        browser::Browser,
        provider::MockProvider,
        scripted_upstream::ScriptedUpstream,
    },
};

/// Longer than any test.
pub const LONG_GRACE: ChatSettings = ChatSettings { grace: Duration::from_secs(600), ..ChatSettings::DEFAULT };

#[derive(Clone)]
pub struct ChatClient {
    pub browser: Browser,
    pub upstream: Arc<ScriptedUpstream>,
    token: String,
}

/// The event stream of an answer.
pub struct ChatStream {
    body: BodyDataStream,
    unread: String,
}

pub fn message(text: &str) -> Value {
    send_as("c", text, &format!("key-{}", uuid()))
}

pub fn send_as(conversation: &str, text: &str, key: &str) -> Value {
    json!({ "conversation": conversation, "message": text, "idempotency_key": key })
}

/// A number that was never used before.
pub fn uuid() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NAMES: AtomicU64 = AtomicU64::new(0);
    NAMES.fetch_add(1, Ordering::Relaxed)
}

impl ChatClient {
    pub async fn start() -> Self {
        Self::with(in_memory(), LONG_GRACE).await
    }

    pub async fn with(store: Store, settings: ChatSettings) -> Self {
        let (provider, upstream) = (MockProvider::shared(), ScriptedUpstream::new());
        let app = TestApp::with_chat(provider.settings(), store, upstream.clone(), settings);
        Self::sign_in(Browser::at(app, provider), upstream).await
    }

    /// With another upstream than the scripted one.
    pub async fn asking(upstream: SharedUpstream) -> Self {
        let provider = MockProvider::shared();
        let app = TestApp::with_chat(provider.settings(), in_memory(), upstream, LONG_GRACE);
        Self::sign_in(Browser::at(app, provider), ScriptedUpstream::new()).await
    }

    /// Another user at the same application.
    pub async fn other_user(&self) -> Self {
        Self::sign_in(self.browser.other_user(), self.upstream.clone()).await
    }

    /// At a server whose answers can be followed at others with this store and this log.
    pub async fn sharing(store: Store, log: Arc<dyn AnswerLog>, settings: ChatSettings) -> Self {
        let (provider, upstream) = (MockProvider::shared(), ScriptedUpstream::new());
        let app = TestApp::with_shared_chat(provider.settings(), store, upstream.clone(), settings, Some(log));
        Self::sign_in(Browser::at(app, provider), upstream).await
    }

    /// The same user at another server with this store.
    pub async fn on_other_server(&self, store: Store) -> Self {
        self.on_server(store, None).await
    }

    /// The same user at another server with this store and this log.
    pub async fn on_other_server_sharing(&self, store: Store, log: Arc<dyn AnswerLog>) -> Self {
        self.on_server(store, Some(log)).await
    }

    async fn on_server(&self, store: Store, log: Option<Arc<dyn AnswerLog>>) -> Self {
        let (settings, upstream) = (self.browser.provider.settings(), ScriptedUpstream::new());
        let app = TestApp::with_shared_chat(settings, store, upstream.clone(), LONG_GRACE, log);
        let mut browser = Browser::at(app, self.browser.provider.clone());
        browser.user = self.browser.user.clone();
        Self::sign_in(browser, upstream).await
    }

    /// At a server of its own process, which answers by the demo responder.
    pub async fn of_process(browser: Browser) -> Self {
        Self::sign_in(browser, ScriptedUpstream::new()).await
    }

    /// With an access token that the browser has got.
    pub fn with_token(browser: Browser, token: String) -> Self {
        Self { browser, upstream: ScriptedUpstream::new(), token }
    }

    /// With this access token's session at another server.
    pub fn at(&self, app: TestApp) -> Self {
        Self { browser: Browser { app, ..self.browser.clone() }, ..self.clone() }
    }

    /// At an application whose answers come from this upstream.
    pub async fn of_browser(browser: Browser, upstream: Arc<ScriptedUpstream>) -> Self {
        Self::sign_in(browser, upstream).await
    }

    /// The same user in another session.
    pub async fn signed_in_again(&self) -> Self {
        Self::sign_in(self.browser.clone(), self.upstream.clone()).await
    }

    async fn sign_in(browser: Browser, upstream: Arc<ScriptedUpstream>) -> Self {
        let token = browser.sign_in().await.access_token;
        Self { browser, upstream, token }
    }

    pub async fn post(&self, path: &str, json: &Value) -> TestResponse {
        let request = self
            .browser
            .request(Method::POST, path, Some(&self.token))
            .header(header::CONTENT_TYPE, "application/json");
        self.browser.app.send(request.body(Body::from(json.to_string())).unwrap()).await
    }

    pub async fn get(&self, path: &str) -> TestResponse {
        // Proofs are made for a path without its query (RFC 9449 §4.2).
        let (bare, _) = path.split_once('?').unwrap_or((path, ""));
        let mut request = self.browser.request(Method::GET, bare, Some(&self.token)).body(Body::empty()).unwrap();
        *request.uri_mut() = path.parse().unwrap();
        self.browser.app.send(request).await
    }

    /// The bytes of a file.
    pub async fn download(&self, path: &str) -> Vec<u8> {
        let (bare, _) = path.split_once('?').unwrap_or((path, ""));
        let mut request = self.browser.request(Method::GET, bare, Some(&self.token)).body(Body::empty()).unwrap();
        *request.uri_mut() = path.parse().unwrap();
        to_bytes(self.browser.app.open(request).await, usize::MAX).await.unwrap().to_vec()
    }

    /// The `sub` of the user.
    pub fn subject(&self) -> String {
        // As the mock provider makes it of the name.
        let digest = Sha256::digest(format!("mock subject {}", self.browser.user));
        digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect()
    }

    pub fn owner(&self) -> Owner {
        Owner::of(&UserClaims::known_by(self.browser.provider.issuer.clone(), self.subject()))
    }

    async fn open(&self, path: &str, json: &Value) -> ChatStream {
        let request = self
            .browser
            .request(Method::POST, path, Some(&self.token))
            .header(header::CONTENT_TYPE, "application/json");
        let body = self.browser.app.open(request.body(Body::from(json.to_string())).unwrap()).await;
        ChatStream { body: body.into_data_stream(), unread: String::new() }
    }

    pub async fn send(&self, chat_request: &Value) -> ChatStream {
        self.open("/api/chat", chat_request).await
    }

    /// Sends a message to the conversation `c`; the ids are those of the question and the answer.
    pub async fn ask(&self, text: &str) -> (ChatStream, MessageId, MessageId) {
        self.begin(&message(text)).await
    }

    pub async fn begin(&self, chat_request: &Value) -> (ChatStream, MessageId, MessageId) {
        let mut stream = self.send(chat_request).await;
        let (question, answer) = stream.read_open().await;
        (stream, question, answer)
    }

    /// A question and its complete answer.
    pub async fn exchange(&self, chat_request: &Value, answer: &str) -> (MessageId, MessageId) {
        let (stream, question, id) = self.begin(chat_request).await;
        self.upstream.next_request().await.answer(answer);
        assert_eq!(end_reason(&stream.rest().await), EndReason::Complete);
        (question, id)
    }

    pub async fn follow(&self, answer: &MessageId, after: Option<u64>) -> ChatStream {
        self.open("/api/chat/follow", &json!({ "answer": answer, "after": after })).await
    }

    /// Whether this server can follow the answer now.
    pub async fn follows(&self, answer: &MessageId) -> bool {
        let request = self
            .browser
            .request(Method::POST, "/api/chat/follow", Some(&self.token))
            .header(header::CONTENT_TYPE, "application/json");
        let body = Body::from(json!({ "answer": answer }).to_string());
        self.browser.app.status(request.body(body).unwrap()).await.is_success()
    }

    pub async fn try_follow(&self, answer: &MessageId) -> TestResponse {
        self.post("/api/chat/follow", &json!({ "answer": answer })).await
    }

    pub async fn stop(&self, answer: &MessageId) -> TestResponse {
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

impl ChatStream {
    /// The next event, or the end of the stream.
    pub async fn next(&mut self) -> Option<ChatEvent> {
        tokio::time::timeout(MAX_WAIT, self.next_event()).await.unwrap_or_else(|_| panic!("no event in time"))
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

    pub async fn read_open(&mut self) -> (MessageId, MessageId) {
        match self.next().await {
            Some(ChatEvent { n: 0, kind: ChatEventKind::Open { question, answer, model, .. } }) => {
                assert!(!model.is_empty());
                (question, answer)
            }
            other => panic!("{other:?} in the place of `open`"),
        }
    }

    /// Reads until the text since now is this.
    pub async fn read_until(&mut self, text: &str) -> u64 {
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
        panic!("the text is empty")
    }

    /// All further events.
    pub async fn rest(mut self) -> Vec<ChatEvent> {
        let mut events = vec![];
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

/// The text of the answer in these events.
pub fn answer_text(events: &[ChatEvent]) -> String {
    let texts = events.iter().filter_map(|event| match &event.kind {
        ChatEventKind::Delta { text } => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

/// Checks that the only end event is the last one and that the numbers have no gaps.
#[track_caller]
pub fn end_reason(events: &[ChatEvent]) -> EndReason {
    let first = events.first().map_or(0, |event| event.n);
    assert!(events.iter().map(|event| event.n).eq(first..first + events.len() as u64), "{events:?}");
    let is_end = |event: &&ChatEvent| matches!(event.kind, ChatEventKind::End { .. });
    assert_eq!(events.iter().filter(is_end).count(), 1, "{events:?}");
    match events.last() {
        Some(ChatEvent { kind: ChatEventKind::End { reason }, .. }) => *reason,
        other => panic!("{other:?} is last"),
    }
}
