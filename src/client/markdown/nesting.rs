//! A limit on how deep lists and quotes nest, checked before a text is parsed.
//!
//! `pulldown-cmark` visits every open list item at each blank line. So a text of `- - - …` and as many blank lines
//! would take time that grows with the square of its length.

/// Up to which byte of a line its leading list and quote markers may reach. Every level needs a marker or indentation,
/// so this limits the depth.
const MAX_MARKERS_END: usize = 200;

/// Whether a text nests deeper than any answer does.
pub fn is_too_deep(text: &str) -> bool {
    text.split(['\n', '\r']).any(|line| markers_end(line) > MAX_MARKERS_END)
}

/// Where the leading list and quote markers of a line end; 0 without any.
fn markers_end(line: &str) -> usize {
    let (mut rest, mut end) = (line, 0);
    while let Some(after) = after_marker(rest.trim_start_matches([' ', '\t'])) {
        end = line.len() - after.len();
        rest = after;
    }
    end
}

/// The text after the marker of a quote or a list item (CommonMark §5).
fn after_marker(text: &str) -> Option<&str> {
    if let Some(after) = text.strip_prefix('>') {
        return Some(after);
    }
    let number_end = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let after = match number_end.len() == text.len() {
        true => text.strip_prefix(['-', '+', '*']),
        false => number_end.strip_prefix(['.', ')']),
    };
    after.filter(|after| after.is_empty() || after.starts_with([' ', '\t']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_lists_and_quotes_beyond_the_limit_are_too_deep() {
        for marker in ["- ", "* ", "+ ", "1. ", "12) ", ">", "> ", "> - ", "-\t"] {
            let just_deep_enough = marker.repeat(MAX_MARKERS_END / marker.len());
            assert!(!is_too_deep(&format!("{just_deep_enough}a")), "{marker}");
            assert!(is_too_deep(&format!("b\n{just_deep_enough}{marker}{marker}a")), "{marker}");
        }
        let one_level_a_line: String = (0..150).map(|level| format!("{}- a\n", "  ".repeat(level))).collect();
        assert!(is_too_deep(&one_level_a_line));
    }

    #[test]
    fn long_lines_are_not_deep() {
        for piece in ["-", "*", "- a ", "1.", "word > ", " ", "\t", "---- ", "| - "] {
            assert!(!is_too_deep(&piece.repeat(300)), "{piece}");
        }
    }
}
