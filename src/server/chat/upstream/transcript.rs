//! Decodes the bytes of an answer into events, without any I/O.
//!
//! Servers differ, and one odd event must not cost the answer: what can't be read is skipped and counted. The end is
//! honest nevertheless: an answer is complete only if the server has said so.

use std::collections::VecDeque;

use super::{
    FinishReason, TokenUsage, UpstreamError, UpstreamEvent,
    answer_text::{AnswerText, Part},
    chunk::{Chunk, Said as ChunkSaid},
    citations::Citations,
    deviations::{Deviation, Deviations},
    error_body::ErrorBody,
    finish_reason::{Meaning, meaning},
    frames::{Frame, Frames},
    sent::SentRequest,
    thinking_tags::Said,
};
use crate::wire::events::EventTooLarge;

/// The data of the event that ends a stream. It is not JSON, and some servers append to it.
const DONE: &str = "[DONE]";

/// Longest event, or JSON document outside of an event, in bytes. A chunk of an answer has some hundred.
const MAX_FRAME_BYTES: usize = 1024 * 1024;

/// Any other finish reason is a deviation.
const OPENAI_REASONS: [&str; 5] = ["stop", "length", "tool_calls", "function_call", "content_filter"];

/// The state of decoding one answer.
pub struct Transcript {
    frames: Frames,
    /// Decoded, but not returned yet.
    ready: VecDeque<UpstreamEvent>,
    /// Returned after what is ready.
    error: Option<UpstreamError>,
    text: AnswerText,
    citations: Citations,
    /// The last one received: some upstreams send a count with every chunk.
    usage: Option<TokenUsage>,
    finish: Option<FinishReason>,
    read: Progress,
    has_ended: bool,
    deviations: Deviations,
    /// To keep its texts out of the log.
    sent: SentRequest,
}

/// What was read so far.
#[derive(Default)]
struct Progress {
    has_bytes: bool,
    /// A chunk, or `[DONE]`.
    has_chunk: bool,
    has_done: bool,
    /// Text that was in `delta`.
    has_delta: bool,
    has_text: bool,
}

/// A frame that is no chunk.
struct Unreadable;

/// The result of decoding some bytes.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    Event(UpstreamEvent),
    /// A frame without an event, which shows that the upstream is alive.
    Progress,
    /// All bytes are decoded.
    NeedsBytes,
    /// The answer has ended.
    End,
}

impl Default for Transcript {
    fn default() -> Self {
        Self::of(SentRequest::default())
    }
}

impl Transcript {
    /// Of the answer to this request.
    pub fn of(sent: SentRequest) -> Self {
        Self {
            frames: Frames::new(MAX_FRAME_BYTES),
            ready: VecDeque::new(),
            error: None,
            text: AnswerText::default(),
            citations: Citations::default(),
            usage: None,
            finish: None,
            read: Progress::default(),
            has_ended: false,
            deviations: Deviations::default(),
            sent,
        }
    }

    /// Notes what was seen outside of the bytes.
    pub fn note(&mut self, deviation: Deviation) {
        self.deviations.note(deviation);
    }

    /// Decodes up to one event from `bytes`, and removes what it has decoded. An error is returned once, after all events.
    pub fn next(&mut self, bytes: &mut &[u8]) -> Result<Step, UpstreamError> {
        while self.ready.is_empty() && !self.has_ended {
            self.read.has_bytes |= !bytes.is_empty();
            match self.frames.next_frame(bytes) {
                Ok(Some(frame)) => match self.read(&frame) {
                    Ok(()) => break,
                    // Skipped as if it were a comment.
                    Err(Unreadable) => self.note(Deviation::UnreadableEvent),
                },
                Ok(None) => return Ok(Step::NeedsBytes),
                Err(EventTooLarge) => {
                    tracing::warn!("the upstream sent an event without end");
                    self.fail(UpstreamError::Upstream);
                }
            }
        }
        match self.ready.pop_front() {
            Some(event) => Ok(Step::Event(event)),
            None if !self.has_ended => Ok(Step::Progress),
            None => self.error.take().map_or(Ok(Step::End), Err),
        }
    }

    /// Whether no more bytes are needed. There may still be events to return.
    pub fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Whether only the usage or an error may follow: there was a finish reason, or `[DONE]`.
    pub fn is_ending(&self) -> bool {
        self.finish.is_some() || self.read.has_done
    }

    /// Call it at the end of the bytes. Without a finish reason, the answer was interrupted: some upstreams (Ollama) drop
    /// their own errors and end the stream, and some proxies send `[DONE]` in their place.
    pub fn end(&mut self) {
        if self.has_ended {
            return;
        }
        self.read_last_frame();
        self.conclude();
    }

    /// Call it where the bytes end with this error. An answer with a finish reason is complete nevertheless.
    pub fn break_off(&mut self, error: UpstreamError) {
        self.read_last_frame();
        if self.is_ending() { self.conclude() } else { self.fail(error) }
    }

    fn read_last_frame(&mut self) {
        if self.has_ended {
            return;
        }
        if let Some(frame) = self.frames.last_frame()
            && self.read(&frame).is_err()
        {
            self.note(Deviation::UnreadableEvent);
        }
    }

    /// Ends the answer with this error, after what was received.
    fn fail(&mut self, error: UpstreamError) {
        if !std::mem::replace(&mut self.has_ended, true) {
            let held = self.text.finish();
            self.add(held);
            self.error = Some(error);
        }
    }

