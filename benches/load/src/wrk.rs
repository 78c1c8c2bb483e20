//! The load generator: Debian's wrk, with requests that are made, and signed, before it starts.

use std::{fs, path::Path, time::Duration};

use serde::Deserialize;
use tokio::process::Command;

use crate::process;

const CONNECTIONS: u32 = 32;

/// Whole requests, as they are sent over the connection.
pub struct Requests {
    pub raw: Vec<String>,
    /// Whether they may be sent more than once. Otherwise the load ends after the last one.
    pub again: bool,
}

/// The results of one run.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub per_second: f64,
    pub p50: Duration,
    pub p99: Duration,
    pub requests: u64,
    /// wrk's own processor time for each request: it sends no faster than one core allows.
    pub own_cpu: Duration,
}

/// The line that `wrk.lua` prints at the end.
#[derive(Deserialize)]
struct Summary {
    requests: u64,
    microseconds: u64,
    failed: u64,
    p50: u64,
    p99: u64,
}

impl Requests {
    /// The same one, again and again.
    pub fn same(raw: String) -> Self {
        Self { raw: vec![raw], again: true }
    }

    /// The same requests, with this before their paths.
    pub fn below(self, prefix: &str) -> Self {
        Self { raw: self.raw.iter().map(|raw| raw.replacen(" /", &format!(" {prefix}/"), 1)).collect(), ..self }
    }

    /// The same requests, to another path.
    pub fn to(self, path: &str) -> Self {
        let moved = |raw: &String| {
            let mut parts = raw.splitn(3, ' ');
            let (method, _, rest) = (parts.next().unwrap(), parts.next(), parts.next().unwrap());
            format!("{method} {path} {rest}")
        };
        Self { raw: self.raw.iter().map(moved).collect(), ..self }
    }

    /// Sends them to this port, for `time` at most. None may fail.
    pub async fn send(&self, port: u16, time: Duration, folder: &Path) -> Load {
        let (script, file) = (folder.join("wrk.lua"), folder.join("requests"));
        fs::write(&script, include_str!("wrk.lua")).unwrap();
        let raw: Vec<String> = self.raw.iter().map(|request| format!("{}\n{request}", request.len())).collect();
        fs::write(&file, raw.concat()).unwrap();
        let before = process::cpu_of_ended_children();
        let output = Command::new("wrk")
            .args(["--threads", "1", "--connections", &CONNECTIONS.to_string(), "--timeout", "10"])
            .args(["--duration", &time.as_secs().max(1).to_string(), "--script", script.to_str().unwrap()])
            .args([&format!("http://127.0.0.1:{port}/"), "--", file.to_str().unwrap()])
            .args(self.again.then_some("again"))
            .output()
            .await
            .unwrap_or_else(|error| panic!("wrk is needed (scripts/bench installs it): {error}"));
        let cpu = process::cpu_of_ended_children() - before;
        let text = String::from_utf8_lossy(&output.stdout);
        let summary = text.lines().rev().find(|line| line.starts_with('{'));
        let summary: Summary = serde_json::from_str(summary.unwrap_or_else(|| panic!("wrk printed: {text}"))).unwrap();
        let (requests, failed) = (summary.requests, summary.failed);
        assert_eq!(failed, 0, "{failed} of {requests} requests failed: {}", self.raw[0]);
        Load {
            per_second: requests as f64 / (summary.microseconds as f64 / 1e6),
            p50: Duration::from_micros(summary.p50),
            p99: Duration::from_micros(summary.p99),
            requests,
            own_cpu: cpu.div_f64(requests as f64),
        }
    }
}

/// A request without a body, on a connection that stays open.
pub fn get(path: &str, headers: &[(&str, &str)]) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost:8080\r\n{}\r\n", lines(headers))
}

/// A request with JSON.
pub fn post(path: &str, headers: &[(&str, &str)], json: &str) -> String {
    let length = json.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost:8080\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n{}\r\n{json}",
        lines(headers)
    )
}

fn lines(headers: &[(&str, &str)]) -> String {
    headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect()
}
