//! The responder that answers if no upstream is configured. It says that it is one, streams like a model, and on request
//! shows every kind of answer that the page can display.

mod language;
mod texts;

use std::{borrow::Cow, iter, time::Duration};

use async_trait::async_trait;
use futures_util::{StreamExt, stream};

use self::language::Language;
use super::{Asker, FinishReason, Message, Role, TokenUsage, Upstream, UpstreamError, UpstreamEvent, UpstreamEvents};
use crate::wire::{auth::UserClaims, chat::MAX_MESSAGE_CHARS};

/// The pause between two words.
const PACE: Duration = Duration::from_millis(25);
const SLOW_PACE: Duration = Duration::from_millis(100);

/// Of a message with long files, so many characters of the start and of the end are repeated.
const REPEATED: usize = 1_000;

/// Answers in this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Demo;

/// An example that a message requests by its first word. Any other message is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Example {
    /// Takes half a minute, so that a person can try to stop it.
    Slow,
    Table,
    Sql,
    List,
    Long,
    Thinking,
}

#[async_trait]
impl Upstream for Demo {
    fn model(&self) -> &str {
        "demo"
    }

    async fn answer(&self, messages: Vec<Message>, asker: &Asker) -> Result<UpstreamEvents, UpstreamError> {
        let question = messages.iter().rfind(|message| message.role == Role::User);
        let (events, pace) = reply(question.map_or("", |message| message.text.trim()), &asker.user);
        // The pause begins when the next event is polled.
        let events = stream::iter(events).then(move |event| async move {
            if matches!(event, UpstreamEvent::Delta(_) | UpstreamEvent::Thinking(_)) {
                tokio::time::sleep(pace).await;
            }
            Ok(event)
        });
        Ok(events.boxed())
    }
}

/// The answer, word by word, and the pause between two words.
fn reply(message: &str, user: &UserClaims) -> (Vec<UpstreamEvent>, Duration) {
    let language = Language::of(message);
    let example = Example::requested_by(message);
    let (thinking, text) = match example {
        Some(example) => example.texts(language),
        None => (String::new(), texts::repeated(language, user.display_name(), &shortened(message))),
    };
    let usage = TokenUsage { input: Some(count_words(message)), output: Some(count_words(&text)) };
    let thoughts = words(&thinking).into_iter().map(UpstreamEvent::Thinking);
    let words = words(&text).into_iter().map(UpstreamEvent::Delta);
    let end = [UpstreamEvent::Usage(usage), UpstreamEvent::Finished(FinishReason::Complete)];
    let pace = if example == Some(Example::Slow) { SLOW_PACE } else { PACE };
    (thoughts.chain(words).chain(end).collect(), pace)
}

/// The start and the end of a message that is only so long with its files: nobody waits for the words of a whole report.
fn shortened(message: &str) -> Cow<'_, str> {
    if message.chars().count() <= MAX_MESSAGE_CHARS {
        return Cow::Borrowed(message);
    }
    let start: String = message.chars().take(REPEATED).collect();
    let end: Vec<char> = message.chars().rev().take(REPEATED).collect();
    Cow::Owned(format!("{start} […] {}", end.into_iter().rev().collect::<String>()))
}

impl Example {
    const ALL: [Self; 6] = [Self::Table, Self::Sql, Self::List, Self::Long, Self::Thinking, Self::Slow];

    fn requested_by(message: &str) -> Option<Self> {
        let first = message.split_whitespace().next()?;
        Self::ALL.into_iter().find(|example| example.command() == first)
    }

    fn command(self) -> &'static str {
        match self {
            Self::Slow => "/slow",
            Self::Table => "/table",
            Self::Sql => "/sql",
            Self::List => "/list",
            Self::Long => "/long",
            Self::Thinking => "/thinking",
        }
    }

    /// The thinking and the answer.
    fn texts(self, language: Language) -> (String, String) {
        let text = match self {
            Self::Slow => texts::slow(language),
            Self::Table => texts::table(language).to_owned(),
            Self::Sql => texts::sql(language).to_owned(),
            Self::List => texts::list(language).to_owned(),
            Self::Long => texts::long(language),
            Self::Thinking => {
                let (thinking, text) = texts::thinking(language);
                return (thinking.to_owned(), text.to_owned());
            }
        };
        (String::new(), text)
    }
}

/// Each word with the white space after it, so that they add up to the text.
fn words(text: &str) -> Vec<String> {
    let mut rest = text;
    iter::from_fn(|| {
        let blank = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let blanks = rest[blank..].find(|letter: char| !letter.is_whitespace()).unwrap_or(rest.len() - blank);
        let (word, others) = rest.split_at(blank + blanks);
        rest = others;
        (!word.is_empty()).then(|| word.to_owned())
    })
    .collect()
}

fn count_words(text: &str) -> u64 {
    text.split_whitespace().count() as u64
}

#[cfg(test)]
mod tests;
