//! What the model is sent of a conversation: as many of the latest messages as fit, and always the new question.

use super::{
    attached::Attached,
    upstream::{Message, Role},
};
use crate::{
    server::conversations::store::{self, Earlier, ExchangeText, NewQuestion},
    wire::chat::MessageId,
};

/// How often less is sent if the model refuses a conversation as too long. The last time, only the question is.
const MAX_CUTS: u32 = 6;

pub struct History {
    question: MessageId,
    text: String,
    files: Attached,
    /// In order.
    exchanges: Vec<Exchange>,
    /// Whether older ones are left out.
    is_cut: bool,
    /// Whether the beginning of the first answer is left out.
    is_answer_cut: bool,
    cuts: u32,
}

/// An earlier question, with its files, and its answer.
struct Exchange {
    question: ExchangeText,
    files: Attached,
    answer: ExchangeText,
}

impl History {
    /// `earlier` are the messages that fit into `budget` characters, and in any case the latest ones. What they leave is for
    /// their files, the latest first.
    pub fn new(earlier: Earlier, new: &NewQuestion, files: Attached, budget: usize) -> Self {
        let is_too_long = earlier.exchanges.len() == 1 && earlier.exchanges[0].chars() > budget;
        let (question, text) = (new.question.clone(), new.text.clone());
        let is_cut = earlier.has_more;
        let exchanges = with_files(earlier, budget);
        let mut history = Self { question, text, files, exchanges, is_cut, is_answer_cut: false, cuts: 0 };
        if let [only] = &history.exchanges[..]
            && is_too_long
        {
            history.cut_answer(budget.saturating_sub(only.question.text.chars().count()));
        }
        history
    }

    /// In order, the question last. Roles alternate, as many models require: a question without an answer is joined with
    /// the next one.
    pub fn messages(&self) -> Vec<Message> {
        let mut messages: Vec<Message> = vec![];
        let earlier = self.exchanges.iter().flat_map(|Exchange { question, files, answer }| {
            [(Role::User, files.with_question(&question.text)), (Role::Assistant, answer.text.clone())]
        });
        for (role, text) in earlier.chain([(Role::User, self.files.with_question(&self.text))]) {
            match messages.last_mut() {
                _ if text.is_empty() => {}
                Some(last) if last.role == role => last.text = format!("{}\n\n{text}", last.text),
                _ => messages.push(Message { role, text }),
            }
        }
        messages
    }

    /// The oldest message that is sent, if older ones are left out. An answer if its own beginning is left out, too.
    pub fn sent_from(&self) -> Option<MessageId> {
        let first = self.exchanges.first();
        match first.filter(|_| self.is_answer_cut) {
            Some(first) => Some(first.answer.id.clone()),
            None if self.is_cut => Some(first.map_or(&self.question, |first| &first.question.id).clone()),
            None => None,
        }
    }

    /// How many characters of files are sent, and of how many. `None` where there are no files.
    pub fn files(&self) -> Option<(usize, usize)> {
        let files = || self.exchanges.iter().map(|exchange| &exchange.files).chain([&self.files]);
        let (sent, all) = (files().map(Attached::sent).sum(), files().map(Attached::all).sum());
        (all > 0).then_some((sent, all))
    }

    /// Leaves out the oldest exchange, and more each time, as only the model knows how much it is too much. Of the last
    /// one, first the files are left out, and the end of the answer stays for a while: the question may be to continue it.
    /// Returns whether there was something to leave out.
    pub fn cut(&mut self) -> bool {
        if self.exchanges.is_empty() {
            return false;
        }
        self.cuts += 1;
        match &mut self.exchanges[..] {
            _ if self.cuts >= MAX_CUTS => self.leave_out(self.exchanges.len()),
            [only] if only.files.sent() > 0 => only.files.leave_out(),
            [only] => {
                let half = only.answer.text.chars().count() / 2;
                self.cut_answer(half);
            }
            // 1, 2, 4 and so on.
            all => {
                let oldest = (1 << (self.cuts - 1)).min(all.len() - 1);
                self.leave_out(oldest);
            }
        }
        true
    }

    fn leave_out(&mut self, count: usize) {
        self.exchanges.drain(..count);
        self.is_cut = true;
        self.is_answer_cut = false;
    }

    /// Leaves out the only exchange but for its question and the last characters of its answer; all of it if no answer
    /// is left.
    fn cut_answer(&mut self, chars: usize) {
        let Some(only) = self.exchanges.first_mut() else { return };
        if chars == 0 {
            return self.leave_out(1);
        }
        let text = &only.answer.text;
        let start = text.char_indices().rev().nth(chars - 1).map_or(0, |(start, _)| start);
        only.answer.text = text[start..].to_owned();
        self.is_answer_cut = true;
    }
}

