//! Whether a place in a Markdown text is code, as far as the letters before it show.

#[derive(Default)]
pub struct CodeSpans {
    is_fenced: bool,
    /// Within a code span, which ends with its line at the latest.
    in_span: bool,
    line: Line,
}

/// The start of the current line.
#[derive(Default)]
struct Line {
    indent: usize,
    /// The letter of a fence, and how often it was read.
    fence: Option<(char, usize)>,
    has_begun: bool,
}

/// A line that is indented so far is code.
const CODE_INDENT: usize = 4;
const FENCE_LEN: usize = 3;

impl CodeSpans {
    /// Whether the next letter is code.
    pub fn is_code(&self) -> bool {
        self.is_fenced || self.in_span || self.line.indent >= CODE_INDENT
    }

    pub fn add(&mut self, letter: char) {
        if letter == '\n' {
            self.line = Line::default();
            self.in_span = false;
            return;
        }
        if letter == '`' {
            self.in_span = !self.in_span;
        }
        if self.line.has_begun {
            return;
        }
        match (letter, &mut self.line.fence) {
            (' ', None) => self.line.indent += 1,
            ('\t', None) => self.line.indent += CODE_INDENT,
            ('`' | '~', None) => self.line.fence = Some((letter, 1)),
            (_, Some((fence, count))) if *fence == letter => {
                *count += 1;
                if *count == FENCE_LEN {
                    self.is_fenced = !self.is_fenced;
                }
            }
            _ => self.line.has_begun = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_fenced_or_in_a_span_or_indented() {
        for (text, expected) in [
            ("", false),
            ("a ", false),
            ("a `b", true),
            ("a `b` ", false),
            ("a `b\n", false),
            ("```xml\nb\n", true),
            ("```xml\nb\n```\n", false),
            ("a\n  ~~~\nb `c`\n", true),
            ("    ", true),
            ("  - a", false),
            ("\ta", true),
            ("``` a ``` b", true),
        ] {
            let mut spans = CodeSpans::default();
            text.chars().for_each(|letter| spans.add(letter));
            assert_eq!(spans.is_code(), expected, "{text:?}");
        }
    }
}
