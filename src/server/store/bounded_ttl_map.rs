//! Values by name, each until its end, and no more of them than there is room for.
//!
//! Nothing is kept beside a value but its name's hash and its end; docs/performance.md has what that is worth beside a
//! crate's cache. What has ended lies there until the next sweep.

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher,
    ops::Add,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::SecretHash;

/// Each has a lock of its own, so that callers on many cores seldom wait for each other.
const PARTS: usize = 16;

/// To look at all of a full part takes less than a millisecond.
const SWEEP_EVERY: Duration = Duration::from_secs(10);

/// What makes room is one of so many at once, so that the search for it is made seldom.
const SHARE_THAT_MAKES_ROOM: usize = 16;

/// `T` is the time by which values end.
pub(super) struct Shelf<V, T> {
    parts: [Mutex<Part<V, T>>; PARTS],
    /// Says which part. Random, so that nobody can choose names that fill one of them.
    hasher: RandomState,
}

/// What becomes of a new value where there is no room left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WhenFull {
    /// Those that end first are taken away for it.
    FirstToEndGo,
    /// It is refused: to forget one before its end would let somebody in.
    NewOnesAreRefused,
}

/// A value, and when it ends.
pub(super) struct Until<V, T> {
    pub value: V,
    pub ends_at: T,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoRoom;

/// The first half of the name, which is a SHA-256: nobody finds a secret with the same.
type Key = [u8; 16];

struct Part<V, T> {
    kept: HashMap<Key, Until<V, T>>,
    room: usize,
    when_full: WhenFull,
    next_sweep: Option<T>,
}

impl<V, T: Copy + Ord + Add<Duration, Output = T>> Shelf<V, T> {
    /// With room for about as many values.
    pub fn with_room_for(room: usize, when_full: WhenFull) -> Self {
        let part = |_| Mutex::new(Part::with_room_for(room.div_ceil(PARTS).max(1), when_full));
        Self { parts: std::array::from_fn(part), hasher: RandomState::new() }
    }

    pub fn put(&self, name: &SecretHash, value: Until<V, T>) -> Result<(), NoRoom> {
        self.change(name, |kept| *kept = Some(value))
    }

    /// What `read` finds in what is kept, unless that has ended.
    pub fn read<R>(&self, name: &SecretHash, now: T, read: impl FnOnce(&Until<V, T>) -> R) -> Option<R> {
        let key = key(name);
        let part = self.part(&key);
        part.kept.get(&key).filter(|kept| now < kept.ends_at).map(read)
    }

    /// Changes what is kept, ended or not, in one step: from nothing to something, and back.
    pub fn change<R>(
        &self,
        name: &SecretHash,
        change: impl FnOnce(&mut Option<Until<V, T>>) -> R,
    ) -> Result<R, NoRoom> {
        let key = key(name);
        self.part(&key).change(key, change)
    }

    /// To be called now and then, with a name that is used: gives back the room of what ended before `before`.
    pub fn tidy(&self, name: &SecretHash, before: T) {
        self.part(&key(name)).tidy(before);
    }

    /// How many have not ended. Looks at each: some milliseconds where there are as many as there may be.
    pub fn living(&self, now: T) -> usize {
        self.parts.iter().map(|part| lock(part).kept.values().filter(|kept| now < kept.ends_at).count()).sum()
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.parts.iter().map(|part| lock(part).kept.len()).sum()
    }

    fn part(&self, key: &Key) -> MutexGuard<'_, Part<V, T>> {
        let hash = self.hasher.hash_one(key);
        lock(&self.parts[hash as usize % PARTS])
    }
}

impl<V, T: Copy + Ord + Add<Duration, Output = T>> Part<V, T> {
    fn with_room_for(room: usize, when_full: WhenFull) -> Self {
        Self { kept: HashMap::new(), room, when_full, next_sweep: None }
    }

