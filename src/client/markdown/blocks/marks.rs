//! What lines begin with that are more than text. All texts here are without their indentation.

use crate::client::markdown::scan::{Scan, is_blank, is_space, trim};

#[derive(Clone, Copy)]
pub struct Fence {
    mark: u8,
    length: usize,
    pub indent: usize,
}

#[derive(Clone, Copy)]
pub struct ListMark {
    /// Items belong together when this is the same: `-`, `+`, `*`, `.` or `)`.
    pub mark: u8,
    pub start: Option<u64>,
    pub width: usize,
    pub is_empty: bool,
}

/// CommonMark 0.31 §4.1.
pub fn is_thematic_break(text: &str) -> bool {
    let mut scan = Scan::new(text);
    let mark = scan.byte();
    let mut length = 0;
    while scan.eat(mark) {
        length += 1;
        scan.spaces();
    }
    matches!(mark, b'-' | b'_' | b'*') && length >= 3 && scan.is_at_end()
}

/// CommonMark 0.31 §4.2: a level, and the heading's text.
pub fn atx_heading(text: &str) -> Option<(u8, &str)> {
    let mut scan = Scan::new(text);
    let level = scan.run(b'#');
    if !(1..=6).contains(&level) || !(scan.is_at_end() || is_space(scan.byte())) {
        return None;
    }
    let content = trim(scan.rest());
    let unclosed = content.trim_end_matches('#');
    let is_closed = unclosed.is_empty() || unclosed.ends_with([' ', '\t']);
    Some((level as u8, if is_closed { trim(unclosed) } else { content }))
}

/// CommonMark 0.31 §4.3: the level that a line below gives to a paragraph.
pub fn setext_underline(text: &str) -> Option<u8> {
    let mut scan = Scan::new(text);
    let level = match scan.byte() {
        b'=' => 1,
        b'-' => 2,
        _ => return None,
    };
    scan.run(scan.byte());
    is_blank(scan.rest()).then_some(level)
}

/// CommonMark 0.31 §4.5: a fence, and what it says of the code.
pub fn fence(text: &str, indent: usize) -> Option<(Fence, &str)> {
    let mut scan = Scan::new(text);
    let mark = scan.byte();
    let length = scan.run(mark);
    let info = trim(scan.rest());
    let is_code_span = mark == b'`' && info.contains('`');
    (matches!(mark, b'`' | b'~') && length >= 3 && !is_code_span).then_some((Fence { mark, length, indent }, info))
}

impl Fence {
    pub fn is_closed_by(self, text: &str) -> bool {
        let mut scan = Scan::new(text);
        scan.run(self.mark) >= self.length && is_blank(scan.rest())
    }
}

/// CommonMark 0.31 §5.2.
pub fn list_mark(text: &str) -> Option<ListMark> {
    let mut scan = Scan::new(text);
    let mut start = 0;
    while scan.byte().is_ascii_digit() && scan.at < 9 {
        start = start * 10 + u64::from(scan.byte() - b'0');
        scan.at += 1;
    }
    let start = (scan.at > 0).then_some(start);
    let mark = scan.byte();
    let is_mark = if start.is_some() { matches!(mark, b'.' | b')') } else { matches!(mark, b'-' | b'+' | b'*') };
    scan.at += 1;
    let is_apart = scan.is_at_end() || is_space(scan.byte());
    (is_mark && is_apart).then(|| ListMark { mark, start, width: scan.at, is_empty: is_blank(scan.rest()) })
}

/// GFM §5.3: whether the task is done, and its text.
pub fn task(text: &str) -> Option<(bool, &str)> {
    let mut scan = Scan::new(text);
    let is_box = scan.eat(b'[');
    let done = match scan.byte() {
        b' ' | b'\t' => false,
        b'x' | b'X' => true,
        _ => return None,
    };
    scan.at += 1;
    let is_task = is_box && scan.eat(b']') && (scan.is_at_end() || is_space(scan.byte()));
    is_task.then(|| (done, scan.rest()))
}
