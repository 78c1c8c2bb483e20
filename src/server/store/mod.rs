//! Storage of records that it can't read: they are sealed.
//!
//! | file | holds |
//! |---|---|
//! | `memory` | a store in this process |
//! | `bounded_ttl_map`, `members` | its maps and sets, which are bounded and expire |
//! | `redis` | a store that all replicas share |
//! | `outage` | around another store: signed-in people stay so while that store is away |
//! | `traced` | around another store: a span for each call |
//! | `sealing` | encryption of records, and the key ring |
//! | `unix_millis` | times, as stores keep them |

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

pub use self::redis::{RedisAddress, RedisAddressError, RedisStore};
pub use memory::{MAX_USED_PROOFS, MemoryStore};
pub use outage::OutageStore;
pub use sealing::{KeyRing, OpenError, SealError, TAG_LEN};
pub use traced::TracedStore;
pub use unix_millis::{UnixMillis, whole_millis};

pub use super::secret_hash::SecretHash;

/// What a record is about. Names of different kinds never collide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A login in flight, named by its `state`.
    Pending,
    /// Named by the session id.
    Session,
    /// Named by an access token that was handed to a browser.
    IssuedToken,
    /// The `jti` of a used proof.
    #[serde(rename = "spent")]
    UsedProof,
    /// The `jti` of a used logout token.
    #[serde(rename = "spent-logout")]
    UsedLogoutToken,
    /// The lock of a session's refresh.
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
    /// Counts the changes of a record; [`Store::replace`] compares it.
    pub revision: u64,
    /// From then on the record is not returned any more.
    pub ends_at: SystemTime,
}

/// The holder of a lock: a random name that nobody else has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockOwner(pub String);

/// How many bytes of a record [`Store::head`] returns: the authenticated head of a session's record.
pub const HEAD_LEN: usize = 40;

/// Stores records. A record past its end is not returned; the `now` of the call decides, as the clocks of the store and of
/// this process need not agree.
#[async_trait]
pub trait Store: Send + Sync {
    /// Creates or replaces.
    async fn put(&self, name: &RecordName, record: Record) -> Result<(), StoreError>;

    /// Replaces the record if it is still there and of the revision before this one, and returns whether it was. So a late
    /// write never undoes a logout, and of two concurrent writers one wins.
    async fn replace(&self, name: &RecordName, record: Record) -> Result<bool, StoreError>;

    async fn get(&self, name: &RecordName, now: SystemTime) -> Result<Option<Record>, StoreError>;

    /// The same, with no more than the first [`HEAD_LEN`] bytes of what is sealed.
    async fn head(&self, name: &RecordName, now: SystemTime) -> Result<Option<Record>, StoreError>;

    /// Returns and removes the record atomically: of two callers, one gets it.
    async fn take(&self, name: &RecordName, now: SystemTime) -> Result<Option<Record>, StoreError>;

    /// Returns whether it was there.
    async fn remove(&self, name: &RecordName) -> Result<bool, StoreError>;

    /// Removes the record if it still is of this revision, and returns whether it was.
    async fn remove_revision(&self, name: &RecordName, revision: u64) -> Result<bool, StoreError>;

    /// Stores the name as used until `until`, and returns whether it was new: true for only one of two callers.
    async fn consume(&self, name: &RecordName, until: SystemTime, now: SystemTime) -> Result<bool, StoreError>;

    /// Whether the name is stored as used.
    async fn is_used(&self, name: &RecordName, now: SystemTime) -> Result<bool, StoreError>;

    /// Adds a member to the set of this name, or changes its end.
    async fn add(
        &self,
        name: &RecordName,
        member: &SecretHash,
        until: SystemTime,
        now: SystemTime,
    ) -> Result<(), StoreError>;

    /// The members of the set whose end has not come, in no order.
    async fn members(&self, name: &RecordName, now: SystemTime) -> Result<Vec<SecretHash>, StoreError>;

    /// Returns whether it was a member.
    async fn remove_member(&self, name: &RecordName, member: &SecretHash) -> Result<bool, StoreError>;

    /// Takes the lock for `lease`, by the store's own clock, or renews the lease of `owner`. Returns whether `owner` holds it
    /// now.
    async fn lock(&self, name: &RecordName, owner: &LockOwner, lease: Duration) -> Result<bool, StoreError>;

    /// Releases the lock, if `owner` still holds it.
    async fn unlock(&self, name: &RecordName, owner: &LockOwner) -> Result<(), StoreError>;

    /// Whether the store works now.
    async fn check(&self) -> Result<(), StoreError>;

    /// Whether the store has ever worked for this process.
    fn has_worked(&self) -> bool;

    /// How far the clocks of the replicas that share this store may be apart.
    fn clock_tolerance(&self) -> Duration;

    /// How many sessions there are, as far as that is known without a request.
    fn sessions(&self, now: SystemTime) -> SessionCount;
}

/// A number of sessions, and which of them are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionCount {
    /// All of them.
    All(u64),
    /// Those that this process has begun or refreshed within [`IN_USE`], and not seen end. Several replicas may count the
    /// same one.
    InUseHere(u64),
    Unknown,
}

/// An open page refreshes its session within the hour, however long its access token is valid; some minutes are added for a
/// late one.
pub const IN_USE: Duration = Duration::from_secs(65 * 60);

/// The store can't be reached, or refused.
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

/// `session:n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg`
impl fmt::Display for RecordName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.name(), self.hash)
    }
}
