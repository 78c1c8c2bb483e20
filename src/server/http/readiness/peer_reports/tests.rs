//! Servers that share the reports, in one process, with a clock of the database that is set.

use std::collections::HashMap;

use async_trait::async_trait;

use super::*;
use crate::server::environment::Environment;

const WORKS: Access = Access { read: true, write: true };
const READ_ONLY: Access = Access { read: true, write: false };
const FAILS: Access = Access { read: false, write: false };

/// What the checks take, and what is between them, in milliseconds.
const STEP: i64 = 700;

#[derive(Default)]
struct Database {
    now: Mutex<i64>,
    reports: Mutex<HashMap<ServerName, DatabaseTime>>,
}

impl Database {
    fn pass(&self, milliseconds: i64) {
        *self.now.lock().unwrap() += milliseconds;
    }

    fn server(self: &Arc<Self>) -> PeerReports {
        let name = ServerName::random(&Environment::system()).unwrap();
        PeerReports::new(self.clone(), name, CancellationToken::new())
    }
}

#[async_trait]
impl Peers for Database {
    async fn others(&self, server: &ServerName) -> Result<OtherServers, StoreError> {
        let reports = self.reports.lock().unwrap();
        let reached_at = reports.iter().filter(|(name, _)| *name != server).map(|(_, time)| *time).max();
        Ok(OtherServers { now: DatabaseTime(*self.now.lock().unwrap()), reached_at })
    }

    async fn report(&self, server: &ServerName, began_at: DatabaseTime) -> Result<(), StoreError> {
        self.reports.lock().unwrap().insert(server.clone(), began_at);
        Ok(())
    }

    async fn withdraw(&self, server: &ServerName) -> Result<(), StoreError> {
        self.reports.lock().unwrap().remove(server);
        Ok(())
    }
}

/// One check with this outcome, which takes a while. Returns whether the server is cut off.
async fn check(database: &Database, server: &PeerReports, access: Access) -> bool {
    check_in_which(database, server, access, async {}).await
}

/// The same, in which something else happens.
async fn check_in_which(
    database: &Database,
    server: &PeerReports,
    access: Access,
    happens: impl Future<Output = ()>,
) -> bool {
    database.pass(STEP);
    let check = async {
        database.pass(STEP);
        happens.await;
        access
    };
    server.around(check).await.1
}

#[tokio::test]
async fn a_server_that_fails_twice_while_another_succeeds_in_between_is_cut_off_until_it_succeeds() {
    // T105
    let database = Arc::new(Database::default());
    let (here, there) = (database.server(), database.server());
    assert!(!check(&database, &here, WORKS).await && !check(&database, &there, WORKS).await);
    assert!(!check(&database, &here, FAILS).await, "it may be the first to notice an outage");
    assert!(!check(&database, &here, FAILS).await, "and nobody has succeeded since");
    for _ in 0..20 {
        assert!(!check(&database, &there, WORKS).await);
        assert!(check(&database, &here, FAILS).await);
    }
    assert!(!check(&database, &here, WORKS).await);
    assert!(!check(&database, &here, FAILS).await, "an earlier failure no longer counts");
}

#[tokio::test]
async fn a_store_that_fails_for_all_cuts_none_off_when_it_stops_and_when_it_returns() {
    // T105
    let database = Arc::new(Database::default());
    let (here, there) = (database.server(), database.server());
    assert!(!check(&database, &there, WORKS).await);
    // The check there succeeds just before the outage, and is reported while the one here has already failed.
    check_in_which(&database, &there, WORKS, async {
        assert!(!check(&database, &here, FAILS).await);
    })
    .await;
    for _ in 0..20 {
        assert!(!check(&database, &here, FAILS).await);
        assert!(!check(&database, &there, FAILS).await);
    }
    // A check here that began before the end of the outage fails after the first one that succeeds.
    let late = check_in_which(&database, &here, FAILS, async {
        assert!(!check(&database, &there, WORKS).await);
    });
    assert!(!late.await);
    assert!(!check(&database, &here, WORKS).await);
}

#[tokio::test]
async fn a_server_that_takes_no_writes_or_is_draining_or_was_killed_is_no_reason_to_refuse_requests() {
    // T105
    let database = Arc::new(Database::default());
    let (here, read_only, draining) = (database.server(), database.server(), database.server());
    draining.draining.cancel();
    for _ in 0..3 {
        assert!(!check(&database, &read_only, READ_ONLY).await && !check(&database, &draining, WORKS).await);
        assert!(!check(&database, &here, FAILS).await);
    }
    let killed = database.server();
    assert!(!check(&database, &killed, WORKS).await);
    assert!(check(&database, &here, FAILS).await);
    database.pass(RECENT);
    assert!(!check(&database, &here, FAILS).await);
}

/// All sequences of checks at two servers: which server, and whether the store answers.
#[tokio::test]
async fn servers_are_never_all_cut_off_at_once() {
    // T105
    const CHECKS: u32 = 6;
    for sequence in 0..4_u32.pow(CHECKS) {
        let database = Arc::new(Database::default());
        let servers = [database.server(), database.server()];
        let mut cut_off = [false; 2];
        for n in 0..CHECKS {
            let step = sequence / 4_u32.pow(n) % 4;
            let (server, access) = ((step % 2) as usize, if step < 2 { WORKS } else { FAILS });
            cut_off[server] = check(&database, &servers[server], access).await;
            assert!(cut_off != [true; 2], "{sequence}");
        }
    }
}
