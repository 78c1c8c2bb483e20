//! `/readyz` of servers that share Redis and PostgreSQL: one that alone can't reach Redis takes no more requests, and when
//! Redis is away for all of them, all go on.

use std::time::{Duration, Instant};

use oracle_ai::server::{
    conversations::{
        peers::{DatabaseTime, Peers, ServerName},
        sql::SqlStore,
    },
    environment::Environment,
};
use tokio::time::{MissedTickBehavior, interval};

use crate::support::{app::wait_until, lossy_proxy::Link, postgres, replicas::Replicas, server_process::ServerProcess};

/// The reports, which are all that the servers have in the database while nobody chats.
const REPORTS: &str = "SELECT COUNT(*) FROM session_store_reports";

/// In the report, and in the log.
const CUT_OFF: &str = "the session store answers other servers, but not this one";

async fn says(server: &ServerProcess, status: u16, word: &str) -> bool {
    server.readiness().await == (status, word.to_owned())
}

async fn wait_until_ready(server: &ServerProcess) {
    wait_until("it is ready", async || says(server, 200, "ready").await).await;
}

/// Asks both servers again and again, as balancers do, until the condition holds for what both say. Neither may be cut off.
async fn none_is_cut_off_until(replicas: &Replicas, mut condition: impl FnMut([&str; 2]) -> bool) {
    let mut ticks = interval(Duration::from_millis(250));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let begun = Instant::now();
    loop {
        ticks.tick().await;
        let [first, second] = &replicas.servers;
        let ((_, first), (_, second)) = tokio::join!(first.readiness_report(), second.readiness_report());
        assert!(first["reason"] != CUT_OFF && second["reason"] != CUT_OFF, "{first}, {second}");
        if condition([&first, &second].map(|report| report["status"].as_str().unwrap())) {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{first}, {second}");
    }
}

async fn count(database: &str, sql: &str) -> i64 {
    sqlx::query_as::<_, (i64,)>(sql).fetch_one(&mut postgres::connect(database).await).await.unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_alone_is_cut_off_from_redis_is_unavailable_until_it_reaches_it_again() {
    // T105
    let replicas = Replicas::start().await;
    let [here, there] = &replicas.servers;
    wait_until_ready(here).await;
    wait_until_ready(there).await;
    let reports = async |expected: i64| {
        wait_until("as many report", async || count(&replicas.database, REPORTS).await == expected).await;
    };
    reports(2).await;
    for link in [Link::Closed, Link::Silent] {
        replicas.ways[0].set(link);
        // Nobody asks the other one: it reports all the same.
        wait_until("it is unavailable", async || says(here, 503, "unavailable").await).await;
        let (_, report) = here.readiness_report().await;
        assert_eq!(report["reason"], CUT_OFF, "{link:?}");
        assert_eq!(there.readiness().await, (200, "ready".into()), "{link:?}");
        reports(1).await;
        replicas.ways[0].set(Link::Works);
        wait_until_ready(here).await;
        reports(2).await;
    }
    let log = here.log();
    assert_eq!(log.matches(CUT_OFF).count(), 2, "each change is logged once: {log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_redis_for_all_makes_no_server_unavailable_neither_when_it_begins_nor_when_it_ends() {
    // T105
    let replicas = Replicas::start().await;
    none_is_cut_off_until(&replicas, |words| words == ["ready"; 2]).await;
    for _ in 0..2 {
        replicas.redis.stop().await;
        none_is_cut_off_until(&replicas, |words| words == ["degraded"; 2]).await;
        // For several more checks of each server, of which a server that is cut off needs two.
        let degraded = Instant::now();
        none_is_cut_off_until(&replicas, |_| degraded.elapsed() > Duration::from_secs(6)).await;
        replicas.redis.restart().await;
        none_is_cut_off_until(&replicas, |words| words == ["ready"; 2]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_cut_off_goes_on_when_the_others_lose_redis_too_or_are_drained() {
    // T105
    let replicas = Replicas::start_with(&[("DRAIN_NOTICE_SECONDS", "60")]).await;
    let [here, there] = &replicas.servers;
    wait_until_ready(there).await;
    wait_until_ready(here).await;
    let cut_off = async || wait_until("it is unavailable", async || says(here, 503, "unavailable").await).await;
    let goes_on = async || wait_until("it goes on", async || says(here, 200, "degraded").await).await;
    replicas.ways[0].set(Link::Closed);
    cut_off().await;
    replicas.redis.stop().await;
    goes_on().await;
    assert_eq!(there.readiness().await, (200, "degraded".into()));
    replicas.redis.restart().await;
    cut_off().await;
    there.terminate();
    wait_until("it drains", async || says(there, 503, "draining").await).await;
    goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_of_servers_that_are_gone_are_removed_and_others_stay() {
    let database = postgres::new_database().await;
    let store = SqlStore::new(postgres::address(&database).parse().unwrap());
    let [here, there] = [(); 2].map(|()| ServerName::random(&Environment::system()).unwrap());
    let before = store.others(&here).await.unwrap();
    assert_eq!(before.reached_at, None);

    store.report(&here, before.now).await.unwrap();
    assert_eq!(store.others(&here).await.unwrap().reached_at, None, "its own is not counted");
    let seen = store.others(&there).await.unwrap();
    assert_eq!(seen.reached_at, Some(before.now));
    assert!(seen.now >= before.now);
    store.report(&here, seen.now).await.unwrap();
    assert_eq!(store.others(&there).await.unwrap().reached_at, Some(seen.now));

    // Many servers that were killed an hour ago.
    let long_ago = seen.now.0 - 3_600_000;
    let killed =
        format!("INSERT INTO session_store_reports SELECT 'killed-' || n, {long_ago} FROM generate_series(1, 50) n");
    postgres::run(&database, &killed).await;
    let mut left = count(&database, REPORTS).await;
    assert_eq!(left, 51);
    while left > 2 {
        store.report(&there, seen.now).await.unwrap();
        let removed = left - count(&database, REPORTS).await;
        assert!(removed <= 8, "a few at a time, so that no report takes long: {removed}");
        left -= removed;
        assert!(left == 2 || removed > 6, "{left} left");
    }
    store.withdraw(&there).await.unwrap();
    store.withdraw(&there).await.unwrap();
    assert_eq!(store.others(&here).await.unwrap().reached_at, None);
    assert_eq!(store.others(&there).await.unwrap().reached_at, Some(DatabaseTime(seen.now.0)));
}
