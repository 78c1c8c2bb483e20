//! Announcements of ended sessions, in one stream for all servers. An entry has the session's name, which is the hash of
//! its id, and why it has ended.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use async_trait::async_trait;
use redis::{
    Script, cmd,
    streams::{StreamId, StreamRangeReply},
};

use super::{
    super::{
        Announced, EndCause, EndedSession, Position, SecretHash, SessionEnds, StoreError, unix_millis::whole_millis,
    },
    connection::Connection,
};

const STREAM: &str = "oracle-ai:session-ends";
const SESSION: &str = "session";
const CAUSE: &str = "cause";
const DELIBERATE: &str = "deliberate";
const OTHER: &str = "other";

/// How many entries the stream holds at least. Each takes some 70 bytes.
const LENGTH: usize = 10_000;

/// The most entries of one read.
const MAX_ENTRIES: usize = 1_000;

/// The stream is removed this long after the last entry.
const LIFETIME: Duration = Duration::from_secs(60 * 60);

static ANNOUNCE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', ARGV[2], ARGV[3], ARGV[4], ARGV[5])
         return redis.call('PEXPIRE', KEYS[1], ARGV[6])",
    )
});

pub struct RedisSessionEnds {
    connection: Arc<Connection>,
}

impl RedisSessionEnds {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self { connection }
    }

    async fn last_position(&self) -> Result<Position, StoreError> {
        let last: StreamRangeReply =
            self.connection.query(cmd("XREVRANGE").arg(STREAM).arg("+").arg("-").arg("COUNT").arg(1)).await?;
        last.ids.first().map_or(Ok(Position::START), position)
    }
}

#[async_trait]
impl SessionEnds for RedisSessionEnds {
    async fn announce(&self, EndedSession { session, cause }: &EndedSession) -> Result<(), StoreError> {
        let cause = match cause {
            EndCause::Deliberate => DELIBERATE,
            EndCause::Other => OTHER,
        };
        let mut script = ANNOUNCE.key(STREAM);
        script.arg(LENGTH).arg(SESSION).arg(&session.as_bytes()[..]).arg(CAUSE).arg(cause).arg(whole_millis(LIFETIME));
        // Repeated where the connection was broken: a second announcement does no harm.
        let _: u64 = self.connection.run_idempotent(&script).await?;
        Ok(())
    }

    async fn read(&self, after: Option<Position>) -> Result<Announced, StoreError> {
        let Some(after) = after else {
            let position = self.last_position().await?;
            return Ok(Announced { sessions: vec![], position, has_gap: true });
        };
        // From the last known entry on, and including it: if it is not there, those after it may not be there either.
        let first = format!("{}-{}", after.major, after.minor);
        let mut range = cmd("XRANGE");
        range.arg(STREAM).arg(first).arg("+").arg("COUNT").arg(MAX_ENTRIES + 1);
        let entries = self.connection.query::<StreamRangeReply>(&range).await?.ids;
        let positions = entries.iter().map(position).collect::<Result<Vec<_>, _>>()?;
        let (known, has_gap) = match positions.first() {
            Some(first) if *first == after => (1, false),
            // The stream was empty, and has fewer entries now than could have been removed again.
            _ if after == Position::START => (0, entries.len() > MAX_ENTRIES),
            _ => (0, true),
        };
        let sessions = entries[known..].iter().filter_map(session).collect();
        Ok(Announced { sessions, position: positions.last().copied().unwrap_or(Position::START), has_gap })
    }
}

fn position(entry: &StreamId) -> Result<Position, StoreError> {
    let parsed = entry
        .id
        .split_once('-')
        .and_then(|(major, minor)| Some(Position { major: major.parse().ok()?, minor: minor.parse().ok()? }));
    parsed.ok_or_else(|| StoreError("Redis: an entry of a stream without a valid id".into()))
}

/// The session that the entry names. `None` for an entry that no server has written.
fn session(entry: &StreamId) -> Option<EndedSession> {
    let bytes: Vec<u8> = entry.get(SESSION)?;
    let session = bytes.try_into().ok().map(SecretHash::from_bytes)?;
    let is_deliberate = entry.get::<String>(CAUSE).is_some_and(|cause| cause == DELIBERATE);
    Some(EndedSession { session, cause: if is_deliberate { EndCause::Deliberate } else { EndCause::Other } })
}
