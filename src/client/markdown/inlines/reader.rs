//! A text's pieces, from left to right.

use super::{
    delimiters::{Run, pair},
    entities,
    html::{self, Missing},
    pieces::{Kind, Piece, Style},
    targets,
};
use crate::client::markdown::{
    blocks::references::Definitions,
    scan::{Scan, is_space, trim},
};

pub struct Reader<'a> {
    scan: Scan<'a>,
    /// Where the text begins that is no piece yet.
    start: usize,
    pub pieces: Vec<Piece>,
    /// Where links lead, if they may lead there.
    pub targets: Vec<Option<String>>,
    definitions: &'a Definitions,
    runs: Vec<Run>,
    brackets: Vec<Bracket>,
    /// Of the brackets below, only images' open anything: they are before a link, and links contain none.
    closed_below: usize,
    backticks: Backticks,
    missing: Missing,
}

/// `[` or `![`.
struct Bracket {
    is_image: bool,
    /// The text after it.
    start: usize,
    piece: usize,
    runs: usize,
    /// Others follow, so what it opens is no label.
    has_inner: bool,
}

/// Where the last run of each length is, as far as they were looked for.
#[derive(Default)]
struct Backticks {
    last: Vec<usize>,
    all_seen: bool,
}

impl<'a> Reader<'a> {
    pub fn read(text: &'a str, definitions: &'a Definitions) -> Self {
        let mut reader = Self {
            scan: Scan::new(text),
            start: 0,
            pieces: vec![],
            targets: vec![],
            definitions,
            runs: vec![],
            brackets: vec![],
            closed_below: 0,
            backticks: Backticks::default(),
            missing: Missing::default(),
        };
        while !reader.scan.is_at_end() {
            reader.next();
        }
        reader.text_to(text.len());
        pair(&mut reader.runs, 0, &mut reader.pieces);
        reader
    }

    fn next(&mut self) {
        let at = self.scan.at;
        match self.scan.byte() {
            b'\\' if self.scan.byte_at(at + 1) == b'\n' => self.piece(Kind::Break, at, at, at + 2),
            b'\\' if entities::is_escape(self.scan) => {
                self.text_to(at);
                self.start = at + 1;
                self.scan.at = at + 2;
            }
            b'&' => match entities::entity(&mut self.scan) {
                Some(character) => self.piece(Kind::Character(character), at, at, self.scan.at),
                None => self.scan.at += 1,
            },
            b'\n' => self.line_end(),
            b'`' => self.code(),
            mark @ (b'*' | b'_' | b'~') => self.run(mark),
            b'<' => match html::address(&mut self.scan) {
                Some(address) => {
                    self.text_to(at);
                    self.link(targets::leads_to(address));
                    self.piece(Kind::Text, at + 1, at + 1 + address.len(), self.scan.at);
                    self.link_end();
                }
                None if html::html(&mut self.scan, &mut self.missing) => {}
                None => self.scan.at += 1,
            },
            b'!' if self.scan.byte_at(at + 1) == b'[' => self.bracket(true),
            b'[' => self.bracket(false),
            b']' => self.close_bracket(),
            _ => self.scan.at += 1,
        }
    }

    /// What is before becomes text.
    fn text_to(&mut self, end: usize) {
        if end > self.start {
            self.pieces.push(Piece { kind: Kind::Text, start: self.start, end });
        }
        self.start = self.scan.at;
    }

    /// From there to there, and the text goes on further.
    fn piece(&mut self, kind: Kind, start: usize, end: usize, after: usize) {
        if self.start < start {
            self.text_to(start);
        }
        self.pieces.push(Piece { kind, start, end });
        self.scan.at = after;
        self.start = after;
    }

    /// CommonMark 0.31 §6.7 and §6.8.
    fn line_end(&mut self) {
        let at = self.scan.at;
        let mut end = at;
        while end > self.start && is_space(self.scan.byte_at(end - 1)) {
            end -= 1;
        }
        let kind = if at - end >= 2 { Kind::Break } else { Kind::Text };
        self.text_to(end);
        self.piece(kind, at, at + 1, at + 1);
    }

