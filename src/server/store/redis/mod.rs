//! Records in Redis, 6.2 or later, which all replicas share.
//!
//! A record is a string: the revision (8 bytes), the expiry (8 bytes, milliseconds since 1970; both big-endian) and the
//! sealed bytes. Its key is `oracle-ai:` and its name. Redis removes it at its expiry (`PXAT`). A set is a sorted set
//! whose scores are its members' expiries (milliseconds since 1970). Every command uses one key, so that it runs on a
//! cluster too.

mod address;
mod connection;
mod durability;
mod session_ends;
mod streams;

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use redis::{Cmd, RedisError, Script, cmd};

use self::connection::Connection;
use super::{
    HEAD_LEN, LockOwner, Record, RecordName, SecretHash, SessionCount, Store, StoreError, UnixMillis,
    unix_millis::whole_millis,
};
use crate::server::{
    certificates::{in_words, tls_error},
    environment::Environment,
    excerpt::excerpt,
};

pub use address::{RedisAddress, RedisAddressError};
pub use durability::RedisDurability;
pub use session_ends::RedisSessionEnds;
pub use streams::RedisStreams;

const PREFIX: &str = "oracle-ai:";

/// The length of revision and expiry in bytes.
const PREAMBLE_LEN: usize = 16;

/// Replaces a record that has the previous revision.
static REPLACE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('GETRANGE', KEYS[1], 0, 7) ~= ARGV[1] then return 0 end
         redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
         return 1",
    )
});

static REMOVE_REVISION: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('GETRANGE', KEYS[1], 0, 7) ~= ARGV[1] then return 0 end
         return redis.call('DEL', KEYS[1])",
    )
});

/// Compares with the caller's clock, as Redis may not have removed an expired name yet. The value is a decimal number: the
/// expiry, and the id of the call as decimals, by which a repeated call recognises its own value.
static CONSUME: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local used = redis.call('GET', KEYS[1])
         if used == ARGV[3] then return 1 end
         if used and math.floor(tonumber(used)) > tonumber(ARGV[2]) then return 0 end
         redis.call('SET', KEYS[1], ARGV[3], 'PXAT', ARGV[1])
         return 1",
    )
});

/// Replaces the taken record with an expired one, which contains the id of the call and the taken record, so that a
/// repeated call can return it.
static TAKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local found = redis.call('GET', KEYS[1])
         if not found then return false end
         if string.sub(found, 1, #ARGV[1]) == ARGV[1] then return string.sub(found, #ARGV[1] + 1) end
         if string.sub(found, 1, 16) == string.sub(ARGV[1], 1, 16) then return false end
         redis.call('SET', KEYS[1], ARGV[1] .. found, 'PX', ARGV[2])
         return found",
    )
});

static LOCK: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local owner = redis.call('GET', KEYS[1])
         if owner and owner ~= ARGV[1] then return 0 end
         redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
         return 1",
    )
});

static RENEW: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0",
    )
});

/// The set expires with its last member.
static ADD: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])
         redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
         local last = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')
         redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', tonumber(last[2])))
         return 1",
    )
});

/// Compare and delete, as a lock whose lease has expired may have another owner by now.
static UNLOCK: LazyLock<Script> = LazyLock::new(|| {
    Script::new("if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0")
});

/// How long a `take` whose response was lost can be repeated: longer than all tries together.
const TAKE_REPEATABLE_FOR: Duration = Duration::from_secs(60);

/// How long a key of a check exists that could not be removed.
const CHECK_EXPIRES_AFTER: Duration = Duration::from_secs(10);

/// The maximum difference between the clocks of servers that share a Redis; see `docs/operations.md`.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(5);

/// The maximum number of names in one command: Redis serves nobody else while it looks them up, some 0.1 ms.
const CHECKED_AT_ONCE: usize = 500;

pub struct RedisStore {
    connection: Arc<Connection>,
    call_ids: CallIds,
}

/// Ids of calls that must take effect only once, so that they can be repeated if the response was lost: by this store, and
/// by the library's cluster client, which repeats calls after a slow response. Unique among all servers; not secret.
struct CallIds {
    /// A random id of the process.
    process: u64,
    count: AtomicU64,
}

impl RedisStore {
    /// Connects with the first call: a server starts without Redis, and `/readyz` reports it.
    pub fn new(address: &RedisAddress) -> Result<Self, StoreError> {
        Ok(Self { connection: Arc::new(Connection::new(address.client()?)), call_ids: CallIds::new()? })
    }

    /// The announcements in the same Redis, over the same connection.
    pub fn session_ends(&self) -> RedisSessionEnds {
        RedisSessionEnds::new(self.connection.clone())
    }

    /// How many of these records exist.
    async fn count(&self, names: &[RecordName]) -> Result<usize, StoreError> {
        Ok(self.connection.query(cmd("EXISTS").arg(names.iter().map(key).collect::<Vec<_>>())).await?)
    }

