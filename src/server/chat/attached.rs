//! The files of questions as the model is sent them: before their question, each with a label that says what it is and
//! what of it is left out, and in a code block that its text can't end.

use crate::{
    server::conversations::{
        check_length, invalid,
        store::StoredFile,
        text::{fence, one_line},
    },
    wire::{
        attachments::{
            Attachment, AttachmentLimits, Content, MAX_MEDIA_TYPE_CHARS, MAX_NAME_CHARS, Part, StoredAt, are_parts_of,
            chosen_chars, shares,
        },
        chat::MessageId,
        error::ApiError,
    },
};

/// Files, and how many characters of each are sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attached {
    files: Vec<StoredFile>,
    shares: Vec<usize>,
}

impl Attached {
    /// As much of the files as there is room for.
    pub fn new(files: Vec<StoredFile>, room: usize) -> Self {
        let lengths: Vec<usize> = files.iter().map(|file| chosen_chars(file.chars, &file.parts)).collect();
        Self { shares: shares(&lengths, room), files }
    }

    pub fn leave_out(&mut self) {
        self.shares.fill(0);
    }

    /// How many characters are sent.
    pub fn sent(&self) -> usize {
        self.shares.iter().sum()
    }

    /// How many there are.
    pub fn all(&self) -> usize {
        self.files.iter().map(|file| file.chars).sum()
    }

    /// The files, then the question.
    pub fn with_question(&self, question: &str) -> String {
        let count = self.files.len();
        let files = self.files.iter().zip(&self.shares).zip(1..);
        files.map(|((file, share), number)| labelled(file, number, count, *share)).collect::<String>() + question
    }
}

/// Whether the files of a message are those that are stored with this question, and no others.
pub fn are_stored(attachments: &[Attachment], question: &MessageId, files: &[StoredFile]) -> bool {
    let is_stored = |(position, (attachment, file)): (u32, (&Attachment, &StoredFile))| {
        let place = StoredAt { question: question.clone(), position };
        attachment.content == Content::Stored(place) && attachment.name == file.name && attachment.parts == file.parts
    };
    attachments.len() == files.len() && (0..).zip(attachments.iter().zip(files)).all(is_stored)
}

/// Checks the files of a message, and makes a line of each name.
pub fn checked(attachments: Vec<Attachment>, limits: AttachmentLimits) -> Result<Vec<Attachment>, ApiError> {
    let AttachmentLimits { files, file_chars, message_chars } = limits;
    if attachments.len() > files {
        let reason = format!("has {} files, {files} are allowed", attachments.len());
        return Err(invalid("attachments", &reason));
    }
    let mut all_chars = 0;
    let mut checked = vec![];
    for (position, attachment) in attachments.into_iter().enumerate() {
        let field = |name: &str| format!("attachments[{position}].{name}");
        let name = one_line(&attachment.name);
        check_length(&field("name"), &name, 1, MAX_NAME_CHARS)?;
        check_length(&field("media_type"), &attachment.media_type, 1, MAX_MEDIA_TYPE_CHARS)?;
        if !attachment.media_type.chars().all(|c| c.is_ascii_graphic()) {
            return Err(invalid(&field("media_type"), "is no media type"));
        }
        // The text of a stored file was checked when it was new.
        let chars = match &attachment.content {
            Content::Text(text) => {
                check_length(&field("content.text"), text, 1, file_chars)?;
                text.chars().count()
            }
            Content::Stored(_) => usize::MAX,
        };
        if !are_parts_of(&attachment.parts, chars) {
            return Err(invalid(&field("parts"), "are not in order, or not within the text"));
        }
        all_chars += if chars == usize::MAX { 0 } else { chars };
        checked.push(Attachment { name, ..attachment });
    }
    if all_chars > message_chars {
        let reason = format!("have {all_chars} characters, {message_chars} are allowed");
        return Err(invalid("attachments", &reason));
    }
    Ok(checked)
}

fn labelled(file: &StoredFile, number: usize, count: usize, share: usize) -> String {
    let StoredFile { name, media_type, chars, .. } = file;
    let label = format!("Attached file {number} of {count}: {name} ({media_type}, {chars} characters");
    if share == 0 {
        return format!("{label}; left out, as there is no room for it)\n\n");
    }
    let excerpt = excerpt(file, share);
    let fence = fence(&excerpt);
    let sent = if share < *chars { format!("; {share} of them follow") } else { String::new() };
    format!("{label}{sent}):\n{fence}\n{}\n{fence}\n\n", excerpt.trim_end_matches('\n'))
}

/// The first `limit` characters of what the person has chosen, with a line where something is left out.
fn excerpt(file: &StoredFile, limit: usize) -> String {
    let whole = [Part { from: 0, to: file.chars }];
    let parts = if file.parts.is_empty() { &whole } else { &file.parts[..] };
    let mut excerpt = String::new();
    let (mut left, mut rest, mut at) = (limit, file.text.as_str(), 0);
    for part in parts {
        let to = part.to.min(part.from.saturating_add(left)).min(file.chars);
        if to <= part.from {
            break;
        }
        push_gap(&mut excerpt, part.from - at);
        let (_, from_part) = split_at_char(rest, part.from - at);
        let (sent, after) = split_at_char(from_part, to - part.from);
        excerpt.push_str(sent);
        left -= to - part.from;
        (rest, at) = (after, to);
    }
    push_gap(&mut excerpt, file.chars - at);
    excerpt
}

