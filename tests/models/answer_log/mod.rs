//! One answer and its readers: the steps of `src/server/chat/writing.rs` and `src/server/chat/answer_log`, with everything
//! that can fail between them.
//!
//! A server writes the answer: it emits words into its own log, `publish` appends them to the log that all servers read,
//! and `touch` stores them. Two readers follow, each at the writer or at another server, and lose connections. The store
//! has the answer's end. A writer that has not touched the answer for `LOST_AFTER` counts as lost: a reader at another
//! server, or the next message, ends its answer.
//!
//! What is not modelled: times, other than in what order they end; stopping; thinking; a conversation that is deleted; the
//! grace period; and an end that could not be stored in all of its tries, which is logged as lost.

mod state;
mod steps;

use stateright::{Model, Property};

use state::{Event, Observed, Place, READERS, Reader, Reason, State, Step, Stored, Writer};

/// What the code relies on. A test takes each of them out, and expects a counterexample.
#[derive(Clone, Copy, Debug)]
pub struct Guards {
    /// `ConversationStore::end`: an answer that has ended is not changed.
    pub end_once: bool,
    /// `AnswerTask::end`: the end is stored before it is emitted.
    pub store_first: bool,
    /// `AnswerTask::end`: where another server has stored an end, that end is emitted.
    pub emit_stored: bool,
    /// `ConversationStore::touch`: an answer counts as lost only if its writer has not touched it for some time.
    pub touch: bool,
    /// `AnswerLog::append`: only to a log of the expected length.
    pub append_length: bool,
    /// A reader drops what it has where `Open` comes again.
    pub open_resets: bool,
}

pub struct AnswerLog {
    pub guards: Guards,
    /// How many faults of any kind happen at most.
    pub faults: u8,
    /// How many words the model of the upstream sends.
    pub words: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    EmitWord,
    Finish,
    Touch,
    Publish,
    StoreEnd,
    /// Only where the end is not stored first.
    EmitEnd,
    /// Reads the next event, at the writer or from the shared log.
    Read(usize),
    /// `Following::stored`, where the log has nothing new.
    CheckStore(usize),
    /// `ConversationStore::begin`: the next message ends an answer that is lost.
    NextMessage,
    /// The connection to a writer that has died is lost.
    Reconnect(usize),
    /// The writer has died, or cannot touch the answer.
    LeaseExpires,
    // Faults.
    Crash,
    /// The writer is suspended, or cut off from the store, for longer than `LOST_AFTER`.
    LoseLease,
    AppendReplyLost,
    StoreEndReplyLost,
    SharedLogLost,
    ConnectionLost(usize, Place),
}

const ONE_END: &str = "every answer has exactly one end, which is the same for all readers and in the store";
const PREFIX: &str = "a reader sees a prefix, and then the whole";
const INTERRUPTED: &str = "an answer is interrupted only where its writer has failed";
const ENDED_ELSEWHERE: &str = "a reader at another server sees a complete answer";
const ENDED_FOR_DEAD: &str = "a reader ends the answer of a writer that has died";

impl Guards {
    pub const ALL: Self = Self {
        end_once: true,
        store_first: true,
        emit_stored: true,
        touch: true,
        append_length: true,
        open_resets: true,
    };
}

impl Model for AnswerLog {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let reader = |place| Reader { place, next: 0, shown: 0, end: None, had_ended: false, is_broken: false };
        vec![State {
            writer: Writer { step: Step::Writing, is_alive: true, events: vec![Event::Open], published: 0 },
            shared: vec![],
            stored: Stored { words: 0, end: None, is_touched: true },
            readers: [reader(Place::Writer), reader(Place::Elsewhere)],
            faults_left: self.faults,
            observed: Observed::default(),
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let writer = &state.writer;
        if writer.is_alive {
            match writer.step {
                Step::Writing => {
                    let is_complete = writer.words() == self.words;
                    actions.push(if is_complete { Action::Finish } else { Action::EmitWord });
                    actions.push(Action::Touch);
                }
                Step::StoreEnd(_) => actions.push(Action::StoreEnd),
                Step::EmitEnd(_) => actions.push(Action::EmitEnd),
                Step::Done => {}
            }
            if writer.published < writer.events.len() {
                actions.push(Action::Publish);
            }
        }
        for (reader, at) in state.readers.iter().enumerate().filter(|(_, at)| at.end.is_none()) {
            match at.place {
                Place::Writer if !writer.is_alive => actions.push(Action::Reconnect(reader)),
                Place::Writer if at.next < writer.events.len() => actions.push(Action::Read(reader)),
                Place::Elsewhere if at.next < state.shared.len() => actions.push(Action::Read(reader)),
                Place::Elsewhere => actions.push(Action::CheckStore(reader)),
                Place::Writer => {}
            }
        }
        if state.is_lost() {
            actions.push(Action::NextMessage);
        }
        if state.stored.is_touched && state.stored.end.is_none() && (!writer.is_alive || !self.guards.touch) {
            actions.push(Action::LeaseExpires);
        }
        if state.faults_left > 0 {
            self.faults(state, actions);
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        next.apply(action, self);
        (next != *state).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::<Self>::always(ONE_END, |_, state| {
                let is_stored = |reader: &Reader| {
                    reader.end.is_none_or(|end| (Some(end), reader.shown) == (state.stored.end, state.stored.words))
                };
                state.readers.iter().all(is_stored) && !state.observed.end_changed
            }),
            Property::<Self>::always(PREFIX, |_, state| !state.readers.iter().any(|reader| reader.is_broken)),
            Property::<Self>::always(INTERRUPTED, |_, state| {
                state.stored.end != Some(Reason::Interrupted) || state.observed.writer_failed
            }),
            Property::<Self>::sometimes(ENDED_ELSEWHERE, |model, state| {
                let is_complete = |reader: &Reader| reader.end == Some(Reason::Complete) && reader.shown == model.words;
                state.readers.iter().any(|reader| reader.place == Place::Elsewhere && is_complete(reader))
            }),
            Property::<Self>::sometimes(ENDED_FOR_DEAD, |_, state| {
                !state.writer.is_alive && state.readers.iter().any(|reader| reader.end == Some(Reason::Interrupted))
            }),
        ]
    }
}

impl AnswerLog {
    fn faults(&self, state: &State, actions: &mut Vec<Action>) {
        if state.writer.is_alive {
            actions.push(Action::Crash);
            if state.stored.is_touched && state.stored.end.is_none() {
                actions.push(Action::LoseLease);
            }
            if state.writer.published < state.writer.events.len() {
                actions.push(Action::AppendReplyLost);
            }
            if matches!(state.writer.step, Step::StoreEnd(_)) {
                actions.push(Action::StoreEndReplyLost);
            }
        }
        if !state.shared.is_empty() {
            actions.push(Action::SharedLogLost);
        }
        for reader in (0..READERS).filter(|reader| state.readers[*reader].end.is_none()) {
            actions.push(Action::ConnectionLost(reader, Place::Elsewhere));
            if state.writer.is_alive {
                actions.push(Action::ConnectionLost(reader, Place::Writer));
            }
        }
    }
}

#[cfg(test)]
mod tests;
