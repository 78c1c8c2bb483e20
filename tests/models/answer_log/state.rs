//! The state of the model: the writer, the log that all servers read, the store and the readers. A text is the number of its
//! words.

pub const READERS: usize = 2;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub writer: Writer,
    pub shared: Vec<Event>,
    pub stored: Stored,
    pub readers: [Reader; READERS],
    pub faults_left: u8,
    pub observed: Observed,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Writer {
    pub step: Step,
    pub is_alive: bool,
    /// Its own log, `EventLog`.
    pub events: Vec<Event>,
    /// The length of the shared log, as far as it knows.
    pub published: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    Writing,
    StoreEnd(Reason),
    EmitEnd(Reason),
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    Open,
    /// From this word to that one.
    Words(u8, u8),
    End(Reason),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    Complete,
    Interrupted,
}

/// The answer in the conversation store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stored {
    pub words: u8,
    pub end: Option<Reason>,
    /// Within `LOST_AFTER`.
    pub is_touched: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    Writer,
    Elsewhere,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reader {
    pub place: Place,
    /// The number of the next event.
    pub next: usize,
    /// The words that it shows.
    pub shown: u8,
    pub end: Option<Reason>,
    /// The last check of the store found that the answer had ended.
    pub had_ended: bool,
    /// It has shown a word twice, or left one out.
    pub is_broken: bool,
}

/// What the properties are about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Observed {
    pub writer_failed: bool,
    pub end_changed: bool,
}

impl State {
    /// No end is stored, and the writer counts as failed.
    pub fn is_lost(&self) -> bool {
        self.stored.end.is_none() && !self.stored.is_touched
    }
}

impl Writer {
    pub fn words(&self) -> u8 {
        words(&self.events)
    }
}

impl Reader {
    pub fn show(&mut self, event: Event, open_resets: bool) {
        match event {
            Event::Open if open_resets => self.shown = 0,
            Event::Open => {}
            Event::Words(from, to) => {
                self.is_broken |= from != self.shown + 1;
                self.shown = to;
            }
            Event::End(reason) => self.end = Some(reason),
        }
    }
}

/// The text of these events: all of it follows once more after an `Open`.
pub fn words(events: &[Event]) -> u8 {
    events.iter().fold(0, |words, event| match event {
        Event::Open => 0,
        Event::Words(_, to) => *to,
        Event::End(_) => words,
    })
}
