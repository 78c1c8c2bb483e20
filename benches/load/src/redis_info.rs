//! What a Redis says of itself (`INFO`).

use tokio::process::Command;

use crate::process::Process;

#[derive(Clone, Copy)]
pub struct RedisInfo {
    /// In bytes.
    pub memory: f64,
    /// Processed since its start.
    pub commands: f64,
    /// Processor time, in seconds.
    pub cpu: f64,
}

impl RedisInfo {
    pub async fn of(redis: &Process) -> Self {
        let output = Command::new("redis-cli").args(["-p", &redis.port.to_string(), "INFO"]).output().await.unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let number = |name: &str| -> f64 {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.unwrap().trim().parse().unwrap()
        };
        Self {
            memory: number("used_memory"),
            commands: number("total_commands_processed"),
            cpu: number("used_cpu_user") + number("used_cpu_sys"),
        }
    }
}
