//! The records of this room, written and sealed on their way into the store, opened and read on their way out.

use std::{sync::Arc, time::SystemTime};

use serde::{Serialize, de::DeserializeOwned};

use super::{
    card::SessionCard,
    ends::Ended,
    pending::PendingAuthorization,
    sealing::{KeyRing, SealError},
    session::{IssuedToken, KNOWN_AFTER_ITS_END, Session},
    store::{
        Kind, MemoryStore, OutageStore, Record, RecordName, RedisAddress, RedisStore, SecretHash, Store, StoreError,
        TracedStore,
    },
    stored::{self, WriteError},
};
use crate::{
    server::{
        audit,
        environment::{Environment, RandomnessError},
    },
    wire::auth::{AccessToken, SessionId, State},
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

/// What there is under a name.
pub(super) enum Found<T> {
    Opened(T),
    /// There is one, which does not open: its key is gone, or it is not what we stored.
    Closed,
    Nothing,
}

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
        self.put(Kind::Pending, state.secret(), pending, pending.expires_at).await
    }

    pub async fn pending(&self, state: &State) -> Result<Option<PendingAuthorization>, StoreError> {
        self.get(Kind::Pending, state.secret()).await
    }

    /// Gives it out once.
    pub async fn take_pending(&self, state: &State) -> Result<Option<PendingAuthorization>, StoreError> {
        let name = RecordName::of(Kind::Pending, state.secret());
        let record = self.store.take(&name, self.environment.now()).await?;
        Ok(record.and_then(|record| self.opened(&name, state.secret(), &record.sealed)))
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

    pub async fn session(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        let name = RecordName::of(Kind::Session, id.secret());
        audit::names_session(&name.hash);
        let record = self.store.get(&name, self.environment.now()).await?;
        let session: Option<Session> =
            record.and_then(|record| self.opened(&name, id.secret(), card_and_session(&record.sealed).1));
        // What is sealed counts: whoever writes in the store can't prolong a session.
        let session = session.filter(|session| self.environment.now() < session.expires_at());
        Ok(session.and_then(|session| {
            let whole = stored::whole(session);
            if let Some(session) = &whole {
                audit::concerns(&session.user, &name.hash, &session.browser_key);
            } else {
                tracing::warn!(record = name.kind.name(), "a session's ID token does not say whose it is");
            }
            whole
        }))
    }

    /// Ends the session if nobody has refreshed it since it was read, and tells whether it did.
    pub async fn remove_unchanged_session(&self, id: &SessionId, session: &Session) -> Result<bool, StoreError> {
        self.store.remove_revision(&RecordName::of(Kind::Session, id.secret()), session.revision).await
    }

    /// Whether the session lives. Its record stays closed: whoever asks has only its name.
    pub async fn session_lives(&self, session: &SecretHash) -> Result<bool, StoreError> {
        self.store.has(&session_name(session), self.environment.now()).await
    }

    /// Tells whether it was there.
    pub async fn remove_session(&self, session: &SecretHash) -> Result<bool, StoreError> {
        self.store.remove(&session_name(session)).await
    }

    /// What its user is told of a session that lives. `user` is whose it is.
    pub(super) async fn card(&self, session: &SecretHash, user: &Ended) -> Result<Option<SessionCard>, StoreError> {
        let name = session_name(session);
        let record = self.store.get(&name, self.environment.now()).await?;
        Ok(record.and_then(|record| self.opened(&name, &user.secret(), card_and_session(&record.sealed).0)))
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

    pub async fn put_issued_token(&self, token: &AccessToken, issued: &IssuedToken) -> Result<(), StoreError> {
        self.put(Kind::IssuedToken, token.secret(), issued, issued.expires_at + KNOWN_AFTER_ITS_END).await
    }

    pub async fn issued_token(&self, token: &AccessToken) -> Result<Option<IssuedToken>, StoreError> {
        self.get(Kind::IssuedToken, token.secret()).await
    }

    /// The same, and whether there is one that does not open.
    pub(super) async fn found_token(&self, token: &AccessToken) -> Result<Found<IssuedToken>, StoreError> {
        let name = RecordName::of(Kind::IssuedToken, token.secret());
        let Some(record) = self.store.get(&name, self.environment.now()).await? else { return Ok(Found::Nothing) };
        Ok(self.opened(&name, token.secret(), &record.sealed).map_or(Found::Closed, Found::Opened))
    }

    async fn put<T: Serialize>(
        &self,
        kind: Kind,
        secret: &str,
        value: &T,
        ends_at: SystemTime,
    ) -> Result<(), StoreError> {
        let name = RecordName::of(kind, secret);
        let sealed = self.sealed(&name, secret, value)?;
        self.store.put(&name, Record { sealed, revision: 0, ends_at }).await
    }

    async fn get<T: DeserializeOwned>(&self, kind: Kind, secret: &str) -> Result<Option<T>, StoreError> {
        let name = RecordName::of(kind, secret);
        let record = self.store.get(&name, self.environment.now()).await?;
        Ok(record.and_then(|record| self.opened(&name, secret, &record.sealed)))
    }

    /// A session's record is two that are sealed apart: what its user is told of it, and itself.
    fn sealed_session(&self, name: &RecordName, id: &SessionId, session: &Session) -> Result<Record, StoreError> {
        let card = self.sealed(name, &Ended::of(&session.user).secret(), &SessionCard::of(session))?;
        let session_itself = self.sealed(name, id.secret(), &*stored::shortened(session))?;
        let length = u16::try_from(card.len()).map_err(|_| WriteError)?;
        let sealed = [&length.to_be_bytes()[..], &card, &session_itself].concat();
        Ok(Record { sealed, revision: session.revision, ends_at: session.expires_at() })
    }

    fn sealed<T: Serialize>(&self, name: &RecordName, secret: &str, value: &T) -> Result<Vec<u8>, StoreError> {
        let bytes = stored::write(value)?;
        Ok(self.ring.seal(name, secret, self.environment.randomness.bytes()?, bytes)?)
    }

    /// A record that does not open is none: its key is gone, or it is not what we stored.
    fn opened<T: DeserializeOwned>(&self, name: &RecordName, secret: &str, sealed: &[u8]) -> Option<T> {
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

/// The two halves of a session's record. What has none is no record: nothing opens an empty half.
fn card_and_session(sealed: &[u8]) -> (&[u8], &[u8]) {
    let halves = sealed
        .split_first_chunk()
        .and_then(|(length, rest)| rest.split_at_checked(usize::from(u16::from_be_bytes(*length))));
    halves.unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_two_halves_is_cut_where_it_says_and_what_has_none_is_two_of_nothing() {
        assert_eq!(card_and_session(b"\0\x03abcde"), (&b"abc"[..], &b"de"[..]));
        for none in [&b""[..], b"\0", b"\0\x03ab", b"\xff\xffabcdefgh"] {
            assert_eq!(card_and_session(none), (&b""[..], &b""[..]), "{none:?}");
        }
    }
}
