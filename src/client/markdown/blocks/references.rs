//! Where links lead that are defined apart from their text (CommonMark 0.31 §4.7).

use std::collections::BTreeMap;

use crate::client::markdown::{
    inlines::{entities::unescaped, targets},
    scan::{Scan, trim},
};

#[derive(Default)]
pub struct Definitions(BTreeMap<String, String>);

impl Definitions {
    pub fn get(&self, label: &str) -> Option<&str> {
        self.0.get(&normalized(label)).map(String::as_str)
    }

    /// Takes the definitions off the beginning of a paragraph.
    pub fn take_from(&mut self, paragraph: &mut String) {
        let mut scan = Scan::new(paragraph);
        while let Some((label, target)) = definition(&mut scan) {
            // The first counts.
            if self.get(label).is_none() {
                self.0.insert(normalized(label), unescaped(target));
            }
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
