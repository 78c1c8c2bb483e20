//! The measures of a text that is being written.

use crate::wire::{attachments::QUESTION_STEP, chat::MAX_MESSAGE_CHARS};

/// Up to this length, in UTF-16 units or bytes, a text is read and stored at each key; no message that can be sent has more
/// units. A longer one, such as a pasted megabyte, would delay the key, and is read and stored once the person pauses.
pub const SHORT: usize = 2 * MAX_MESSAGE_CHARS;

/// What the page has to know of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    pub is_empty: bool,
    /// Whether there is nothing but white space.
    pub is_blank: bool,
    /// Characters beyond [`MAX_MESSAGE_CHARS`].
    pub over: usize,
    /// Rounded up, so that it does not change with each key.
    pub about_chars: usize,
    pub lines: usize,
    /// Whether it is too long to be read and laid out at each key.
    pub is_long: bool,
}

impl Measure {
    /// More lines are not counted: the field does not grow beyond.
    const MAX_LINES: usize = 12;

    pub fn of(text: &str) -> Self {
        let message = text.trim();
        let chars = message.chars().count();
        Self {
            is_empty: text.is_empty(),
            is_blank: message.is_empty(),
            over: chars.saturating_sub(MAX_MESSAGE_CHARS),
            about_chars: chars.div_ceil(QUESTION_STEP) * QUESTION_STEP,
            lines: text.split('\n').take(Self::MAX_LINES).count(),
            is_long: text.len() > SHORT,
        }
    }

    pub fn can_be_sent(self) -> bool {
        !self.is_blank && self.over == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_measured_without_the_white_space_around_it() {
        let most = "é".repeat(MAX_MESSAGE_CHARS);
        assert!(Measure::of(&format!(" {most}\n")).can_be_sent());
        assert_eq!(Measure::of(&format!("{most}ab")).over, 2);
        assert!(!Measure::of(&format!("{most}a")).can_be_sent());
        let blank = Measure::of(" \n ");
        assert!(blank.is_blank && !blank.is_empty && !blank.can_be_sent());
    }

    #[test]
    fn the_lines_of_a_text_are_counted_up_to_the_height_of_the_field() {
        let lines = |text: &str| Measure::of(text).lines;
        assert_eq!((lines(""), lines("a"), lines("a\n"), lines("a\nb"), lines(&"\n".repeat(99))), (1, 1, 2, 2, 12));
    }
}
