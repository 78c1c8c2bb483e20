//! The conversation shown: opening, sending, stopping, retrying, editing. How its answers arrive is in
//! [`super::receive`].

use std::{cell::Cell, rc::Rc};

use dioxus::prelude::*;
use futures_channel::oneshot;

use super::{
    TRANSCRIPT,
    announcer::Announcer,
    draft::Draft,
    entry::{Author, Entry, Growing, Live, Progress},
    list::ConversationList,
    receive::{Call, Leaving},
    tasks::Tasks,
};
use crate::{
    api::{self, Answer, Authorized},
    client::{
        app::Route,
        auth_state::{Auth, use_auth},
        browser, browser_key,
        components::COMPOSER,
        hooks::use_effect,
        language::{ChosenLanguage, use_language},
        screen,
    },
    wire::{
        chat::{ChatRequest, ConversationId, EndReason, IdempotencyKey, MessageId, StopRequest},
        error::ApiError,
    },
};

#[derive(Clone, Copy, PartialEq)]
pub struct Conversation {
    pub(super) auth: Auth,
    pub(super) tasks: Tasks,
    pub(super) language: ChosenLanguage,
    pub(super) draft: Draft,
    pub(super) list: ConversationList,
    pub(super) announcer: Announcer,
    id: Signal<Option<ConversationId>>,
    phase: Signal<Phase>,
    pub(super) entries: Signal<Vec<Rc<Entry>>>,
    /// What is shown of the running answer; changes once a frame.
    pub(super) live: Signal<Live>,
    /// What there is of it; changes with every event.
    pub(super) growing: CopyValue<Growing>,
    reading: Signal<Option<Reading>>,
    /// What is still said to the server about earlier answers. The next message waits for it: only one answer of a
    /// conversation is written at a time.
    under_way: CopyValue<Vec<Ending>>,
    pub(super) paint_is_due: CopyValue<bool>,
    /// The question that the next message replaces.
    editing: Signal<Option<MessageId>>,
    /// The last request, to send it again unchanged where it did not get through.
    last_request: CopyValue<Option<ChatRequest>>,
    /// Whether the reader follows the end; a reader who has scrolled up is left there.
    /// What is typed was sent while the conversation was being opened.
    sends_when_open: CopyValue<bool>,
    following: Signal<bool>,
    scroll_top: CopyValue<i32>,
    keys: CopyValue<u64>,
}

/// Resolves when a task is over, however it ended.
pub(super) type Ending = oneshot::Receiver<()>;

/// Dropping it closes the stream here; the server goes on.
struct Reading {
    _left: oneshot::Sender<()>,
    /// The answer is to be stopped as soon as it has a name.
    stop_when_named: Rc<Cell<bool>>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    Shown,
    Opening,
    NotOpened(ApiError),
}

impl Conversation {
    pub fn use_conversation(draft: Draft, list: ConversationList, announcer: Announcer) -> Self {
        let (auth, language) = (use_auth(), use_language());
        let tasks = list.tasks;
        // One hook for all of it: each brings code of its own.
        let conversation = use_hook(|| Self {
            auth,
            tasks,
            language,
            draft,
            list,
            announcer,
            id: Signal::new(None),
            phase: Signal::new(Phase::Shown),
            entries: Signal::new(vec![]),
            live: Signal::new(Live::default()),
            growing: CopyValue::new(Growing::default()),
            reading: Signal::new(None),
            under_way: CopyValue::new(vec![]),
            paint_is_due: CopyValue::new(false),
            editing: Signal::new(None),
            last_request: CopyValue::new(None),
            sends_when_open: CopyValue::new(false),
            following: Signal::new(true),
            scroll_top: CopyValue::new(0),
            keys: CopyValue::new(0),
        });
        use_effect(move || conversation.follow_end());
        conversation
    }

    pub fn id(self) -> Option<ConversationId> {
        self.id.read().clone()
    }

    pub fn phase(self) -> Phase {
        self.phase.read().clone()
    }

    pub fn is_answering(self) -> bool {
        self.reading.read().is_some()
    }

    pub fn is_editing(self) -> bool {
        self.editing.read().is_some()
    }

    pub fn is_following(self) -> bool {
        *self.following.read()
    }

    /// Shows the conversation at this address; nothing happens where it is shown already.
    pub fn open(mut self, id: Option<ConversationId>) {
        if *self.id.peek() == id && *self.phase.peek() == Phase::Shown {
            return;
        }
        self.leave();
        self.id.set(id.clone());
        self.draft.open(id.as_ref());
        self.phase.set(Phase::Shown);
        screen::focus(COMPOSER);
        if let Some(id) = id {
            self.phase.set(Phase::Opening);
            self.tasks.start(self.load(id));
        }
    }

