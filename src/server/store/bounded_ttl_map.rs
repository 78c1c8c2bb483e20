//! A map that refuses new entries when it is full, because evicting a used `jti` would let a replay in; caches evict.
//!
//! Each entry has its own expiry and is removed by the next sweep. For entries that may be lost, the map can evict those that
//! expire first instead. An entry is named by a SHA-256, of which only half is stored as the key, to save memory.

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher,
    ops::Add,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The number of parts, each with its own lock, so that threads seldom wait for each other.
const PARTS: usize = 16;

/// The minimum time between two sweeps of a part. A sweep of a full part takes less than a millisecond.
const SWEEP_EVERY: Duration = Duration::from_secs(10);

/// A full part evicts this share of its entries at once (1/16), so that it seldom has to scan all of them.
const EVICTED_SHARE: usize = 16;

/// `T` is the type of the expiry times.
pub struct BoundedTtlMap<V, T> {
    parts: [Mutex<Part<V, T>>; PARTS],
    /// Chooses the part. Randomly keyed, so that an attacker can't choose names that fill one part.
    hasher: RandomState,
}

/// What happens to a new entry when the map is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// The entries that expire first are evicted.
    EvictFirstToExpire,
    /// The new entry is refused.
    Refuse,
}

/// A value and its expiry.
pub struct Expiring<V, T> {
    pub value: V,
    pub ends_at: T,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// The name of an entry.
type Sha256 = [u8; 32];

/// The first half of the name. 128 bits suffice against a second preimage.
type Key = [u8; 16];

struct Part<V, T> {
    entries: HashMap<Key, Expiring<V, T>>,
    capacity: usize,
    when_full: WhenFull,
    next_sweep: Option<T>,
}

impl<V, T: Copy + Ord + Add<Duration, Output = T>> BoundedTtlMap<V, T> {
    /// The capacity is approximate, as each part has its share of it.
    pub fn with_capacity(capacity: usize, when_full: WhenFull) -> Self {
        let part = |_| Mutex::new(Part::with_capacity(capacity.div_ceil(PARTS).max(1), when_full));
        Self { parts: std::array::from_fn(part), hasher: RandomState::new() }
    }

    pub fn insert(&self, name: &Sha256, value: Expiring<V, T>) -> Result<(), Full> {
        self.change(name, |entry| *entry = Some(value))
    }

    /// Applies `read` to the entry, unless it is missing or expired.
    pub fn read<R>(&self, name: &Sha256, now: T, read: impl FnOnce(&Expiring<V, T>) -> R) -> Option<R> {
        let key = key(name);
        let part = self.part(&key);
        part.entries.get(&key).filter(|entry| now < entry.ends_at).map(read)
    }

    /// Changes the entry atomically, even an expired one; it can also be added or removed.
    pub fn change<R>(&self, name: &Sha256, change: impl FnOnce(&mut Option<Expiring<V, T>>) -> R) -> Result<R, Full> {
        let key = key(name);
        self.part(&key).change(key, change)
    }

    /// Removes entries that expired before `before`, if the last sweep of this part was long ago. Called with each use.
    pub fn sweep(&self, name: &Sha256, before: T) {
        self.part(&key(name)).sweep(before);
    }

    /// The number of entries that have not expired. Scans all of them: some milliseconds in a full map.
    pub fn count_live(&self, now: T) -> usize {
        self.parts.iter().map(|part| lock(part).entries.values().filter(|entry| now < entry.ends_at).count()).sum()
    }

    #[cfg(test)]
    pub fn entry_count(&self) -> usize {
        self.parts.iter().map(|part| lock(part).entries.len()).sum()
    }

    fn part(&self, key: &Key) -> MutexGuard<'_, Part<V, T>> {
        let hash = self.hasher.hash_one(key);
        lock(&self.parts[hash as usize % PARTS])
    }
}

impl<V, T: Copy + Ord + Add<Duration, Output = T>> Part<V, T> {
    fn with_capacity(capacity: usize, when_full: WhenFull) -> Self {
        Self { entries: HashMap::new(), capacity, when_full, next_sweep: None }
    }

