//! What servers that share a database report to each other: which of them reach the store of sessions.

use async_trait::async_trait;

use super::StoreError;
use crate::server::environment::{Environment, RandomnessError};

/// By the clock of the database, in milliseconds since 1970, so that the clocks of the servers need not agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DatabaseTime(pub i64);

/// The random name of a server process.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServerName(String);

/// The reports of the other servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherServers {
    pub now: DatabaseTime,
    /// When the latest check began in which another server reached the store of sessions.
    pub reached_at: Option<DatabaseTime>,
}

/// Reports that all servers can read.
#[async_trait]
pub trait Peers: Send + Sync {
    /// What the others have reported.
    async fn others(&self, server: &ServerName) -> Result<OtherServers, StoreError>;

    /// Reports that this server reached the store of sessions, in a check that began at that time. Also removes a few reports
    /// of servers that have gone without withdrawing theirs.
    async fn report(&self, server: &ServerName, began_at: DatabaseTime) -> Result<(), StoreError>;

    async fn withdraw(&self, server: &ServerName) -> Result<(), StoreError>;
}

impl ServerName {
    pub fn random(environment: &Environment) -> Result<Self, RandomnessError> {
        environment.random_text().map(Self)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}
