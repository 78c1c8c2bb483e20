//! Announcements of ended sessions: the contract of their log, and servers that notify open pages by them.

use std::sync::Arc;

use futures_util::future::try_join_all;
use oracle_ai::server::store::{
    EndCause, EndedSession, MemorySessionEnds, Position, RedisAddress, RedisStore, SecretHash, SessionEnds, StoreError,
};

use crate::support::redis::Redis;

const STREAM: &str = "oracle-ai:session-ends";

fn at(url: &str) -> Arc<dyn SessionEnds> {
    Arc::new(RedisStore::new(&RedisAddress::parse(url).unwrap()).unwrap().session_ends())
}

#[tokio::test]
async fn a_log_in_memory_keeps_the_contract() {
    let length = 1_500;
    let log: Arc<dyn SessionEnds> = Arc::new(MemorySessionEnds::with_length(length));
    keeps_the_contract(&log, &log, length).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_redis_keeps_the_contract() {
    let redis = Redis::start().await;
    keeps_the_contract(&at(&redis.url()), &at(&redis.url()), 10_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_a_redis_cluster_keeps_the_contract() {
    let redis = Redis::start_cluster().await;
    keeps_the_contract(&at(&redis.url()), &at(&redis.url()), 10_000).await;
}

/// `writer` and `reader` are the log at two servers. It holds at least the latest `length` announcements, and not many more.
pub async fn keeps_the_contract(writer: &Arc<dyn SessionEnds>, reader: &Arc<dyn SessionEnds>, length: usize) {
    let start = reader.read(None).await.unwrap();
    assert!(start.has_gap && start.sessions.is_empty(), "what was announced before is not known");
    assert_eq!(reader.read(Some(start.position)).await.unwrap().sessions, []);
    assert!(!reader.read(Some(start.position)).await.unwrap().has_gap);

    for name in ["a", "b", "a"] {
        writer.announce(&ended(name)).await.unwrap();
    }
    let first = reader.read(Some(start.position)).await.unwrap();
    assert_eq!(first.sessions, ["a", "b", "a"].map(ended));
    assert!(!first.has_gap);
    let later = reader.read(None).await.unwrap();
    assert_eq!((later.sessions.as_slice(), later.position), (&[][..], first.position));
    let none = reader.read(Some(first.position)).await.unwrap();
    assert_eq!((none.sessions.as_slice(), none.position, none.has_gap), (&[][..], first.position, false));

    announce_many(writer, 0..1_200).await;
    let (read, gaps) = read_all(reader, first.position).await.unwrap();
    assert_eq!((sorted(read), gaps), (sorted(numbered(0..1_200)), 0), "all of them, in several reads");

    // A reader that was away for longer than the log remembers.
    let last = reader.read(None).await.unwrap().position;
    announce_many(writer, 0..length + length / 10).await;
    let (read, gaps) = read_all(reader, last).await.unwrap();
    assert_eq!(gaps, 1);
    assert!(read.len() >= length && read.len() < length + length / 10, "{}", read.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_notices_that_redis_has_lost_the_log_and_reads_on() {
    let redis = Redis::start().await;
    let log = at(&redis.url());
    log.announce(&ended("a")).await.unwrap();
    let position = log.read(None).await.unwrap().position;
    redis.command(&["DEL", STREAM]).await;
    let lost = log.read(Some(position)).await.unwrap();
    assert!(lost.has_gap && lost.sessions.is_empty());
    assert!(!log.read(Some(lost.position)).await.unwrap().has_gap, "noticed once");
    log.announce(&ended("b")).await.unwrap();
    let read = log.read(Some(lost.position)).await.unwrap();
    assert_eq!((read.sessions.as_slice(), read.has_gap), (&[ended("b")][..], false));

    // Lost, and there is already a new one.
    redis.command(&["DEL", STREAM]).await;
    log.announce(&ended("c")).await.unwrap();
    let read = log.read(Some(read.position)).await.unwrap();
    assert_eq!((read.sessions.as_slice(), read.has_gap), (&[ended("c")][..], true));
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_removes_the_log_some_time_after_the_last_announcement_and_it_has_no_more_than_hashes() {
    // T107, T108
    let redis = Redis::start().await;
    let log = at(&redis.url());
    log.announce(&ended("the session id")).await.unwrap();
    assert_eq!(redis.keys().await, [STREAM]);
    let lifetime: i64 = redis.command(&["PTTL", STREAM]).await.trim().parse().unwrap();
    assert!((1..=60 * 60 * 1000).contains(&lifetime), "{lifetime}");
    let dump = redis.dump().await;
    assert!(!dump.windows(14).any(|window| window == b"the session id"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_no_server_has_written_is_left_out() {
    let redis = Redis::start().await;
    let log = at(&redis.url());
    let start = log.read(None).await.unwrap().position;
    redis.command(&["XADD", STREAM, "*", "session", "short"]).await;
    redis.command(&["XADD", STREAM, "*", "other", "field"]).await;
    log.announce(&ended("a")).await.unwrap();
    assert_eq!(log.read(Some(start)).await.unwrap().sessions, [ended("a")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_reading_and_announcing_fail_and_after_it_nothing_is_left_out() {
    let redis = Redis::start().await;
    redis.keep_on_disk().await;
    let log = at(&redis.url());
    log.announce(&ended("a")).await.unwrap();
    let position = log.read(None).await.unwrap().position;
    redis.stop().await;
    assert!(log.read(Some(position)).await.is_err());
    assert!(log.announce(&ended("b")).await.is_err());
    redis.restart().await;
    let announced = async || log.announce(&ended("c")).await.is_ok();
    crate::support::app::wait_until("it is back", announced).await;
    let read = log.read(Some(position)).await.unwrap();
    assert_eq!((read.sessions.as_slice(), read.has_gap), (&[ended("c")][..], false));
}

async fn announce_many(log: &Arc<dyn SessionEnds>, numbers: std::ops::Range<usize>) {
    let sessions = numbered(numbers);
    for part in sessions.chunks(500) {
        try_join_all(part.iter().map(|session| log.announce(session))).await.unwrap();
    }
}

/// Everything after this position, and how many of the reads had a gap.
async fn read_all(
    log: &Arc<dyn SessionEnds>,
    mut position: Position,
) -> Result<(Vec<EndedSession>, usize), StoreError> {
    let (mut all, mut gaps) = (vec![], 0);
    loop {
        let read = log.read(Some(position)).await?;
        gaps += usize::from(read.has_gap);
        if read.sessions.is_empty() {
            return Ok((all, gaps));
        }
        all.extend(read.sessions);
        position = read.position;
    }
}

/// Of both causes.
fn numbered(numbers: std::ops::Range<usize>) -> Vec<EndedSession> {
    let cause = |n| if n % 2 == 0 { EndCause::Deliberate } else { EndCause::Other };
    numbers.map(|n| EndedSession { cause: cause(n), ..ended(&n.to_string()) }).collect()
}

fn ended(session: &str) -> EndedSession {
    EndedSession { session: SecretHash::of(session), cause: EndCause::Deliberate }
}

fn sorted(mut ended: Vec<EndedSession>) -> Vec<EndedSession> {
    ended.sort_by_key(|ended| *ended.session.as_bytes());
    ended
}
