//! A store in the memory of the process, with bounded size: for development, tests and a single small server.

use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;

use super::{
    HEAD_LEN, Kind, LockOwner, Record, RecordName, SecretHash, SessionCount, Store, StoreError, UnixMillis,
    bounded_ttl_map::{BoundedTtlMap, Expiring, Full, WhenFull},
    members::{Members, Set},
};

/// The approximate maximum of each kind of record. Beyond it, those that expire first are evicted. Each kind has its own
/// map, so that a flood of begun logins can't evict sessions.
const MAX_RECORDS: usize = 100_000;

/// The approximate maximum of each kind of set. Larger, as a set may exist longer than its sessions. Beyond it, logins are
/// refused, as a session that is in no index could not be ended from elsewhere.
const MAX_SETS: usize = 4 * MAX_RECORDS;

/// The maximum number of used proofs. Each is stored for some minutes, so this suffices for a thousand requests a second.
/// Beyond it, proofs are refused, as an evicted one could be used again.
pub const MAX_USED_PROOFS: usize = 1_000_000;

/// How long an expired record is kept, as a refresh that takes longer than its session may still replace it.
const KEPT_AFTER_EXPIRY: Duration = Duration::from_secs(5 * 60);

/// One map for each kind of record, set or lock.
pub struct MemoryStore {
    pending: Records,
    sessions: Records,
    issued_tokens: Records,
    used_proofs: BoundedTtlMap<(), UnixMillis>,
    used_logout_tokens: BoundedTtlMap<(), UnixMillis>,
    locks: BoundedTtlMap<LockOwner, Instant>,
    ended: Records,
    to_revoke: Records,
    used_states: Records,
    of_provider_sessions: Sets,
    of_users: Sets,
    of_users_without_sid: Sets,
    of_keys: Sets,
}

type Records = BoundedTtlMap<StoredRecord, UnixMillis>;

/// A [`Record`] without its expiry, which is in the map's entry.
struct StoredRecord {
    sealed: Box<[u8]>,
    revision: u64,
}

type Sets = BoundedTtlMap<Members, UnixMillis>;

impl MemoryStore {
    pub fn new() -> Self {
        Self::with_capacity(MAX_RECORDS, MAX_SETS, MAX_USED_PROOFS)
    }

    pub(super) fn with_capacity(records: usize, sets: usize, used: usize) -> Self {
        let new_records = || BoundedTtlMap::with_capacity(records, WhenFull::EvictFirstToExpire);
        let new_sets = || BoundedTtlMap::with_capacity(sets, WhenFull::Refuse);
        Self {
            pending: new_records(),
            sessions: new_records(),
            issued_tokens: new_records(),
            used_proofs: BoundedTtlMap::with_capacity(used, WhenFull::Refuse),
            used_logout_tokens: BoundedTtlMap::with_capacity(records, WhenFull::Refuse),
            locks: BoundedTtlMap::with_capacity(records, WhenFull::Refuse),
            // Evicts rather than refuses: ending sessions must not fail only because pending logins could not be ended too.
            ended: new_records(),
            to_revoke: new_records(),
            used_states: new_records(),
            of_provider_sessions: new_sets(),
            of_users: new_sets(),
            of_users_without_sid: new_sets(),
            of_keys: new_sets(),
        }
    }

    /// The records of this kind. An error for used names, locks and sets.
    fn records(&self, kind: Kind) -> Result<&Records, StoreError> {
        match kind {
            Kind::Pending => Ok(&self.pending),
            Kind::Session => Ok(&self.sessions),
            Kind::IssuedToken => Ok(&self.issued_tokens),
            Kind::Ended => Ok(&self.ended),
            Kind::ToRevoke => Ok(&self.to_revoke),
            Kind::UsedState => Ok(&self.used_states),
            Kind::UsedProof
            | Kind::UsedLogoutToken
            | Kind::RefreshLock
            | Kind::OfProviderSession
            | Kind::OfUser
            | Kind::OfUserWithoutSid
            | Kind::OfKey
            | Kind::AnswerEvents
            | Kind::AnswerReader => Err(StoreError(format!("{} is no record", kind.name()))),
        }
    }

