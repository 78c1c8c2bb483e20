//! A decoder for server-sent events (HTML Standard §9.2.6). It yields the `data` of each event, from bytes that arrive
//! in pieces of any size. The browser's `EventSource` can't be used: it sends neither POST nor headers.

const BOM: &[u8] = "\u{feff}".as_bytes();

/// Buffers at most one event.
pub struct EventDecoder {
    /// In bytes.
    max_event_len: usize,
    /// The current line, as far as it was received.
    line: Vec<u8>,
    /// The `data` lines of the current event. `None` before its first.
    data: Option<Vec<u8>>,
    /// The last byte was CR, so an LF that comes next belongs to the same line end.
    after_cr: bool,
    /// Only the first line may begin with a BOM.
    past_first_line: bool,
}

/// An event exceeds the decoder's limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventTooLarge;

impl EventDecoder {
    /// `max_event_len` is in bytes.
    pub const fn new(max_event_len: usize) -> Self {
        Self { max_event_len, line: vec![], data: None, after_cr: false, past_first_line: false }
    }

    /// Consumes bytes of `rest` up to the end of an event and returns its data. Where no event ends in them, all bytes
    /// are consumed and buffered.
    pub fn next_event(&mut self, rest: &mut &[u8]) -> Result<Option<String>, EventTooLarge> {
        while let Some(&first) = rest.first() {
            if std::mem::take(&mut self.after_cr) && first == b'\n' {
                *rest = &rest[1..];
                continue;
            }
            let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            self.buffer(&rest[..end.unwrap_or(rest.len())])?;
            let Some(end) = end else {
                *rest = &[];
                break;
            };
            self.after_cr = rest[end] == b'\r';
            *rest = &rest[end + 1..];
            if let Some(data) = self.end_line() {
                return Ok(Some(String::from_utf8_lossy(&data).into_owned()));
            }
        }
        Ok(None)
    }

    fn buffer(&mut self, bytes: &[u8]) -> Result<(), EventTooLarge> {
        let buffered = self.line.len() + self.data.as_ref().map_or(0, Vec::len);
        if buffered + bytes.len() > self.max_event_len {
            return Err(EventTooLarge);
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    /// Ends the current line. An empty line ends the event, whose data is returned.
    fn end_line(&mut self) -> Option<Vec<u8>> {
        let line = std::mem::take(&mut self.line);
        let line = match std::mem::replace(&mut self.past_first_line, true) {
            true => line.as_slice(),
            false => line.strip_prefix(BOM).unwrap_or(&line),
        };
        if line.is_empty() {
            return self.data.take();
        }
        // Anything else is a comment, or a field that we do not use.
        if let Some(value) = data_value(line) {
            match &mut self.data {
                Some(data) => {
                    data.push(b'\n');
                    data.extend_from_slice(value);
                }
                None => self.data = Some(value.to_vec()),
            }
        }
        None
    }
}

fn data_value(line: &[u8]) -> Option<&[u8]> {
    match line.strip_prefix(b"data")? {
        [] => Some(&[]),
        [b':', b' ', value @ ..] | [b':', value @ ..] => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAX_EVENT_LEN: usize = 1024 * 1024;

    fn events(pieces: &[&[u8]]) -> Vec<String> {
        let mut decoder = EventDecoder::new(MAX_EVENT_LEN);
        let mut events = vec![];
        for mut rest in pieces.iter().copied() {
            while let Some(event) = decoder.next_event(&mut rest).unwrap() {
                events.push(event);
            }
            assert!(rest.is_empty());
        }
        events
    }

    #[test]
    fn an_event_ends_with_an_empty_line_for_each_kind_of_line_end() {
        for end in ["\n", "\r\n", "\r"] {
            let text = format!("data: one{end}{end}data:two{end}{end}");
            assert_eq!(events(&[text.as_bytes()]), ["one", "two"], "{end:?}");
        }
    }

    #[test]
    fn lines_of_data_are_joined_and_one_space_is_dropped() {
        assert_eq!(events(&[b"data: a\ndata:  b\ndata\ndata:c\n\n"]), ["a\n b\n\nc"]);
    }

    #[test]
    fn comments_and_other_fields_are_ignored() {
        assert_eq!(events(&[b": ping\n\nevent: x\nid: 1\nretry: 9\ndatum: no\ndata: yes\n: more\n\n"]), ["yes"]);
    }

    #[test]
    fn a_byte_order_mark_is_removed_only_at_the_very_start() {
        assert_eq!(events(&["\u{feff}data: a\n\n".as_bytes()]), ["a"]);
        assert_eq!(events(&["\n\u{feff}data: a\n\ndata: \u{feff}\n\n".as_bytes()]), ["\u{feff}"]);
    }

    #[test]
    fn an_event_that_has_not_ended_is_not_returned() {
        assert_eq!(events(&[b"data: a\n"]), [""; 0]);
    }

    #[test]
    fn an_event_without_end_is_refused_before_it_fills_the_memory() {
        for line in ["data: ", ": ", "x"] {
            let mut decoder = EventDecoder::new(MAX_EVENT_LEN);
            let kilobyte = format!("{line}{}", "x".repeat(1024));
            let mut results = (0..2048).map(|_| decoder.next_event(&mut kilobyte.as_bytes()));
            assert!(results.any(|result| result == Err(EventTooLarge)), "{line}");
            assert!(decoder.line.len() <= MAX_EVENT_LEN);
        }
    }

    fn transcript() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            Just("data".as_bytes().to_vec()),
            Just(": ".as_bytes().to_vec()),
            Just("\r".as_bytes().to_vec()),
            Just("\n".as_bytes().to_vec()),
            Just("\r\n".as_bytes().to_vec()),
            Just(BOM.to_vec()),
            Just("é🦀".as_bytes().to_vec()),
            proptest::collection::vec(any::<u8>(), 0..4),
        ];
        proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_events(
            bytes in transcript(),
            cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..8),
        ) {
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect();
            prop_assert_eq!(events(&pieces), events(&[&bytes]));
        }
    }
}