    fn conclude(&mut self) {
        if self.has_ended {
            return;
        }
        let held = self.text.finish();
        self.add(held);
        if self.is_unreadable() {
            tracing::warn!("the upstream's answer can't be read: nothing in it is text");
            self.fail(UpstreamError::Upstream);
            return;
        }
        if self.finish.is_none() {
            tracing::warn!("the upstream's answer ended without a known finish reason");
        }
        self.has_ended = true;
        if self.read.has_text && matches!(self.finish, Some(FinishReason::Complete | FinishReason::Length)) {
            self.ready.extend(self.citations.take_list().map(UpstreamEvent::Delta));
        }
        self.ready.extend(self.usage.take().map(UpstreamEvent::Usage));
        self.ready.extend(self.finish.map(UpstreamEvent::Finished));
    }

    /// Whether there was no text, and what should have been text was not understood.
    fn is_unreadable(&self) -> bool {
        if self.read.has_text {
            return false;
        }
        match self.finish {
            Some(FinishReason::Complete) => self.deviations.has(Deviation::UnreadableEvent),
            Some(_) => false,
            None => self.read.has_bytes && !self.read.has_chunk,
        }
    }

    /// Returns an error if nothing in the frame can be read.
    fn read(&mut self, frame: &Frame) -> Result<(), Unreadable> {
        let (data, is_bare) = match frame {
            Frame::Event(data) => (data, false),
            Frame::Json(data) => (data, true),
        };
        let (chunks, unread) = Chunk::parse(data);
        chunks.iter().for_each(|chunk| self.read_chunk(chunk, is_bare));
        match unread.as_deref().map(str::trim) {
            None => Ok(()),
            Some(unread) if unread.starts_with(DONE) => {
                self.read_done();
                Ok(())
            }
            Some(_) if chunks.is_empty() => Err(Unreadable),
            Some(_) => {
                self.note(Deviation::UnreadableEvent);
                Ok(())
            }
        }
    }

    fn read_done(&mut self) {
        self.read.has_chunk = true;
        self.read.has_done = true;
        // Without a finish reason, an error may follow.
        if self.finish.is_some() {
            self.conclude();
        }
    }

    fn read_chunk(&mut self, chunk: &Chunk, is_bare: bool) {
        if self.has_ended {
            return;
        }
        self.read.has_chunk = true;
        if is_bare {
            self.note(Deviation::BareJson);
        }
        if chunk.has_stand_ins {
            self.note(Deviation::SplitCharacter);
        }
        if let Some(error) = chunk.error(is_bare) {
            self.fail(ErrorBody::of(error).log_and_classify(None, &self.sent));
            return;
        }
        self.read_text(chunk.said(), chunk.has_stand_ins);
        chunk.citations().for_each(|citation| self.citations.add(citation));
        self.usage = chunk.usage().or(self.usage);
        if let Some(reason) = chunk.finish_reason() {
            self.read_finish_reason(reason);
        } else if is_bare && chunk.is_completion() && self.read.has_text {
            // Its JSON was closed, so it was not cut.
            self.finish = Some(FinishReason::Complete);
        }
    }

    fn read_text(&mut self, said: ChunkSaid, has_stand_ins: bool) {
        if said.is_empty() {
            return;
        }
        if said.is_delta {
            self.read.has_delta = true;
        } else if self.read.has_delta {
            // The whole answer once more.
            return;
        } else {
            self.note(Deviation::NoDelta);
        }
        let parts = self.text.push(said, has_stand_ins);
        self.add(parts);
    }

    fn add(&mut self, parts: Vec<Part>) {
        for part in parts {
            let event = match part {
                Part::Thinking(text) => UpstreamEvent::Thinking(text),
                Part::InText(Said::Text(text)) => {
                    self.read.has_text = true;
                    self.citations.read_text(&text);
                    UpstreamEvent::Delta(text)
                }
                Part::InText(Said::Thinking(text)) => {
                    self.note(Deviation::ThinkingTags);
                    UpstreamEvent::Thinking(text)
                }
                Part::InText(Said::TextWasThinking) => {
                    self.note(Deviation::NoOpeningTag);
                    self.read.has_text = false;
                    self.citations.forget_text();
                    UpstreamEvent::TextWasThinking
                }
            };
            self.ready.push_back(event);
        }
    }

    /// After an unknown reason the answer may be incomplete, so it counts as interrupted.
    fn read_finish_reason(&mut self, reason: &str) {
        match meaning(reason) {
            Some(Meaning::Finished(finish)) => {
                if !OPENAI_REASONS.contains(&reason) {
                    self.note(Deviation::FinishReason);
                }
                self.finish = Some(finish);
            }
            Some(Meaning::NotFinished) => {}
            Some(Meaning::Failed) => {
                tracing::warn!("the upstream ended the answer with an error");
                self.fail(UpstreamError::Upstream);
            }
            Some(Meaning::TimedOut) => {
                tracing::warn!("the upstream ended the answer because it took too long");
                self.fail(UpstreamError::Timeout);
            }
            None => {
                tracing::warn!(
                    reason = self.sent.excerpt(reason),
                    "the upstream ended the answer for an unknown reason"
                );
                self.note(Deviation::UnknownFinishReason);
            }
        }
    }
}

#[cfg(test)]
mod tests;
