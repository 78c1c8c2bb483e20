//! Files attached to a question: their texts, which parts of them are sent to the model, and how much of them fits.
//!
//! Lengths and positions are in characters (Unicode scalar values).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::chat::MessageId;

/// Longest name of a file, in characters.
pub const MAX_NAME_CHARS: usize = 200;

/// Longest media type, in characters.
pub const MAX_MEDIA_TYPE_CHARS: usize = 100;

/// Most parts of one file.
pub const MAX_PARTS: usize = 1_000;

/// The name of the `<meta>` element that carries the limits in every page.
pub const META_NAME: &str = "attachment-limits";

/// What is set aside for the label of a file.
const LABEL_CHARS: usize = 300;

/// The length of a question is rounded up to a multiple of this, so that what fits does not change with each key.
pub const QUESTION_STEP: usize = 500;

/// A file that is sent with a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// 1 to [`MAX_NAME_CHARS`] characters on one line.
    pub name: String,
    /// Of the file that the text was made of, such as `text/html`.
    pub media_type: String,
    pub content: Content,
    /// What of it is sent to the model, in order and without overlaps. All of it when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    Text(String),
    /// The text of a file that was sent with an earlier question of the same person.
    Stored(StoredAt),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredAt {
    pub question: MessageId,
    /// Among the question's files, from 0.
    pub position: u32,
}

/// The characters from `from` up to, but not including, `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub from: usize,
    pub to: usize,
}

/// A file of a stored question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentSummary {
    pub name: String,
    pub media_type: String,
    /// The length of the text.
    pub chars: usize,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// In an exported file only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// `GET /api/conversation/attachment`: the text of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentText {
    pub text: String,
}

/// What may be attached to one message, and how much of it the model can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttachmentLimits {
    /// Files of a message. With 0, nothing can be attached.
    pub files: usize,
    /// Characters of a file.
    pub file_chars: usize,
    /// Characters of all files of a message together.
    pub message_chars: usize,
}

/// What a page has to know before a message is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimits {
    pub attachments: AttachmentLimits,
    /// The most that is sent to the model of a conversation.
    pub history_chars: usize,
}

impl AttachmentLimits {
    pub const DEFAULT: Self = Self { files: 10, file_chars: 1_000_000, message_chars: 2_000_000 };
}

/// How many characters of its files are sent with a question of so many.
pub fn room_for_files(history_chars: usize, question_chars: usize, files: usize) -> usize {
    let question = question_chars.div_ceil(QUESTION_STEP) * QUESTION_STEP;
    history_chars.saturating_sub(question).saturating_sub(files.saturating_mul(LABEL_CHARS))
}

/// How many characters of each file are sent where `room` have to do for all: each file gets the same, and what short files
/// leave goes to the longer ones.
pub fn shares(lengths: &[usize], room: usize) -> Vec<usize> {
    let mut shortest_first: Vec<usize> = (0..lengths.len()).collect();
    shortest_first.sort_by_key(|file| lengths[*file]);
    let mut shares = vec![0; lengths.len()];
    let mut left = room;
    for (done, file) in shortest_first.into_iter().enumerate() {
        shares[file] = lengths[file].min(left / (lengths.len() - done));
        left -= shares[file];
    }
    shares
}

/// The length of these parts of a text; of all of it if there are none.
pub fn chosen_chars(chars: usize, parts: &[Part]) -> usize {
    match parts {
        [] => chars,
        parts => parts.iter().map(|part| part.to.min(chars).saturating_sub(part.from)).sum(),
    }
}

/// Whether the parts are within a text of this length, in order and without overlaps.
pub fn are_parts_of(parts: &[Part], chars: usize) -> bool {
    parts.len() <= MAX_PARTS
        && parts.iter().all(|part| part.from < part.to && part.to <= chars)
        && parts.windows(2).all(|pair| pair[0].to <= pair[1].from)
}

impl Default for AttachmentLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl fmt::Display for PageLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AttachmentLimits { files, file_chars, message_chars } = self.attachments;
        write!(f, "{files} {file_chars} {message_chars} {}", self.history_chars)
    }
}

/// It is no such list of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoLimits;

impl FromStr for PageLimits {
    type Err = NoLimits;

    fn from_str(text: &str) -> Result<Self, NoLimits> {
        let numbers: Vec<usize> = text.split(' ').filter_map(|number| number.parse().ok()).collect();
        let [files, file_chars, message_chars, history_chars] = numbers[..] else { return Err(NoLimits) };
        Ok(Self { attachments: AttachmentLimits { files, file_chars, message_chars }, history_chars })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(from: usize, to: usize) -> Part {
        Part { from, to }
    }

    #[test]
    fn files_that_do_not_fit_get_equal_shares_and_short_ones_are_whole() {
        assert_eq!(shares(&[100, 50], 1_000), [100, 50]);
        assert_eq!(shares(&[1_000, 10, 500], 610), [300, 10, 300]);
        assert_eq!(shares(&[900, 10, 200], 610), [400, 10, 200]);
        assert_eq!(shares(&[5, 5], 0), [0, 0]);
        assert_eq!(shares(&[], 100), [0; 0]);
    }

    #[test]
    fn a_question_takes_its_room_in_steps() {
        assert_eq!(room_for_files(60_000, 1, 1), room_for_files(60_000, 500, 1));
        assert_eq!(room_for_files(60_000, 501, 2), 58_400);
        assert_eq!(room_for_files(400, 401, 9), 0);
    }

    #[test]
    fn parts_are_in_order_and_within_their_text() {
        assert!(are_parts_of(&[], 0) && are_parts_of(&[part(0, 2), part(2, 5)], 5));
        for wrong in [vec![part(1, 1)], vec![part(2, 1)], vec![part(0, 6)], vec![part(2, 4), part(1, 2)]] {
            assert!(!are_parts_of(&wrong, 5), "{wrong:?}");
        }
        assert!(!are_parts_of(&[part(0, 1), part(0, 1)], 5));
        assert_eq!((chosen_chars(5, &[]), chosen_chars(5, &[part(0, 1), part(3, 5)])), (5, 3));
    }

    #[test]
    fn the_limits_in_a_page_are_read_as_they_were_written() {
        let limits = PageLimits { attachments: AttachmentLimits::DEFAULT, history_chars: 60_000 };
        assert_eq!(limits.to_string().parse(), Ok(limits));
        for wrong in ["", "1 2 3", "1 2 3 x", "1 2 3 4 5"] {
            assert_eq!(wrong.parse::<PageLimits>(), Err(NoLimits), "{wrong}");
        }
    }

    #[test]
    fn a_file_on_the_wire_has_its_text_or_the_place_of_a_stored_one() {
        let new = Attachment {
            name: "a.log".into(),
            media_type: "text/plain".into(),
            content: Content::Text("x".into()),
            parts: vec![],
        };
        let json = r#"{"name":"a.log","media_type":"text/plain","content":{"text":"x"}}"#;
        assert_eq!(serde_json::to_string(&new).unwrap(), json);
        assert_eq!(serde_json::from_str::<Attachment>(json).unwrap(), new);
        let stored = StoredAt { question: MessageId::new("q"), position: 1 };
        let stored = Attachment { content: Content::Stored(stored), parts: vec![part(0, 1)], ..new };
        let json = concat!(
            r#"{"name":"a.log","media_type":"text/plain","content":{"stored":{"question":"q","position":1}},"#,
            r#""parts":[{"from":0,"to":1}]}"#
        );
        assert_eq!(serde_json::to_string(&stored).unwrap(), json);
        assert_eq!(serde_json::from_str::<Attachment>(json).unwrap(), stored);
    }
}
