//! The conversation shown: its state, and how it is opened. Questions are in `asking`, answers in `answering`, the message
//! that waits for the end of an answer in `queueing`, versions in `versions`, which model answers in `model`, and what the
//! person says of answers in `opinion`.

mod answering;
mod asking;
mod model;
mod opinion;
mod queueing;
mod versions;

use std::rc::Rc;

use dioxus::prelude::*;
use futures_channel::oneshot;

use super::{
    announcer::Announcer, attachments::stored, draft::Draft, element_ids::COMPOSER, entry::Entry, following::Following,
    list::ConversationList, options::Options, received_answer::AnswerText, running_answer::RunningAnswer, tasks::Tasks,
};
use crate::{
    api::{self, Answer, Authorized},
    client::{
        platform::dom,
        session::{Auth, dpop_key, use_auth},
    },
    wire::{
        attachments::StoredAt,
        chat::{ChatRequest, ConversationId, MessageId},
        error::ApiError,
    },
};

#[derive(Clone, Copy, PartialEq)]
pub struct Conversation {
    pub tasks: Tasks,
    pub announcer: Announcer,
    pub following: Following,
    pub options: Options,
    auth: Auth,
    draft: Draft,
    list: ConversationList,
    running: RunningAnswer,
    /// Puts the id of a new conversation into the address bar.
    navigate: Callback<ConversationId>,
    id: Signal<Option<ConversationId>>,
    /// Empty where it is not known.
    title: Signal<String>,
    phase: Signal<Phase>,
    /// All messages but the running answer.
    entries: Signal<Vec<Rc<Entry>>>,
    /// Requests about earlier answers. The next message waits for them: a conversation has one running answer at a time.
    pending: CopyValue<Vec<Done>>,
    /// The question of which the next message is another version.
    editing: Signal<Option<MessageId>>,
    /// The id of the model that the person has chosen here.
    chosen_model: Signal<Option<String>>,
    /// To be sent again unchanged, where it was not delivered.
    last_request: CopyValue<Option<ChatRequest>>,
    /// Whether the server is being asked for another version.
    is_choosing: CopyValue<bool>,
    /// Why it was not shown.
    not_chosen: Signal<Option<ApiError>>,
    /// Whether the draft was sent while the conversation was being opened.
    sends_when_open: CopyValue<bool>,
    keys: CopyValue<u64>,
}

/// Resolves when a task has ended, also when it was dropped.
type Done = oneshot::Receiver<()>;

#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    Shown,
    Opening,
    NotOpened(ApiError),
}

impl Conversation {
    pub fn use_conversation(
        draft: Draft,
        (list, options): (ConversationList, Options),
        announcer: Announcer,
        navigate: Callback<ConversationId>,
    ) -> Self {
        let auth = use_auth();
        let tasks = list.tasks;
        let running = RunningAnswer::use_running_answer(tasks, announcer);
        let conversation = use_hook(|| Self {
            tasks,
            announcer,
            following: Following::new(),
            options,
            auth,
            draft,
            list,
            running,
            navigate,
            id: Signal::new(None),
            title: Signal::new(String::new()),
            phase: Signal::new(Phase::Shown),
            entries: Signal::new(vec![]),
            pending: CopyValue::new(vec![]),
            editing: Signal::new(None),
            chosen_model: Signal::new(None),
            last_request: CopyValue::new(None),
            is_choosing: CopyValue::new(false),
            not_chosen: Signal::new(None),
            sends_when_open: CopyValue::new(false),
            keys: CopyValue::new(0),
        });
        use_effect(move || {
            // Subscribes to the running answer, too.
            let (entries, _) = (conversation.entries(), conversation.running.text());
            if !entries.is_empty() {
                conversation.following.scroll_if_on();
            }
        });
        use_effect(move || {
            let mut title = conversation.title;
            if let Some(listed) = conversation.id().and_then(|id| list.title_of(&id)) {
                title.set(listed);
            }
        });
        conversation
    }

    pub fn id(self) -> Option<ConversationId> {
        self.id.read().clone()
    }

    /// Subscribes the caller.
    pub fn title(self) -> String {
        self.title.read().trim().to_owned()
    }

    pub fn phase(self) -> Phase {
        self.phase.read().clone()
    }

    /// All messages, oldest first.
    pub fn entries(self) -> Vec<Rc<Entry>> {
        let mut entries = self.entries.read().clone();
        entries.extend(self.running.entry().filter(|_| !self.running.is_elsewhere()));
        entries
    }

    /// Whether the stream of the running answer broke and could not be resumed yet. Subscribes the caller.
    pub fn is_reconnecting(self) -> bool {
        self.running.is_reconnecting()
    }

    /// The text of the running answer. Subscribes the caller.
    pub fn running_text(self) -> AnswerText {
        self.running.text()
    }

    /// The text of a file of this conversation, from the server.
    pub async fn file_text(self, place: &StoredAt) -> Result<String, ApiError> {
        let id = self.id.peek().clone().ok_or(ApiError::NotFound)?;
        stored::text_of(self.auth, &id, place).await
    }

    pub fn is_answering(self) -> bool {
        self.running.entry().is_some()
    }

    pub fn is_editing(self) -> bool {
        self.editing.read().is_some()
    }

    /// Shows the conversation with this id, unless it is shown already.
    pub fn open(mut self, id: Option<ConversationId>) {
        if *self.id.peek() == id && *self.phase.peek() == Phase::Shown {
            return;
        }
        self.leave();
        self.id.set(id.clone());
        self.draft.open(id.as_ref());
        self.phase.set(Phase::Shown);
        dom::focus(COMPOSER);
        if let Some(id) = id {
            self.phase.set(Phase::Opening);
            self.tasks.start(self.load(id));
        }
    }

    fn leave(mut self) {
        self.running.leave();
        self.editing.set(None);
        self.chosen_model.set(None);
        self.title.set(String::new());
        self.entries.set(vec![]);
        self.last_request.set(None);
        self.is_choosing.set(false);
        self.not_chosen.set(None);
        self.sends_when_open.set(false);
        self.following.switch_on();
        self.announcer.clear();
    }

    async fn load(mut self, id: ConversationId) {
        let name = Some(id.to_string());
        let endpoint =
            |token| api::conversations::conversation(name.clone(), Authorized::new(token, dpop_key::sign, ()));
        let outcome = self.auth.call(endpoint).await;
        self.draft.loaded().await;
        if self.id.peek().as_ref() != Some(&id) {
            return;
        }
        let undelivered = self.draft.undelivered(&id);
        match outcome {
            Ok(Answer(conversation)) => {
                self.show(&conversation);
                self.phase.set(Phase::Shown);
                match undelivered {
                    Some(request) => self.send_request(request),
                    None => {
                        self.follow_running(&conversation);
                        self.send_queued_after_answer();
                    }
                }
            }
            // Its first message is being sent.
            Err(ApiError::NotFound) if undelivered.is_some() => {
                self.phase.set(Phase::Shown);
                undelivered.into_iter().for_each(|request| self.send_request(request));
            }
            // Its first message was not delivered, and is a draft again.
            Err(ApiError::NotFound) if !self.draft.is_blank() => self.phase.set(Phase::Shown),
            Err(ApiError::SessionEnded) => {}
            Err(error) => self.phase.set(Phase::NotOpened(error)),
        }
        self.send_if_wanted();
    }

    fn next_key(mut self) -> u64 {
        *self.keys.write() += 1;
        *self.keys.peek()
    }
}