    /// The key that this process writes in a check.
    fn check_key(&self) -> String {
        format!("{PREFIX}check:{:016x}", self.call_ids.process)
    }
}

#[async_trait]
impl Store for RedisStore {
    async fn put(&self, name: &RecordName, record: Record) -> Result<(), StoreError> {
        let set = command("SET", name).arg(bytes(&record)).arg("PXAT").arg(milliseconds(record.ends_at)).take();
        Ok(self.connection.query(&set).await?)
    }

    async fn replace(&self, name: &RecordName, record: Record) -> Result<bool, StoreError> {
        let before = record.revision.wrapping_sub(1).to_be_bytes();
        let mut script = REPLACE.key(key(name));
        script.arg(&before[..]).arg(bytes(&record)).arg(milliseconds(record.ends_at));
        Ok(self.connection.run(&script).await?)
    }

    async fn get(&self, name: &RecordName, now: SystemTime) -> Result<Option<Record>, StoreError> {
        let found: Option<Vec<u8>> = self.connection.query(&command("GET", name)).await?;
        unexpired(found, now)
    }

    async fn head(&self, name: &RecordName, now: SystemTime) -> Result<Option<Record>, StoreError> {
        let head: Vec<u8> =
            self.connection.query(command("GETRANGE", name).arg(0).arg(PREAMBLE_LEN + HEAD_LEN - 1)).await?;
        // Redis returns an empty string for a missing key.
        unexpired(Some(head).filter(|head| !head.is_empty()), now)
    }

    /// Nearly always all exist, and one command shows it. Otherwise each half is counted, and so on.
    async fn missing(&self, names: &[RecordName], _: SystemTime) -> Result<Vec<RecordName>, StoreError> {
        let (mut missing, mut uncounted) = (vec![], names.chunks(self.checked_at_once()).collect::<Vec<_>>());
        while let Some(part) = uncounted.pop() {
            let found = self.count(part).await?;
            if found == 0 {
                missing.extend_from_slice(part);
            } else if found < part.len() {
                let (half, other_half) = part.split_at(part.len() / 2);
                uncounted.extend([half, other_half]);
            }
        }
        Ok(missing)
    }

    fn checked_at_once(&self) -> usize {
        if self.connection.is_cluster() { 1 } else { CHECKED_AT_ONCE }
    }

    async fn take(&self, name: &RecordName, now: SystemTime) -> Result<Option<Record>, StoreError> {
        // A revision that no record reaches, and an expiry in 1970: for other callers, the record does not exist.
        let head = [(u64::MAX - 1).to_be_bytes(), [0; 8]];
        let mark = [&head.concat()[..], &self.call_ids.next().to_be_bytes()].concat();
        let mut script = TAKE.key(key(name));
        script.arg(mark).arg(whole_millis(TAKE_REPEATABLE_FOR));
        let found: Option<Vec<u8>> = self.connection.run_idempotent(&script).await?;
        unexpired(found, now)
    }

    async fn remove(&self, name: &RecordName) -> Result<bool, StoreError> {
        Ok(self.connection.query(&command("DEL", name)).await?)
    }

    async fn remove_revision(&self, name: &RecordName, revision: u64) -> Result<bool, StoreError> {
        let mut script = REMOVE_REVISION.key(key(name));
        script.arg(&revision.to_be_bytes()[..]);
        Ok(self.connection.run(&script).await?)
    }

    async fn consume(&self, name: &RecordName, until: SystemTime, now: SystemTime) -> Result<bool, StoreError> {
        let until = milliseconds(until);
        let mark = format!("{until}.{:039}", self.call_ids.next());
        // One command suffices if the name is unused, as it nearly always is. Otherwise the script decides.
        let set = command("SET", name).arg(&mark).arg("NX").arg("PXAT").arg(until).take();
        if self.connection.query(&set).await? {
            return Ok(true);
        }
        let mut script = CONSUME.key(key(name));
        script.arg(until).arg(milliseconds(now)).arg(mark);
        Ok(self.connection.run_idempotent(&script).await?)
    }

    async fn is_used(&self, name: &RecordName, now: SystemTime) -> Result<bool, StoreError> {
        let mark: Option<String> = self.connection.query(&command("GET", name)).await?;
        let Some(mark) = mark else { return Ok(false) };
        let until = mark.split('.').next().and_then(|until| until.parse().ok());
        let until: u64 = until.ok_or_else(|| StoreError("Redis: a used name that is none of ours".into()))?;
        Ok(milliseconds(now) < until)
    }

    async fn add(
        &self,
        name: &RecordName,
        member: &SecretHash,
        until: SystemTime,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        let mut script = ADD.key(key(name));
        script.arg(member.to_string()).arg(milliseconds(until)).arg(milliseconds(now));
        let _: u64 = self.connection.run(&script).await?;
        Ok(())
    }

