//! One line per event: characters that would start another line are escaped.

use std::io::{self, Write};

use tracing_subscriber::fmt::MakeWriter;

/// Around another writer.
pub struct OneLine<W> {
    writer: W,
    /// Colours are made of control characters. Those in values were escaped before.
    colours: bool,
}

/// For one event. The formatter writes it whole, its end included.
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
        let mut written = String::with_capacity(event.len());
        for letter in line.chars() {
            let is_colour = self.colours && letter == '\u{1b}';
            // Also the separators that are no control characters: some viewers break lines there.
            match (letter.is_control() || ['\u{2028}', '\u{2029}'].contains(&letter)) && !is_colour && letter != '\t' {
                true => written.extend(letter.escape_default()),
                false => written.push(letter),
            }
        }
        written.push_str(end);
        self.writer.write_all(written.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