    fn used(&self, kind: Kind) -> &BoundedTtlMap<(), UnixMillis> {
        if kind == Kind::UsedLogoutToken { &self.used_logout_tokens } else { &self.used_proofs }
    }

    fn sets(&self, kind: Kind) -> Result<&Sets, StoreError> {
        match kind {
            Kind::OfProviderSession => Ok(&self.of_provider_sessions),
            Kind::OfUser => Ok(&self.of_users),
            Kind::OfUserWithoutSid => Ok(&self.of_users_without_sid),
            Kind::OfKey => Ok(&self.of_keys),
            _ => Err(StoreError(format!("{} is no set", kind.name()))),
        }
    }

    /// Removes the record if `condition` is true for it, and returns whether it was removed.
    fn remove_if(&self, name: &RecordName, condition: impl FnOnce(&StoredRecord) -> bool) -> Result<bool, StoreError> {
        let records = self.records(name.kind)?;
        let removed = records.change(name.hash.as_bytes(), |entry| entry.take_if(|entry| condition(&entry.value)))?;
        Ok(removed.is_some())
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn put(&self, name: &RecordName, record: Record) -> Result<(), StoreError> {
        Ok(self.records(name.kind)?.insert(name.hash.as_bytes(), entry(record))?)
    }

    async fn replace(&self, name: &RecordName, record: Record) -> Result<bool, StoreError> {
        Ok(self.records(name.kind)?.change(name.hash.as_bytes(), |current| match current {
            Some(current) if current.value.revision.checked_add(1) == Some(record.revision) => {
                *current = entry(record);
                true
            }
            _ => false,
        })?)
    }

    async fn get(&self, name: &RecordName, now: SystemTime) -> Result<Option<Record>, StoreError> {
        let records = self.records(name.kind)?;
        records.sweep(name.hash.as_bytes(), removable_before(now));
        Ok(records.read(name.hash.as_bytes(), now.into(), |entry| returned(entry, usize::MAX)))
    }

    async fn head(&self, name: &RecordName, now: SystemTime) -> Result<Option<Record>, StoreError> {
        let records = self.records(name.kind)?;
        records.sweep(name.hash.as_bytes(), removable_before(now));
        Ok(records.read(name.hash.as_bytes(), now.into(), |entry| returned(entry, HEAD_LEN)))
    }

    async fn missing(&self, names: &[RecordName], now: SystemTime) -> Result<Vec<RecordName>, StoreError> {
        let mut missing = vec![];
        for name in names {
            if self.records(name.kind)?.read(name.hash.as_bytes(), now.into(), |_| ()).is_none() {
                missing.push(name.clone());
            }
        }
        Ok(missing)
    }

    fn checked_at_once(&self) -> usize {
        usize::MAX
    }

    async fn take(&self, name: &RecordName, now: SystemTime) -> Result<Option<Record>, StoreError> {
        let records = self.records(name.kind)?;
        records.sweep(name.hash.as_bytes(), removable_before(now));
        let taken = records.change(name.hash.as_bytes(), Option::take)?;
        Ok(taken.filter(|taken| UnixMillis::from(now) < taken.ends_at).map(|taken| returned(&taken, usize::MAX)))
    }

    async fn remove(&self, name: &RecordName) -> Result<bool, StoreError> {
        self.remove_if(name, |_| true)
    }

    async fn remove_revision(&self, name: &RecordName, revision: u64) -> Result<bool, StoreError> {
        self.remove_if(name, |current| current.revision == revision)
    }

    async fn consume(&self, name: &RecordName, until: SystemTime, now: SystemTime) -> Result<bool, StoreError> {
        let (until, now) = (UnixMillis::from(until), UnixMillis::from(now));
        let names = self.used(name.kind);
        names.sweep(name.hash.as_bytes(), now);
        Ok(names.change(name.hash.as_bytes(), |used| {
            let is_new = used.as_ref().is_none_or(|used| used.ends_at <= now);
            if is_new {
                *used = Some(Expiring { value: (), ends_at: until });
            }
            is_new
        })?)
    }

    async fn is_used(&self, name: &RecordName, now: SystemTime) -> Result<bool, StoreError> {
        Ok(self.used(name.kind).read(name.hash.as_bytes(), now.into(), |_| ()).is_some())
    }

    async fn add(
        &self,
        name: &RecordName,
        member: &SecretHash,
        until: SystemTime,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        let (sets, until, now) = (self.sets(name.kind)?, UnixMillis::from(until), UnixMillis::from(now));
        sets.sweep(name.hash.as_bytes(), now);
        Ok(sets.change(name.hash.as_bytes(), |set| {
            *set = Set::add(set.take(), member, until, now);
        })?)
    }

    async fn members(&self, name: &RecordName, now: SystemTime) -> Result<Vec<SecretHash>, StoreError> {
        let (sets, now) = (self.sets(name.kind)?, UnixMillis::from(now));
        sets.sweep(name.hash.as_bytes(), now);
        let members = sets.read(name.hash.as_bytes(), now, |set| set.unexpired(now)).unwrap_or_default();
        Ok(members.into_iter().map(|(member, _)| member).collect())
    }

    async fn remove_member(&self, name: &RecordName, member: &SecretHash) -> Result<bool, StoreError> {
        Ok(self.sets(name.kind)?.change(name.hash.as_bytes(), |set| {
            let (others, was_member) = Set::remove(set.take(), member);
            *set = others;
            was_member
        })?)
    }

    async fn lock(&self, name: &RecordName, owner: &LockOwner, lease: Duration) -> Result<bool, StoreError> {
        let now = Instant::now();
        self.locks.sweep(name.hash.as_bytes(), now);
        Ok(self.locks.change(name.hash.as_bytes(), |held| match held {
            Some(held) if held.value != *owner && now < held.ends_at => false,
            _ => {
                *held = Some(Expiring { value: owner.clone(), ends_at: now + lease });
                true
            }
        })?)
    }

    async fn renew(&self, name: &RecordName, owner: &LockOwner, lease: Duration) -> Result<bool, StoreError> {
        let now = Instant::now();
        Ok(self.locks.change(name.hash.as_bytes(), |held| match held {
            Some(held) if held.value == *owner && now < held.ends_at => {
                held.ends_at = now + lease;
                true
            }
            _ => false,
        })?)
    }

    async fn unlock(&self, name: &RecordName, owner: &LockOwner) -> Result<(), StoreError> {
        self.locks.change(name.hash.as_bytes(), |held| held.take_if(|held| held.value == *owner))?;
        Ok(())
    }

    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn check_writes(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn has_worked(&self) -> bool {
        true
    }

    /// No other process shares it.
    fn clock_tolerance(&self) -> Duration {
        Duration::ZERO
    }

    fn sessions(&self, now: SystemTime) -> SessionCount {
        SessionCount::All(u64::try_from(self.sessions.count_live(now.into())).unwrap_or(u64::MAX))
    }
}

fn entry(record: Record) -> Expiring<StoredRecord, UnixMillis> {
    let Record { sealed, revision, ends_at } = record;
    Expiring { value: StoredRecord { sealed: sealed.into(), revision }, ends_at: ends_at.into() }
}

/// The record, with at most this many bytes of `sealed`.
fn returned(entry: &Expiring<StoredRecord, UnixMillis>, max_len: usize) -> Record {
    let StoredRecord { sealed, revision } = &entry.value;
    Record { sealed: sealed[..sealed.len().min(max_len)].to_vec(), revision: *revision, ends_at: entry.ends_at.into() }
}

/// Records that expired before this time may be removed.
fn removable_before(now: SystemTime) -> UnixMillis {
    now.checked_sub(KEPT_AFTER_EXPIRY).map(UnixMillis::from).unwrap_or_default()
}

impl From<Full> for StoreError {
    fn from(_: Full) -> Self {
        Self("there is no room left in memory".into())
    }
}

#[cfg(test)]
mod tests;
