//! Typed access to the store: records are serialized and sealed when written, and opened and parsed when read.

use std::{sync::Arc, time::SystemTime};

use serde::{Serialize, de::DeserializeOwned};

use super::{
    attached::Attached,
    layout::{self, Parts, TooLong},
    pending::{PendingAuthorization, STATE_KNOWN_FOR, UsedState},
    scope::SessionScope,
    session::{RETENTION_AFTER_END, Session},
    stored::{self, WriteError},
    summary::StoredSummary,
    watch::Watched,
};
use crate::{
    server::{
        environment::{Environment, RandomnessError},
        observe::audit,
        store::{
            EndCause, EndedSession, KeyRing, Kind, MemorySessionEnds, MemoryStore, ObservedStore, OutageStore, Record,
            RecordName, RedisAddress, RedisStore, SealError, SecretHash, SessionEnds, Store, StoreError,
        },
    },
    wire::auth::{SessionId, State},
};

/// The store, the announcements to the servers that share it, and the keys that records are sealed with.
#[derive(Clone)]
pub struct Storage {
    pub store: Arc<dyn Store>,
    pub ends: Arc<dyn SessionEnds>,
    pub ring: KeyRing,
}

/// Typed and sealed records in any store.
#[derive(Clone)]
pub struct Records {
    store: Arc<dyn Store>,
    ends: Arc<dyn SessionEnds>,
    ring: KeyRing,
    environment: Environment,
    watched: Arc<Watched>,
}

/// Who has the refresh token of a removed session revoked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Revocation {
    /// The caller, which has opened the session.
    ByCaller,
    /// The session's browser, when it calls again: see [`super::late_revocation`].
    Late,
}

/// How often a removal is tried, as a concurrent refresh may change the session.
const MAX_REMOVE_TRIES: usize = 5;

impl Storage {
    /// In the memory of this process, with random keys: sessions end with the process.
    pub fn in_memory(environment: &Environment) -> Result<Self, RandomnessError> {
        let ring = KeyRing::new(environment.randomness.bytes()?, []);
        Ok(Self { store: Arc::new(MemoryStore::new()), ends: Arc::new(MemorySessionEnds::default()), ring })
    }

    /// In Redis, shared by all replicas with the same keys.
    pub fn in_redis(address: &RedisAddress, ring: KeyRing) -> Result<Self, StoreError> {
        let redis = RedisStore::new(address)?;
        let ends = Arc::new(redis.session_ends());
        Ok(Self { store: Arc::new(OutageStore::new(Arc::new(redis))), ends, ring })
    }

    /// Times each call of the store, with a span for it if traces are on.
    pub fn observed(self) -> Self {
        Self { store: Arc::new(ObservedStore(self.store)), ..self }
    }
}

impl Records {
    pub fn new(storage: Storage, environment: Environment) -> Self {
        let Storage { store, ends, ring } = storage;
        Self { store, ends, ring, environment, watched: Arc::default() }
    }

    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    pub(super) fn ends(&self) -> &dyn SessionEnds {
        &*self.ends
    }

    pub(super) fn watched(&self) -> &Arc<Watched> {
        &self.watched
    }

    pub(super) fn ring(&self) -> &KeyRing {
        &self.ring
    }

    pub async fn put_pending(&self, state: &State, pending: &PendingAuthorization) -> Result<(), StoreError> {
        self.put(Kind::Pending, state.secret(), pending, pending.expires_at + STATE_KNOWN_FOR).await
    }

    /// The pending login, even if it has expired: see [`Self::take_pending`].
    pub async fn pending(&self, state: &State) -> Result<Option<PendingAuthorization>, StoreError> {
        self.get(Kind::Pending, state.secret()).await
    }

    /// Removes and returns the pending login, even if it has expired. Of two concurrent callers, only one gets it.
    pub async fn take_pending(&self, state: &State) -> Result<Option<PendingAuthorization>, StoreError> {
        let name = RecordName::of(Kind::Pending, state.secret());
        let record = self.store.take(&name, self.environment.now()).await?;
        Ok(record.and_then(|record| self.open(&name, state.secret(), &record.sealed)))
    }

    pub(super) async fn put_used_state(&self, state: &State, why: UsedState) -> Result<(), StoreError> {
        self.put(Kind::UsedState, state.secret(), &why, self.environment.after(STATE_KNOWN_FOR)).await
    }

    pub(super) async fn used_state(&self, state: &State) -> Result<Option<UsedState>, StoreError> {
        self.get(Kind::UsedState, state.secret()).await
    }

    pub async fn put_session(&self, id: &SessionId, session: &Session) -> Result<(), StoreError> {
        let name = RecordName::of(Kind::Session, id.secret());
        self.store.put(&name, self.seal_session(&name, id, session)?).await
    }

