//! The steps of an answer and its readers, and their faults.

use super::{
    Action, AnswerLog,
    state::{Event, Place, Reason, State, Step, words},
};

impl State {
    pub fn apply(&mut self, action: Action, model: &AnswerLog) {
        match action {
            Action::EmitWord => {
                let word = self.writer.words() + 1;
                self.writer.events.push(Event::Words(word, word));
            }
            Action::Finish => self.finish(Reason::Complete, model),
            Action::Touch if self.stored.end.is_some() => self.finish(Reason::Interrupted, model),
            Action::Touch => {
                self.stored.words = self.writer.words();
                self.stored.is_touched = true;
            }
            Action::Publish => self.writer.published = self.append(model),
            Action::StoreEnd => self.store_end(model),
            Action::EmitEnd => {
                let Step::EmitEnd(reason) = self.writer.step else { return };
                self.writer.events.push(Event::End(reason));
                self.writer.step = Step::StoreEnd(reason);
            }
            Action::Read(reader) => self.read(reader, model),
            Action::CheckStore(reader) => self.check_store(reader, model),
            Action::NextMessage => self.end(self.stored.words, Reason::Interrupted, model),
            Action::Reconnect(reader) => self.connect(reader, Place::Elsewhere, model),
            Action::LeaseExpires => self.stored.is_touched = false,
            fault => {
                self.faults_left -= 1;
                self.fail(fault, model);
            }
        }
    }

    fn fail(&mut self, fault: Action, model: &AnswerLog) {
        match fault {
            Action::Crash => {
                self.writer.is_alive = false;
                self.observed.writer_failed = true;
            }
            Action::LoseLease => {
                self.stored.is_touched = false;
                self.observed.writer_failed = true;
            }
            Action::AppendReplyLost => {
                self.append(model);
            }
            Action::StoreEndReplyLost => {
                let Step::StoreEnd(reason) = self.writer.step else { return };
                self.end(self.writer.words(), reason, model);
            }
            Action::SharedLogLost => self.shared.clear(),
            Action::ConnectionLost(reader, place) => self.connect(reader, place, model),
            _ => {}
        }
    }

    fn finish(&mut self, reason: Reason, model: &AnswerLog) {
        let store_first = model.guards.store_first;
        self.writer.step = if store_first { Step::StoreEnd(reason) } else { Step::EmitEnd(reason) };
    }

    /// `AnswerLog::append`. Returns the new length.
    fn append(&mut self, model: &AnswerLog) -> usize {
        let new = &self.writer.events[self.writer.published..];
        if self.shared.len() == self.writer.published || !model.guards.append_length {
            self.shared.extend_from_slice(new);
        }
        if model.guards.append_length { self.shared.len() } else { self.writer.events.len() }
    }

    /// `AnswerTask::end`.
    fn store_end(&mut self, model: &AnswerLog) {
        let Step::StoreEnd(reason) = self.writer.step else { return };
        self.end(self.writer.words(), reason, model);
        self.writer.step = Step::Done;
        if !model.guards.store_first {
            return;
        }
        let is_stored = (self.stored.words, self.stored.end) == (self.writer.words(), Some(reason));
        if is_stored || !model.guards.emit_stored {
            self.writer.events.push(Event::End(reason));
        } else {
            let replay = self.replay();
            self.writer.events.extend(replay);
        }
    }

    /// `ConversationStore::end`.
    fn end(&mut self, words: u8, reason: Reason, model: &AnswerLog) {
        let has_ended = self.stored.end.is_some();
        if has_ended && model.guards.end_once {
            return;
        }
        self.observed.end_changed |= has_ended && (self.stored.words, self.stored.end) != (words, Some(reason));
        self.stored.words = words;
        self.stored.end = Some(reason);
    }

    fn read(&mut self, reader: usize, model: &AnswerLog) {
        let at = &mut self.readers[reader];
        let events = if at.place == Place::Writer { &self.writer.events } else { &self.shared };
        at.show(events[at.next], model.guards.open_resets);
        at.next += 1;
        at.had_ended = false;
    }

    /// `Following::end_of`: the answer has ended in two checks in a row, although the log has no end.
    fn check_store(&mut self, reader: usize, model: &AnswerLog) {
        let has_ended = self.stored.end.is_some() || !self.stored.is_touched;
        let had_ended = std::mem::replace(&mut self.readers[reader].had_ended, has_ended);
        if !(had_ended && has_ended) {
            return;
        }
        if self.stored.end.is_none() {
            // `Following::store_end`, with what the log has.
            self.end(words(&self.shared).max(self.stored.words), Reason::Interrupted, model);
        }
        self.show_replay(reader, model);
    }

    /// `Chat::follow_as`.
    fn connect(&mut self, reader: usize, place: Place, model: &AnswerLog) {
        self.readers[reader].place = place;
        self.readers[reader].had_ended = false;
        if place == Place::Elsewhere && self.stored.end.is_some() {
            return self.show_replay(reader, model);
        }
        let events = if place == Place::Writer { &self.writer.events } else { &self.shared };
        // Without an event of that number, the answer is read from its start.
        if self.readers[reader].next > events.len() {
            self.readers[reader].next = 0;
        }
    }

    fn show_replay(&mut self, reader: usize, model: &AnswerLog) {
        for event in self.replay() {
            self.readers[reader].show(event, model.guards.open_resets);
        }
    }

    /// `replay`: all events once more, from the store.
    fn replay(&self) -> Vec<Event> {
        let text = (self.stored.words > 0).then_some(Event::Words(1, self.stored.words));
        [Some(Event::Open), text, self.stored.end.map(Event::End)].into_iter().flatten().collect()
    }
}
