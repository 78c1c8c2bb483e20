//! A line whose indentation is counted in columns: tabs reach to the next multiple of four (CommonMark 0.31 §2.2).

use crate::client::markdown::scan::{Scan, is_blank, is_space};

pub struct Line<'a> {
    scan: Scan<'a>,
    column: usize,
    /// Columns of a tab that was read, and was wider than what was asked for.
    spare: usize,
    /// The last line of a text may be without an end.
    has_end: bool,
}

impl<'a> Line<'a> {
    pub fn new(text: &'a str, has_end: bool) -> Self {
        Self { scan: Scan::new(text), column: 0, spare: 0, has_end }
    }

    /// How far the text is indented from here.
    pub fn indent(&self) -> usize {
        let (mut scan, mut column) = (self.scan, self.column + self.spare);
        while is_space(scan.byte()) {
            column += if scan.byte() == b'\t' { to_next_stop(column) } else { 1 };
            scan.at += 1;
        }
        column - self.column
    }

    /// Leaves out that much of the indentation, or as much as there is.
    pub fn skip(&mut self, columns: usize) {
        let end = self.column + columns;
        while self.column < end {
            if self.spare > 0 {
                self.spare -= 1;
                self.column += 1;
            } else if self.scan.eat(b' ') {
                self.column += 1;
            } else if self.scan.eat(b'\t') {
                self.spare = to_next_stop(self.column);
            } else {
                return;
            }
        }
    }

    /// Leaves out a mark of that many bytes.
    pub fn skip_mark(&mut self, width: usize) {
        self.scan.at += width;
        self.column += width;
    }

    /// Without its indentation.
    pub fn text(&self) -> &'a str {
        let mut scan = self.scan;
        scan.spaces();
        scan.rest()
    }

    pub fn is_blank(&self) -> bool {
        is_blank(self.scan.rest())
    }

    /// With what is left of its indentation.
    pub fn copy_to(&self, text: &mut String) {
        for _ in 0..self.spare {
            text.push(' ');
        }
        text.push_str(self.scan.rest());
        if self.has_end {
            text.push('\n');
        }
    }
}

fn to_next_stop(column: usize) -> usize {
    4 - column % 4
}
