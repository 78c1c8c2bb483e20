//! Records in the process's own memory, bounded: for development, tests and a single small server.

use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;

use super::{
    HEAD_LEN, Kind, LockOwner, Record, RecordName, SecretHash, SessionCount, Store, StoreError, UnixMillis,
    bounded_ttl_map::{NoRoom, Shelf, Until, WhenFull},
    members::{Members, Set},
};

/// Beyond about as many, those that end first make room. A flood of begun logins can't push out sessions: each kind has
/// a shelf of its own.
const MAX_RECORDS: usize = 100_000;

/// A set may outlive its sessions by two of their idle lifetimes. Beyond as many, logins are refused: a session that is
/// in no set could not be ended from elsewhere.
const MAX_SETS: usize = 4 * MAX_RECORDS;

/// Names of proofs are spent for some minutes: a thousand calls a second for as long. Beyond that, proofs are refused:
/// one that is forgotten could be used again. So it is with the provider's logout tokens, and with locks.
pub const MAX_SPENT: usize = 1_000_000;

/// A record lies there for as long after its end: a refresh that outlasts its session may still replace it.
const LINGERS: Duration = Duration::from_secs(5 * 60);

/// Each record is given out until the end that it carries, and soon after it gives its room back.
pub struct MemoryStore {
    pending: Records,
    sessions: Records,
    issued_tokens: Records,
    spent: Shelf<(), UnixMillis>,
    spent_logouts: Shelf<(), UnixMillis>,
    locks: Shelf<LockOwner, Instant>,
    ended: Records,
    used_states: Records,
    of_provider_sessions: Sets,
    of_users: Sets,
    of_users_without_sid: Sets,
    of_keys: Sets,
}

type Records = Shelf<Kept, UnixMillis>;

/// What is kept of a record beside its end.
struct Kept {
    sealed: Box<[u8]>,
    revision: u64,
}

type Sets = Shelf<Members, UnixMillis>;

impl MemoryStore {
    pub fn new() -> Self {
        Self::with_room_for(MAX_RECORDS, MAX_SETS, MAX_SPENT)
    }

    pub(super) fn with_room_for(records: usize, sets: usize, spent: usize) -> Self {
        let records_of_a_kind = || Shelf::with_room_for(records, WhenFull::FirstToEndGo);
        let sets_of_a_kind = || Shelf::with_room_for(sets, WhenFull::NewOnesAreRefused);
        Self {
            pending: records_of_a_kind(),
            sessions: records_of_a_kind(),
            issued_tokens: records_of_a_kind(),
            spent: Shelf::with_room_for(spent, WhenFull::NewOnesAreRefused),
            spent_logouts: Shelf::with_room_for(records, WhenFull::NewOnesAreRefused),
            locks: Shelf::with_room_for(records, WhenFull::NewOnesAreRefused),
            // Not refused: to end sessions is worth more than to remember for the logins in flight that it was done.
            ended: records_of_a_kind(),
            used_states: records_of_a_kind(),
            of_provider_sessions: sets_of_a_kind(),
            of_users: sets_of_a_kind(),
            of_users_without_sid: sets_of_a_kind(),
            of_keys: sets_of_a_kind(),
        }
    }

    /// The records of this kind; names that are spent, locks and sets are no records.
    fn records(&self, kind: Kind) -> Result<&Records, StoreError> {
        match kind {
            Kind::Pending => Ok(&self.pending),
            Kind::Session => Ok(&self.sessions),
            Kind::IssuedToken => Ok(&self.issued_tokens),
            Kind::Ended => Ok(&self.ended),
            Kind::UsedState => Ok(&self.used_states),
            Kind::Spent
            | Kind::SpentLogout
            | Kind::RefreshLock
            | Kind::OfProviderSession
            | Kind::OfUser
            | Kind::OfUserWithoutSid
            | Kind::OfKey => Err(StoreError(format!("{} is no record", kind.name()))),
        }
    }

    fn spent(&self, kind: Kind) -> &Shelf<(), UnixMillis> {
        if kind == Kind::SpentLogout { &self.spent_logouts } else { &self.spent }
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

    /// Removes the record if it is as asked, and tells whether it was.
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
        Ok(self.records(name.kind)?.put(&name.hash, kept(record))?)
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
        records.tidy(&name.hash, long_before(now));
        Ok(records.read(&name.hash, now.into(), |kept| given_out(kept, usize::MAX)))
    }

