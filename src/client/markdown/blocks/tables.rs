//! Tables (GFM §4.10).

use crate::client::markdown::{
    scan::{Scan, is_blank, trim},
    tree::{Align, Cell, Inline},
};

/// The line below the head, if it is one.
pub fn alignments(text: &str) -> Option<Vec<Align>> {
    let mut scan = Scan::new(text);
    let mut alignments = vec![];
    let mut has_pipe = scan.eat(b'|');
    loop {
        scan.spaces();
        let left = scan.eat(b':');
        if scan.run(b'-') == 0 {
            return None;
        }
        let right = scan.eat(b':');
        scan.spaces();
        alignments.push(match (left, right) {
            (false, false) => Align::Unset,
            (true, false) => Align::Left,
            (true, true) => Align::Center,
            (false, true) => Align::Right,
        });
        let is_closed = scan.eat(b'|');
        has_pipe |= is_closed;
        if is_blank(scan.rest()) {
            return has_pipe.then_some(alignments);
        }
        if !is_closed {
            return None;
        }
    }
}

/// The cells of a row, their text not read yet. An escaped pipe is one before anything else is read, in code too.
pub fn cells(text: &str) -> Vec<Cell> {
    let mut scan = Scan::new(trim(text));
    let mut cells = vec![];
    scan.eat(b'|');
    while !is_blank(scan.rest()) {
        let mut cell = String::new();
        let mut start = scan.at;
        while !scan.is_at_end() && scan.byte() != b'|' {
            if scan.byte() == b'\\' && scan.byte_at(scan.at + 1) == b'|' {
                cell.push_str(scan.between(start, scan.at));
                scan.at += 1;
                start = scan.at;
            }
            scan.at += 1;
        }
        cell.push_str(scan.between(start, scan.at));
        scan.eat(b'|');
        cells.push(vec![Inline::Text(trim(&cell).to_owned())]);
    }
    cells
}

pub fn has_pipe(text: &str) -> bool {
    let text = trim(text);
    cells(text).len() > 1 || text.ends_with('|') && !text.ends_with("\\|")
}