fn push_gap(excerpt: &mut String, chars: usize) {
    if chars == 0 {
        return;
    }
    if !excerpt.is_empty() && !excerpt.ends_with('\n') {
        excerpt.push('\n');
    }
    excerpt.push_str(&format!("[… {chars} characters are left out here …]\n"));
}

fn split_at_char(text: &str, chars: usize) -> (&str, &str) {
    text.split_at(text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str, parts: &[(usize, usize)]) -> StoredFile {
        StoredFile {
            name: name.into(),
            media_type: "text/plain".into(),
            chars: text.chars().count(),
            parts: parts.iter().map(|(from, to)| Part { from: *from, to: *to }).collect(),
            text: text.into(),
        }
    }

    #[test]
    fn each_file_has_a_label_and_the_question_is_last() {
        let files = vec![file("a.log", "one\ntwo\n", &[]), file("b.csv", "x,y", &[])];
        let sent = Attached::new(files, 100).with_question("Why?");
        assert_eq!(
            sent,
            "Attached file 1 of 2: a.log (text/plain, 8 characters):\n```\none\ntwo\n```\n\n\
             Attached file 2 of 2: b.csv (text/plain, 3 characters):\n```\nx,y\n```\n\nWhy?"
        );
        assert_eq!(Attached::default().with_question("Why?"), "Why?");
    }

    #[test]
    fn what_does_not_fit_is_left_out_where_the_model_sees_it() {
        let files = vec![file("a", "ééééé\nbbbbb\nccccc", &[]), file("b", "x", &[])];
        let attached = Attached::new(files, 7);
        assert_eq!((attached.sent(), attached.all()), (7, 18));
        assert_eq!(
            attached.with_question("?"),
            "Attached file 1 of 2: a (text/plain, 17 characters; 6 of them follow):\n\
             ```\nééééé\n[… 11 characters are left out here …]\n```\n\n\
             Attached file 2 of 2: b (text/plain, 1 characters):\n```\nx\n```\n\n?"
        );
        let mut nothing = attached;
        nothing.leave_out();
        assert!(
            nothing.with_question("?").starts_with("Attached file 1 of 2: a (text/plain, 17 characters; left out,")
        );
    }

    #[test]
    fn the_chosen_parts_are_sent_with_their_gaps() {
        let chosen = file("a", "0123456789", &[(1, 3), (5, 7)]);
        let gap = |chars| format!("[… {chars} characters are left out here …]\n");
        assert_eq!(excerpt(&chosen, 99), format!("{}12\n{}56\n{}", gap(1), gap(2), gap(3)));
        assert_eq!(excerpt(&chosen, 3), format!("{}12\n{}5\n{}", gap(1), gap(2), gap(4)));
        assert_eq!(excerpt(&file("a", "01", &[(0, 9)]), 99), "01");
    }

    #[test]
    fn a_text_cannot_end_its_block() {
        let sent = Attached::new(vec![file("a.md", "```\nnot the end\n````", &[])], 99).with_question("?");
        assert!(sent.contains("characters):\n`````\n```\nnot the end\n````\n`````\n\n?"), "{sent}");
    }

    #[test]
    fn files_are_checked_and_the_field_is_named() {
        let new = |name: &str, text: &str, parts: &[(usize, usize)]| Attachment {
            name: name.into(),
            media_type: "text/plain".into(),
            content: Content::Text(text.into()),
            parts: parts.iter().map(|(from, to)| Part { from: *from, to: *to }).collect(),
        };
        let limits = AttachmentLimits { files: 2, file_chars: 5, message_chars: 8 };
        assert_eq!(checked(vec![new(" a\nb ", "éé", &[])], limits).unwrap()[0].name, "a b");
        for (files, field, reason) in [
            (vec![new("a", "x", &[]); 3], "attachments", "has 3 files, 2 are allowed"),
            (vec![new(" ", "x", &[])], "attachments[0].name", "is empty"),
            (vec![new("a", "x", &[]), new("b", "", &[])], "attachments[1].content.text", "is empty"),
            (vec![new("a", "éééééé", &[])], "attachments[0].content.text", "has 6 characters, 5 are allowed"),
            (vec![new("a", "12345", &[]), new("b", "1234", &[])], "attachments", "have 9 characters, 8 are allowed"),
            (vec![new("a", "12", &[(0, 3)])], "attachments[0].parts", "are not in order, or not within the text"),
        ] {
            let error = ApiError::InvalidField { field: field.into(), reason: reason.into() };
            assert_eq!(checked(files, limits), Err(error));
        }
        let odd = Attachment { media_type: "text\n".into(), ..new("a", "x", &[]) };
        assert!(checked(vec![odd], limits).is_err());
    }
}