    fn code(&mut self) {
        let at = self.scan.at;
        let length = self.scan.run(b'`');
        let start = self.scan.at;
        if let Some(end) = self.backticks.close(self.scan, length) {
            self.text_to(at);
            self.piece(Kind::Code, start, end, end + length);
        }
    }

    fn run(&mut self, mark: u8) {
        let at = self.scan.at;
        self.scan.run(mark);
        let end = self.scan.at;
        let before = usize::from(at > self.start);
        if let Some(run) = Run::new(self.scan, at, self.pieces.len() + before) {
            self.text_to(at);
            for start in at..end {
                self.piece(Kind::Text, start, start + 1, end);
            }
            self.runs.push(run);
        }
    }

    fn bracket(&mut self, is_image: bool) {
        let at = self.scan.at;
        let start = at + 1 + usize::from(is_image);
        if let Some(outer) = self.brackets.last_mut() {
            outer.has_inner = true;
        }
        self.piece(Kind::Text, at, start, start);
        let piece = self.pieces.len() - 1;
        self.brackets.push(Bracket { is_image, start, piece, runs: self.runs.len(), has_inner: false });
    }

    /// CommonMark 0.31, “look for link or image”.
    fn close_bracket(&mut self) {
        let at = self.scan.at;
        self.scan.at += 1;
        let Some(bracket) = self.brackets.pop() else { return };
        let is_open = bracket.is_image || self.brackets.len() >= self.closed_below;
        self.closed_below = self.closed_below.min(self.brackets.len());
        if !is_open {
            return;
        }
        let Some(target) = self.target(&bracket, at) else { return };
        self.text_to(at);
        if let Some(piece) = self.pieces.get_mut(bracket.piece) {
            piece.kind = Kind::Opens(Style::Link(self.targets.len()));
        }
        self.targets.push(target);
        pair(&mut self.runs, bracket.runs, &mut self.pieces);
        self.link_end();
        if !bracket.is_image {
            self.closed_below = self.brackets.len();
        }
    }

    /// Where the text leads that ends at `end`.
    fn target(&mut self, bracket: &Bracket, end: usize) -> Option<Option<String>> {
        if let Some(target) = targets::inline(&mut self.scan) {
            return Some(targets::leads_to(&entities::unescaped(target)));
        }
        let mut ahead = self.scan;
        let label = match targets::label(&mut ahead) {
            Some(label) if !trim(label).is_empty() => label,
            _ if bracket.has_inner => return None,
            after => {
                // `[]` belongs to the link, and what is no label does not.
                if after != Some("") {
                    ahead = self.scan;
                }
                self.scan.between(bracket.start, end)
            }
        };
        let target = self.definitions.refer(label)?;
        self.scan = ahead;
        Some(targets::leads_to(target))
    }

    fn link(&mut self, target: Option<String>) {
        let at = self.scan.at;
        self.piece(Kind::Opens(Style::Link(self.targets.len())), at, at, at);
        self.targets.push(target);
    }

    fn link_end(&mut self) {
        let at = self.scan.at;
        self.piece(Kind::Closes(Style::Link(0)), at, at, at);
    }
}

impl Backticks {
    /// Where the next run of that length begins (CommonMark 0.31 §6.1). The rest is searched once in vain, and never
    /// again.
    fn close(&mut self, mut scan: Scan<'_>, length: usize) -> Option<usize> {
        let last = self.last.get(length).copied().unwrap_or_default();
        if self.all_seen && last < scan.at {
            return None;
        }
        while !scan.is_at_end() {
            let start = scan.at;
            let found = scan.run(b'`');
            if found == length {
                return Some(start);
            }
            if found == 0 {
                scan.at += 1;
            } else if !self.all_seen {
                if self.last.len() <= found {
                    self.last.resize(found + 1, 0);
                }
                if let Some(last) = self.last.get_mut(found) {
                    *last = start;
                }
            }
        }
        self.all_seen = true;
        None
    }
}