    async fn members(&self, name: &RecordName, now: SystemTime) -> Result<Vec<SecretHash>, StoreError> {
        let later = format!("({}", milliseconds(now));
        let members: Vec<String> = self.connection.query(command("ZRANGEBYSCORE", name).arg(later).arg("+inf")).await?;
        Ok(members.iter().filter_map(|member| SecretHash::parse(member)).collect())
    }

    async fn remove_member(&self, name: &RecordName, member: &SecretHash) -> Result<bool, StoreError> {
        Ok(self.connection.query(command("ZREM", name).arg(member.to_string())).await?)
    }

    async fn lock(&self, name: &RecordName, owner: &LockOwner, lease: Duration) -> Result<bool, StoreError> {
        let mut script = LOCK.key(key(name));
        script.arg(&owner.0).arg(whole_millis(lease));
        Ok(self.connection.run(&script).await?)
    }

    async fn renew(&self, name: &RecordName, owner: &LockOwner, lease: Duration) -> Result<bool, StoreError> {
        let mut script = RENEW.key(key(name));
        script.arg(&owner.0).arg(whole_millis(lease));
        Ok(self.connection.run(&script).await?)
    }

    async fn unlock(&self, name: &RecordName, owner: &LockOwner) -> Result<(), StoreError> {
        let mut script = UNLOCK.key(key(name));
        script.arg(&owner.0);
        let _: u64 = self.connection.run(&script).await?;
        Ok(())
    }

    /// Reads a key that need not exist. A node that still loads its data, or a cluster without all its slots, answers PING.
    async fn check(&self) -> Result<(), StoreError> {
        let _: Option<Vec<u8>> = self.connection.query(cmd("GET").arg(self.check_key())).await?;
        Ok(())
    }

    /// Writes a key, and removes it with a script, as records are written in both ways. A read-only node and one without
    /// memory refuse that.
    async fn check_writes(&self) -> Result<(), StoreError> {
        let (key, mark) = (self.check_key(), self.call_ids.next().to_string());
        let set = cmd("SET").arg(&key).arg(&mark).arg("PX").arg(whole_millis(CHECK_EXPIRES_AFTER)).take();
        let _: String = self.connection.query(&set).await?;
        let mut script = UNLOCK.key(&key);
        script.arg(&mark);
        let _: u64 = self.connection.run(&script).await?;
        Ok(())
    }

    fn has_worked(&self) -> bool {
        self.connection.has_answered()
    }

    fn clock_tolerance(&self) -> Duration {
        CLOCK_TOLERANCE
    }

    fn sessions(&self, _: SystemTime) -> SessionCount {
        SessionCount::Unknown
    }
}

impl CallIds {
    fn new() -> Result<Self, StoreError> {
        let random = Environment::system().randomness.bytes().map_err(|error| StoreError(error.to_string()))?;
        let process = random.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        Ok(Self { process, count: AtomicU64::new(0) })
    }

    fn next(&self) -> u128 {
        u128::from(self.process) << 64 | u128::from(self.count.fetch_add(1, Ordering::Relaxed))
    }
}

impl From<RedisError> for StoreError {
    fn from(error: RedisError) -> Self {
        Self(format!("Redis: {}", in_log(&error)))
    }
}

/// An excerpt, without the arguments of an unknown command: Redis repeats them, which could be the password.
fn in_log(error: &RedisError) -> String {
    if let Some(failure) = tls_error(error) {
        return excerpt(&in_words(failure)).to_string();
    }
    let text = error.to_string();
    excerpt(text.split(", with args").next().unwrap_or_default()).to_string()
}

fn key(name: &RecordName) -> String {
    format!("{PREFIX}{name}")
}

/// A command with the key of this record as its first argument.
fn command(command: &str, name: &RecordName) -> Cmd {
    let mut command = cmd(command);
    command.arg(key(name));
    command
}

fn bytes(record: &Record) -> Vec<u8> {
    [&record.revision.to_be_bytes()[..], &milliseconds(record.ends_at).to_be_bytes()[..], &record.sealed[..]].concat()
}

/// The record in these bytes, unless it has expired.
fn unexpired(found: Option<Vec<u8>>, now: SystemTime) -> Result<Option<Record>, StoreError> {
    let Some(bytes) = found else { return Ok(None) };
    let head = bytes.split_first_chunk::<8>().and_then(|(revision, rest)| {
        let (end, sealed) = rest.split_first_chunk::<8>()?;
        Some((u64::from_be_bytes(*revision), u64::from_be_bytes(*end), sealed))
    });
    let (revision, end, sealed) = head.ok_or_else(|| StoreError("Redis: a record that is none of ours".into()))?;
    let ends_at = UnixMillis(end).into();
    Ok((now < ends_at).then(|| Record { sealed: sealed.to_vec(), revision, ends_at }))
}

fn milliseconds(time: SystemTime) -> u64 {
    UnixMillis::from(time).0
}
