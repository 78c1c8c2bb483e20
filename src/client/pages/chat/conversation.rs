//! The conversation shown: sending, the answer as it streams, stopping, retrying.

use dioxus::prelude::*;
use futures_channel::oneshot;
use futures_util::{
    future::{Either, select},
    pin_mut,
};

use super::{TRANSCRIPT, draft::Draft};
use crate::{
    api::{self, authorized::Authorized, payload::EventStream},
    client::{
        auth_state::{Auth, use_auth},
        browser, browser_key,
        components::{Author, COMPOSER, Entry, Progress},
        language::{ChosenLanguage, use_language},
    },
    wire::{
        chat::{
            ChatEvent, ChatEventKind, ChatRequest, ConversationId, EndReason, IdempotencyKey, MessageId, StopRequest,
        },
        error::ApiError,
    },
};

#[derive(Clone, Copy, PartialEq)]
pub struct Conversation {
    auth: Auth,
    language: ChosenLanguage,
    draft: Draft,
    entries: Signal<Vec<Entry>>,
    /// What was sent last, to send it again unchanged.
    last_request: CopyValue<Option<ChatRequest>>,
    /// Dropping it ends the reading of the answer.
    answering: Signal<Option<oneshot::Sender<()>>>,
    /// The server's name for the answer, once it is known.
    answer: CopyValue<Option<MessageId>>,
    /// The question whose answer has ended in failure.
    failed: CopyValue<Option<MessageId>>,
    announcement: Signal<String>,
    /// Whether the reader follows the end; a reader who has scrolled up is left there.
    following: CopyValue<bool>,
    name: CopyValue<String>,
}

impl Conversation {
    pub fn use_conversation(draft: Draft) -> Self {
        let auth = use_auth();
        let language = use_language();
        let entries = use_signal(Vec::new);
        let answering = use_signal(|| None);
        let announcement = use_signal(String::new);
        let (last_request, following, name) =
            use_hook(|| (CopyValue::new(None), CopyValue::new(true), CopyValue::new(String::new())));
        let (answer, failed) = use_hook(|| (CopyValue::new(None), CopyValue::new(None)));
        let conversation = Self {
            auth,
            language,
            draft,
            entries,
            last_request,
            answering,
            answer,
            failed,
            announcement,
            following,
            name,
        };
        use_effect(move || conversation.follow());
        conversation
    }

    pub fn entries(self) -> Vec<Entry> {
        self.entries.read().clone()
    }

    pub fn is_answering(self) -> bool {
        self.answering.read().is_some()
    }

    /// What a screen reader is told.
    pub fn announcement(self) -> String {
        self.announcement.read().clone()
    }

    /// Sends the draft.
    pub fn send(mut self) {
        if self.answering.peek().is_some() {
            return;
        }
        let Some(message) = self.draft.send() else { return };
        if self.name.peek().is_empty() {
            self.name.set(browser::random_name());
        }
        let request = ChatRequest {
            conversation: ConversationId::new(self.name.peek().clone()),
            message: message.clone(),
            idempotency_key: IdempotencyKey::new(browser::random_name()),
            replaces: None,
        };
        self.entries.write().push(Entry { author: Author::You, text: message, progress: Progress::Complete });
        self.following.set(true);
        browser::focus(COMPOSER);
        self.ask(request);
    }

    /// Sends the last message again, in the place of its failed answer.
    pub fn retry(mut self) {
        if self.answering.peek().is_some() {
            return;
        }
        let Some(mut request) = self.last_request.peek().clone() else { return };
        // What has ended is not answered again, but another question in its place is.
        if let Some(question) = self.failed.write().take() {
            request.replaces = Some(question);
            request.idempotency_key = IdempotencyKey::new(browser::random_name());
        }
        browser::focus(COMPOSER);
        self.entries.write().pop();
        self.ask(request);
    }

    /// Stops the answer, here and on the server.
    pub fn stop(mut self) {
        if self.answering.write().take().is_some() {
            self.draft.sent();
            self.end(Progress::Stopped);
            self.stop_on_the_server();
        }
        browser::focus(COMPOSER);
    }

    pub fn reader_scrolled(mut self) {
        self.following.set(browser::is_at_end(TRANSCRIPT));
    }

