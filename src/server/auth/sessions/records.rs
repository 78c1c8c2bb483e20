//! The records of this room, written and sealed on their way into the store, opened and read on their way out.

use std::{sync::Arc, time::SystemTime};

use serde::{Serialize, de::DeserializeOwned};

use super::{
    attached::Attached,
    card::SessionCard,
    ends::Ended,
    head::{self, Parts, TooLong},
    pending::{PendingAuthorization, STATE_KNOWN_FOR, UsedState},
    session::{KNOWN_AFTER_ITS_END, Session},
    stored::{self, WriteError},
};
use crate::{
    server::{
        environment::{Environment, RandomnessError},
        observe::audit,
        store::{
            KeyRing, Kind, MemoryStore, OutageStore, Record, RecordName, RedisAddress, RedisStore, SealError,
            SecretHash, Store, StoreError, TracedStore,
        },
    },
    wire::auth::{SessionId, State},
};

/// Where records are kept, and what they are sealed with.
#[derive(Clone)]
pub struct Storage {
    pub store: Arc<dyn Store>,
    pub ring: KeyRing,
}

/// Typed and sealed records in any store.
#[derive(Clone)]
pub struct Records {
    store: Arc<dyn Store>,
    ring: KeyRing,
    environment: Environment,
}

/// A session that is refreshed while it is being ended is read again as often.
const TRIES_TO_REMOVE: usize = 5;

impl Storage {
    /// In this process, with keys of its own: both end with it.
    pub fn in_memory(environment: &Environment) -> Result<Self, RandomnessError> {
        let ring = KeyRing::new(environment.randomness.bytes()?, []);
        Ok(Self { store: Arc::new(MemoryStore::new()), ring })
    }

    /// In Redis, for all replicas that have the same keys.
    pub fn in_redis(address: &RedisAddress, ring: KeyRing) -> Result<Self, StoreError> {
        let redis = Arc::new(RedisStore::new(address)?);
        Ok(Self { store: Arc::new(OutageStore::new(redis)), ring })
    }

    /// With a span for each call.
    pub fn traced(self) -> Self {
        Self { store: Arc::new(TracedStore(self.store)), ..self }
    }
}

impl Records {
    pub fn new(storage: Storage, environment: Environment) -> Self {
        Self { store: storage.store, ring: storage.ring, environment }
    }

    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    pub(super) fn ring(&self) -> &KeyRing {
        &self.ring
    }

    pub async fn put_pending(&self, state: &State, pending: &PendingAuthorization) -> Result<(), StoreError> {
        self.put(Kind::Pending, state.secret(), pending, pending.expires_at + STATE_KNOWN_FOR).await
    }

    /// Also one that has expired, as is seen when it is taken.
    pub async fn pending(&self, state: &State) -> Result<Option<PendingAuthorization>, StoreError> {
        self.get(Kind::Pending, state.secret()).await
    }

    /// Gives it out once, also where it has expired.
    pub async fn take_pending(&self, state: &State) -> Result<Option<PendingAuthorization>, StoreError> {
        let name = RecordName::of(Kind::Pending, state.secret());
        let record = self.store.take(&name, self.environment.now()).await?;
        Ok(record.and_then(|record| self.opened(&name, state.secret(), &record.sealed)))
    }

    pub(super) async fn put_used_state(&self, state: &State, why: UsedState) -> Result<(), StoreError> {
        self.put(Kind::UsedState, state.secret(), &why, self.environment.after(STATE_KNOWN_FOR)).await
    }

    pub(super) async fn used_state(&self, state: &State) -> Result<Option<UsedState>, StoreError> {
        self.get(Kind::UsedState, state.secret()).await
    }

    pub async fn put_session(&self, id: &SessionId, session: &Session) -> Result<(), StoreError> {
        let name = RecordName::of(Kind::Session, id.secret());
        self.store.put(&name, self.sealed_session(&name, id, session)?).await
    }

    /// Replaces the session if it is still there and of the revision before this one; see [`Store::replace`].
    pub async fn replace_session(&self, id: &SessionId, session: &Session) -> Result<bool, StoreError> {
        let name = RecordName::of(Kind::Session, id.secret());
        self.store.replace(&name, self.sealed_session(&name, id, session)?).await
    }

    /// The session, if it lives. The end inside counts, not the store's: whoever writes there can't prolong a session.
    pub async fn session(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        let session = self.stored_session(id).await?;
        Ok(session.filter(|session| self.now() < session.expires_at()))
    }

    /// The same, also for a while after it has ended by its time.
    pub(super) async fn stored_session(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        let name = RecordName::of(Kind::Session, id.secret());
        audit::names_session(&name.hash);
        let Some(record) = self.store.get(&name, self.now()).await? else { return Ok(None) };
        let parts = Parts::of(&record.sealed);
        let Some(session) = self.opened::<Session>(&name, id.secret(), parts.session) else { return Ok(None) };
        let Some(whole) = stored::whole(session) else {
            tracing::warn!(record = name.kind.name(), "a session's ID token does not say whose it is");
            return Ok(None);
        };
        audit::concerns(&whole.user, &name.hash, &whole.browser_key);
        Ok(Some(Session { tokens: attached(&parts).tokens, ..whole }))
    }

