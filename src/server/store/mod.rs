//! What every store can do: keep records whose contents it can't read.
//!
//! | file | keeps them |
//! |---|---|
//! | `memory` | in this process |
//! | `bounded_ttl_map`, `members` | (for `memory`) until their end, in bounded room; several under one name |
//! | `redis` | where all replicas see them |
//! | `outage` | (around another store) what is needed while that store is away |
//! | `traced` | (around another store) nothing, and makes a span of each call |
//!
//! `sealing` is how records are sealed, and with which keys; `unix_millis` how stores keep times.

mod bounded_ttl_map;
mod members;
mod memory;
mod outage;
mod redis;
mod sealing;
mod traced;
mod unix_millis;

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use base64::{Engine, display::Base64Display, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

pub use self::redis::{RedisAddress, RedisAddressError, RedisStore};
pub use memory::{MAX_SPENT, MemoryStore};
pub use outage::OutageStore;
pub use sealing::{KeyRing, OpenError, SealError, TAG_LEN};
pub use traced::TracedStore;
pub use unix_millis::{UnixMillis, whole_millis};

/// SHA-256 of a secret that only the browser has. Whoever reads the store can't speak for the browser.
#[derive(Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct SecretHash(#[serde(with = "serde_bytes")] [u8; 32]);

/// What a record is about. Names of different kinds never meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A login in flight, named by its `state`.
    Pending,
    /// Named by the session id.
    Session,
    /// Named by an access token that was handed to a browser.
    IssuedToken,
    /// A proof, which can be used only once.
    Spent,
    /// A logout token of the provider's, which can be used only once.
    SpentLogout,
    /// Whose turn it is to refresh a session.
    RefreshLock,
    /// That a session of the provider's, or all of a user's, have been ended.
    Ended,
    /// The sessions here that belong to one of the provider's (`iss` and `sid`).
    #[serde(rename = "of-sid")]
    OfProviderSession,
    /// The sessions of a user (`iss` and `sub`).
    #[serde(rename = "of-sub")]
    OfUser,
    /// Those of them that belong to no session of the provider's that we know.
    #[serde(rename = "of-sub-only")]
    OfUserWithoutSid,
    /// The sessions of a DPoP key, by its thumbprint.
    OfKey,
    /// A `state` that was used, or that came too late.
    UsedState,
}

/// The name of a record.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct RecordName {
    #[serde(rename = "k")]
    pub kind: Kind,
    #[serde(rename = "h")]
    pub hash: SecretHash,
}

/// A record, as a store sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub sealed: Vec<u8>,
    /// Counts the changes of a record that changes; [`Store::replace`] looks at it.
    pub revision: u64,
    /// From then on the record is not given out any more.
    pub ends_at: SystemTime,
}

/// Whoever holds a lock: a name nobody else has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockOwner(pub String);

/// How much of a record [`Store::head`] gives out: the authenticated head of a session's record.
pub const HEAD_LEN: usize = 40;

/// Keeps records. A record past its end is not given out, judged by the `now` of the call: the clocks of the store and
/// of this process need not agree.
#[async_trait]
pub trait Store: Send + Sync {
    /// Creates or replaces.
    async fn put(&self, name: &RecordName, record: Record) -> Result<(), StoreError>;

    /// Replaces the record if it is still there and of the revision before this one, and tells whether it was: a
    /// logout is never undone by a late write, and of two writers who read the same, one writes.
    async fn replace(&self, name: &RecordName, record: Record) -> Result<bool, StoreError>;

    async fn get(&self, name: &RecordName, now: SystemTime) -> Result<Option<Record>, StoreError>;

    /// The same, with no more than the first [`HEAD_LEN`] bytes of what is sealed.
    async fn head(&self, name: &RecordName, now: SystemTime) -> Result<Option<Record>, StoreError>;

    /// Gives the record out and removes it, in one step: of two callers, one gets it.
    async fn take(&self, name: &RecordName, now: SystemTime) -> Result<Option<Record>, StoreError>;

