//! Takes reasoning out of the text, where a server leaves it there, between tags that the model was trained to write.
//!
//! Tags count at the start of the text only: later, the answer is about tags. Some templates (of DeepSeek-R1, QwQ, Qwen 3
//! Thinking) end the prompt with the opening tag, so that the answer has only the closing one. What was sent as text until
//! then is taken back: [`Said::TextWasThinking`]. That closing tag counts if it is the first tag of the text, and not in
//! code: an answer about these tags names the opening one first, or writes them as code.

use super::code_spans::CodeSpans;

/// The tags of DeepSeek, Qwen and most others; of prompts for Claude; of Gemini; of Magistral; of Seed; of Kimi.
const TAGS: [(&str, &str); 6] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("[THINK]", "[/THINK]"),
    ("<seed:think>", "</seed:think>"),
    ("◁think▷", "◁/think▷"),
];

/// The closing tag that comes without an opening one, and how all opening ones begin that it could belong to.
const LONE_CLOSING: &str = "</think>";
const OPENING: &str = "<think";

/// White space beside a tag waits for what comes after it, up to this many bytes.
const MAX_WHITE_SPACE: usize = 256;

#[derive(Debug, PartialEq, Eq)]
pub enum Said {
    Text(String),
    Thinking(String),
    /// All texts before were thinking.
    TextWasThinking,
}

pub struct ThinkingTags {
    state: State,
    /// Could be the start of a tag, or white space before one.
    held: String,
}

enum State {
    /// Only white space was read, or thinking and white space.
    Start {
        after_thinking: bool,
    },
    Thinking {
        closing: &'static str,
        has_begun: bool,
    },
    /// Text, which a lone closing tag may turn into thinking.
    Doubtful(CodeSpans),
    Text,
}

impl Default for ThinkingTags {
    fn default() -> Self {
        Self { state: State::Start { after_thinking: false }, held: String::new() }
    }
}

impl ThinkingTags {
    /// The server sends the reasoning apart, so text is text from now on, unless it begins with a tag.
    pub fn reasoning_is_apart(&mut self) {
        match &mut self.state {
            State::Start { after_thinking } => *after_thinking = true,
            State::Doubtful(_) => self.state = State::Text,
            State::Thinking { .. } | State::Text => {}
        }
    }

    pub fn push(&mut self, text: &str, said: &mut Vec<Said>) {
        self.held.push_str(text);
        while self.step(said) {}
    }

    /// What is held at the end of the text.
    pub fn finish(&mut self, said: &mut Vec<Said>) {
        let held = std::mem::take(&mut self.held);
        match &self.state {
            State::Start { after_thinking: true } => add(said, Said::Text, held.trim_start()),
            State::Thinking { .. } => add(said, Said::Thinking, held.trim_end()),
            State::Start { .. } | State::Doubtful(_) | State::Text => add(said, Said::Text, &held),
        }
    }

    /// Returns whether there is more to do with what is held.
    fn step(&mut self, said: &mut Vec<Said>) -> bool {
        match &mut self.state {
            State::Start { after_thinking } => {
                let after_thinking = *after_thinking;
                self.start(after_thinking)
            }
            State::Thinking { closing, has_begun } => {
                if !*has_begun {
                    self.held.drain(..self.held.len() - self.held.trim_start().len());
                    *has_begun = !self.held.is_empty();
                }
                let closing = *closing;
                let Some(end) = find(&self.held, closing) else {
                    let thinking = without_start_of(&self.held, closing);
                    let trimmed = thinking.trim_end().len();
                    let held_from = if thinking.len() - trimmed < MAX_WHITE_SPACE { trimmed } else { thinking.len() };
                    add(said, Said::Thinking, &self.held[..held_from]);
                    self.held.drain(..held_from);
                    return false;
                };
                add(said, Said::Thinking, self.held[..end].trim_end());
                self.held.drain(..end + closing.len());
                self.state = State::Start { after_thinking: true };
                true
            }
            State::Doubtful(spans) => match doubtful(&self.held, spans) {
                Doubt::Removed => self.pass_as_text(said),
                Doubt::Remains { held_from } => {
                    add(said, Said::Text, &self.held[..held_from]);
                    self.held.drain(..held_from);
                    false
                }
                Doubt::Confirmed { closing_at } => {
                    add(said, Said::Text, self.held[..closing_at].trim_end());
                    said.push(Said::TextWasThinking);
                    self.held.drain(..closing_at + LONE_CLOSING.len());
                    self.state = State::Start { after_thinking: true };
                    true
                }
            },
            State::Text => self.pass_as_text(said),
        }
    }

    fn start(&mut self, after_thinking: bool) -> bool {
        let text = self.held.trim_start();
        let white_space = self.held.len() - text.len();
        let tags = || TAGS.into_iter().flat_map(|(opening, closing)| [(opening, closing), (closing, "")]);
        if let Some((tag, closing)) = tags().find(|(tag, _)| starts_with(text, tag)) {
            self.held.drain(..white_space + tag.len());
            if !closing.is_empty() {
                self.state = State::Thinking { closing, has_begun: false };
            } else {
                // Nothing was thought.
                self.state = State::Start { after_thinking: true };
            }
            return true;
        }
        if white_space < MAX_WHITE_SPACE && tags().any(|(tag, _)| starts_with(tag, text)) {
            return false;
        }
        if after_thinking {
            self.held.drain(..white_space);
            self.state = State::Text;
        } else {
            self.state = State::Doubtful(CodeSpans::default());
        }
        true
    }

    fn pass_as_text(&mut self, said: &mut Vec<Said>) -> bool {
        add(said, Said::Text, &self.held);
        self.held.clear();
        self.state = State::Text;
        false
    }
}

/// What a text says about whether it is thinking.
enum Doubt {
    Remains {
        held_from: usize,
    },
    /// It is not.
    Removed,
    /// It is.
    Confirmed {
        closing_at: usize,
    },
}

fn doubtful(text: &str, spans: &mut CodeSpans) -> Doubt {
    for (at, letter) in text.char_indices() {
        let rest = &text[at..];
        if letter == '<' {
            if starts_with(rest, OPENING) {
                return Doubt::Removed;
            }
            if starts_with(rest, LONE_CLOSING) {
                match spans.is_code() {
                    true => return Doubt::Removed,
                    false => return Doubt::Confirmed { closing_at: at },
                }
            }
            if starts_with(LONE_CLOSING, rest) || starts_with(OPENING, rest) {
                return Doubt::Remains { held_from: at };
            }
        }
        spans.add(letter);
    }
    Doubt::Remains { held_from: text.len() }
}

/// In capitals or not, as are all comparisons of tags.
fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|text| text.eq_ignore_ascii_case(start))
}

fn find(text: &str, tag: &str) -> Option<usize> {
    text.char_indices().map(|(at, _)| at).find(|at| starts_with(&text[*at..], tag))
}

/// Without what could be the start of a tag, at the end.
fn without_start_of<'t>(text: &'t str, tag: &str) -> &'t str {
    let starts = text.char_indices().map(|(at, _)| at).filter(|at| text.len() - at < tag.len());
    starts.into_iter().find(|at| starts_with(tag, &text[*at..])).map_or(text, |at| &text[..at])
}

fn add(said: &mut Vec<Said>, kind: fn(String) -> Said, text: &str) {
    if !text.is_empty() {
        said.push(kind(text.to_owned()));
    }
}

#[cfg(test)]
mod tests;
