use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use futures_util::{FutureExt, StreamExt};
use tokio::time::{Instant, sleep, timeout};

use super::{watched::CHECK_EVERY, *};
use crate::{
    server::{
        auth::sessions::{
            Session, Storage,
            session::{RETENTION_AFTER_END, example},
        },
        environment::{Clock, Environment},
        store::{Announced, EndedSession, KeyRing, MemorySessionEnds, MemoryStore, Position, SessionEnds, StoreError},
    },
    wire::auth::{SessionId, UserClaims},
};

/// From the end of a session to the notification of its open pages.
const NOTIFIED_WITHIN: Duration = Duration::from_secs(2);
/// The same where the announcement is lost.
const NOTICED_WITHIN: Duration = CHECK_EVERY.saturating_add(Duration::from_secs(2));

/// Two servers that share a store.
struct Servers {
    here: Records,
    other: Records,
    log: Arc<FaultyLog>,
}

/// The log of announcements, which loses them, or can't be read.
struct FaultyLog {
    log: MemorySessionEnds,
    loses: AtomicBool,
    is_unreadable: AtomicBool,
}

/// Goes on as the clock of the tests does.
struct TestClock(Instant);

impl Servers {
    fn new() -> Self {
        let log = Arc::new(FaultyLog {
            log: MemorySessionEnds::with_length(3),
            loses: AtomicBool::new(false),
            is_unreadable: AtomicBool::new(false),
        });
        let ring = KeyRing::new([1; 32], []);
        let storage = Storage { store: Arc::new(MemoryStore::new()), ends: log.clone(), ring };
        let environment = Environment { clock: Arc::new(TestClock(Instant::now())), ..Environment::system() };
        let [here, other] = [(); 2].map(|()| Records::new(storage.clone(), environment.clone()));
        Self { here, other, log }
    }

    /// A new session that lives for an hour.
    async fn session(&self, id: &str) -> SecretHash {
        self.put(id, Duration::from_secs(60 * 60), 0).await
    }

    async fn put(&self, id: &str, lifetime: Duration, revision: u64) -> SecretHash {
        let ends_at = self.here.now() + lifetime;
        let user = UserClaims::known_by("https://idp".into(), "ada".into());
        let session = Session { ends_at, last_used_at: self.here.now(), revision, ..example::session(user) };
        let session = Session { idle_timeout: 2 * lifetime, ..session };
        self.other.put_session(&SessionId::new(id), &session).await.unwrap();
        SecretHash::of(id)
    }

    /// Several sessions, watched here and checked.
    async fn watched(&self, number: usize) -> Vec<(SecretHash, SessionEnd)> {
        let mut watched = vec![];
        for n in 0..number {
            let session = self.session(&n.to_string()).await;
            watched.push((session.clone(), self.here.watch(&session)));
        }
        // Some readings later, as long as a page is open before something happens.
        sleep(Duration::from_secs(5)).await;
        watched
    }

    async fn end_elsewhere(&self, session: &SecretHash) {
        assert!(self.other.remove_session(session).await.unwrap());
    }
}

#[async_trait]
impl SessionEnds for FaultyLog {
    async fn announce(&self, ended: &EndedSession) -> Result<(), StoreError> {
        if self.loses.load(Ordering::Relaxed) { Ok(()) } else { self.log.announce(ended).await }
    }

    async fn read(&self, after: Option<Position>) -> Result<Announced, StoreError> {
        if self.is_unreadable.load(Ordering::Relaxed) {
            return Err(StoreError("unreadable".into()));
        }
        self.log.read(after).await
    }
}

impl Clock for TestClock {
    fn now(&self) -> SystemTime {
        example::at(0) + self.0.elapsed()
    }
}

/// How long it takes from now.
async fn end_of(end: SessionEnd) -> Duration {
    let begun = Instant::now();
    timeout(2 * CHECK_EVERY, end.ended()).await.expect("the end was not noticed");
    begun.elapsed()
}

/// The event of the end.
async fn last_event(end: SessionEnd) -> SessionEvent {
    let events = end.events().map(|event| event.unwrap());
    timeout(2 * CHECK_EVERY, events.collect::<Vec<_>>()).await.expect("the end was not noticed").pop().unwrap()
}

fn has_ended(end: &SessionEnd) -> bool {
    end.clone().ended().now_or_never().is_some()
}

