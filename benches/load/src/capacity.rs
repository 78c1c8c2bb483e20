//! What one replica, one Redis and one PostgreSQL carry: what each person, open page, answer and refresh costs them. Each
//! is measured at several numbers, so that the table shows whether the cost of one more stays the same.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream};
use tokio::{task::JoinSet, time::sleep};

use crate::{
    browser::{Browser, SignedIn},
    external::random_text,
    process::{Process, Servers},
    redis_info::RedisInfo,
    report::{Line, Report, Runs},
    streams,
};

/// People who do the same at the same time.
const AT_A_TIME: usize = 16;

/// Until the server and Redis are idle.
const SETTLED: Duration = Duration::from_secs(2);

/// For how long processor time and commands are counted.
const COUNTED: Duration = Duration::from_secs(10);

/// Of access tokens, in seconds: longer than any measurement.
const LIFETIME: u64 = 3600;

/// Of an answer that runs as long as it is measured.
const TOKENS_PER_SECOND: u32 = 20;

pub async fn measure(servers: &Servers, report: &mut Report) {
    report.add("Capacity: people signed in, in Redis", people(servers, &[1_000, 5_000, 20_000]).await);
    report.add("Capacity: open pages", pages(servers, &[500, 1_000, 2_000]).await);
    report.add("Capacity: answers at a time", answers(servers, &[100, 200, 400]).await);
    report.add("Capacity: refreshes", vec![refreshes(servers, 2_000).await]);
    report.add("Capacity: chats in PostgreSQL", chats(servers, &[500, 1_000]).await);
}

async fn people(servers: &Servers, numbers: &[u32]) -> Vec<Line> {
    let redis = Process::redis(&servers.output).await;
    let (server, _) = servers.start(Some(&redis)).await;
    sign_in(&server, 0..100).await;
    let empty = RedisInfo::of(&redis).await;
    let (mut lines, mut there) = (vec![], 100);
    for &number in numbers {
        let (begun, from) = (Instant::now(), there);
        sign_in(&server, there..number).await;
        there = number;
        let rate = f64::from(number - from) / begun.elapsed().as_secs_f64();
        let held = RedisInfo::of(&redis).await.memory - empty.memory;
        lines.push(
            Line::new(format!("{number} people"))
                .with("Redis, bytes each", Runs::of(held / f64::from(number - 100)))
                .with("logins a second", Runs::of(rate)),
        );
    }
    lines
}

/// Each with the stream of its session's events.
async fn pages(servers: &Servers, numbers: &[u32]) -> Vec<Line> {
    let redis = Process::redis(&servers.output).await;
    let (server, _) = servers.start(Some(&redis)).await;
    let mut people = sign_in(&server, 0..numbers.iter().copied().max().unwrap_or_default()).await;
    sleep(SETTLED).await;
    let (mut lines, mut open, empty) = (vec![], vec![], server.memory());
    for &number in numbers {
        for (browser, signed_in) in people.drain(..number as usize - open.len()) {
            open.push(browser.open("/api/session/events", &signed_in.access_token).await);
        }
        sleep(SETTLED).await;
        let held = server.memory().saturating_sub(empty) as f64;
        let line = Line::new(format!("{number} pages")).with("replica, bytes each", Runs::of(held / f64::from(number)));
        lines.push(counted(line, &server, &redis, number).await);
    }
    lines
}

async fn answers(servers: &Servers, numbers: &[u32]) -> Vec<Line> {
    let mut lines = vec![];
    for &number in numbers {
        let redis = Process::redis(&servers.output).await;
        let (server, _) = servers.start(Some(&redis)).await;
        let people = sign_in(&server, 0..number).await;
        sleep(SETTLED).await;
        let (before, of_redis) = (server.memory(), RedisInfo::of(&redis).await.memory);
        let seconds = 2 * (SETTLED + COUNTED).as_secs();
        let question = format!("{} {TOKENS_PER_SECOND}", u64::from(TOKENS_PER_SECOND) * seconds);
        let mut readers = JoinSet::new();
        for person in people {
            let question = question.clone();
            readers.spawn(async move { streams::read_through(&person, &question).await });
        }
        sleep(SETTLED).await;
        let line = Line::new(format!("{number} answers of {TOKENS_PER_SECOND} tokens a second"));
        let line = counted(line, &server, &redis, number).await;
        let each = |bytes: f64| Runs::of(bytes / f64::from(number));
        lines.push(
            line.with("replica, bytes each", each(server.memory().saturating_sub(before) as f64))
                .with("Redis, bytes each", each(RedisInfo::of(&redis).await.memory - of_redis)),
        );
        readers.shutdown().await;
    }
    lines
}