    /// Sends what is typed; as soon as the conversation is open, if it is not yet.
    pub fn send(mut self) {
        if *self.phase.peek() == Phase::Opening {
            self.sends_when_open.set(true);
            return;
        }
        if self.is_busy() || self.draft.is_empty() {
            return;
        }
        let message = self.draft.text().trim().to_owned();
        let replaces = self.editing.write().take();
        self.ask(message, replaces);
    }

    /// Sends a message that nobody typed: a starter question, or the wish that the answer goes on.
    pub fn say(self, message: &str) {
        if !self.is_busy() {
            self.ask(message.to_owned(), None);
        }
    }

    /// Asks the last question again, in the place of its answer.
    pub fn retry(self) {
        if self.is_busy() {
            return;
        }
        let Some(question) = self.last_question() else { return };
        let failed = self.entries.peek().last().is_some_and(|entry| matches!(entry.progress, Progress::Failed(_)));
        let answer = self.growing.peek().answer.clone().filter(|_| failed);
        let last_request = self.last_request.peek().clone();
        match (&question.id, last_request) {
            // It was begun: whatever has become of it is at the server.
            _ if answer.is_some() => answer.into_iter().for_each(|answer| self.read(Call::follow(answer))),
            // It never got there: the very same once more, which can't be stored twice.
            (None, Some(request)) => self.send_request(request),
            (id, _) => self.ask(question.text.to_string(), id.clone()),
        }
    }

    /// Puts a question into the composer, to be asked differently.
    pub fn edit(mut self, question: &Entry) {
        self.draft.take_up(&question.text);
        self.editing.set(question.id.clone());
        screen::focus(COMPOSER);
        screen::cursor_to_end(COMPOSER);
    }

    pub fn edit_last(self) {
        if let Some(question) = self.last_question().filter(|question| question.id.is_some()) {
            self.edit(&question);
        }
    }

    pub fn cancel_edit(mut self) {
        self.editing.set(None);
        self.draft.put_down();
        screen::focus(COMPOSER);
    }

    /// Stops the answer, here and on the server.
    pub fn stop(self) {
        let answer = self.growing.peek().answer.clone();
        match (&*self.reading.peek(), answer) {
            (None, _) => return,
            (Some(_), Some(answer)) => self.start(self.stop_on_server(answer)),
            (Some(reading), None) => reading.stop_when_named.set(true),
        }
        self.draft.sent();
        self.end(Progress::Ended(EndReason::Stopped, None));
        screen::focus(COMPOSER);
    }

    pub fn jump_to_end(mut self) {
        self.following.set(true);
        screen::scroll_to_end(TRANSCRIPT);
    }

    pub fn reader_scrolled(mut self) {
        let top = screen::scroll_top(TRANSCRIPT);
        let went_up = top < self.scroll_top.replace(top);
        let follows = screen::is_at_end(TRANSCRIPT) || (*self.following.peek() && !went_up);
        if follows != *self.following.peek() {
            self.following.set(follows);
        }
    }

    fn last_question(self) -> Option<Rc<Entry>> {
        self.entries.peek().iter().rev().find(|entry| entry.author == Author::You).cloned()
    }

    fn is_busy(self) -> bool {
        self.reading.peek().is_some() || matches!(*self.phase.peek(), Phase::Opening)
    }

    fn leave(mut self) {
        self.reading.set(None);
        self.editing.set(None);
        self.entries.set(vec![]);
        self.growing.set(Growing::default());
        self.live.set(Live::default());
        self.last_request.set(None);
        self.sends_when_open.set(false);
        self.following.set(true);
        self.announcer.clear();
    }

    async fn load(mut self, id: ConversationId) {
        let name = Some(id.to_string());
        let door =
            |token| api::conversations::conversation(name.clone(), Authorized::new(token, browser_key::sign, ()));
        let outcome = self.auth.call(door).await;
        self.draft.loaded().await;
        if self.id.peek().as_ref() != Some(&id) {
            return;
        }
        let unsent = self.draft.unsent(&id);
        match outcome {
            Ok(Answer(conversation)) => {
                let entries =
                    conversation.messages.iter().map(|message| Rc::new(Entry::of_message(self.next_key(), message)));
                self.entries.set(entries.collect());
                self.phase.set(Phase::Shown);
                match (unsent, conversation.running) {
                    (Some(request), _) => self.send_request(request),
                    (None, Some(answer)) => self.read(Call::follow(answer)),
                    (None, None) => {}
                }
            }
            // The conversation was to begin with what is on its way.
            Err(ApiError::NotFound) if unsent.is_some() => {
                self.phase.set(Phase::Shown);
                unsent.into_iter().for_each(|request| self.send_request(request));
            }
            // Its first message never got there, and is typed again: it begins with the next try.
            Err(ApiError::NotFound) if !self.draft.is_empty() => self.phase.set(Phase::Shown),
            Err(ApiError::SessionEnded) => {}
            Err(error) => self.phase.set(Phase::NotOpened(error)),
        }
        if self.sends_when_open.replace(false) && *self.phase.peek() == Phase::Shown {
            self.send();
        }
    }