    fn ask(mut self, request: ChatRequest) {
        self.entries.write().push(Entry {
            author: Author::Assistant,
            text: String::new(),
            progress: Progress::Streaming,
        });
        self.last_request.set(Some(request.clone()));
        self.answer.set(None);
        let (stop, stopped) = oneshot::channel();
        self.answering.set(Some(stop));
        self.announcement.set(String::new());
        spawn(async move {
            let outcome = self.receive(&request, stopped).await;
            // A stopped answer has been ended by whoever stopped it.
            let Some(outcome) = outcome else { return };
            self.answering.set(None);
            match outcome {
                Ok(()) => self.end(Progress::Complete),
                // Signing in has begun, and this page with it has gone; what was sent is kept by the draft.
                Err(ApiError::SessionEnded) => {}
                Err(error) => self.end(Progress::Failed(error)),
            }
        });
    }

    /// An answer whose name is not known yet is stopped when it is (see [`Self::receive`]).
    fn stop_on_the_server(mut self) {
        let Some(answer) = self.answer.write().take() else { return };
        spawn(async move {
            let stop = StopRequest { answer };
            let call =
                |access_token| api::chat::stop_answer(Authorized::new(access_token, browser_key::sign, stop.clone()));
            // Where it fails, the server stops by itself: nobody reads.
            let _ = self.auth.call(call).await;
        });
    }

    /// Reads the answer to its end. `None`: it was stopped.
    async fn receive(
        mut self,
        request: &ChatRequest,
        mut stopped: oneshot::Receiver<()>,
    ) -> Option<Result<(), ApiError>> {
        let call =
            |access_token| api::chat::send_message(Authorized::new(access_token, browser_key::sign, request.clone()));
        // Not abandoned when stopped early: the server sees that nobody reads only once there is something to close.
        let EventStream(mut events) = match self.auth.call(call).await {
            Ok(events) => events,
            Err(error) => return stopped.try_recv().is_ok().then_some(Err(error)),
        };
        let mut asked = None;
        loop {
            let event = {
                let next = events.recv();
                pin_mut!(next);
                let was_named = self.answer.peek().is_some();
                match select(&mut stopped, next).await {
                    Either::Left((_, next)) if !was_named => {
                        if let Some(Ok(ChatEvent { kind: ChatEventKind::Open { answer, .. }, .. })) = next.await {
                            self.answer.set(Some(answer));
                            self.stop_on_the_server();
                        }
                        return None;
                    }
                    Either::Left(_) => return None,
                    Either::Right((event, _)) => event,
                }
            };
            match event {
                Some(Ok(event)) => match event.kind {
                    ChatEventKind::Open { question, answer, .. } => {
                        self.draft.sent();
                        asked = Some(question);
                        self.answer.set(Some(answer));
                    }
                    ChatEventKind::Delta { text } => self.grow(&text),
                    ChatEventKind::Thinking { .. } | ChatEventKind::Usage(_) => {}
                    ChatEventKind::Error(_) | ChatEventKind::End { reason: EndReason::Interrupted } => {
                        self.failed.set(asked);
                        return Some(Err(ApiError::Unavailable));
                    }
                    ChatEventKind::End { .. } => return Some(Ok(())),
                },
                // A stream that just stops is never a whole answer.
                Some(Err(_)) | None => return Some(Err(ApiError::Unreachable)),
            }
        }
    }

    fn grow(mut self, text: &str) {
        if let Some(answer) = self.entries.write().last_mut() {
            answer.text.push_str(text);
        }
    }

    fn end(mut self, progress: Progress) {
        let catalogue = self.language.get().catalogue();
        let mut entries = self.entries.write();
        let Some(answer) = entries.last_mut() else { return };
        match &progress {
            Progress::Complete => self.announcement.set(format!("{}: {}", catalogue.chat.assistant, answer.text)),
            Progress::Stopped => self.announcement.set(catalogue.answer.stopped.into()),
            Progress::Streaming | Progress::Failed(_) => {}
        }
        answer.progress = progress;
    }

    fn follow(self) {
        // Subscribes to the text.
        let _ = self.entries.read();
        if *self.following.peek() {
            browser::scroll_to_end(TRANSCRIPT);
        }
    }
}
