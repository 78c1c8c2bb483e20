//! The session store: encrypted records in memory or in Redis.
//!
//! | file | holds |
//! |---|---|
//! | `memory` | a store in the memory of this process |
//! | `bounded_ttl_map`, `members` | its maps and sets, which are bounded and expire |
//! | `redis` | a store that all replicas share, and streams of entries |
//! | `session_ends` | announcements of ended sessions to all servers |
//! | `outage` | a wrapper of a store: people stay signed in during an outage of that store |
//! | `traced` | a wrapper of a store: a span for each call |
//! | `sealing` | encryption of records, and the key ring |
//! | `unix_millis` | times in milliseconds, as stores store them |

mod bounded_ttl_map;
mod members;
mod memory;
mod observed;
mod outage;
mod redis;
mod sealing;
mod session_ends;
mod unix_millis;

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;

pub use self::redis::{RedisAddress, RedisAddressError, RedisDurability, RedisSessionEnds, RedisStore, RedisStreams};
pub use bounded_ttl_map::{BoundedTtlMap, Expiring, WhenFull};
pub use memory::{MAX_USED_PROOFS, MemoryStore};
pub use observed::ObservedStore;
pub use outage::OutageStore;
pub use sealing::{KeyRing, OpenError, SealError, TAG_LEN};
pub use session_ends::{Announced, EndCause, EndedSession, MemorySessionEnds, Position, SessionEnds};
pub use unix_millis::{UnixMillis, whole_millis};

pub use super::secret_hash::SecretHash;

/// The kind of a record, a part of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A pending login, named by its `state`.
    Pending,
    /// A session, named by its id.
    Session,
    /// An access token that was issued to a browser, named by the token.
    IssuedToken,
    /// The `jti` of a used proof.
    #[serde(rename = "spent")]
    UsedProof,
    /// The `jti` of a used logout token.
    #[serde(rename = "spent-logout")]
    UsedLogoutToken,
    /// The lock of a session's refresh.
    RefreshLock,
    /// When the sessions of a scope were last ended.
    Ended,
    /// A session that was ended without its id, whose refresh token is still to be revoked. Named by the session's id.
    ToRevoke,
    /// Index: the sessions of one session at the provider (`iss` and `sid`).
    #[serde(rename = "of-sid")]
    OfProviderSession,
    /// Index: the sessions of a user (`iss` and `sub`).
    #[serde(rename = "of-sub")]
    OfUser,
    /// Index: the sessions of a user whose ID token had no `sid`.
    #[serde(rename = "of-sub-only")]
    OfUserWithoutSid,
    /// Index: the sessions of a DPoP key, named by its thumbprint.
    OfKey,
    /// A `state` that was used or has expired.
    UsedState,
    /// The events of a running answer.
    AnswerEvents,
    /// A running answer has a reader at another server than its own.
    AnswerReader,
}

/// The name of a record: its kind, and the hash of the secret that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct RecordName {
    #[serde(rename = "k")]
    pub kind: Kind,
    #[serde(rename = "h")]
    pub hash: SecretHash,
}

/// A record as stored: encrypted, with a revision and an expiry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub sealed: Vec<u8>,
    /// The number of changes, compared by [`Store::replace`].
    pub revision: u64,
    /// The expiry: an expired record is not returned.
    pub ends_at: SystemTime,
}

/// The holder of a lock: a unique random text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockOwner(pub String);

/// The length of the head of a session's record, in bytes: see [`Store::head`].
pub const HEAD_LEN: usize = 40;

/// Stores records. Expired records are not returned. The `now` argument decides what has expired, as the clocks of the
/// store and of this process may differ.
#[async_trait]
pub trait Store: Send + Sync {
    /// Creates or replaces the record.
    async fn put(&self, name: &RecordName, record: Record) -> Result<(), StoreError>;

    /// Replaces the record if it exists with the revision before this one, and returns whether it did. So a late write
    /// can't undo a logout, and of two concurrent writers only one succeeds.
    async fn replace(&self, name: &RecordName, record: Record) -> Result<bool, StoreError>;

    async fn get(&self, name: &RecordName, now: SystemTime) -> Result<Option<Record>, StoreError>;

    /// The same, with only the first [`HEAD_LEN`] bytes of `sealed`.
    async fn head(&self, name: &RecordName, now: SystemTime) -> Result<Option<Record>, StoreError>;

