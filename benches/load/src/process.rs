//! The processes that are measured: how they are started, and what they take, by the kernel's count.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::external::{
    FRONT_URL, base64url,
    provider::{CLIENT_ID, CLIENT_SECRET},
};

/// Of `/proc/<pid>/stat`, on every Linux.
const TICKS_PER_SECOND: u64 = 100;

/// The same for all servers on one Redis.
const SESSION_KEYS: &str = "b25seSBmb3IgdGhlIGJlbmNoLCAzMiBieXRlcyAgICA=";

/// Limits that are switched off, as one client here does the work of thousands.
const UNLIMITED: [&str; 7] = [
    "RATE_LIMIT_PER_ADDRESS",
    "RATE_LIMIT_PER_BROWSER",
    "RATE_LIMIT_PER_PERSON",
    "SESSIONS_PER_PERSON",
    "STREAMS_PER_PERSON",
    "ANSWERS_PER_PERSON",
    "STORAGE_PER_PERSON",
];

/// Killed when it is dropped.
pub struct Process {
    pub port: u16,
    child: Child,
}

/// Starts servers.
pub struct Servers {
    /// The folder of our release build: the program, and its page.
    pub release: PathBuf,
    /// That of the empty Dioxus app.
    pub empty: PathBuf,
    /// For logs and databases.
    pub output: PathBuf,
    pub issuer: String,
    pub upstream: String,
}

impl Servers {
    pub fn public(&self) -> PathBuf {
        self.release.join("public")
    }

    /// Starts one that has its sessions in memory or in this Redis; returns how long it took until it was ready, too.
    pub async fn start(&self, redis: Option<&Process>) -> (Process, Duration) {
        let port = free_port();
        self.start_at(port, redis, &format!("sqlite://server-{port}.db?mode=rwc")).await
    }

    /// The same with conversations in this database.
    pub async fn start_on(&self, redis: Option<&Process>, database: &str) -> (Process, Duration) {
        self.start_at(free_port(), redis, database).await
    }

    async fn start_at(&self, port: u16, redis: Option<&Process>, database: &str) -> (Process, Duration) {
        let mut command = Command::new(self.release.join("server"));
        command
            .current_dir(&self.output)
            .envs([("PORT", &*port.to_string()), ("FRONT_URL", FRONT_URL), ("OIDC_ISSUER", &*self.issuer)])
            .envs([("CLIENT_ID", CLIENT_ID), ("CLIENT_SECRET", CLIENT_SECRET)])
            .envs([("CHAT_BASE_URL", &*self.upstream), ("CHAT_MODEL", "bench")])
            .env("DATABASE_URL", database)
            .envs(UNLIMITED.map(|variable| (variable, "0")))
            .env("MAX_CONNECTIONS", "1000000")
            .env_remove("DIOXUS_DEVSERVER_PORT");
        if let Some(redis) = redis {
            command.env("REDIS_URL", format!("redis://127.0.0.1:{}", redis.port)).env("SESSION_KEYS", SESSION_KEYS);
        }
        self.log_to(&mut command, &format!("server-{port}.log"));
        let started = Instant::now();
        let process = Process { port, child: command.spawn().unwrap() };
        while !is_ready(port).await {
            assert!(started.elapsed() < Duration::from_secs(20), "the server does not start: see its log");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        (process, started.elapsed())
    }

    /// Starts the empty Dioxus app, which verifies signatures with this key (a point, SEC 1 §2.3.3).
    pub async fn start_empty_app(&self, key: &[u8]) -> Process {
        let port = free_port();
        let mut command = Command::new(self.empty.join("server"));
        command
            .envs([("IP", "127.0.0.1"), ("PORT", &*port.to_string()), ("PUBLIC_KEY", &*base64url(key))])
            .env_remove("DIOXUS_DEVSERVER_PORT");
        self.log_to(&mut command, "empty.log");
        Process { port, child: command.spawn().unwrap() }.listening().await
    }

    fn log_to(&self, command: &mut Command, name: &str) {
        let log = File::create(self.output.join(name)).unwrap();
        command.stderr(log.try_clone().unwrap()).stdout(log);
    }
}

impl Process {
    /// A Redis without persistence.
    pub async fn redis(folder: &Path) -> Self {
        let port = free_port();
        let child = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--dir", folder.to_str().unwrap()])
            .args(["--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("redis-server is needed (scripts/bench installs it): {error}"));
        Self { port, child }.listening().await
    }

    /// Another process of this program, which listens on the port that is among its arguments.
    pub async fn of_this_program(port: u16, arguments: &[&str]) -> Self {
        let child = Command::new(std::env::current_exe().unwrap()).args(arguments).spawn().unwrap();
        Self { port, child }.listening().await
    }

    async fn listening(self) -> Self {
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            assert!(started.elapsed() < Duration::from_secs(20), "nothing listens on port {}", self.port);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self
    }

    /// Processor time of all its threads, in user and kernel mode.
    pub fn cpu(&self) -> Duration {
        let [user, system, ..] = times(&self.child.id().to_string());
        ticks(user + system)
    }

    /// Resident memory, in bytes.
    pub fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Processor time of all children of this process that have ended.
pub fn cpu_of_ended_children() -> Duration {
    let [_, _, user, system] = times("self");
    ticks(user + system)
}

/// A port that nothing listens on now.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// The times of a process in user and kernel mode: its own, and those of its children that have ended.
fn times(process: &str) -> [u64; 4] {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // The fields after the name, which may have blanks in it.
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    [11, 12, 13, 14].map(|field| fields[field].parse().unwrap())
}

fn ticks(ticks: u64) -> Duration {
    Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND)
}

async fn is_ready(port: u16) -> bool {
    let status = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
        let mut head = [0; 12];
        stream.read_exact(&mut head).await?;
        Ok::<_, std::io::Error>(head)
    };
    status.await.is_ok_and(|head| head.ends_with(b"200"))
}
