//! Whether Redis would forget sessions.

use redis::{RedisError, cmd};

use super::{super::StoreError, address::RedisAddress, connection::Connection};

/// What Redis says of its own configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedisDurability {
    /// `appendonly yes`. Without it, a crash brings back sessions as they were some time ago: their refresh tokens have been
    /// used since, and a provider takes the next use for a theft (RFC 9700 §4.14.2).
    pub has_append_only_file: bool,
    /// `maxmemory-policy noeviction`, or no limit. Otherwise sessions, and used proofs, are removed when memory is short.
    pub never_evicts: bool,
}

impl RedisDurability {
    /// Asks Redis once. Fails for a cluster, whose nodes may differ.
    pub async fn of(address: &RedisAddress) -> Result<Self, StoreError> {
        let connection = Connection::new(address.client()?);
        let section =
            async |name: &str| -> Result<String, RedisError> { connection.query(cmd("INFO").arg(name)).await };
        let (persistence, memory) = (section("persistence").await?, section("memory").await?);
        let is = |info: &str, line: &str| info.lines().any(|found| found.trim_end() == line);
        Ok(Self {
            has_append_only_file: is(&persistence, "aof_enabled:1"),
            never_evicts: is(&memory, "maxmemory:0") || is(&memory, "maxmemory_policy:noeviction"),
        })
    }

    /// What is wrong, and the directive that mends it.
    pub fn faults(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let forgets =
            "after a crash, Redis has older sessions, whose refresh tokens are used up: people are signed out";
        let evicts = "when memory is short, Redis removes sessions and the record of used proofs";
        [
            (!self.has_append_only_file, (forgets, "in Redis: appendonly yes")),
            (!self.never_evicts, (evicts, "in Redis: maxmemory-policy noeviction")),
        ]
        .into_iter()
        .filter_map(|(is_wrong, fault)| is_wrong.then_some(fault))
    }
}
