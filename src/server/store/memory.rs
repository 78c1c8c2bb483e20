//! Records in the process's own memory, bounded: for development, tests and a single small server.

use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;

use super::{
    HEAD_LEN, Kind, LockOwner, Record, RecordName, SecretHash, SessionCount, Store, StoreError, UnixMillis,
    bounded_ttl_map::{BoundedTtlMap, Expiring, Full, WhenFull},
    members::{Members, Set},
};

/// Beyond about as many, those that expire first are evicted. A flood of begun logins can't push out sessions: each kind
/// has a map of its own.
const MAX_RECORDS: usize = 100_000;

/// A set may outlive its sessions by two of their idle lifetimes. Beyond as many, logins are refused: a session that is
/// in no set could not be ended from elsewhere.
const MAX_SETS: usize = 4 * MAX_RECORDS;

/// A used `jti` is stored for some minutes: this is enough for a thousand requests a second. Beyond that, proofs are
/// refused, as one that is evicted could be used again. The same holds for logout tokens and locks.
pub const MAX_USED_PROOFS: usize = 1_000_000;

/// How long an expired record is still there: a refresh that outlasts its session may replace it.
const LINGERS: Duration = Duration::from_secs(5 * 60);

/// Each record is returned until its expiry and removed soon after.
pub struct MemoryStore {
    pending: Records,
    sessions: Records,
    issued_tokens: Records,
    used_proofs: BoundedTtlMap<(), UnixMillis>,
    used_logout_tokens: BoundedTtlMap<(), UnixMillis>,
    locks: BoundedTtlMap<LockOwner, Instant>,
    ended: Records,
    used_states: Records,
    of_provider_sessions: Sets,
    of_users: Sets,
    of_users_without_sid: Sets,
    of_keys: Sets,
}

type Records = BoundedTtlMap<Kept, UnixMillis>;

/// A record without its end.
struct Kept {
    sealed: Box<[u8]>,
    revision: u64,
}

type Sets = BoundedTtlMap<Members, UnixMillis>;

impl MemoryStore {
    pub fn new() -> Self {
        Self::with_capacity(MAX_RECORDS, MAX_SETS, MAX_USED_PROOFS)
    }

    pub(super) fn with_capacity(records: usize, sets: usize, used: usize) -> Self {
        let records_of_a_kind = || BoundedTtlMap::with_capacity(records, WhenFull::EvictFirstToExpire);
        let sets_of_a_kind = || BoundedTtlMap::with_capacity(sets, WhenFull::Refuse);
        Self {
            pending: records_of_a_kind(),
            sessions: records_of_a_kind(),
            issued_tokens: records_of_a_kind(),
            used_proofs: BoundedTtlMap::with_capacity(used, WhenFull::Refuse),
            used_logout_tokens: BoundedTtlMap::with_capacity(records, WhenFull::Refuse),
            locks: BoundedTtlMap::with_capacity(records, WhenFull::Refuse),
            // Not refused: to end sessions is worth more than to remember for the logins in flight that it was done.
            ended: records_of_a_kind(),
            used_states: records_of_a_kind(),
            of_provider_sessions: sets_of_a_kind(),
            of_users: sets_of_a_kind(),
            of_users_without_sid: sets_of_a_kind(),
            of_keys: sets_of_a_kind(),
        }
    }

