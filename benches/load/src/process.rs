//! Processes that are measured: what they take, as the kernel counts it.

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
    FRONT_URL,
    provider::{CLIENT_ID, CLIENT_SECRET},
};

/// Of `/proc/<pid>/stat`, on every Linux.
const TICKS_PER_SECOND: u64 = 100;

/// Kept from one start to the next.
const SESSION_KEYS: &str = "b25seSBmb3IgdGhlIGJlbmNoLCAzMiBieXRlcyAgICA=";

/// One person here does the work of thousands.
const UNLIMITED: [&str; 6] = [
    "RATE_LIMIT_PER_ADDRESS",
    "RATE_LIMIT_PER_BROWSER",
    "RATE_LIMIT_PER_PERSON",
    "SESSIONS_PER_PERSON",
    "STREAMS_PER_PERSON",
    "STORAGE_PER_PERSON",
];

/// It ends with this value.
pub struct Process {
    pub port: u16,
    child: Child,
}

/// How servers are started.
pub struct Servers {
    pub program: PathBuf,
    /// For their logs and databases.
    pub folder: PathBuf,
    pub issuer: String,
    pub upstream: String,
}

impl Servers {
    /// Starts one that keeps sessions in memory or in this Redis, and tells how long it took until it was ready.
    pub async fn start(&self, redis: Option<&Process>) -> (Process, Duration) {
        let port = free_port();
        let log = File::create(self.folder.join(format!("server-{port}.log"))).unwrap();
        let mut command = Command::new(&self.program);
        command
            .current_dir(&self.folder)
            .envs([("PORT", &*port.to_string()), ("FRONT_URL", FRONT_URL), ("OIDC_ISSUER", &*self.issuer)])
            .envs([("CLIENT_ID", CLIENT_ID), ("CLIENT_SECRET", CLIENT_SECRET)])
            .envs([("CHAT_BASE_URL", &*self.upstream), ("CHAT_MODEL", "bench")])
            .env("DATABASE_URL", format!("sqlite://server-{port}.db?mode=rwc"))
            .envs(UNLIMITED.map(|variable| (variable, "0")))
            .env_remove("DIOXUS_DEVSERVER_PORT");
        if let Some(redis) = redis {
            command.env("REDIS_URL", format!("redis://127.0.0.1:{}", redis.port)).env("SESSION_KEYS", SESSION_KEYS);
        }
        let started = Instant::now();
        let child = command.stderr(log.try_clone().unwrap()).stdout(log).spawn().unwrap();
        let process = Process { port, child };
        while !is_ready(port).await {
            assert!(started.elapsed() < Duration::from_secs(20), "the server does not start: see its log");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        (process, started.elapsed())
    }
}

impl Process {
    /// A Redis that keeps nothing on disk.
    pub async fn redis(folder: &Path) -> Self {
        let port = free_port();
        let child = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--dir", folder.to_str().unwrap()])
            .args(["--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("redis-server is needed (scripts/bench installs it): {error}"));
        let process = Self { port, child };
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        process
    }

    /// One more of this program, which listens on the port that comes with its arguments.
    pub async fn of_ours(port: u16, arguments: &[&str]) -> Self {
        let child = Command::new(std::env::current_exe().unwrap()).args(arguments).spawn().unwrap();
        let process = Self { port, child };
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        process
    }

    /// All its threads' time, in user and kernel mode.
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

/// Of all children of this process that have ended.
pub fn cpu_of_ended_children() -> Duration {
    let [_, _, user, system] = times("self");
    ticks(user + system)
}

/// A port nobody listens on now.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// The first four times of a process: its own in user and kernel mode, and those of children that have ended.
fn times(process: &str) -> [u64; 4] {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // After the name, which may have blanks in it.
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    [11, 12, 13, 14].map(|field| fields[field].parse().unwrap())
}

fn ticks(ticks: u64) -> Duration {
    Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND)
}

async fn is_ready(port: u16) -> bool {
    let asked = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
        let mut head = [0; 12];
        stream.read_exact(&mut head).await?;
        Ok::<_, std::io::Error>(head)
    };
    asked.await.is_ok_and(|head| head.ends_with(b"200"))
}
