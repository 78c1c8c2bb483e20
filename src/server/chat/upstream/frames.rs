//! Cuts the body of an answer into frames: events of a stream, and JSON that stands outside of any event.
//!
//! Not every server sends what was asked for. Some send one JSON document, some a JSON document on each line, and many
//! write an error as bare JSON into a stream, or after it.

use crate::wire::events::{EventDecoder, EventTooLarge};

const BOM: &[u8] = "\u{feff}".as_bytes();

/// Fed to the event decoder where an event has to end. The first line end may belong to a CR before it.
const EMPTY_LINES: &[u8] = b"\n\n";

/// Buffers at most one event and one JSON document.
pub struct Frames {
    events: EventDecoder,
    /// The JSON document that has begun.
    document: Option<Document>,
    at_line_start: bool,
    /// How many bytes of a byte order mark have been read, at the start of the body.
    bom: usize,
    /// Of an event, and of a document, in bytes.
    max_len: usize,
}

/// A part of the body that has a meaning of its own.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    /// The data of an event.
    Event(String),
    /// JSON outside of any event: one value, or several one after the other.
    Json(String),
}

/// JSON up to the line on which its last bracket is closed.
#[derive(Default)]
struct Document {
    bytes: Vec<u8>,
    depth: usize,
    in_string: bool,
    after_backslash: bool,
    /// Whether only white space was read of the current line.
    is_line_empty: bool,
}

impl Frames {
    pub const fn new(max_len: usize) -> Self {
        Self { events: EventDecoder::new(max_len), document: None, at_line_start: true, bom: 0, max_len }
    }

    /// Consumes bytes of `rest` up to the end of a frame. Where no frame ends in them, all bytes are consumed and buffered.
    pub fn next_frame(&mut self, rest: &mut &[u8]) -> Result<Option<Frame>, EventTooLarge> {
        while let Some(&first) = rest.first() {
            if let Some(document) = &mut self.document {
                let has_ended = document.take_line(rest, self.max_len)?;
                if has_ended {
                    self.at_line_start = true;
                    return Ok(self.take_document());
                }
                continue;
            }
            if self.at_line_start && self.is_skipped(first) {
                *rest = &rest[1..];
                continue;
            }
            if self.at_line_start && matches!(first, b'{' | b'[') {
                // A server that breaks off an event with an error may omit the empty line.
                if let Some(data) = self.events.next_event(&mut &*EMPTY_LINES)? {
                    return Ok(Some(Frame::Event(data)));
                }
                self.document = Some(Document::default());
                continue;
            }
            let line_end = rest.iter().position(|byte| is_line_end(*byte));
            let (mut line, others) = rest.split_at(line_end.map_or(rest.len(), |end| end + 1));
            *rest = others;
            self.at_line_start = line_end.is_some();
            // A line ends one event at most, and that is then the end of the line.
            if let Some(data) = self.events.next_event(&mut line)? {
                return Ok(Some(Frame::Event(data)));
            }
        }
        Ok(None)
    }

    /// The frame that the end of the body ends.
    pub fn last_frame(&mut self) -> Option<Frame> {
        self.take_document().or_else(|| self.events.next_event(&mut &*EMPTY_LINES).ok()?.map(Frame::Event))
    }

    fn take_document(&mut self) -> Option<Frame> {
        let document = self.document.take()?;
        Some(Frame::Json(String::from_utf8_lossy(&document.bytes).into_owned()))
    }

    /// What may stand before the first letter of a line without a meaning.
    fn is_skipped(&mut self, byte: u8) -> bool {
        if BOM.get(self.bom) == Some(&byte) {
            self.bom += 1;
            return true;
        }
        self.bom = BOM.len();
        matches!(byte, b' ' | b'\t' | b',')
    }
}

impl Document {
    /// Reads up to the end of a line. Returns whether the document has ended: by its last bracket, or by an empty line,
    /// so that a document that is never closed doesn't swallow the events after it.
    fn take_line(&mut self, rest: &mut &[u8], max_len: usize) -> Result<bool, EventTooLarge> {
        let line_end = rest.iter().position(|byte| is_line_end(*byte));
        let (line, others) = rest.split_at(line_end.map_or(rest.len(), |end| end + 1));
        if self.bytes.len() + line.len() > max_len {
            return Err(EventTooLarge);
        }
        *rest = others;
        self.bytes.extend_from_slice(line);
        line.iter().for_each(|byte| self.add(*byte));
        if line_end.is_none() {
            return Ok(false);
        }
        // The LF of a CR LF makes no empty line.
        let is_rest_of_line_end = line == b"\n" && self.bytes.ends_with(b"\r\n");
        let was_empty = std::mem::replace(&mut self.is_line_empty, true) && !is_rest_of_line_end;
        Ok(self.depth == 0 || was_empty)
    }

