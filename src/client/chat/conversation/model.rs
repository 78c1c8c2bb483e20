//! Which model answers: the one that the person has chosen, or else the one that wrote the last answer.

use std::rc::Rc;

use dioxus::prelude::*;

use super::Conversation;
use crate::{
    client::{
        chat::{attachments::limits, entry::Entry},
        language::Language,
    },
    wire::options::ModelOption,
};

impl Conversation {
    /// The model that answers next, where there is a choice. Subscribes the caller.
    pub fn model(self) -> Option<ModelOption> {
        let models = self.options.models();
        let wanted = self.chosen_model.read().clone().or_else(|| last_model(&self.entries.read()));
        let wanted = models.iter().find(|model| Some(&*model.id) == wanted.as_deref()).cloned();
        wanted.or_else(|| models.into_iter().next())
    }

    /// The longest history that this model is sent, in characters. Subscribes the caller.
    pub fn history_chars(self) -> usize {
        self.model().and_then(|model| model.history_chars).unwrap_or_else(|| limits().history_chars)
    }

    pub fn choose_model(mut self, id: String) {
        self.chosen_model.set(Some(id));
    }

    /// The model that wrote the last answer, where it is no longer offered and the person has not chosen another.
    /// Subscribes the caller.
    pub fn gone_model(self) -> Option<Rc<str>> {
        let models = self.options.models();
        if models.is_empty() || self.chosen_model.read().is_some() {
            return None;
        }
        let last = last_model(&self.entries.read())?;
        (!models.iter().any(|model| *model.id == *last)).then(|| last.into())
    }

    /// The name of a model, in the language of the page; its id where it is not offered. Subscribes the caller.
    pub fn name_of_model(self, id: &str, language: Language) -> String {
        let models = self.options.models();
        let offered = models.iter().find(|model| model.id == id);
        offered.map_or_else(|| id.to_owned(), |model| language.of(&model.name).to_owned())
    }
}

fn last_model(entries: &[Rc<Entry>]) -> Option<String> {
    entries.iter().rev().find_map(|entry| entry.model.as_deref()).map(str::to_owned)
}