    /// Replaces the session if it is still stored with the revision before this one; see [`Store::replace`].
    pub async fn replace_session(&self, id: &SessionId, session: &Session) -> Result<bool, StoreError> {
        let name = RecordName::of(Kind::Session, id.secret());
        self.store.replace(&name, self.seal_session(&name, id, session)?).await
    }

    /// The session, if it is live. Uses the expiry inside the ciphertext and not the store's, as write access to the store
    /// must not suffice to prolong a session.
    pub async fn session(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        let session = self.stored_session(id).await?;
        Ok(session.filter(|session| self.now() < session.expires_at()))
    }

    /// The session, until [`RETENTION_AFTER_END`] after it has expired.
    pub(super) async fn stored_session(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        let name = RecordName::of(Kind::Session, id.secret());
        audit::set_session(&name.hash);
        let Some(record) = self.store.get(&name, self.now()).await? else { return Ok(None) };
        let parts = Parts::of(&record.sealed);
        let Some(session) = self.open::<Session>(&name, id.secret(), parts.session) else { return Ok(None) };
        audit::set_subject(&session.user, &name.hash, &session.dpop_jkt);
        Ok(Some(Session { tokens: attached(&parts).tokens, ..session }))
    }

    /// Ends the session at its refresh, unless it was changed since it was read. Returns whether it was ended.
    pub async fn remove_unchanged_session(&self, id: &SessionId, session: &Session) -> Result<bool, StoreError> {
        let name = RecordName::of(Kind::Session, id.secret());
        let is_removed = self.store.remove_revision(&name, session.revision).await?;
        if is_removed {
            self.announce_end(&name.hash, EndCause::Other).await;
            self.remove_attached(&name.hash, &Attached::of(session)).await;
        }
        Ok(is_removed)
    }

    /// Whether the session is live. Only the head of its record is read, as the caller has no session id.
    pub async fn session_lives(&self, session: &SecretHash) -> Result<bool, StoreError> {
        Ok(self.session_expiry(session).await?.is_some())
    }

    /// The same, and when a live session ends unless it is used.
    pub(super) async fn session_expiry(&self, session: &SecretHash) -> Result<Option<SystemTime>, StoreError> {
        let name = session_name(session);
        let record = self.store.head(&name, self.now()).await?;
        Ok(record.and_then(|record| self.live_until(&name, &record)))
    }

    /// Ends the session deliberately, and removes its access tokens and its index entries. Returns whether it was there.
    /// The caller has opened it, and has its refresh token revoked.
    pub async fn remove_session(&self, session: &SecretHash) -> Result<bool, StoreError> {
        self.remove_deliberately(session, Revocation::ByCaller).await
    }

    /// The same for a caller that can't open the session. Its refresh token is revoked when its browser calls again.
    pub async fn remove_unopened_session(&self, session: &SecretHash) -> Result<bool, StoreError> {
        self.remove_deliberately(session, Revocation::Late).await
    }

    async fn remove_deliberately(&self, session: &SecretHash, revocation: Revocation) -> Result<bool, StoreError> {
        let name = session_name(session);
        for _ in 0..MAX_REMOVE_TRIES {
            let record = match self.store.get(&name, self.now()).await {
                Ok(Some(record)) => record,
                // Removed without it, its refresh token could not be revoked. The caller tries again.
                Err(error) if revocation == Revocation::Late => return Err(error),
                Ok(None) | Err(_) => break,
            };
            // Only this revision: a concurrent refresh may have attached other records, which would remain.
            if self.store.remove_revision(&name, record.revision).await? {
                if revocation == Revocation::Late {
                    // Before browsers learn of the end. Only the caller that has removed this revision keeps it.
                    self.keep_to_revoke(session, &record).await;
                }
                self.announce_end(session, EndCause::Deliberate).await;
                self.remove_attached(session, &attached(&Parts::of(&record.sealed))).await;
                return Ok(true);
            }
        }
        let is_removed = self.store.remove(&name).await?;
        if is_removed {
            self.announce_end(session, EndCause::Deliberate).await;
        }
        Ok(is_removed)
    }

    /// Ends a session whose login failed, whether it was stored or not.
    pub(super) async fn remove_begun_session(&self, name: &SecretHash, session: &Session) -> Result<(), StoreError> {
        self.store.remove(&session_name(name)).await?;
        self.remove_attached(name, &Attached::of(session)).await;
        // No browser has its id.
        self.remove_to_revoke(name).await;
        Ok(())
    }

    /// The summary of a live session. `user` is the scope of the session's user.
    pub(super) async fn summary(
        &self,
        session: &SecretHash,
        user: &SessionScope,
    ) -> Result<Option<StoredSummary>, StoreError> {
        let name = session_name(session);
        let record = self.store.get(&name, self.now()).await?.filter(|record| self.live_until(&name, record).is_some());
        Ok(record.and_then(|record| self.open(&name, &user.secret(), Parts::of(&record.sealed).summary)))
    }

