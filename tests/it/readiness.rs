//! `/readyz`: what each part reports, and when requests should go to another server. What `/metrics` shows is the same.

use std::time::{Duration, Instant};

use base64::{Engine, prelude::BASE64_STANDARD};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    app::wait_until,
    postgres,
    provider::MockProvider,
    redis::{Redis, free_port},
    server_process::ServerProcess,
};

const WORKS: (&str, &str) = ("ok", "ok");

/// A server with a Redis and a database of its own.
struct Server {
    server: ServerProcess,
    redis: Redis,
    database: String,
    metrics: u16,
}

impl Server {
    async fn start() -> Self {
        let (redis, database, metrics) = (Redis::start().await, postgres::new_database().await, free_port());
        let variables = [
            ("REDIS_URL", redis.url()),
            ("SESSION_KEYS", BASE64_STANDARD.encode([42; 32])),
            ("DATABASE_URL", postgres::address(&database)),
            ("METRICS_ADDR", format!("127.0.0.1:{metrics}")),
        ];
        let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let server = ServerProcess::start(&MockProvider::shared().issuer, &variables).await;
        Self { server, redis, database, metrics }
    }

    /// Waits until the report is this, and the metrics are too.
    async fn reports(&self, status: u16, word: &str, sessions: (&str, &str), conversations: (&str, &str)) {
        let access = |(read, write): (&str, &str)| json!({ "read": read, "write": write });
        wait_until(&format!("{status} {word}, {sessions:?}, {conversations:?}"), async || {
            let (found, body) = self.server.readiness_report().await;
            (found, &body["status"]) == (status, &word.into())
                && (&body["sessions"], &body["conversations"]) == (&access(sessions), &access(conversations))
                && body["reason"].is_string() != (word == "ready")
                && body["provider_metadata"] != "failed"
        })
        .await;
        let gauges = [
            ("sessions_read", sessions.0),
            ("sessions_write", sessions.1),
            // No other server reaches it.
            ("sessions_connection", "ok"),
            ("conversations_read", conversations.0),
            ("conversations_write", conversations.1),
            ("provider_metadata", "ok"),
        ];
        wait_until("the metrics are the same", async || {
            let page = reqwest::get(format!("http://127.0.0.1:{}/metrics", self.metrics)).await.unwrap();
            let page = page.text().await.unwrap();
            let shows = |part: &str, state: &str| {
                page.contains(&format!("oracle_ai_ready{{part=\"{part}\"}} {}\n", u8::from(state == "ok")))
            };
            gauges.iter().all(|(part, state)| shows(part, state))
        })
        .await;
    }

    async fn redis(&self, command: &[&str]) -> String {
        self.redis.cli(self.redis.port(), command).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_takes_no_writes_makes_the_server_unavailable_until_it_does() {
    // T105
    let it = Server::start().await;
    it.reports(200, "ready", WORKS, WORKS).await;
    it.server.begin_login().await.error_for_status().unwrap();
    for (refuse, accept) in [
        (vec!["REPLICAOF", "127.0.0.1", "1"], vec!["REPLICAOF", "NO", "ONE"]),
        (vec!["CONFIG", "SET", "maxmemory", "1"], vec!["CONFIG", "SET", "maxmemory", "0"]),
    ] {
        it.redis(&refuse).await;
        it.reports(503, "unavailable", ("ok", "failed"), WORKS).await;
        assert_eq!(it.server.begin_login().await.status(), 503, "{refuse:?}");
        it.redis(&accept).await;
        it.reports(200, "ready", WORKS, WORKS).await;
        wait_until("logins begin", async || it.server.begin_login().await.status() == 200).await;
    }
    // Nothing of the checks stays there.
    wait_until("no key of a check is left", async || it.redis.keys().await.iter().all(|key| !key.contains("check")))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn during_an_outage_of_redis_the_server_is_degraded_as_people_go_on_working() {
    // T105
    let it = Server::start().await;
    it.reports(200, "ready", WORKS, WORKS).await;
    it.redis.stop().await;
    it.reports(200, "degraded", ("failed", "failed"), WORKS).await;
    it.redis.restart().await;
    it.reports(200, "ready", WORKS, WORKS).await;
    let log = it.server.log();
    assert_eq!(log.matches("not ready").count(), 1, "a change is logged once: {log}");
    assert_eq!(log.matches("ready again").count(), 1, "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_or_takes_no_writes_makes_the_server_unavailable_until_it_is_back() {
    // T105
    let it = Server::start().await;
    it.reports(200, "ready", WORKS, WORKS).await;
    let (database, everybody) = (&it.database, format!("FROM pg_stat_activity WHERE datname = '{}'", it.database));
    let disconnect = format!("SELECT pg_terminate_backend(pid) {everybody}");
    for (breaks, heals, state) in [
        (
            format!("ALTER DATABASE {database} SET default_transaction_read_only = on"),
            format!("ALTER DATABASE {database} RESET default_transaction_read_only"),
            ("ok", "failed"),
        ),
        (
            format!("ALTER DATABASE {database} ALLOW_CONNECTIONS false"),
            format!("ALTER DATABASE {database} ALLOW_CONNECTIONS true"),
            ("failed", "failed"),
        ),
    ] {
        postgres::run("postgres", &breaks).await;
        postgres::run("postgres", &disconnect).await;
        it.reports(503, "unavailable", WORKS, state).await;
        postgres::run("postgres", &heals).await;
        postgres::run("postgres", &disconnect).await;
        it.reports(200, "ready", WORKS, WORKS).await;
    }
    let count = "SELECT COUNT(*) FROM conversations";
    let count: (i64,) = sqlx::query_as(count).fetch_one(&mut postgres::connect(database).await).await.unwrap();
    assert_eq!(count.0, 0, "nothing of the checks stays there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_requests_costs_one_check_a_second() {
    let it = Server::start().await;
    it.reports(200, "ready", WORKS, WORKS).await;
    let checks = async || -> u64 {
        let stats = it.redis(&["INFO", "commandstats"]).await;
        let set = stats.lines().find_map(|line| line.strip_prefix("cmdstat_set:calls=")).unwrap();
        set.split(',').next().unwrap().parse().unwrap()
    };
    let (before, begun) = (checks().await, Instant::now());
    let (url, client) = (format!("http://127.0.0.1:{}/readyz", it.server.port), reqwest::Client::new());
    for _ in 0..10 {
        let requests = (0..50).map(async |n| {
            let request = client.get(&url).send();
            // Some give up at once.
            let limit = if n % 2 == 0 { Duration::from_micros(500) } else { Duration::from_secs(20) };
            let Ok(response) = tokio::time::timeout(limit, request).await else { return };
            let body: Value = response.unwrap().json().await.unwrap();
            assert_eq!(body["status"], "ready");
        });
        join_all(requests).await;
    }
    let seconds = begun.elapsed().as_secs();
    assert!(checks().await - before <= seconds + 2, "{} checks in {seconds} s", checks().await - before);
}