    /// Ends the session if nobody has refreshed it since it was read, and tells whether it did.
    pub async fn remove_unchanged_session(&self, id: &SessionId, session: &Session) -> Result<bool, StoreError> {
        let name = RecordName::of(Kind::Session, id.secret());
        let is_removed = self.store.remove_revision(&name, session.revision).await?;
        if is_removed {
            self.remove_attached(&name.hash, &Attached::of(session)).await;
        }
        Ok(is_removed)
    }

    /// Whether the session lives. Its record stays closed: the caller has only its name.
    pub async fn session_lives(&self, session: &SecretHash) -> Result<bool, StoreError> {
        let name = session_name(session);
        let record = self.store.head(&name, self.now()).await?;
        Ok(record.is_some_and(|record| self.lives(&name, &record)))
    }

    /// Ends the session, with its access tokens and with its name wherever that stands. Tells whether it was there.
    pub async fn remove_session(&self, session: &SecretHash) -> Result<bool, StoreError> {
        let name = session_name(session);
        for _ in 0..TRIES_TO_REMOVE {
            let Ok(Some(record)) = self.store.get(&name, self.now()).await else { break };
            // Nobody may have refreshed it since it was read: what belongs to it would be left.
            if self.store.remove_revision(&name, record.revision).await? {
                self.remove_attached(session, &attached(&Parts::of(&record.sealed))).await;
                return Ok(true);
            }
        }
        self.store.remove(&name).await
    }

    /// Ends a session that has perhaps not been stored.
    pub(super) async fn remove_begun_session(&self, name: &SecretHash, session: &Session) -> Result<(), StoreError> {
        self.store.remove(&session_name(name)).await?;
        self.remove_attached(name, &Attached::of(session)).await;
        Ok(())
    }

    /// What its user is told of a session that lives. `user` is whose it is.
    pub(super) async fn card(&self, session: &SecretHash, user: &Ended) -> Result<Option<SessionCard>, StoreError> {
        let name = session_name(session);
        let record = self.store.get(&name, self.now()).await?.filter(|record| self.lives(&name, record));
        Ok(record.and_then(|record| self.opened(&name, &user.secret(), Parts::of(&record.sealed).card)))
    }

    pub(super) async fn put_ended<T: Serialize>(
        &self,
        secret: &str,
        mark: &T,
        ends_at: SystemTime,
    ) -> Result<(), StoreError> {
        self.put(Kind::Ended, secret, mark, ends_at).await
    }

    pub(super) async fn ended<T: DeserializeOwned>(&self, secret: &str) -> Result<Option<T>, StoreError> {
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
        let sealed = self.sealed(name, secret, value)?;
        self.store.put(name, Record { sealed, revision: 0, ends_at }).await
    }

    async fn get<T: DeserializeOwned>(&self, kind: Kind, secret: &str) -> Result<Option<T>, StoreError> {
        let name = RecordName::of(kind, secret);
        let record = self.store.get(&name, self.environment.now()).await?;
        Ok(record.and_then(|record| self.opened(&name, secret, &record.sealed)))
    }

    /// See [`head`] for its parts. The record outlasts its session: its browser can then still have the refresh token
    /// revoked.
    fn sealed_session(&self, name: &RecordName, id: &SessionId, session: &Session) -> Result<Record, StoreError> {
        let attached = stored::write(&Attached::of(session))?;
        let card = self.sealed(name, &Ended::of(&session.user).secret(), &SessionCard::of(session))?;
        let session_itself = self.sealed(name, id.secret(), &*stored::shortened(session))?;
        let ends_at = session.expires_at();
        let head = head::head(&self.ring, name, ends_at)?;
        let sealed = Parts { attached: &attached, card: &card, session: &session_itself }.after(head)?;
        Ok(Record { sealed, revision: session.revision, ends_at: ends_at + KNOWN_AFTER_ITS_END })
    }

    /// By the head of its record, which only servers can write.
    fn lives(&self, name: &RecordName, record: &Record) -> bool {
        head::end(&self.ring, name, &record.sealed).is_some_and(|end| self.now() < end)
    }

    fn sealed<T: Serialize>(&self, name: &RecordName, secret: &str, value: &T) -> Result<Vec<u8>, StoreError> {
        let bytes = stored::write(value)?;
        Ok(self.ring.seal(name, secret, self.environment.randomness.bytes()?, bytes)?)
    }

    /// A record that does not open is none: its key is gone, or it is not what we stored.
    pub(super) fn opened<T: DeserializeOwned>(&self, name: &RecordName, secret: &str, sealed: &[u8]) -> Option<T> {
        let opened = self.ring.open(name, secret, sealed);
        let read = opened
            .map_err(|error| error.to_string())
            .and_then(|bytes| stored::read(&bytes).map_err(|error| error.to_string()));
        read.inspect_err(|error| tracing::warn!(record = name.kind.name(), error, "a record does not open")).ok()
    }
}

fn session_name(session: &SecretHash) -> RecordName {
    RecordName { kind: Kind::Session, hash: session.clone() }
}

/// Nothing, where it can't be read.
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