    /// Those of these records that do not exist. Of a record that has expired, it is undefined whether it still exists.
    async fn missing(&self, names: &[RecordName], now: SystemTime) -> Result<Vec<RecordName>, StoreError>;

    /// How many names [`Self::missing`] checks with one command. Only 1 in a cluster, where each may be on another node.
    fn checked_at_once(&self) -> usize;

    /// Returns and removes the record atomically: of two concurrent callers, only one gets it.
    async fn take(&self, name: &RecordName, now: SystemTime) -> Result<Option<Record>, StoreError>;

    /// Removes the record, and returns whether it existed.
    async fn remove(&self, name: &RecordName) -> Result<bool, StoreError>;

    /// Removes the record if it has this revision, and returns whether it did.
    async fn remove_revision(&self, name: &RecordName, revision: u64) -> Result<bool, StoreError>;

    /// Stores the name as used until `until`, and returns whether it was unused: true for only one of two concurrent callers.
    async fn consume(&self, name: &RecordName, until: SystemTime, now: SystemTime) -> Result<bool, StoreError>;

    /// Whether the name is stored as used.
    async fn is_used(&self, name: &RecordName, now: SystemTime) -> Result<bool, StoreError>;

    /// Adds a member to the set with this name, or changes its expiry.
    async fn add(
        &self,
        name: &RecordName,
        member: &SecretHash,
        until: SystemTime,
        now: SystemTime,
    ) -> Result<(), StoreError>;

    /// The members of the set that have not expired, in any order.
    async fn members(&self, name: &RecordName, now: SystemTime) -> Result<Vec<SecretHash>, StoreError>;

    /// Removes a member of the set, and returns whether it was one.
    async fn remove_member(&self, name: &RecordName, member: &SecretHash) -> Result<bool, StoreError>;

    /// Acquires the lock for `lease`, by the store's own clock. Returns whether `owner` holds it now.
    async fn lock(&self, name: &RecordName, owner: &LockOwner, lease: Duration) -> Result<bool, StoreError>;

    /// Renews the lock, if `owner` still holds it, and returns whether it does. A lock that has expired is not acquired
    /// again: others may have held it since.
    async fn renew(&self, name: &RecordName, owner: &LockOwner, lease: Duration) -> Result<bool, StoreError>;

    /// Releases the lock, if `owner` still holds it.
    async fn unlock(&self, name: &RecordName, owner: &LockOwner) -> Result<(), StoreError>;

    /// Whether the store can be reached now, and read.
    async fn check(&self) -> Result<(), StoreError>;

    /// Whether a record could be stored now.
    async fn check_writes(&self) -> Result<(), StoreError>;

    /// Whether this process has ever reached the store.
    fn has_worked(&self) -> bool;

    /// The maximum difference between the clocks of the replicas that share this store.
    fn clock_tolerance(&self) -> Duration;

    /// The number of sessions, as far as it is known without a request.
    fn sessions(&self, now: SystemTime) -> SessionCount;
}

/// The number of sessions, and which of them are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionCount {
    /// All of them.
    All(u64),
    /// Those that this process has begun or refreshed within [`IN_USE`] and has not seen end. Several replicas may count
    /// the same session.
    InUseHere(u64),
    Unknown,
}

/// A session counts as in use for this long after it was begun or refreshed. An open page refreshes at least hourly; some
/// minutes are added for a late one.
pub const IN_USE: Duration = Duration::from_secs(65 * 60);

/// The store can't be reached, or has refused the call.
#[derive(Clone, Debug, thiserror::Error)]
#[error("session store: {0}")]
pub struct StoreError(pub String);

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Session => "session",
            Self::IssuedToken => "token",
            Self::UsedProof => "spent",
            Self::UsedLogoutToken => "spent-logout",
            Self::RefreshLock => "refresh",
            Self::Ended => "ended",
            Self::ToRevoke => "to-revoke",
            Self::OfProviderSession => "of-sid",
            Self::OfUser => "of-sub",
            Self::OfUserWithoutSid => "of-sub-only",
            Self::OfKey => "of-key",
            Self::UsedState => "used-state",
            Self::AnswerEvents => "answer-events",
            Self::AnswerReader => "answer-reader",
        }
    }
}

impl RecordName {
    /// The name of the record that belongs to this secret.
    pub fn of(kind: Kind, secret: &str) -> Self {
        Self { kind, hash: SecretHash::of(secret) }
    }
}

/// `session:n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg`
impl fmt::Display for RecordName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.name(), self.hash)
    }
}
