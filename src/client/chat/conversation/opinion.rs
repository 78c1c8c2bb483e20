//! What the person says of an answer.

use std::rc::Rc;

use dioxus::prelude::*;

use super::Conversation;
use crate::{
    api::{self, Authorized},
    client::{chat::entry::Entry, session::dpop_key},
    wire::{
        chat::MessageId,
        error::ApiError,
        feedback::{Feedback, FeedbackRequest},
    },
};

impl Conversation {
    /// It is shown once the server has stored it.
    pub async fn give_feedback(mut self, answer: MessageId, feedback: Option<Feedback>) -> Result<(), ApiError> {
        let request = FeedbackRequest { answer, feedback };
        let endpoint = |token| api::chat::give_feedback(Authorized::new(token, dpop_key::sign, request.clone()));
        self.auth.call(endpoint).await?;
        let mut entries = self.entries.write();
        if let Some(entry) = entries.iter_mut().find(|entry| entry.id.as_ref() == Some(&request.answer)) {
            *entry = Rc::new(Entry { feedback: request.feedback, ..(**entry).clone() });
        }
        Ok(())
    }
}