    /// The records of this kind; used names, locks and sets are no records.
    fn records(&self, kind: Kind) -> Result<&Records, StoreError> {
        match kind {
            Kind::Pending => Ok(&self.pending),
            Kind::Session => Ok(&self.sessions),
            Kind::IssuedToken => Ok(&self.issued_tokens),
            Kind::Ended => Ok(&self.ended),
            Kind::UsedState => Ok(&self.used_states),
            Kind::UsedProof
            | Kind::UsedLogoutToken
            | Kind::RefreshLock
            | Kind::OfProviderSession
            | Kind::OfUser
            | Kind::OfUserWithoutSid
            | Kind::OfKey => Err(StoreError(format!("{} is no record", kind.name()))),
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

    /// Removes the record if `is_meant` accepts it, and returns whether it did.
    fn remove_if(&self, name: &RecordName, is_meant: impl FnOnce(&Kept) -> bool) -> Result<bool, StoreError> {
        let removed = self.records(name.kind)?.change(&name.hash, |kept| kept.take_if(|kept| is_meant(&kept.value)))?;
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
        Ok(self.records(name.kind)?.insert(&name.hash, kept(record))?)
    }

    async fn replace(&self, name: &RecordName, record: Record) -> Result<bool, StoreError> {
        Ok(self.records(name.kind)?.change(&name.hash, |current| match current {
            Some(current) if current.value.revision.checked_add(1) == Some(record.revision) => {
                *current = kept(record);
                true
            }
            _ => false,
        })?)
    }

    async fn get(&self, name: &RecordName, now: SystemTime) -> Result<Option<Record>, StoreError> {
        let records = self.records(name.kind)?;
        records.sweep(&name.hash, long_before(now));
        Ok(records.read(&name.hash, now.into(), |kept| given_out(kept, usize::MAX)))
    }

    async fn head(&self, name: &RecordName, now: SystemTime) -> Result<Option<Record>, StoreError> {
        let records = self.records(name.kind)?;
        records.sweep(&name.hash, long_before(now));
        Ok(records.read(&name.hash, now.into(), |kept| given_out(kept, HEAD_LEN)))
    }

    async fn take(&self, name: &RecordName, now: SystemTime) -> Result<Option<Record>, StoreError> {
        let records = self.records(name.kind)?;
        records.sweep(&name.hash, long_before(now));
        let taken = records.change(&name.hash, Option::take)?;
        Ok(taken.filter(|taken| UnixMillis::from(now) < taken.ends_at).map(|taken| given_out(&taken, usize::MAX)))
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
        names.sweep(&name.hash, now);
        Ok(names.change(&name.hash, |used| {
            let is_new = used.as_ref().is_none_or(|used| used.ends_at <= now);
            if is_new {
                *used = Some(Expiring { value: (), ends_at: until });
            }
            is_new
        })?)
    }

    async fn is_used(&self, name: &RecordName, now: SystemTime) -> Result<bool, StoreError> {
        Ok(self.used(name.kind).read(&name.hash, now.into(), |_| ()).is_some())
    }

    async fn add(
        &self,
        name: &RecordName,
        member: &SecretHash,
        until: SystemTime,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        let (sets, until, now) = (self.sets(name.kind)?, UnixMillis::from(until), UnixMillis::from(now));
        sets.sweep(&name.hash, now);
        Ok(sets.change(&name.hash, |set| {
            *set = Set::with(set.take(), member, until, now);
        })?)
    }

    async fn members(&self, name: &RecordName, now: SystemTime) -> Result<Vec<SecretHash>, StoreError> {
        let (sets, now) = (self.sets(name.kind)?, UnixMillis::from(now));
        sets.sweep(&name.hash, now);
        let members = sets.read(&name.hash, now, |set| set.living(now)).unwrap_or_default();
        Ok(members.into_iter().map(|(member, _)| member).collect())
    }

    async fn remove_member(&self, name: &RecordName, member: &SecretHash) -> Result<bool, StoreError> {
        Ok(self.sets(name.kind)?.change(&name.hash, |set| {
            let (others, was_there) = Set::without(set.take(), member);
            *set = others;
            was_there
        })?)
    }

    async fn lock(&self, name: &RecordName, owner: &LockOwner, lease: Duration) -> Result<bool, StoreError> {
        let now = Instant::now();
        self.locks.sweep(&name.hash, now);
        Ok(self.locks.change(&name.hash, |held| match held {
            Some(held) if held.value != *owner && now < held.ends_at => false,
            _ => {
                *held = Some(Expiring { value: owner.clone(), ends_at: now + lease });
                true
            }
        })?)
    }

    async fn unlock(&self, name: &RecordName, owner: &LockOwner) -> Result<(), StoreError> {
        self.locks.change(&name.hash, |held| held.take_if(|held| held.value == *owner))?;
        Ok(())
    }

    async fn check(&self) -> Result<(), StoreError> {
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

fn kept(record: Record) -> Expiring<Kept, UnixMillis> {
    let Record { sealed, revision, ends_at } = record;
    Expiring { value: Kept { sealed: sealed.into(), revision }, ends_at: ends_at.into() }
}

/// With at most so many of the sealed bytes.
fn given_out(kept: &Expiring<Kept, UnixMillis>, at_most: usize) -> Record {
    let Kept { sealed, revision } = &kept.value;
    Record { sealed: sealed[..sealed.len().min(at_most)].to_vec(), revision: *revision, ends_at: kept.ends_at.into() }
}

/// Records that ended before may be removed.
fn long_before(now: SystemTime) -> UnixMillis {
    now.checked_sub(LINGERS).map(UnixMillis::from).unwrap_or_default()
}

impl From<Full> for StoreError {
    fn from(_: Full) -> Self {
        Self("there is no room left in memory".into())
    }
}

#[cfg(test)]
mod tests;
