//! The server as a process of its own, as operators run it.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, SystemTime},
};

use axum::http::Method;

use crate::support::{
    app::wait_until,
    dpop::{self, DpopKey},
    provider::{CLIENT_ID, CLIENT_SECRET, FRONT_URL},
    redis::free_port,
};

/// The program of this version.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_oracle-ai");

/// The file in its folder with its stdout and stderr.
const LOG: &str = "log";

/// A running server; it ends with the test.
pub struct ServerProcess {
    pub port: u16,
    folder: PathBuf,
    process: Child,
}

/// How a server ended.
pub struct Exit {
    /// `None` if it was killed.
    pub code: Option<i32>,
    pub log: String,
}

impl ServerProcess {
    /// With these variables besides those of the provider.
    pub async fn start(issuer: &str, variables: &[(&str, &str)]) -> Self {
        Self::start_as(Command::new(PROGRAM), issuer, variables).await
    }

    /// The same by another program, such as an earlier release.
    pub async fn start_program(program: &str, issuer: &str, variables: &[(&str, &str)]) -> Self {
        Self::start_as(Command::new(program), issuer, variables).await
    }

    /// The same with umask 0.
    pub async fn start_with_a_loose_umask(issuer: &str, variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", r#"umask 0; exec "$0""#, PROGRAM]);
        Self::start_as(command, issuer, variables).await
    }

    /// The same with a disk of its own, of eight megabytes, at [`Self::disk`] and, for the server, at `disk`.
    pub async fn start_with_a_small_disk(issuer: &str, variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new("unshare");
        let script = r#"mkdir disk && mount -t tmpfs -o size=8m none disk && exec "$0""#;
        command.args(["--map-root-user", "--mount", "sh", "-c", script, PROGRAM]);
        Self::start_as(command, issuer, variables).await
    }

    async fn start_as(mut command: Command, issuer: &str, variables: &[(&str, &str)]) -> Self {
        static FOLDERS: AtomicU32 = AtomicU32::new(0);
        let n = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("oracle-ai-server-{}-{n}", std::process::id()));
        // A folder of its own, as everything in it is served.
        let public = folder.join("public");
        std::fs::create_dir_all(&public).unwrap();
        std::fs::write(public.join("index.html"), include_str!("../../../index.html")).unwrap();
        let port = free_port();
        let log = File::create(folder.join(LOG)).unwrap();
        let process = command
            .current_dir(&folder)
            .env("DIOXUS_PUBLIC_PATH", &public)
            .envs([("PORT", &*port.to_string()), ("FRONT_URL", FRONT_URL), ("OIDC_ISSUER", issuer)])
            .envs([("CLIENT_ID", CLIENT_ID), ("CLIENT_SECRET", CLIENT_SECRET)])
            // No load balancer has to notice that it stops.
            .env("DRAIN_NOTICE_SECONDS", "0")
            .envs(variables.iter().copied())
            .env_remove("DIOXUS_DEVSERVER_PORT")
            .stderr(log.try_clone().unwrap())
            .stdout(log)
            .spawn()
            .unwrap();
        let server = Self { port, folder, process };
        wait_until("the server answers", async || server.status("/livez").await == Some(200)).await;
        server
    }

    /// The status of an answer, if there is one.
    pub async fn status(&self, path: &str) -> Option<u16> {
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        // Asked again, so that one request that is never answered does not take the whole time.
        let answer = reqwest::Client::new().get(url).timeout(Duration::from_secs(10)).send().await;
        answer.ok().map(|answer| answer.status().as_u16())
    }

    /// The response to `GET /api/authorize`.
    pub async fn begin_login(&self) -> reqwest::Response {
        let key = DpopKey::new();
        let path = format!("/api/authorize?dpop_jkt={}", key.thumbprint());
        let proof = key.sign(&dpop::claims(&Method::GET, &path, SystemTime::now()));
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        reqwest::Client::new().get(url).header("DPoP", proof).send().await.unwrap()
    }

    /// What `/readyz` says, with its status.
    pub async fn readiness(&self) -> (u16, String) {
        let (status, body) = self.readiness_report().await;
        (status, body["status"].as_str().unwrap().to_owned())
    }

    /// The whole body of `/readyz`, with its status.
    pub async fn readiness_report(&self) -> (u16, serde_json::Value) {
        let answer = reqwest::get(format!("http://127.0.0.1:{}/readyz", self.port)).await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// The folder of its small disk. Only the server's own processes see what is mounted there.
    pub fn disk(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{}/disk", self.pid(), self.folder.display()))
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Its working directory.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Sends the signal that process managers stop a server with.
    pub fn terminate(&self) {
        let sent = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// The exit code, once the process has ended; `None` if it was killed.
    pub async fn exit_code(self) -> Option<i32> {
        self.exit().await.code
    }

    /// Waits until the process has ended.
    pub async fn exit(mut self) -> Exit {
        let process = Mutex::new(&mut self.process);
        wait_until("the server has ended", async || process.lock().unwrap().try_wait().unwrap().is_some()).await;
        Exit { code: self.process.wait().unwrap().code(), log: self.log() }
    }

    /// The log so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join(LOG)).unwrap()
    }

    /// Ends it at once with SIGKILL.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