    /// Tells whether there was something to remove.
    async fn remove(&self, name: &RecordName) -> Result<bool, StoreError>;

    /// Removes the record if it still is of this revision, and tells whether it was.
    async fn remove_revision(&self, name: &RecordName, revision: u64) -> Result<bool, StoreError>;

    /// Remembers a name until `until`, and tells whether it was new: of two callers, one is told so.
    async fn spend(&self, name: &RecordName, until: SystemTime, now: SystemTime) -> Result<bool, StoreError>;

    /// Whether the name is remembered: [`Store::spend`] would tell that it is not new.
    async fn is_spent(&self, name: &RecordName, now: SystemTime) -> Result<bool, StoreError>;

    /// Adds a member to the set of this name, or gives it another end.
    async fn add(
        &self,
        name: &RecordName,
        member: &SecretHash,
        until: SystemTime,
        now: SystemTime,
    ) -> Result<(), StoreError>;

    /// The members of the set whose end has not come, in no order.
    async fn members(&self, name: &RecordName, now: SystemTime) -> Result<Vec<SecretHash>, StoreError>;

    /// Tells whether it was one.
    async fn remove_member(&self, name: &RecordName, member: &SecretHash) -> Result<bool, StoreError>;

    /// Takes the lock for `lease`, by the store's own clock, or makes the lease of one held by `owner` that long again.
    /// Tells whether `owner` holds it now.
    async fn lock(&self, name: &RecordName, owner: &LockOwner, lease: Duration) -> Result<bool, StoreError>;

    /// Gives the lock back, if `owner` still holds it.
    async fn unlock(&self, name: &RecordName, owner: &LockOwner) -> Result<(), StoreError>;

    /// Whether the store does its work now.
    async fn check(&self) -> Result<(), StoreError>;

    /// Whether the store has ever done its work for this process.
    fn has_worked(&self) -> bool;

    /// How far the clocks of those who share this store may be apart.
    fn clock_tolerance(&self) -> Duration;

    /// How many sessions there are, as far as that is known without asking anybody.
    fn sessions(&self, now: SystemTime) -> SessionCount;
}

/// How many sessions there are, and which are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionCount {
    /// All that there are.
    All(u64),
    /// Those that this process has begun or refreshed within [`IN_USE`], and not seen end. Several servers may each
    /// count the same one.
    InUseHere(u64),
    Unknown,
}

/// A page that is open refreshes its session within the hour, however long its access token lives; with some minutes
/// for one that is late.
pub const IN_USE: Duration = Duration::from_secs(65 * 60);

/// The store can't be reached, or does not do as asked.
#[derive(Clone, Debug, thiserror::Error)]
#[error("session store: {0}")]
pub struct StoreError(pub String);

impl SecretHash {
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret).into())
    }

    /// One in the form in which it is shown.
    fn shown(text: &str) -> Option<Self> {
        BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// Quicker than a hash, where a test needs many.
    #[cfg(test)]
    fn numbered(n: u64) -> Self {
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&n.to_be_bytes());
        Self(hash)
    }
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Session => "session",
            Self::IssuedToken => "token",
            Self::Spent => "spent",
            Self::SpentLogout => "spent-logout",
            Self::RefreshLock => "refresh",
            Self::Ended => "ended",
            Self::OfProviderSession => "of-sid",
            Self::OfUser => "of-sub",
            Self::OfUserWithoutSid => "of-sub-only",
            Self::OfKey => "of-key",
            Self::UsedState => "used-state",
        }
    }
}

impl RecordName {
    /// Of the record that belongs to this secret.
    pub fn of(kind: Kind, secret: &str) -> Self {
        Self { kind, hash: SecretHash::of(secret) }
    }
}

/// `n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg`
impl fmt::Display for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Base64Display::new(&self.0, &BASE64_URL_SAFE_NO_PAD).fmt(f)
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `session:n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg`
impl fmt::Display for RecordName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.name(), self.hash)
    }
}