    async fn head(&self, name: &RecordName, now: SystemTime) -> Result<Option<Record>, StoreError> {
        let records = self.records(name.kind)?;
        records.tidy(&name.hash, long_before(now));
        Ok(records.read(&name.hash, now.into(), |kept| given_out(kept, HEAD_LEN)))
    }

    async fn take(&self, name: &RecordName, now: SystemTime) -> Result<Option<Record>, StoreError> {
        let records = self.records(name.kind)?;
        records.tidy(&name.hash, long_before(now));
        let taken = records.change(&name.hash, Option::take)?;
        Ok(taken.filter(|taken| UnixMillis::from(now) < taken.ends_at).map(|taken| given_out(&taken, usize::MAX)))
    }

    async fn remove(&self, name: &RecordName) -> Result<bool, StoreError> {
        self.remove_if(name, |_| true)
    }

    async fn remove_revision(&self, name: &RecordName, revision: u64) -> Result<bool, StoreError> {
        self.remove_if(name, |current| current.revision == revision)
    }

    async fn spend(&self, name: &RecordName, until: SystemTime, now: SystemTime) -> Result<bool, StoreError> {
        let (until, now) = (UnixMillis::from(until), UnixMillis::from(now));
        let names = self.spent(name.kind);
        names.tidy(&name.hash, now);
        Ok(names.change(&name.hash, |spent| {
            let is_new = spent.as_ref().is_none_or(|spent| spent.ends_at <= now);
            if is_new {
                *spent = Some(Until { value: (), ends_at: until });
            }
            is_new
        })?)
    }

    async fn is_spent(&self, name: &RecordName, now: SystemTime) -> Result<bool, StoreError> {
        Ok(self.spent(name.kind).read(&name.hash, now.into(), |_| ()).is_some())
    }

    async fn add(
        &self,
        name: &RecordName,
        member: &SecretHash,
        until: SystemTime,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        let (sets, until, now) = (self.sets(name.kind)?, UnixMillis::from(until), UnixMillis::from(now));
        sets.tidy(&name.hash, now);
        Ok(sets.change(&name.hash, |set| {
            *set = Set::with(set.take(), member, until, now);
        })?)
    }