    fn change<R>(&mut self, key: Key, change: impl FnOnce(&mut Option<Until<V, T>>) -> R) -> Result<R, NoRoom> {
        let mut kept = self.kept.remove(&key);
        let outcome = change(&mut kept);
        if let Some(kept) = kept {
            // Whatever was there before has left its room.
            if self.kept.len() >= self.room {
                self.make_room()?;
            }
            self.kept.insert(key, kept);
        }
        Ok(outcome)
    }

    fn make_room(&mut self) -> Result<(), NoRoom> {
        if self.when_full == WhenFull::NewOnesAreRefused {
            return Err(NoRoom);
        }
        let mut ends: Vec<(T, Key)> = self.kept.iter().map(|(key, kept)| (kept.ends_at, *key)).collect();
        let going = (self.room / SHARE_THAT_MAKES_ROOM).clamp(1, ends.len());
        ends.select_nth_unstable(going - 1);
        for (_, key) in &ends[..going] {
            self.kept.remove(key);
        }
        Ok(())
    }

    fn tidy(&mut self, before: T) {
        let next = before + SWEEP_EVERY;
        // A clock that was set back doesn't put it off by more.
        if self.next_sweep.is_some_and(|due| before < due && due <= next) {
            return;
        }
        self.next_sweep = Some(next);
        self.kept.retain(|_, kept| before < kept.ends_at);
        // After a busy day, its room is given back too.
        if self.kept.len() < self.kept.capacity() / 4 {
            self.kept.shrink_to(2 * self.kept.len());
        }
    }
}

fn lock<V, T>(part: &Mutex<Part<V, T>>) -> MutexGuard<'_, Part<V, T>> {
    // No change is left half-done but by a panic in `change`, which loses that one value.
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

