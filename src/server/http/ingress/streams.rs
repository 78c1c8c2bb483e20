//! How many streams of events each user has open at this server.

use std::{
    collections::{HashMap, hash_map::Entry},
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{Stream, StreamExt};

use super::known_keys::Person;
use crate::wire::error::{ApiError, RETRY_AFTER_SECONDS};

pub(super) struct Streams {
    most_per_person: Option<NonZeroU32>,
    open: Arc<Open>,
}

type Open = Mutex<HashMap<Person, u32>>;

/// Counted until it is dropped.
pub struct OpenStream {
    person: Person,
    open: Arc<Open>,
}

impl Streams {
    pub fn new(most_per_person: Option<NonZeroU32>) -> Self {
        Self { most_per_person, open: Arc::default() }
    }

    pub fn open(&self, person: Person) -> Result<OpenStream, ApiError> {
        let mut open = lock(&self.open);
        let of_person = open.entry(person).or_default();
        if self.most_per_person.is_some_and(|most| *of_person >= most.get()) {
            return Err(ApiError::TooManyRequests { retry_after: RETRY_AFTER_SECONDS });
        }
        *of_person += 1;
        Ok(OpenStream { person, open: self.open.clone() })
    }

    /// How many are open, of all people.
    pub fn count(&self) -> u64 {
        lock(&self.open).values().copied().map(u64::from).sum()
    }
}

impl OpenStream {
    /// Counts the stream as open until these events are dropped.
    pub fn holding<S: Stream>(self, events: S) -> impl Stream<Item = S::Item> {
        events.map(move |event| {
            let _is_open = &self;
            event
        })
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        if let Entry::Occupied(mut of_person) = lock(&self.open).entry(self.person) {
            *of_person.get_mut() -= 1;
            if *of_person.get() == 0 {
                of_person.remove();
            }
        }
    }
}

fn lock(open: &Open) -> MutexGuard<'_, HashMap<Person, u32>> {
    // Every change under the lock is whole.
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_has_so_many_streams_open_and_one_that_is_closed_makes_room() {
        // T106
        let streams = Streams::new(NonZeroU32::new(2));
        let (one, _two) = (streams.open(Person(1)).unwrap(), streams.open(Person(1)).unwrap());
        assert!(matches!(streams.open(Person(1)), Err(ApiError::TooManyRequests { .. })));
        assert!(streams.open(Person(2)).is_ok(), "somebody else's are counted apart");
        assert_eq!(streams.count(), 2);
        drop(one.holding(futures_util::stream::pending::<()>()));
        assert!(streams.open(Person(1)).is_ok());
        assert_eq!(lock(&streams.open).len(), 1, "who has none is forgotten");
    }
}
