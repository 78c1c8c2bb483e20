//! Exports a conversation as a file.

use chrono::{DateTime, Datelike, Timelike};
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag};

use serde::Serialize;

use super::{
    text::{fence, folded},
    tree::{ConversationTree, TreeMessage},
};
use crate::wire::{
    attachments::AttachmentSummary,
    chat::{EndReason, MessageId},
    conversations::{Conversation, Export, ExportFormat, ExportLanguage, Message, Role},
};

/// Longest file name made of a title, in characters and without its extension.
const MAX_NAME_CHARS: usize = 60;

/// The texts in a Markdown file, beside the messages.
struct Labels {
    question: &'static str,
    answer: &'static str,
    thinking: &'static str,
    file: &'static str,
    version: fn(number: usize, of: usize) -> String,
    other_versions: &'static str,
    stopped: &'static str,
    cut: &'static str,
    filtered: &'static str,
    interrupted: &'static str,
    running: &'static str,
}

/// The chosen version, and beside it all others.
#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    conversation: Conversation,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    other_versions: Vec<OtherVersion>,
}

/// A message that is not in the chosen version.
#[derive(Serialize)]
struct OtherVersion {
    /// The message that it follows; none for a first question.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<MessageId>,
    #[serde(flatten)]
    message: Message,
}

pub fn export(
    tree: ConversationTree,
    format: ExportFormat,
    language: ExportLanguage,
) -> Result<Export, serde_json::Error> {
    let others = tree.others().into_iter().map(|TreeMessage { parent, message }| OtherVersion { parent, message });
    let whole = Whole { other_versions: others.collect(), conversation: tree.into_conversation() };
    let conversation = &whole.conversation;
    let name = file_name(&conversation.title);
    Ok(match format {
        ExportFormat::Markdown => Export {
            file_name: format!("{name}.md"),
            media_type: "text/markdown".into(),
            text: markdown(&whole, language),
        },
        ExportFormat::Json => Export {
            file_name: format!("{name}.json"),
            media_type: "application/json".into(),
            text: serde_json::to_string_pretty(&whole)?,
        },
    })
}

/// The chosen version, then the messages of the others.
fn markdown(whole: &Whole, language: ExportLanguage) -> String {
    let labels = Labels::of(language);
    let mut text = format!("# {}\n", whole.conversation.title);
    for message in &whole.conversation.messages {
        text.push_str(&section(message, &labels));
    }
    if !whole.other_versions.is_empty() {
        text.push_str(&format!("\n# {}\n", labels.other_versions));
    }
    for other in &whole.other_versions {
        text.push_str(&section(&other.message, &labels));
    }
    text
}

fn section(message: &Message, labels: &Labels) -> String {
    let heading = match message.role {
        Role::Question => labels.question,
        Role::Answer => labels.answer,
    };
    let mut text = format!("\n## {heading}\n");
    let (model, time) = (message.model.as_deref().filter(|model| !model.is_empty()), time(message.at));
    let number = message.versions.iter().position(|id| *id == message.id);
    let version = number.map(|at| (labels.version)(at + 1, message.versions.len()));
    let about: Vec<_> = time.into_iter().chain(model.map(str::to_owned)).chain(version).collect();
    if !about.is_empty() {
        text.push_str(&format!("\n*{}*\n", about.join(" · ")));
    }
    if !message.thinking.trim().is_empty() {
        text.push_str(&details(labels.thinking, message.thinking.trim()));
    }
    text.push_str(&format!("\n{}\n", with_closed_code(message.text.trim_end())));
    for file in &message.attachments {
        text.push_str(&attached(labels.file, file));
    }
    if let Some(note) = labels.note(message) {
        text.push_str(&format!("\n*({note})*\n"));
    }
    text
}

/// The time in UTC: the server does not know the person's time zone.
fn time(unix_seconds: u64) -> Option<String> {
    let time = DateTime::from_timestamp(i64::try_from(unix_seconds).ok()?, 0)?;
    let (year, month, day) = (time.year(), time.month(), time.day());
    Some(format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", time.hour(), time.minute()))
}

/// The Markdown with a closing fence where it ends within a code block, as answers do that were stopped or cut. Otherwise
/// what follows in the file would be code, too.
fn with_closed_code(text: &str) -> String {
    let fenced = |event: &Event| matches!(event, Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_))));
    let blocks = Parser::new(text).into_offset_iter().filter(|(event, _)| fenced(event));
    let Some((_, last)) = blocks.last().filter(|(_, range)| range.end >= text.len()) else { return text.to_owned() };
    let block = &text[last.clone()];
    let mark = block.chars().next().unwrap_or('`');
    let length = block.chars().take_while(|c| *c == mark).count();
    let end = block.lines().skip(1).last().unwrap_or_default().trim_start_matches([' ', '\t', '>']).trim_end();
    if end.len() >= length && end.chars().all(|c| c == mark) {
        return text.to_owned();
    }
    // Indented as the opening fence, after the marks of the quotes around it.
    let line_start = text[..last.start].rfind('\n').map_or(0, |end| end + 1);
    let indent: String = text[line_start..last.start].chars().map(|c| if c == '>' { c } else { ' ' }).collect();
    format!("{text}\n{indent}{}", mark.to_string().repeat(length))
}

