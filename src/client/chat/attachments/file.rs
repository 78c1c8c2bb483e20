//! A file that is attached, and why one is not.

use serde::{Deserialize, Serialize};

use crate::{
    client::platform::document,
    wire::attachments::{
        Attachment, AttachmentLimits, AttachmentSummary, Content, MAX_MEDIA_TYPE_CHARS, MAX_NAME_CHARS, META_NAME,
        PageLimits, StoredAt, chosen_chars,
    },
    wire::chat::MessageId,
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachedFile {
    pub attachment: Attachment,
    /// The length of the text.
    pub chars: usize,
}

/// Why a file was not attached. Texts are measured in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is no text.
    NotText {
        name: String,
    },
    Empty {
        name: String,
    },
    Unreadable {
        name: String,
    },
    TooLong {
        name: String,
        chars: usize,
        most: usize,
    },
    /// With the others it is too long.
    AllTooLong {
        name: String,
        chars: usize,
        most: usize,
    },
    TooMany {
        name: String,
        most: usize,
    },
}

impl AttachedFile {
    pub fn new(name: &str, media_type: &str, text: String) -> Self {
        let (name, media_type) = (name_of(name), media_type_of(&name_of(name), media_type));
        let chars = text.chars().count();
        Self { attachment: Attachment { name, media_type, content: Content::Text(text), parts: vec![] }, chars }
    }

    /// A file of a stored question.
    pub fn stored(question: &MessageId, position: usize, file: &AttachmentSummary) -> Self {
        let place = StoredAt { question: question.clone(), position: u32::try_from(position).unwrap_or(u32::MAX) };
        let AttachmentSummary { name, media_type, chars, parts, .. } = file.clone();
        Self { attachment: Attachment { name, media_type, content: Content::Stored(place), parts }, chars }
    }

    pub fn chosen_chars(&self) -> usize {
        chosen_chars(self.chars, &self.attachment.parts)
    }
}

/// The operator's limits. Without them, from a server of the release before, nothing can be attached.
pub fn limits() -> PageLimits {
    let none =
        PageLimits { attachments: AttachmentLimits { files: 0, file_chars: 0, message_chars: 0 }, history_chars: 0 };
    document::meta_content(META_NAME).and_then(|limits| limits.parse().ok()).unwrap_or(none)
}

/// Why a file can't be added to these.
pub fn refusal(file: &AttachedFile, others: &[usize], limits: AttachmentLimits) -> Option<Refusal> {
    let AttachmentLimits { files, file_chars, message_chars } = limits;
    let name = file.attachment.name.clone();
    let all = others.iter().sum::<usize>() + file.chars;
    if file.chars == 0 {
        Some(Refusal::Empty { name })
    } else if others.len() >= files {
        Some(Refusal::TooMany { name, most: files })
    } else if file.chars > file_chars {
        Some(Refusal::TooLong { name, chars: file.chars, most: file_chars })
    } else if all > message_chars {
        Some(Refusal::AllTooLong { name, chars: all, most: message_chars })
    } else {
        None
    }
}

/// A name on one line, of the length that the server takes.
pub fn name_of(name: &str) -> String {
    let words: Vec<_> =
        name.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    let name: String = words.join(" ").chars().take(MAX_NAME_CHARS).collect();
    if name.is_empty() { "file".to_owned() } else { name }
}

/// Whether the file is HTML, by its type, its name or its first characters.
pub fn is_html(name: &str, media_type: &str, text: &str) -> bool {
    let start: String = text.trim_start().chars().take(14).collect::<String>().to_ascii_lowercase();
    media_type_of(name, media_type) == "text/html" || start.starts_with("<!doctype html") || start.starts_with("<html")
}

/// What the browser says, or else what the ending of the name means.
fn media_type_of(name: &str, media_type: &str) -> String {
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    if !media_type.is_empty()
        && media_type.len() <= MAX_MEDIA_TYPE_CHARS
        && media_type.chars().all(|c| c.is_ascii_graphic())
    {
        return media_type.to_ascii_lowercase();
    }
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let media_type = match ending.as_str() {
        "html" | "htm" => "text/html",
        "csv" => "text/csv",
        "md" => "text/markdown",
        "json" => "application/json",
        "sql" => "application/sql",
        "xml" => "application/xml",
        _ => "text/plain",
    };
    media_type.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_refused_with_the_bound_that_it_exceeds() {
        let limits = AttachmentLimits { files: 2, file_chars: 10, message_chars: 15 };
        let file = |chars: usize| AttachedFile::new("a.log", "", "x".repeat(chars));
        let name = || "a.log".to_owned();
        assert_eq!(refusal(&file(10), &[5], limits), None);
        assert_eq!(refusal(&file(0), &[], limits), Some(Refusal::Empty { name: name() }));
        assert_eq!(refusal(&file(11), &[], limits), Some(Refusal::TooLong { name: name(), chars: 11, most: 10 }));
        assert_eq!(refusal(&file(10), &[6], limits), Some(Refusal::AllTooLong { name: name(), chars: 16, most: 15 }));
        assert_eq!(refusal(&file(1), &[1, 1], limits), Some(Refusal::TooMany { name: name(), most: 2 }));
    }

    #[test]
    fn the_type_is_what_the_browser_says_or_what_the_name_means() {
        let media_type = |name: &str, browser: &str| AttachedFile::new(name, browser, "x".into()).attachment.media_type;
        assert_eq!(media_type("a.sql", ""), "application/sql");
        assert_eq!(media_type("a.TRC", ""), "text/plain");
        assert_eq!(media_type("a", "Text/CSV; charset=utf-8"), "text/csv");
        assert!(
            is_html("a.htm", "", "x") && is_html("a", "", " <!DOCTYPE HTML PUBLIC>") && !is_html("a.txt", "", "< html")
        );
    }

    #[test]
    fn a_name_is_one_line() {
        assert_eq!(name_of(" a\n\tb.log "), "a b.log");
        assert_eq!(name_of("\n"), "file");
        assert_eq!(name_of(&"é".repeat(300)).chars().count(), MAX_NAME_CHARS);
    }
}
