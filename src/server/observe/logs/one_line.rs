//! One line per event: characters that would start another line are escaped.

use std::io::{self, Write};

use tracing_subscriber::fmt::MakeWriter;

/// Wraps another writer.
pub struct OneLine<W> {
    writer: W,
    /// Whether escape characters, which colours need, are written unchanged. Those in values were escaped before.
    colours: bool,
}

/// The writer for one event. The formatter writes the whole event, including its line break, with one call.
pub struct Line<W> {
    writer: W,
    colours: bool,
}

impl<W> OneLine<W> {
    pub fn new(writer: W, colours: bool) -> Self {
        Self { writer, colours }
    }
}

impl<'w, W: MakeWriter<'w>> MakeWriter<'w> for OneLine<W> {
    type Writer = Line<W::Writer>;

    fn make_writer(&'w self) -> Self::Writer {
        Line { writer: self.writer.make_writer(), colours: self.colours }
    }
}

impl<W: Write> Write for Line<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let (line, end) = match text.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (&*text, ""),
        };
        let mut escaped = String::with_capacity(event.len());
        for character in line.chars() {
            let is_colour = self.colours && character == '\u{1b}';
            // Also line and paragraph separators, which are not control characters, but line breaks for some viewers.
            let breaks_line = character.is_control() || ['\u{2028}', '\u{2029}'].contains(&character);
            match breaks_line && !is_colour && character != '\t' {
                true => escaped.extend(character.escape_default()),
                false => escaped.push(character),
            }
        }
        escaped.push_str(end);
        self.writer.write_all(escaped.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
