//! Where links lead that are defined apart from their text (CommonMark 0.31 §4.7).

use std::{cell::Cell, collections::BTreeMap};

use crate::client::markdown::{
    inlines::{entities::unescaped, targets},
    scan::{Scan, trim},
};

/// Bytes of addresses that all references of a text may have: a long address that is referred to often would make of
/// little text a lot.
const MOST_REFERRED: usize = 100_000;

#[derive(Default)]
pub struct Definitions {
    targets: BTreeMap<String, String>,
    referred: Cell<usize>,
}

impl Definitions {
    /// Where a reference leads.
    pub fn refer(&self, label: &str) -> Option<&str> {
        let target = self.targets.get(&normalized(label))?;
        let referred = self.referred.get() + target.len();
        if referred > MOST_REFERRED {
            return None;
        }
        self.referred.set(referred);
        Some(target)
    }

    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// Takes the definitions off the beginning of a paragraph.
    pub fn take_from(&mut self, paragraph: &mut String) {
        let mut scan = Scan::new(paragraph);
        while let Some((label, target)) = definition(&mut scan) {
            // The first counts.
            self.targets.entry(normalized(label)).or_insert_with(|| unescaped(target));
        }
        let length = scan.at;
        if length > 0 {
            paragraph.drain(..length);
        }
    }
}

/// A definition to the end of its line, or nothing.
fn definition<'a>(scan: &mut Scan<'a>) -> Option<(&'a str, &'a str)> {
    let mut ahead = *scan;
    let label = targets::label(&mut ahead).filter(|label| !trim(label).is_empty())?;
    if !ahead.eat(b':') {
        return None;
    }
    ahead.gap();
    let target = targets::destination(&mut ahead)?;
    let mut titled = ahead;
    if titled.gap() && targets::title(&mut titled) && ends_line(&mut titled) {
        ahead = titled;
    } else if !ends_line(&mut ahead) {
        return None;
    }
    *scan = ahead;
    Some((label, target))
}

fn ends_line(scan: &mut Scan<'_>) -> bool {
    scan.spaces();
    scan.is_at_end() || scan.eat(b'\n')
}

/// Labels are the same whatever their case (of ASCII: more would bring tables of Unicode) and their white space.
fn normalized(label: &str) -> String {
    let mut text = String::new();
    for word in label.split_ascii_whitespace() {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    text.make_ascii_lowercase();
    text
}
