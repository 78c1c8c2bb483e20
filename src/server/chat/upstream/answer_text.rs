//! Puts the text and the reasoning of an answer together from the pieces in its chunks: whole characters, and reasoning
//! apart from text.

use super::{
    chunk::Said as ChunkSaid,
    surrogates::Halves,
    thinking_tags::{Said, ThinkingTags},
};

#[derive(Default)]
pub struct AnswerText {
    text: Halves,
    thinking: Halves,
    tags: ThinkingTags,
}

/// A part of the answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    /// Reasoning that the server has separated.
    Thinking(String),
    /// Text, or reasoning that was in it.
    InText(Said),
}

impl AnswerText {
    /// What can be said after this chunk. `has_stand_ins`: see [`super::surrogates`].
    pub fn push(&mut self, said: ChunkSaid, has_stand_ins: bool) -> Vec<Part> {
        let thinking = self.thinking.join(said.thinking, has_stand_ins);
        let mut parts = vec![];
        if !thinking.is_empty() {
            self.tags.reasoning_is_apart();
            parts.push(Part::Thinking(thinking));
        }
        let text = self.text.join(said.text, has_stand_ins);
        let mut in_text = vec![];
        self.tags.push(&text, &mut in_text);
        parts.extend(in_text.into_iter().map(Part::InText));
        parts
    }

    /// What is held at the end of the answer: half a character, or the start of a tag.
    pub fn finish(&mut self) -> Vec<Part> {
        let thinking = Some(self.thinking.rest()).filter(|rest| !rest.is_empty());
        let text = self.text.rest();
        let mut in_text = vec![];
        self.tags.push(&text, &mut in_text);
        self.tags.finish(&mut in_text);
        thinking.map(Part::Thinking).into_iter().chain(in_text.into_iter().map(Part::InText)).collect()
    }
}