fn key(name: &SecretHash) -> Key {
    let mut key = Key::default();
    key.copy_from_slice(&name.0[..16]);
    key
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn name(n: u64) -> SecretHash {
        SecretHash::numbered(n)
    }

    fn shelf(room: usize, when_full: WhenFull) -> Shelf<u64, Instant> {
        Shelf::with_room_for(room, when_full)
    }

    /// A part with these, numbered, which end as many seconds after `begin`.
    fn part(room: usize, when_full: WhenFull, begin: Instant, ends: &[u32]) -> Part<usize, Instant> {
        let mut part = Part::with_room_for(room, when_full);
        for (n, end) in ends.iter().enumerate() {
            put(&mut part, n, begin + SECOND * *end).unwrap();
        }
        part
    }

    fn put(part: &mut Part<usize, Instant>, n: usize, ends_at: Instant) -> Result<(), NoRoom> {
        part.change(key(&name(n as u64)), |kept| *kept = Some(Until { value: n, ends_at }))
    }

    fn numbers(part: &Part<usize, Instant>) -> Vec<usize> {
        let mut numbers: Vec<usize> = part.kept.values().map(|kept| kept.value).collect();
        numbers.sort_unstable();
        numbers
    }

    #[test]
    fn what_has_ended_is_not_given_out_nor_counted() {
        let (shelf, begin) = (shelf(100, WhenFull::FirstToEndGo), Instant::now());
        for n in 0..20 {
            shelf.put(&name(n), Until { value: n, ends_at: begin + SECOND * n as u32 }).unwrap();
        }
        let at_ten = begin + SECOND * 10;
        assert_eq!(shelf.read(&name(10), at_ten, |kept| kept.value), None);
        assert_eq!(shelf.read(&name(11), at_ten, |kept| kept.value), Some(11));
        assert_eq!((shelf.living(at_ten), shelf.len()), (9, 20));
    }

    #[test]
    fn a_sweep_gives_back_the_room_of_what_has_ended_and_is_made_seldom() {
        let begin = Instant::now();
        let mut part = part(1_000, WhenFull::FirstToEndGo, begin, &(0..1_000).collect::<Vec<_>>());
        let before = part.kept.capacity();
        part.tidy(begin + SECOND * 990);
        assert_eq!(numbers(&part), (991..1_000).collect::<Vec<_>>());
        assert!(part.kept.capacity() < before / 4, "{} of {before}", part.kept.capacity());
        part.tidy(begin + SECOND * 999);
        assert_eq!(part.kept.len(), 9, "not so soon again");
        part.tidy(begin + SECOND * 1_000);
        assert_eq!(part.kept.len(), 0);
    }

    #[test]
    fn a_clock_that_is_set_back_puts_no_sweep_off() {
        let begin = Instant::now();
        let mut part = part(10, WhenFull::NewOnesAreRefused, begin, &[1, 100]);
        part.tidy(begin + SECOND * 1_000);
        put(&mut part, 2, begin + SECOND * 3).unwrap();
        part.tidy(begin + SECOND * 4);
        assert_eq!(part.kept.len(), 0);
    }

    #[test]
    fn where_there_is_no_room_those_that_end_first_go_and_the_newcomer_never() {
        let begin = Instant::now();
        let mut part = part(3, WhenFull::FirstToEndGo, begin, &[7, 5, 9]);
        put(&mut part, 3, begin + SECOND * 8).unwrap();
        assert_eq!(numbers(&part), [0, 2, 3]);
        put(&mut part, 4, begin + SECOND).unwrap();
        assert_eq!(numbers(&part), [2, 3, 4], "the latest stays, however soon it ends");
    }

    #[test]
    fn of_many_that_end_together_no_more_go_than_have_to() {
        let part = part(160, WhenFull::FirstToEndGo, Instant::now(), &[1; 161]);
        assert_eq!(part.kept.len(), 160 - 10 + 1);
    }

    #[test]
    fn where_new_ones_are_refused_nothing_is_forgotten_before_its_end() {
        let begin = Instant::now();
        let mut part = part(3, WhenFull::NewOnesAreRefused, begin, &[7, 5, 9]);
        assert_eq!(put(&mut part, 3, begin + SECOND * 8), Err(NoRoom));
        // What is there can be changed, and looked for in vain.
        put(&mut part, 1, begin + SECOND * 6).unwrap();
        assert_eq!(part.change(key(&name(9)), |kept| kept.is_some()), Ok(false));
        assert_eq!(numbers(&part), [0, 1, 2]);
        part.tidy(begin + SECOND * 6);
        put(&mut part, 3, begin + SECOND * 8).unwrap();
        assert_eq!(numbers(&part), [0, 2, 3]);
    }

    #[test]
    fn a_value_that_is_given_another_end_has_only_that_one() {
        let begin = Instant::now();
        let mut part = part(10, WhenFull::FirstToEndGo, begin, &[1]);
        put(&mut part, 0, begin + SECOND * 5).unwrap();
        part.tidy(begin + SECOND * 3);
        assert_eq!(numbers(&part), [0]);
        part.change(key(&name(0)), |kept| *kept = None).unwrap();
        assert_eq!(part.kept.len(), 0);
    }

    #[test]
    fn of_many_threads_that_change_one_value_none_undoes_what_another_did() {
        let (shelf, begin) = (shelf(100, WhenFull::FirstToEndGo), Instant::now());
        shelf.put(&name(0), Until { value: 0, ends_at: begin + SECOND }).unwrap();
        std::thread::scope(|scope| {
            for thread in 1..=16 {
                let shelf = &shelf;
                scope.spawn(move || {
                    for n in 0..500 {
                        shelf.put(&name(1_000 * thread + n), Until { value: n, ends_at: begin }).unwrap();
                        shelf.change(&name(0), |kept| kept.as_mut().map(|kept| kept.value += 1)).unwrap();
                    }
                });
            }
        });
        assert_eq!(shelf.read(&name(0), begin, |kept| kept.value), Some(16 * 500));
        assert!(shelf.len() <= 7 * PARTS, "{}", shelf.len());
    }
}
