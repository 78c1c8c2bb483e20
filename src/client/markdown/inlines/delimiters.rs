//! Emphasis and what is struck through (CommonMark 0.31 §6.2, GFM §6.5).

use super::pieces::{Kind, Piece, Style};
use crate::client::markdown::scan::Scan;

/// A run of `*`, `_` or `~`. Each of them is a piece, so that what opens or closes takes the place of its marks.
#[derive(Clone, Copy)]
pub struct Run {
    mark: u8,
    can_open: bool,
    can_close: bool,
    /// As it is written.
    length: usize,
    /// What is left of it: the place of its first piece, and how many there are.
    first: usize,
    left: usize,
}

/// Runs that can't close with what is before them are of so many kinds.
const KINDS: usize = 14;

impl Run {
    /// The run from `start` to where the scan is, whose pieces will begin at `first`; nothing if it is text for sure.
    pub fn new(scan: Scan<'_>, start: usize, first: usize) -> Option<Self> {
        let mark = scan.byte_at(start);
        let length = scan.at - start;
        let before = Side::of(scan.between(0, start).chars().next_back());
        let after = Side::of(scan.rest().chars().next());
        let is_left = after != Side::Space && (after == Side::Letter || before != Side::Letter);
        let is_right = before != Side::Space && (before == Side::Letter || after != Side::Letter);
        let (can_open, can_close) = match mark {
            b'_' => (is_left && (!is_right || before == Side::Mark), is_right && (!is_left || after == Side::Mark)),
            // Two may stand within a word, one may not.
            b'~' if length == 1 => (is_left && before != Side::Letter, is_right && after != Side::Letter),
            b'~' if length == 2 => (after != Side::Space, is_right),
            b'~' => (false, false),
            _ => (is_left, is_right),
        };
        (can_open || can_close).then_some(Self { mark, can_open, can_close, length, first, left: length })
    }

    fn kind(self) -> usize {
        match self.mark {
            b'*' => self.length % 3 + 3 * usize::from(self.can_open),
            b'_' => 6 + self.length % 3 + 3 * usize::from(self.can_open),
            _ => 11 + self.length,
        }
    }

    /// CommonMark 0.31 §6.2, rules 9 and 10.
    fn opens(self, close: Run) -> bool {
        let of_three = (self.length + close.length).is_multiple_of(3) && !self.length.is_multiple_of(3);
        let is_like = if self.mark == b'~' {
            self.length == close.length
        } else {
            !((self.can_close || close.can_open) && of_three)
        };
        self.mark == close.mark && is_like
    }
}

/// Pairs the runs from `from` on, and forgets them. What opens lies before `top`, and each kind of what closes knows
/// below which place it need not look again: so this takes as long as there are marks.
pub fn pair(runs: &mut Vec<Run>, from: usize, pieces: &mut [Piece]) {
    let mut top = from;
    let mut bottoms = [from; KINDS];
    for index in from..runs.len() {
        let Some(mut run) = runs.get(index).copied() else { break };
        while run.can_close && run.left > 0 {
            let bottom = bottoms.get_mut(run.kind());
            let lowest = bottom.as_deref().copied().unwrap_or(from);
            let before = runs.get_mut(lowest..top).unwrap_or_default();
            let Some(at) = before.iter().rposition(|open| open.opens(run)) else {
                bottom.into_iter().for_each(|bottom| *bottom = top);
                break;
            };
            if let Some(open) = before.get_mut(at) {
                join(open, &mut run, pieces);
                top = lowest + at + usize::from(open.left > 0);
            }
            for bottom in &mut bottoms {
                *bottom = top.min(*bottom);
            }
        }
        if run.can_open && run.left > 0 {
            if let Some(place) = runs.get_mut(top) {
                *place = run;
            }
            top += 1;
        }
    }
    runs.truncate(from);
}

/// The last marks of one run open what the first of the other close.
fn join(open: &mut Run, close: &mut Run, pieces: &mut [Piece]) {
    let (style, width) = match open.mark {
        b'~' => (Style::Struck, open.length),
        _ if open.left >= 2 && close.left >= 2 => (Style::Strong, 2),
        _ => (Style::Emphasis, 1),
    };
    open.left -= width;
    let mut set = |first: usize, kind: Kind| {
        for (index, piece) in pieces.iter_mut().skip(first).take(width).enumerate() {
            piece.kind = if index == 0 { kind } else { Kind::Gone };
        }
    };
    set(open.first + open.left, Kind::Opens(style));
    set(close.first, Kind::Closes(style));
    close.first += width;
    close.left -= width;
}

/// What stands beside a run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Space,
    Mark,
    Letter,
}

impl Side {
    /// Beyond ASCII, what is neither letter nor digit is taken for a mark or symbol, without a table of them; but not
    /// what only changes the letter before it.
    fn of(character: Option<char>) -> Self {
        match character {
            None => Side::Space,
            Some(c) if c.is_whitespace() => Side::Space,
            Some('\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200d}' | '\u{fe00}'..='\u{fe0f}') => Side::Letter,
            Some(c) if c.is_alphanumeric() || c.is_ascii_control() => Side::Letter,
            Some(_) => Side::Mark,
        }
    }
}