    fn change<R>(&mut self, key: Key, change: impl FnOnce(&mut Option<Expiring<V, T>>) -> R) -> Result<R, Full> {
        let mut entry = self.entries.remove(&key);
        let outcome = change(&mut entry);
        if let Some(entry) = entry {
            // An entry that was there before was removed above, so replacing one never needs space.
            if self.entries.len() >= self.capacity {
                self.make_space()?;
            }
            self.entries.insert(key, entry);
        }
        Ok(outcome)
    }

    fn make_space(&mut self) -> Result<(), Full> {
        if self.when_full == WhenFull::Refuse {
            return Err(Full);
        }
        let mut ends: Vec<(T, Key)> = self.entries.iter().map(|(key, entry)| (entry.ends_at, *key)).collect();
        let evicted = (self.capacity / EVICTED_SHARE).clamp(1, ends.len());
        ends.select_nth_unstable(evicted - 1);
        for (_, key) in &ends[..evicted] {
            self.entries.remove(key);
        }
        Ok(())
    }

    fn sweep(&mut self, before: T) {
        let next = before + SWEEP_EVERY;
        // A clock that was set back must not delay the next sweep.
        if self.next_sweep.is_some_and(|due| before < due && due <= next) {
            return;
        }
        self.next_sweep = Some(next);
        self.entries.retain(|_, entry| before < entry.ends_at);
        // Frees the memory of a peak.
        if self.entries.len() < self.entries.capacity() / 4 {
            self.entries.shrink_to(2 * self.entries.len());
        }
    }
}

fn lock<V, T>(part: &Mutex<Part<V, T>>) -> MutexGuard<'_, Part<V, T>> {
    // After a panic in `change`, the map only lacks that one entry.
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