    fn add(&mut self, byte: u8) {
        self.is_line_empty &= byte.is_ascii_whitespace();
        if std::mem::take(&mut self.after_backslash) {
            return;
        }
        match (self.in_string, byte) {
            (true, b'\\') => self.after_backslash = true,
            (_, b'"') => self.in_string = !self.in_string,
            (false, b'{' | b'[') => self.depth += 1,
            (false, b'}' | b']') => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAX_LEN: usize = 1024;

    fn frames(pieces: &[&[u8]]) -> Vec<Frame> {
        let mut frames = Frames::new(MAX_LEN);
        let mut found = vec![];
        for mut rest in pieces.iter().copied() {
            while let Some(frame) = frames.next_frame(&mut rest).unwrap() {
                found.push(frame);
            }
            assert!(rest.is_empty());
        }
        found.extend(frames.last_frame());
        found
    }

    fn event(data: &str) -> Frame {
        Frame::Event(data.into())
    }

    fn json(text: &str) -> Frame {
        Frame::Json(text.into())
    }

    #[test]
    fn json_outside_of_events_is_a_frame_of_its_own() {
        for (body, expected) in [
            ("data: a\n\n{\n \"error\": {}\n}\n", vec![event("a"), json("{\n \"error\": {}\n}\n")]),
            // Without the empty line, and without a line end.
            ("data: a\n{\"error\":{}}", vec![event("a"), json("{\"error\":{}}")]),
            ("data: a\r{\"b\":1}\r\rdata: c\r\r", vec![event("a"), json("{\"b\":1}\r"), event("c")]),
            ("{\"a\":\"}\\\"{\"}\n{\"b\":2}\n", vec![json("{\"a\":\"}\\\"{\"}\n"), json("{\"b\":2}\n")]),
            ("\u{feff}\n\n  {\"a\":[1]}", vec![json("{\"a\":[1]}")]),
            ("[{\"a\":1}\n,\n{\"a\":2}]", vec![json("[{\"a\":1}\n,\n{\"a\":2}]")]),
            ("data: {\"a\":1}\ndata: {\"b\":2}\n\n", vec![event("{\"a\":1}\n{\"b\":2}")]),
        ] {
            assert_eq!(frames(&[body.as_bytes()]), expected, "{body:?}");
        }
    }

    #[test]
    fn a_document_that_is_never_closed_does_not_swallow_the_events_after_it() {
        let crlf = "{\"a\":\r\n1,\r\n\r\ndata: b\r\n\r\n";
        assert_eq!(frames(&[crlf.as_bytes()]), [json("{\"a\":\r\n1,\r\n\r"), event("b")]);
        assert_eq!(frames(&[b"{oops\n\ndata: b\n\n"]), [json("{oops\n\n"), event("b")]);
    }

    #[test]
    fn the_last_event_counts_without_an_empty_line_after_it() {
        assert_eq!(frames(&[b"data: a\n\ndata: b"]), [event("a"), event("b")]);
        assert_eq!(frames(&[b"data: a\n\n: ping"]), [event("a")]);
    }

    #[test]
    fn a_document_without_end_is_refused_before_it_fills_the_memory() {
        let mut frames = Frames::new(MAX_LEN);
        let results = (0..1024).map(|_| frames.next_frame(&mut &b"[\"aaaaaaaa\",\n"[..]));
        assert!(results.into_iter().any(|result| result == Err(EventTooLarge)));
    }

    const PIECES: &[&str] =
        &["data: ", "{", "}", "[", "]", "\"", "\\", "\r\n", "\n", "\r", "a", " ", ",", ": ", "é", "\u{feff}"];

    fn body() -> impl Strategy<Value = Vec<u8>> {
        let piece = proptest::sample::select(PIECES).prop_map(str::as_bytes);
        proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_frames(bytes in body()) {
            let single_bytes: Vec<&[u8]> = bytes.chunks(1).collect();
            prop_assert_eq!(frames(&single_bytes), frames(&[&bytes]));
        }
    }
}