fn with_files(earlier: Earlier, budget: usize) -> Vec<Exchange> {
    let texts: usize = earlier.exchanges.iter().map(store::Exchange::chars).sum();
    let mut room = budget.saturating_sub(texts);
    let mut exchanges: Vec<Exchange> = vec![];
    for store::Exchange { question, files, answer } in earlier.exchanges.into_iter().rev() {
        let files = Attached::new(files, room);
        room -= files.sent();
        exchanges.push(Exchange { question, files, answer });
    }
    exchanges.reverse();
    exchanges
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        server::conversations::store::ExchangeText,
        wire::chat::{ConversationId, IdempotencyKey},
    };

    fn history(pairs: &[(&str, &str)], question: &str, budget: usize, has_more: bool) -> History {
        let text = |id: String, text: &str| ExchangeText { id: MessageId::new(id), text: text.into() };
        let exchanges = pairs.iter().enumerate().map(|(n, (question, answer))| store::Exchange {
            files: vec![],
            question: text(format!("q{n}"), question),
            answer: text(format!("a{n}"), answer),
        });
        let new = NewQuestion {
            conversation: ConversationId::new("c"),
            idempotency_key: IdempotencyKey::new("k"),
            version_of: None,
            after: None,
            text: question.into(),
            attachments: vec![],
            question: MessageId::new("new"),
            answer: MessageId::new("answer"),
            model: "m".into(),
        };
        History::new(Earlier { exchanges: exchanges.collect(), has_more }, &new, Attached::default(), budget)
    }

    fn sent(history: &History) -> Vec<(Role, String)> {
        history.messages().into_iter().map(|message| (message.role, message.text)).collect()
    }

    fn from(history: &History) -> Option<String> {
        history.sent_from().map(|id| id.to_string())
    }

    #[test]
    fn questions_without_an_answer_are_joined_so_that_roles_alternate() {
        let history =
            history(&[("one", "1"), ("two", ""), ("three", ""), ("four", "4"), ("five", "")], "six", 100, false);
        let expected = [
            (Role::User, "one"),
            (Role::Assistant, "1"),
            (Role::User, "two\n\nthree\n\nfour"),
            (Role::Assistant, "4"),
            (Role::User, "five\n\nsix"),
        ];
        assert_eq!(sent(&history), expected.map(|(role, text)| (role, text.to_owned())));
        assert_eq!(history.sent_from(), None, "nothing is left out");
    }

    #[test]
    fn the_oldest_message_sent_is_named_where_older_ones_are_left_out() {
        assert_eq!(from(&history(&[("one", "1")], "two", 100, true)).as_deref(), Some("q0"));
        assert_eq!(from(&history(&[], "two", 100, true)).as_deref(), Some("new"));
    }

    #[test]
    fn of_a_latest_answer_that_does_not_fit_the_end_is_sent() {
        let cut = history(&[("one", "ééééé 12345")], "go on", 8, false);
        let expected = [(Role::User, "one"), (Role::Assistant, "12345"), (Role::User, "go on")];
        assert_eq!(sent(&cut), expected.map(|(role, text)| (role, text.to_owned())));
        assert_eq!(from(&cut).as_deref(), Some("a0"));
        // Not even its question fits.
        let cut = history(&[("one", "1")], "go on", 3, false);
        assert_eq!(sent(&cut), [(Role::User, "go on".to_owned())]);
        assert_eq!(from(&cut).as_deref(), Some("new"));
    }

    #[test]
    fn each_cut_leaves_out_older_messages_and_the_question_stays() {
        let pairs: Vec<_> = (0..6).map(|_| ("question", "an answer of 32 characters, yes.")).collect();
        let mut history = history(&pairs, "now", 1000, false);
        let mut states = vec![];
        while history.cut() {
            states.push((history.exchanges.len(), from(&history).unwrap()));
            assert_eq!(sent(&history).last().unwrap().1, "now");
        }
        // The first three cuts leave out one, two and two exchanges, the next two half of the answer each.
        let expected = [(5, "q1"), (3, "q3"), (1, "q5"), (1, "a5"), (1, "a5"), (0, "new")];
        assert_eq!(states, expected.map(|(count, id)| (count, id.to_owned())));
        assert_eq!(sent(&history), [(Role::User, "now".to_owned())]);
    }

    #[test]
    fn the_longest_conversation_is_cut_to_the_question_in_the_end() {
        let pairs = vec![("question", "answer"); 1000];
        let mut history = history(&pairs, "now", usize::MAX, false);
        while history.cut() {}
        assert_eq!(sent(&history), [(Role::User, "now".to_owned())]);
        assert_eq!(history.cuts, MAX_CUTS);
    }
}