fn key(name: &Sha256) -> Key {
    let mut key = Key::default();
    key.copy_from_slice(&name[..16]);
    key
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::server::store::SecretHash;

    const SECOND: Duration = Duration::from_secs(1);

    fn name(n: u64) -> Sha256 {
        *SecretHash::numbered(n).as_bytes()
    }

    fn map(capacity: usize, when_full: WhenFull) -> BoundedTtlMap<u64, Instant> {
        BoundedTtlMap::with_capacity(capacity, when_full)
    }

    /// A part with numbered entries, which expire so many seconds after `begin`.
    fn part(capacity: usize, when_full: WhenFull, begin: Instant, ends: &[u32]) -> Part<usize, Instant> {
        let mut part = Part::with_capacity(capacity, when_full);
        for (n, end) in ends.iter().enumerate() {
            insert(&mut part, n, begin + SECOND * *end).unwrap();
        }
        part
    }

    fn insert(part: &mut Part<usize, Instant>, n: usize, ends_at: Instant) -> Result<(), Full> {
        part.change(key(&name(n as u64)), |entry| *entry = Some(Expiring { value: n, ends_at }))
    }

    fn numbers(part: &Part<usize, Instant>) -> Vec<usize> {
        let mut numbers: Vec<usize> = part.entries.values().map(|entry| entry.value).collect();
        numbers.sort_unstable();
        numbers
    }

    #[test]
    fn expired_entries_are_neither_read_nor_counted() {
        let (map, begin) = (map(100, WhenFull::EvictFirstToExpire), Instant::now());
        for n in 0..20 {
            map.insert(&name(n), Expiring { value: n, ends_at: begin + SECOND * n as u32 }).unwrap();
        }
        let at_ten = begin + SECOND * 10;
        assert_eq!(map.read(&name(10), at_ten, |entry| entry.value), None);
        assert_eq!(map.read(&name(11), at_ten, |entry| entry.value), Some(11));
        assert_eq!((map.count_live(at_ten), map.entry_count()), (9, 20));
    }

    #[test]
    fn a_sweep_frees_the_memory_of_expired_entries_and_is_rare() {
        let begin = Instant::now();
        let mut part = part(1_000, WhenFull::EvictFirstToExpire, begin, &(0..1_000).collect::<Vec<_>>());
        let before = part.entries.capacity();
        part.sweep(begin + SECOND * 990);
        assert_eq!(numbers(&part), (991..1_000).collect::<Vec<_>>());
        assert!(part.entries.capacity() < before / 4, "{} of {before}", part.entries.capacity());
        part.sweep(begin + SECOND * 999);
        assert_eq!(part.entries.len(), 9, "not so soon again");
        part.sweep(begin + SECOND * 1_000);
        assert_eq!(part.entries.len(), 0);
    }

    #[test]
    fn a_clock_that_is_set_back_delays_no_sweep() {
        let begin = Instant::now();
        let mut part = part(10, WhenFull::Refuse, begin, &[1, 100]);
        part.sweep(begin + SECOND * 1_000);
        insert(&mut part, 2, begin + SECOND * 3).unwrap();
        part.sweep(begin + SECOND * 4);
        assert_eq!(part.entries.len(), 0);
    }

    #[test]
    fn a_full_map_evicts_the_entries_that_expire_first_and_never_the_new_one() {
        let begin = Instant::now();
        let mut part = part(3, WhenFull::EvictFirstToExpire, begin, &[7, 5, 9]);
        insert(&mut part, 3, begin + SECOND * 8).unwrap();
        assert_eq!(numbers(&part), [0, 2, 3]);
        insert(&mut part, 4, begin + SECOND).unwrap();
        assert_eq!(numbers(&part), [2, 3, 4], "the new entry stays, however soon it expires");
    }

    #[test]
    fn of_many_entries_that_expire_together_only_the_share_is_evicted() {
        let part = part(160, WhenFull::EvictFirstToExpire, Instant::now(), &[1; 161]);
        assert_eq!(part.entries.len(), 160 - 10 + 1);
    }

    #[test]
    fn a_map_that_refuses_removes_nothing_before_its_expiry() {
        let begin = Instant::now();
        let mut part = part(3, WhenFull::Refuse, begin, &[7, 5, 9]);
        assert_eq!(insert(&mut part, 3, begin + SECOND * 8), Err(Full));
        // Existing entries can be changed, and missing ones looked up.
        insert(&mut part, 1, begin + SECOND * 6).unwrap();
        assert_eq!(part.change(key(&name(9)), |entry| entry.is_some()), Ok(false));
        assert_eq!(numbers(&part), [0, 1, 2]);
        part.sweep(begin + SECOND * 6);
        insert(&mut part, 3, begin + SECOND * 8).unwrap();
        assert_eq!(numbers(&part), [0, 2, 3]);
    }

    #[test]
    fn an_entry_with_a_new_expiry_has_only_that_one() {
        let begin = Instant::now();
        let mut part = part(10, WhenFull::EvictFirstToExpire, begin, &[1]);
        insert(&mut part, 0, begin + SECOND * 5).unwrap();
        part.sweep(begin + SECOND * 3);
        assert_eq!(numbers(&part), [0]);
        part.change(key(&name(0)), |entry| *entry = None).unwrap();
        assert_eq!(part.entries.len(), 0);
    }

    #[test]
    fn concurrent_changes_of_one_entry_are_all_applied() {
        let (map, begin) = (map(100, WhenFull::EvictFirstToExpire), Instant::now());
        map.insert(&name(0), Expiring { value: 0, ends_at: begin + SECOND }).unwrap();
        std::thread::scope(|scope| {
            for thread in 1..=16 {
                let map = &map;
                scope.spawn(move || {
                    for n in 0..500 {
                        map.insert(&name(1_000 * thread + n), Expiring { value: n, ends_at: begin }).unwrap();
                        map.change(&name(0), |entry| entry.as_mut().map(|entry| entry.value += 1)).unwrap();
                    }
                });
            }
        });
        assert_eq!(map.read(&name(0), begin, |entry| entry.value), Some(16 * 500));
        assert!(map.entry_count() <= 7 * PARTS, "{}", map.entry_count());
    }
}