/// As many as one replica does in a row, each of another person.
async fn refreshes(servers: &Servers, number: u32) -> Line {
    let redis = Process::redis(&servers.output).await;
    let (server, _) = servers.start(Some(&redis)).await;
    let people = sign_in(&server, 0..number).await;
    sleep(SETTLED).await;
    let (cpu, before, begun) = (server.cpu(), RedisInfo::of(&redis).await, Instant::now());
    let refreshed = people.iter().map(async |(browser, signed_in)| browser.refresh(&signed_in.session).await);
    stream::iter(refreshed).buffer_unordered(AT_A_TIME).collect::<Vec<String>>().await;
    let (took, after) = (begun.elapsed(), RedisInfo::of(&redis).await);
    let each = |seconds: f64| Runs::of(seconds * 1e6 / f64::from(number));
    Line::new(format!("{number} refreshes"))
        .with("a second", Runs::of(f64::from(number) / took.as_secs_f64()))
        .with("replica's CPU, µs each", each((server.cpu() - cpu).as_secs_f64()))
        .with("Redis's CPU, µs each", each(after.cpu - before.cpu))
        .with("Redis commands each", Runs::of((after.commands - before.commands) / f64::from(number)))
}

/// Answers of 200 tokens, as fast as the model sends them.
async fn chats(servers: &Servers, numbers: &[u32]) -> Vec<Line> {
    let postgres = Postgres::start();
    let (server, _) = servers.start_on(None, &postgres.url()).await;
    let people = sign_in(&server, 0..AT_A_TIME as u32).await;
    let (mut lines, mut there) = (vec![], 0);
    for &number in numbers {
        let (bytes, transactions, begun) = (postgres.bytes(), postgres.transactions(), Instant::now());
        let chats = (there..number).map(|n| &people[n as usize % people.len()]).map(async |person| {
            let read = streams::read_through(person, "200 0").await;
            assert_eq!(read.len(), 200, "tokens are missing");
        });
        stream::iter(chats).buffer_unordered(AT_A_TIME / 2).collect::<Vec<()>>().await;
        let (took, done) = (begun.elapsed(), f64::from(number - there));
        there = number;
        lines.push(
            Line::new(format!("up to {number} chats"))
                .with("a second", Runs::of(done / took.as_secs_f64()))
                .with("bytes each", Runs::of((postgres.bytes() - bytes) / done))
                .with("transactions each", Runs::of((postgres.transactions() - transactions) / done)),
        );
    }
    lines
}

/// Processor time and commands while nothing changes.
async fn counted(line: Line, server: &Process, redis: &Process, number: u32) -> Line {
    let (cpu, before) = (server.cpu(), RedisInfo::of(redis).await);
    sleep(COUNTED).await;
    let after = RedisInfo::of(redis).await;
    let seconds = COUNTED.as_secs_f64();
    let percent = |busy: f64| Runs::of(100.0 * busy / seconds);
    line.with("replica's CPU, % of a core", percent((server.cpu() - cpu).as_secs_f64()))
        .with("Redis's CPU, % of a core", percent(after.cpu - before.cpu))
        .with(
            "Redis commands a second, each",
            Runs::of((after.commands - before.commands) / seconds / f64::from(number)),
        )
}

/// One person for each number, each with a browser of their own.
async fn sign_in(server: &Process, numbers: std::ops::Range<u32>) -> Vec<(Browser, SignedIn)> {
    let browser = Browser::at(server.port);
    let logins = numbers.map(|n| {
        let browser = browser.another();
        async move {
            let signed_in = browser.sign_in(&format!("person-{n}-{}", random_text()), LIFETIME).await;
            (browser, signed_in)
        }
    });
    stream::iter(logins).buffer_unordered(AT_A_TIME).collect().await
}

/// A server with an empty database, which ends with this.
struct Postgres {
    folder: String,
    process: Child,
}

impl Postgres {
    fn start() -> Self {
        let mut command = match users_id() == "0" {
            // PostgreSQL refuses to run as root.
            true => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "sh"]);
                command
            }
            false => Command::new("sh"),
        };
        command.args(["-c", include_str!("../../../tests/it/support/postgres.sh")]);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut folder = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut folder).unwrap();
        Self { folder: folder.trim().to_owned(), process }
    }

    fn url(&self) -> String {
        format!("postgres://postgres@localhost/postgres?host={}", self.folder)
    }

    fn bytes(&self) -> f64 {
        self.number("SELECT pg_database_size('postgres')")
    }

    /// This question is one, too.
    fn transactions(&self) -> f64 {
        self.number("SELECT xact_commit FROM pg_stat_database WHERE datname = 'postgres'")
    }

    fn number(&self, sql: &str) -> f64 {
        let arguments = ["-h", &self.folder, "-U", "postgres", "-tAc", sql];
        let output = Command::new("psql").args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // The end of its input ends it.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

fn users_id() -> String {
    let output = Command::new("id").arg("-u").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
