//! A text that is read from left to right.

/// A place in a text. Past its end stands 0, which no text holds (CommonMark 0.31 §2.3).
#[derive(Clone, Copy, Debug)]
pub struct Scan<'a> {
    pub text: &'a str,
    pub at: usize,
}

impl<'a> Scan<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    // Called everywhere: this, and `eat`, out of line are 1 KB less for every visitor.
    #[inline(never)]
    pub fn byte_at(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or_default()
    }

    pub fn byte(&self) -> u8 {
        self.byte_at(self.at)
    }

    pub fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    pub fn between(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    pub fn rest(&self) -> &'a str {
        self.between(self.at, self.text.len())
    }

    #[inline(never)]
    pub fn eat(&mut self, byte: u8) -> bool {
        let is_there = self.byte() == byte && !self.is_at_end();
        self.at += usize::from(is_there);
        is_there
    }

    /// Letters in either case.
    pub fn eat_word(&mut self, word: &str) -> bool {
        let is_there = self
            .text
            .as_bytes()
            .get(self.at..self.at + word.len())
            .is_some_and(|there| there.eq_ignore_ascii_case(word.as_bytes()));
        if is_there {
            self.at += word.len();
        }
        is_there
    }

    /// How many of that byte stand here.
    pub fn run(&mut self, byte: u8) -> usize {
        let start = self.at;
        while self.eat(byte) {}
        self.at - start
    }

    pub fn spaces(&mut self) {
        while is_space(self.byte()) {
            self.at += 1;
        }
    }

    /// Spaces and ends of lines; whether there were any.
    pub fn gap(&mut self) -> bool {
        let start = self.at;
        while is_space(self.byte()) || self.byte() == b'\n' {
            self.at += 1;
        }
        self.at > start
    }

    /// To right after the next of those words.
    pub fn find(&mut self, word: &str) -> bool {
        let found = self.rest().find(word);
        self.at += found.map_or(0, |at| at + word.len());
        found.is_some()
    }
}

pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

pub fn is_blank(text: &str) -> bool {
    text.bytes().all(is_space)
}

pub fn trim(text: &str) -> &str {
    let mut scan = Scan::new(text);
    scan.gap();
    let mut end = text.len();
    while end > scan.at && matches!(scan.byte_at(end - 1), b' ' | b'\t' | b'\n') {
        end -= 1;
    }
    scan.between(scan.at, end)
}