    pub(super) async fn put_last_ended<T: Serialize>(
        &self,
        secret: &str,
        last_ended: &T,
        ends_at: SystemTime,
    ) -> Result<(), StoreError> {
        self.put(Kind::Ended, secret, last_ended, ends_at).await
    }

    pub(super) async fn last_ended<T: DeserializeOwned>(&self, secret: &str) -> Result<Option<T>, StoreError> {
        self.get(Kind::Ended, secret).await
    }

    pub(super) fn now(&self) -> SystemTime {
        self.environment.now()
    }

    async fn put<T: Serialize>(
        &self,
        kind: Kind,
        secret: &str,
        value: &T,
        ends_at: SystemTime,
    ) -> Result<(), StoreError> {
        self.put_as(&RecordName::of(kind, secret), secret, value, ends_at).await
    }

    pub(super) async fn put_as<T: Serialize>(
        &self,
        name: &RecordName,
        secret: &str,
        value: &T,
        ends_at: SystemTime,
    ) -> Result<(), StoreError> {
        let sealed = self.seal(name, secret, value)?;
        self.store.put(name, Record { sealed, revision: 0, ends_at }).await
    }

    async fn get<T: DeserializeOwned>(&self, kind: Kind, secret: &str) -> Result<Option<T>, StoreError> {
        let name = RecordName::of(kind, secret);
        let record = self.store.get(&name, self.environment.now()).await?;
        Ok(record.and_then(|record| self.open(&name, secret, &record.sealed)))
    }

    /// See [`layout`] for the parts. The record is kept for some time after the session's end, so that the browser can
    /// still have the refresh token revoked.
    fn seal_session(&self, name: &RecordName, id: &SessionId, session: &Session) -> Result<Record, StoreError> {
        let attached = stored::write(&Attached::of(session))?;
        let user = SessionScope::of_user(&session.user);
        let summary = self.seal(name, &user.secret(), &StoredSummary::of(session))?;
        let session_itself = self.seal(name, id.secret(), session)?;
        let ends_at = session.expires_at();
        let head = layout::head(&self.ring, name, ends_at)?;
        let sealed = Parts { attached: &attached, summary: &summary, session: &session_itself }.with_head(head)?;
        Ok(Record { sealed, revision: session.revision, ends_at: ends_at + RETENTION_AFTER_END })
    }

    /// When the session ends, by the authenticated head of its record. `None` if it has ended.
    fn live_until(&self, name: &RecordName, record: &Record) -> Option<SystemTime> {
        layout::end(&self.ring, name, &record.sealed).filter(|end| self.now() < *end)
    }

    /// Notifies the watchers of a session whose record was removed: those at this server at once. Only for a record that
    /// existed, so that callers can't fill the log of announcements.
    async fn announce_end(&self, session: &SecretHash, cause: EndCause) {
        self.watched.end(session, cause);
        if let Err(error) = self.ends.announce(&EndedSession { session: session.clone(), cause }).await {
            tracing::warn!(%error, "the end of a session was not announced; open pages at other servers notice it later");
        }
    }

    fn seal<T: Serialize>(&self, name: &RecordName, secret: &str, value: &T) -> Result<Vec<u8>, StoreError> {
        self.seal_bytes(name, secret, stored::write(value)?)
    }

    pub(super) fn seal_bytes(&self, name: &RecordName, secret: &str, bytes: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        Ok(self.ring.seal(name, secret, self.environment.randomness.bytes()?, bytes)?)
    }

    /// `None`, with a warning, for a record that can't be opened: its key was removed from the ring, or it was changed.
    pub(super) fn open<T: DeserializeOwned>(&self, name: &RecordName, secret: &str, sealed: &[u8]) -> Option<T> {
        let opened = self.ring.open(name, secret, sealed);
        let read = opened
            .map_err(|error| error.to_string())
            .and_then(|bytes| stored::read(&bytes).map_err(|error| error.to_string()));
        read.inspect_err(|error| tracing::warn!(record = name.kind.name(), error, "a record does not open")).ok()
    }
}

pub(super) fn session_name(session: &SecretHash) -> RecordName {
    RecordName { kind: Kind::Session, hash: session.clone() }
}

/// Empty if it can't be read.
fn attached(parts: &Parts<'_>) -> Attached {
    stored::read(parts.attached).unwrap_or_default()
}

impl From<TooLong> for StoreError {
    fn from(_: TooLong) -> Self {
        Self("a session's record is too long".into())
    }
}

impl From<WriteError> for StoreError {
    fn from(error: WriteError) -> Self {
        Self(error.to_string())
    }
}

impl From<RandomnessError> for StoreError {
    fn from(error: RandomnessError) -> Self {
        Self(error.to_string())
    }
}

impl From<SealError> for StoreError {
    fn from(error: SealError) -> Self {
        Self(error.to_string())
    }
}