    fn ask(mut self, message: String, replaces: Option<MessageId>) {
        let known = self.id.peek().clone().filter(|_| *self.phase.peek() == Phase::Shown);
        let conversation = known.unwrap_or_else(|| ConversationId::new(browser::random_name()));
        let request = ChatRequest {
            conversation: conversation.clone(),
            message,
            idempotency_key: IdempotencyKey::new(browser::random_name()),
            replaces,
        };
        self.draft.sending(&request);
        if self.id.peek().as_ref() != Some(&conversation) {
            self.id.set(Some(conversation.clone()));
            self.phase.set(Phase::Shown);
            navigator().push(Route::Conversation { id: conversation.to_string() });
        }
        self.send_request(request);
    }

    fn send_request(mut self, request: ChatRequest) {
        let question = Rc::new(Entry::question(self.next_key(), &request.message));
        {
            let mut entries = self.entries.write();
            // What never got there stands at the end without a name.
            let unnamed = |entry: &Rc<Entry>| entry.author == Author::You && entry.id.is_none();
            let replaced = entries
                .iter()
                .position(|entry| request.replaces.is_some() && entry.id == request.replaces || unnamed(entry));
            if let Some(at) = replaced {
                entries.truncate(at);
            }
            entries.push(question);
        }
        self.last_request.set(Some(request.clone()));
        self.read(Call::Send(request));
    }

    /// Begins to read an answer.
    fn read(mut self, call: Call) {
        let (left, leaving) = oneshot::channel();
        let stop_when_named = Rc::new(Cell::new(false));
        self.growing.set(Growing::default());
        self.live.set(Live::default());
        self.announcer.clear();
        self.following.set(true);
        let key = self.next_key();
        {
            let mut entries = self.entries.write();
            // In the place of one that failed, or is known to run.
            entries.pop_if(|entry| entry.author == Author::Assistant);
            entries.push(Rc::new(Entry::answer(key, Progress::Running)));
        }
        self.reading.set(Some(Reading { _left: left, stop_when_named: stop_when_named.clone() }));
        screen::focus(COMPOSER);
        let before = std::mem::take(&mut *self.under_way.write());
        self.start(self.receive(call, Leaving::new(leaving, stop_when_named), before));
    }

    /// The answer is over, whoever ended it.
    pub(super) fn end(mut self, progress: Progress) {
        let growing = self.growing.peek().clone();
        self.announcer.end(&growing, &progress, self.language);
        if let Some(answer) = self.entries.write().last_mut() {
            *answer = Rc::new(answer.ended(&growing, progress));
        }
        self.reading.set(None);
        self.list.refresh();
    }

    pub(super) async fn stop_on_server(self, answer: MessageId) {
        let request = StopRequest { answer };
        let door = |token| api::chat::stop_answer(Authorized::new(token, browser_key::sign, request.clone()));
        match self.auth.call(door).await {
            // It has ended by itself, or the page with it.
            Ok(_) | Err(ApiError::NotFound | ApiError::SessionEnded) => {}
            // It goes on, and can be followed: it is not to be called stopped.
            Err(error) => self.not_stopped(&request.answer, error),
        }
    }

    fn not_stopped(mut self, answer: &MessageId, error: ApiError) {
        let is_called_stopped = |entry: &Rc<Entry>| {
            let is_this = entry.id.as_ref().is_none_or(|id| id == answer);
            entry.author == Author::Assistant && is_this && entry.progress == Progress::Ended(EndReason::Stopped, None)
        };
        if !self.entries.peek().last().is_some_and(is_called_stopped) {
            return;
        }
        // By its name, it is followed when the person tries again.
        self.growing.write().answer = Some(answer.clone());
        if let Some(last) = self.entries.write().last_mut() {
            *last = Rc::new(Entry { progress: Progress::Failed(error), ..(**last).clone() });
        }
    }

    /// Starts something that the next message waits for.
    fn start(mut self, task: impl Future<Output = ()> + 'static) {
        let (ended, ending) = oneshot::channel::<()>();
        self.under_way.write().push(ending);
        self.tasks.start(async move {
            let _ended = ended;
            task.await;
        });
    }

    fn follow_end(self) {
        // Subscribes to all that is shown.
        let (is_empty, _) = (self.entries.read().is_empty(), self.live.read());
        if !is_empty && *self.following.peek() {
            screen::scroll_to_end(TRANSCRIPT);
        }
    }

    fn next_key(mut self) -> u64 {
        *self.keys.write() += 1;
        *self.keys.peek()
    }
}
