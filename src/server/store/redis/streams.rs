//! Append-only streams of sealed entries (Redis Streams), and flags that expire.

use std::{sync::LazyLock, time::Duration};

use redis::{Script, cmd, streams::StreamRangeReply};

use super::{
    super::{RecordName, StoreError, unix_millis::whole_millis},
    address::RedisAddress,
    command,
    connection::Connection,
    key,
};

/// An entry's id is the number of items in the stream up to the last of that entry. So a repeated append is recognised.
static APPEND: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
         local length = last and tonumber(string.match(last[1], '^%d+')) or 0
         if length ~= tonumber(ARGV[1]) then return length end
         redis.call('XADD', KEYS[1], ARGV[2] .. '-0', 'sealed', ARGV[3])
         redis.call('PEXPIRE', KEYS[1], ARGV[4])
         return tonumber(ARGV[2])",
    )
});

/// The most entries of one read.
const MAX_ENTRIES: usize = 500;

pub struct RedisStreams {
    connection: Connection,
}

impl RedisStreams {
    /// Connects with the first call.
    pub fn new(address: &RedisAddress) -> Result<Self, StoreError> {
        Ok(Self { connection: Connection::new(address.client()?) })
    }

    /// Appends an entry of `items` items to a stream of `length` items, and returns the new length. If the stream has
    /// another length, nothing is appended, and that length is returned. The stream is removed `lifetime` after the last
    /// append.
    pub async fn append(
        &self,
        name: &RecordName,
        length: u64,
        items: u64,
        sealed: Vec<u8>,
        lifetime: Duration,
    ) -> Result<u64, StoreError> {
        let mut script = APPEND.key(key(name));
        script.arg(length).arg(length + items).arg(sealed).arg(whole_millis(lifetime));
        Ok(self.connection.run(&script).await?)
    }

    /// The next entries with items after the first `length`.
    pub async fn read(&self, name: &RecordName, length: u64) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut range = command("XRANGE", name);
        range.arg(format!("{}-0", length + 1)).arg("+").arg("COUNT").arg(MAX_ENTRIES);
        let reply: StreamRangeReply = self.connection.query(&range).await?;
        Ok(reply.ids.into_iter().filter_map(|entry| entry.get("sealed")).collect())
    }

    pub async fn set_flag(&self, name: &RecordName, lifetime: Duration) -> Result<(), StoreError> {
        let set = command("SET", name).arg(1).arg("PX").arg(whole_millis(lifetime)).take();
        Ok(self.connection.query(&set).await?)
    }

    pub async fn has_flag(&self, name: &RecordName) -> Result<bool, StoreError> {
        Ok(self.connection.query(cmd("EXISTS").arg(key(name))).await?)
    }
}