/// An HTML `details` element, which Markdown viewers show collapsed.
fn details(summary: &str, text: &str) -> String {
    // As a quote, so that an unclosed code block ends with it. `</` is escaped, so that the text can't end the element.
    let quoted: Vec<_> = text.replace("</", "&lt;/").lines().map(|line| format!("> {line}")).collect();
    format!("\n<details>\n<summary>{summary}</summary>\n\n{}\n\n</details>\n", quoted.join("\n"))
}

/// A file of a question, shown collapsed. A blank line ends the HTML before the code block.
fn attached(label: &str, file: &AttachmentSummary) -> String {
    let text = file.text.as_deref().unwrap_or_default();
    let (fence, name) = (fence(text), file.name.replace('&', "&amp;").replace('<', "&lt;"));
    let summary = format!("{label}{name} ({}, {})", file.media_type.replace('<', "&lt;"), file.chars);
    let text = text.trim_end_matches('\n');
    format!("\n<details>\n<summary>{summary}</summary>\n\n{fence}\n{text}\n{fence}\n\n</details>\n")
}

impl Labels {
    const ENGLISH: Self = Self {
        question: "Question",
        answer: "Answer",
        thinking: "Thinking",
        file: "Attached file: ",
        version: |number, of| format!("version {number} of {of}"),
        other_versions: "Other versions",
        stopped: "stopped",
        cut: "cut: too long",
        filtered: "filtered",
        interrupted: "interrupted",
        running: "still being written",
    };
    const FRENCH: Self = Self {
        question: "Question",
        answer: "Réponse",
        thinking: "Réflexion",
        file: "Fichier joint\u{a0}: ",
        version: |number, of| format!("version {number} sur {of}"),
        other_versions: "Autres versions",
        stopped: "arrêtée",
        cut: "coupée\u{a0}: trop longue",
        filtered: "filtrée",
        interrupted: "interrompue",
        running: "en cours de rédaction",
    };

    fn of(language: ExportLanguage) -> Self {
        match language {
            ExportLanguage::English => Self::ENGLISH,
            ExportLanguage::French => Self::FRENCH,
        }
    }

    /// A note about an answer that is not complete.
    fn note(&self, message: &Message) -> Option<&'static str> {
        match (message.role, message.end) {
            (Role::Question, _) | (Role::Answer, Some(EndReason::Complete)) => None,
            (Role::Answer, Some(EndReason::Stopped)) => Some(self.stopped),
            (Role::Answer, Some(EndReason::Length)) => Some(self.cut),
            (Role::Answer, Some(EndReason::Filtered)) => Some(self.filtered),
            (Role::Answer, Some(EndReason::Interrupted)) => Some(self.interrupted),
            (Role::Answer, None) => Some(self.running),
        }
    }
}

/// The ASCII letters and digits of the title, with `-` between words: valid in every file system, and never a path.
fn file_name(title: &str) -> String {
    let folded = folded(title);
    let words = folded.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name: String = words.collect::<Vec<_>>().join("-").chars().take(MAX_NAME_CHARS).collect();
    match name.trim_end_matches('-') {
        "" => "conversation".into(),
        name => name.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_that_an_answer_leaves_open_is_closed() {
        for (open, closed) in [
            ("```sql\nselect 1", "```sql\nselect 1\n```"),
            ("```", "```\n```"),
            ("~~~~ x\n~~~", "~~~~ x\n~~~\n~~~~"),
            ("1. Run\n   ```sh\n   ls", "1. Run\n   ```sh\n   ls\n   ```"),
            ("- ```\n  a", "- ```\n  a\n  ```"),
            ("> ```\n> a", "> ```\n> a\n> ```"),
        ] {
            assert_eq!(with_closed_code(open), closed);
            assert_eq!(with_closed_code(closed), closed, "it is closed");
            let parsed = format!("{closed}\n\n## Question");
            let headings = Parser::new(&parsed).filter(|event| matches!(event, Event::Start(Tag::Heading { .. })));
            assert_eq!(headings.count(), 1, "{closed}");
        }
        for text in ["", "plain", "```\na\n```\n\nafter", "a `code` span", "    indented"] {
            assert_eq!(with_closed_code(text), text);
        }
    }

    #[test]
    fn a_time_is_shown_to_the_minute_in_utc() {
        assert_eq!(time(1_767_323_045).as_deref(), Some("2026-01-02 03:04 UTC"));
        assert_eq!(time(u64::MAX), None);
    }

    #[test]
    fn a_file_name_is_plain_for_every_title() {
        assert_eq!(file_name("Où est l'été ?"), "ou-est-l-ete");
        assert_eq!(file_name("../../etc/passwd\0"), "etc-passwd");
        assert_eq!(file_name("日本語"), "conversation");
        assert_eq!(file_name(&"ab ".repeat(100)).len(), 59);
    }
}