    async fn members(&self, name: &RecordName, now: SystemTime) -> Result<Vec<SecretHash>, StoreError> {
        let (sets, now) = (self.sets(name.kind)?, UnixMillis::from(now));
        sets.tidy(&name.hash, now);
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
        self.locks.tidy(&name.hash, now);
        Ok(self.locks.change(&name.hash, |held| match held {
            Some(held) if held.value != *owner && now < held.ends_at => false,
            _ => {
                *held = Some(Until { value: owner.clone(), ends_at: now + lease });
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

    /// It is shared by nobody.
    fn clock_tolerance(&self) -> Duration {
        Duration::ZERO
    }

    fn sessions(&self, now: SystemTime) -> SessionCount {
        SessionCount::All(u64::try_from(self.sessions.living(now.into())).unwrap_or(u64::MAX))
    }
}

fn kept(record: Record) -> Until<Kept, UnixMillis> {
    let Record { sealed, revision, ends_at } = record;
    Until { value: Kept { sealed: sealed.into(), revision }, ends_at: ends_at.into() }
}

/// With as many bytes of what is sealed, at most.
fn given_out(kept: &Until<Kept, UnixMillis>, at_most: usize) -> Record {
    let Kept { sealed, revision } = &kept.value;
    Record { sealed: sealed[..sealed.len().min(at_most)].to_vec(), revision: *revision, ends_at: kept.ends_at.into() }
}

/// What ended before is of no use to anybody.
fn long_before(now: SystemTime) -> UnixMillis {
    now.checked_sub(LINGERS).map(UnixMillis::from).unwrap_or_default()
}

impl From<NoRoom> for StoreError {
    fn from(_: NoRoom) -> Self {
        Self("there is no room left in memory".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::{auth::sessions::PENDING_LIFETIME, store::SecretHash};

    fn name(kind: Kind, n: usize) -> RecordName {
        RecordName { kind, hash: SecretHash::numbered(n as u64) }
    }

    fn record(ends_at: SystemTime) -> Record {
        Record { sealed: vec![7; 300], revision: 0, ends_at }
    }

    #[tokio::test]
    async fn a_flood_of_begun_logins_takes_bounded_room_and_pushes_no_session_out() {
        // T106
        let (store, now) = (MemoryStore::new(), SystemTime::now());
        let session = RecordName::of(Kind::Session, "somebody's");
        store.put(&session, record(now + PENDING_LIFETIME)).await.unwrap();
        let many = MAX_RECORDS / 2 * 3;
        for n in 0..many {
            store.put(&name(Kind::Pending, n), record(now + PENDING_LIFETIME)).await.unwrap();
        }
        assert!((MAX_RECORDS / 10 * 9..=MAX_RECORDS).contains(&store.pending.len()), "{}", store.pending.len());
        assert!(store.get(&session, now).await.unwrap().is_some());
        assert!(store.get(&name(Kind::Pending, many - 1), now).await.unwrap().is_some(), "the latest is there");
    }

    #[tokio::test]
    async fn records_that_have_ended_give_their_room_back() {
        let (store, begun) = (MemoryStore::new(), SystemTime::now());
        for n in 0..1_000 {
            let now = begun + Duration::from_secs(n as u64);
            store.put(&name(Kind::IssuedToken, n), record(now + Duration::from_secs(60))).await.unwrap();
            store.get(&name(Kind::IssuedToken, n), now).await.unwrap();
        }
        // Each part sweeps when it is next asked for something.
        let late = usize::try_from(LINGERS.as_secs()).unwrap() + 60 + 100;
        assert!(store.issued_tokens.len() <= late, "{}", store.issued_tokens.len());
    }

    #[tokio::test]
    async fn where_there_is_no_room_for_spent_names_no_proof_is_let_in_and_none_is_forgotten() {
        // T69
        let (store, now) = (MemoryStore::with_room_for(0, 0, 1_600), SystemTime::now());
        let until = now + Duration::from_secs(300);
        let mut let_in = vec![];
        for n in 0..2_000 {
            let spent = store.spend(&name(Kind::Spent, n), until, now).await;
            let_in.extend(spent.is_ok_and(|is_new| is_new).then_some(n));
        }
        assert!((1_400..=1_600).contains(&let_in.len()), "{}", let_in.len());
        for n in let_in {
            assert!(!store.spend(&name(Kind::Spent, n), until, now).await.unwrap(), "{n} is forgotten");
        }
        assert!(store.spend(&name(Kind::Spent, 2_000), until, until).await.unwrap(), "later there is room");
    }

    #[tokio::test]
    async fn a_lock_that_is_held_is_never_given_to_another_for_want_of_room() {
        let store = MemoryStore::with_room_for(160, 0, 0);
        let (lease, owner) = (Duration::from_secs(60), |n: usize| LockOwner(n.to_string()));
        let mut held = vec![];
        for n in 0..400 {
            held.extend(store.lock(&name(Kind::RefreshLock, n), &owner(n), lease).await.is_ok().then_some(n));
        }
        assert!((100..=160).contains(&held.len()), "{}", held.len());
        for n in held {
            assert!(!store.lock(&name(Kind::RefreshLock, n), &owner(n + 1), lease).await.unwrap(), "{n}");
        }
    }

    #[tokio::test]
    async fn a_session_that_cannot_be_enlisted_is_told_so() {
        let (store, now) = (MemoryStore::with_room_for(0, 160, 0), SystemTime::now());
        let session = SecretHash::of("a session");
        let until = now + Duration::from_secs(60);
        let mut enlisted = vec![];
        for n in 0..400 {
            enlisted.extend(store.add(&name(Kind::OfUser, n), &session, until, now).await.is_ok().then_some(n));
        }
        assert!((100..=160).contains(&enlisted.len()), "{}", enlisted.len());
        for n in enlisted {
            assert_eq!(
                store.members(&name(Kind::OfUser, n), now).await.unwrap(),
                std::slice::from_ref(&session),
                "{n}"
            );
        }
    }
}
