//! Where in a message a search has found its words.

use super::{
    search::{Search, Term},
    text::{folded, one_line},
};
use crate::wire::conversations::FoundPlace;

/// How much of the text is shown before the first word that was found, and in all, in characters.
const CHARS_BEFORE: usize = 30;
const MAX_CHARS: usize = 140;

const ELLIPSIS: &str = "…";

/// A part of the text with the words that were found; the beginning of the text where none can be shown.
pub fn found_place(text: &str, search: &Search, at: u64) -> FoundPlace {
    let words = words_of(text);
    let is_found = |(start, end): &(usize, usize)| is_match(&text[*start..*end], search);
    let first = words.iter().find(|word| is_found(word)).map_or(0, |(start, _)| *start);
    let from = text[..first].char_indices().rev().take(CHARS_BEFORE).last().map_or(first, |(at, _)| at);
    // Not in the middle of a word.
    let from = words.iter().find(|(start, end)| *start < from && from < *end).map_or(from, |(start, _)| *start);
    let to = text[from..].char_indices().nth(MAX_CHARS).map_or(text.len(), |(at, _)| from + at);
    let mut pieces = vec![String::from(if from > 0 { ELLIPSIS } else { "" })];
    let mut shown = from;
    for (start, end) in words.iter().filter(|(start, end)| *start >= from && *end <= to).filter(|word| is_found(word)) {
        push(&mut pieces, &text[shown..*start]);
        pieces.push(text[*start..*end].to_owned());
        pieces.push(String::new());
        shown = *end;
    }
    push(&mut pieces, &text[shown..to]);
    if to < text.len() {
        push(&mut pieces, ELLIPSIS);
    }
    FoundPlace { pieces, at }
}

/// On one line, with a space where the piece had white space at an end.
fn push(pieces: &mut [String], text: &str) {
    let Some(last) = pieces.last_mut() else { return };
    let (line, has_space) = (one_line(text), |c: Option<char>| c.is_some_and(char::is_whitespace));
    if has_space(text.chars().next()) {
        last.push(' ');
    }
    last.push_str(&line);
    if !line.is_empty() && has_space(text.chars().next_back()) {
        last.push(' ');
    }
}

/// The start and the end of each word.
fn words_of(text: &str) -> Vec<(usize, usize)> {
    let mut words = vec![];
    let mut begun = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let is_of_word = c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c);
        match (begun, is_of_word) {
            (None, true) => begun = Some(at),
            (Some(start), false) => {
                words.push((start, at));
                begun = None;
            }
            _ => {}
        }
    }
    words
}

fn is_match(word: &str, search: &Search) -> bool {
    let word = folded(word);
    search.terms.iter().any(|Term { text, is_indexed }| match is_indexed {
        true => word.starts_with(text),
        false => word.contains(text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, search: &str) -> Vec<String> {
        found_place(text, &Search::parse(search), 7).pieces
    }

    #[test]
    fn the_words_that_were_found_are_every_second_piece() {
        assert_eq!(place("Why is the Index unused?", "unus index"), ["Why is the ", "Index", " ", "unused", "?"]);
        assert_eq!(place("L’été\n\narrive", "ete"), ["L’", "été", " arrive"]);
        assert_eq!(place("see ORA-00600 there", "ora-00600"), ["see ", "ORA", "-", "00600", " there"]);
        assert_eq!(place("これは日本語です", "日本語"), ["", "これは日本語です", ""]);
        assert_eq!(place("nothing", "else"), ["nothing"]);
        assert_eq!(place("", "else"), [""]);
    }

    #[test]
    fn of_a_long_text_the_part_around_the_first_word_is_shown() {
        let text = format!("{}the latch is held {}", "before ".repeat(100), "after ".repeat(100));
        let pieces = place(&text, "latch");
        assert_eq!(pieces.len(), 3, "{pieces:?}");
        assert_eq!(pieces[0], "…before before before before the ");
        assert_eq!(pieces[1], "latch");
        assert!(pieces[2].starts_with(" is held after") && pieces[2].ends_with('…'), "{pieces:?}");
        assert!(pieces.concat().chars().count() < 160);
    }
}