#[tokio::test(start_paused = true)]
async fn an_end_at_another_server_is_noticed_within_two_seconds() {
    // T87
    let servers = Servers::new();
    for (n, (session, end)) in servers.watched(40).await.into_iter().enumerate() {
        // At different moments between two readings.
        sleep(Duration::from_millis(37 * n as u64)).await;
        servers.end_elsewhere(&session).await;
        assert!(end_of(end).await <= NOTIFIED_WITHIN);
    }
}

#[tokio::test(start_paused = true)]
async fn an_end_at_this_server_is_noticed_at_once_even_if_it_can_not_be_announced() {
    // T87
    let servers = Servers::new();
    servers.log.loses.store(true, Ordering::Relaxed);
    let [(ended, end), (_, other_end)] = servers.watched(2).await.try_into().ok().unwrap();
    assert!(servers.here.remove_session(&ended).await.unwrap());
    assert!(has_ended(&end));
    assert!(!has_ended(&other_end));
}

#[tokio::test(start_paused = true)]
async fn after_a_deliberate_end_the_person_is_to_authenticate_again_and_not_after_another() {
    let servers = Servers::new();
    let mut watched = servers.watched(5).await.into_iter().map(|(session, end)| (session, last_event(end)));
    let mut next = || watched.next().unwrap();
    let ended = |reauthenticate| SessionEvent { kind: SessionEventKind::Ended, reauthenticate };

    let (here, event) = next();
    assert!(servers.here.remove_session(&here).await.unwrap());
    assert_eq!(event.await, ended(true));
    let (elsewhere, event) = next();
    servers.end_elsewhere(&elsewhere).await;
    assert_eq!(event.await, ended(true));

    for (records, id) in [(&servers.here, "2"), (&servers.other, "3")] {
        let (_, event) = next();
        let id = SessionId::new(id);
        let session = records.session(&id).await.unwrap().unwrap();
        assert!(records.remove_unchanged_session(&id, &session).await.unwrap(), "as after a refused refresh");
        assert_eq!(event.await, ended(false));
    }
    // Nothing is known of how it was lost, as of a store that was emptied.
    servers.log.loses.store(true, Ordering::Relaxed);
    let (lost, event) = next();
    servers.end_elsewhere(&lost).await;
    assert_eq!(event.await, ended(false));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_ends_just_before_it_is_watched_is_noticed() {
    let servers = Servers::new();
    let session = servers.session("a").await;
    let _reading = servers.watched(1).await;
    servers.end_elsewhere(&session).await;
    // The announcement has been read before there is a watcher.
    sleep(Duration::from_secs(3)).await;
    assert!(end_of(servers.here.watch(&session)).await <= NOTIFIED_WITHIN);
}

#[tokio::test(start_paused = true)]
async fn an_end_whose_announcement_was_lost_is_noticed_by_the_regular_check() {
    // T87
    let servers = Servers::new();
    let mut watched = servers.watched(20).await;
    let (_, live) = watched.split_off(19).remove(0);
    servers.log.loses.store(true, Ordering::Relaxed);
    for (session, end) in watched {
        servers.end_elsewhere(&session).await;
        assert!(end_of(end).await <= NOTICED_WITHIN);
    }
    assert!(!has_ended(&live));
}

#[tokio::test(start_paused = true)]
async fn after_announcements_were_missed_all_sessions_are_checked_at_once() {
    // T87
    let servers = Servers::new();
    let watched = servers.watched(8).await;
    servers.log.is_unreadable.store(true, Ordering::Relaxed);
    // More than the log holds.
    for (session, _) in &watched[..7] {
        servers.end_elsewhere(session).await;
    }
    sleep(Duration::from_secs(3)).await;
    servers.log.is_unreadable.store(false, Ordering::Relaxed);
    sleep(NOTIFIED_WITHIN).await;
    let ended: Vec<bool> = watched.iter().map(|(_, end)| has_ended(end)).collect();
    assert_eq!(ended, [true, true, true, true, true, true, true, false]);
}

#[tokio::test(start_paused = true)]
async fn while_announcements_can_not_be_read_nothing_ends_but_what_the_regular_check_finds() {
    let servers = Servers::new();
    let [(ended, end), (_, other_end)] = servers.watched(2).await.try_into().ok().unwrap();
    servers.log.is_unreadable.store(true, Ordering::Relaxed);
    sleep(3 * CHECK_EVERY).await;
    assert!(!has_ended(&end) && !has_ended(&other_end));
    servers.end_elsewhere(&ended).await;
    assert!(end_of(end).await <= NOTICED_WITHIN);
    assert!(!has_ended(&other_end));
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_sessions_time_is_noticed_although_its_record_is_kept_for_a_while() {
    // T87
    let servers = Servers::new();
    let lifetime = Duration::from_secs(100);
    let session = servers.put("a", lifetime, 0).await;
    let end = servers.here.watch(&session);
    sleep(lifetime - Duration::from_millis(1)).await;
    assert!(!has_ended(&end));
    let noticed = end_of(end).await;
    assert!(noticed <= NOTIFIED_WITHIN && noticed < RETENTION_AFTER_END, "{noticed:?}");
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_prolonged_at_another_server_does_not_end_at_its_earlier_time() {
    let servers = Servers::new();
    let lifetime = Duration::from_secs(100);
    let end = servers.here.watch(&servers.put("a", lifetime, 0).await);
    sleep(lifetime / 2).await;
    servers.put("a", lifetime, 1).await;
    sleep(lifetime * 9 / 10).await;
    assert!(!has_ended(&end));
    assert!(end_of(end).await <= lifetime / 10 + NOTIFIED_WITHIN);
}

#[tokio::test(start_paused = true)]
async fn a_session_is_watched_until_its_last_watcher_leaves_and_then_nothing_runs() {
    let servers = Servers::new();
    let watched = servers.here.watched().clone();
    let [(session, end)] = servers.watched(1).await.try_into().ok().unwrap();
    let other_end = servers.here.watch(&session);
    assert_eq!(watched.count(), 1);
    drop(end);
    servers.end_elsewhere(&session).await;
    assert!(end_of(other_end).await <= NOTIFIED_WITHIN, "the other watcher is still notified");

    let [(_, left)] = servers.watched(1).await.try_into().ok().unwrap();
    assert!(watched.has_task());
    drop(left);
    assert_eq!(watched.count(), 0);
    sleep(NOTIFIED_WITHIN).await;
    assert!(!watched.has_task());

    // The next page starts it again.
    let [(session, end)] = servers.watched(1).await.try_into().ok().unwrap();
    servers.end_elsewhere(&session).await;
    assert!(end_of(end).await <= NOTIFIED_WITHIN);
}

#[tokio::test(start_paused = true)]
async fn when_the_server_stops_its_event_streams_end_and_the_sessions_do_not() {
    let servers = Servers::new();
    let [(session, end)] = servers.watched(1).await.try_into().ok().unwrap();
    let mut events = Box::pin(end.clone().events());
    assert_eq!(events.next().await.unwrap().unwrap().kind, SessionEventKind::Lives);
    servers.here.watched().close();
    assert!(events.next().await.is_none());
    assert!(!has_ended(&end));
    // An answer that is still being written is notified.
    servers.end_elsewhere(&session).await;
    assert!(end_of(end).await <= NOTIFIED_WITHIN);
}

#[tokio::test(start_paused = true)]
async fn a_caller_without_a_session_is_never_notified_of_its_end() {
    let end = SessionEnd::never();
    sleep(3 * CHECK_EVERY).await;
    assert!(!has_ended(&end));
}

#[tokio::test(start_paused = true)]
async fn where_not_all_sessions_can_be_checked_those_come_first_that_have_waited_longest() {
    let watched = Arc::new(Watched::default());
    let sessions: Vec<SecretHash> = (0..10).map(SecretHash::numbered).collect();
    let watches: Vec<_> = sessions.iter().map(|session| watched.add(session, || tokio::spawn(async {}))).collect();
    let now = example::at(0);
    assert_eq!(watched.due(now, 0).expiring.len(), 10, "those that were never read, in any case");
    for session in &sessions {
        watched.expires_at(session, now + 10 * CHECK_EVERY);
        sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(watched.due(now, 100), Default::default());
    sleep(CHECK_EVERY).await;
    let due = |max| {
        let mut due = watched.due(now, max).unseen;
        due.sort_by_key(|session| *session.as_bytes());
        due
    };
    assert_eq!(due(3), sessions[..3]);
    watched.saw(&sessions[..3]);
    assert_eq!(due(3), sessions[3..6]);
    assert_eq!(due(100), sessions[3..]);
    watched.suspect_all();
    assert_eq!(due(100), sessions);
    drop(watches);
    assert_eq!(watched.count(), 0);
}
