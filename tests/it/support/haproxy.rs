//! HAProxy in front of two servers, set up by the very file that operators are given. Addresses, the log and what needs root
//! are other than there, and it also listens without TLS, as the tests' provider does without.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use crate::support::{
    app::wait_until,
    authority::Authority,
    redis::{WATCHED, free_port},
};

pub const EXAMPLE: &str = include_str!("../../../deploy/haproxy.cfg");

/// The name in the certificate of the example.
const HOST: &str = "chat.example.com";

/// A running HAProxy; it ends with the test.
pub struct HaProxy {
    /// Without TLS.
    pub port: u16,
    /// HTTP/2 without TLS, with prior knowledge.
    pub http2_port: u16,
    pub tls_port: u16,
    /// Of its certificate.
    pub authority: Authority,
    folder: PathBuf,
    process: Child,
}

impl HaProxy {
    /// In front of the servers at these ports.
    pub async fn start(servers: [u16; 2]) -> Self {
        static FOLDERS: AtomicU32 = AtomicU32::new(0);
        let n = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("oracle-ai-haproxy-{}-{n}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let authority = Authority::new();
        let certificate = authority.issue(&[HOST]);
        let pem = [fs::read(&certificate.file).unwrap(), fs::read(&certificate.key_file).unwrap()].concat();
        fs::write(folder.join("certificate.pem"), pem).unwrap();
        let ports = [free_port(), free_port(), free_port()];
        let file = folder.join("haproxy.cfg");
        fs::write(&file, example(ports, servers, &folder)).unwrap();
        check(&file);
        let log = File::create(folder.join("log")).unwrap();
        let process = haproxy(&["sh", "-c", WATCHED, "sh", "haproxy", "-f"])
            .arg(&file)
            .stdin(Stdio::piped())
            .stderr(log.try_clone().unwrap())
            .stdout(log)
            .spawn()
            .unwrap();
        let [port, http2_port, tls_port] = ports;
        let haproxy = Self { port, http2_port, tls_port, authority, folder, process };
        wait_until("HAProxy answers", async || reqwest::get(haproxy.url("/readyz")).await.is_ok()).await;
        haproxy
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Of requests, and of servers that are up or down.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap()
    }

    /// Waits until it has found a server to be `UP` or `DOWN` this often since the start.
    pub async fn wait_until_server(&self, server: &str, state: &str, times: usize) {
        // It writes it twice, to the log and to its standard error.
        let line = format!("\nServer oracle_ai/{server} is {state}");
        wait_until(&format!("{server} is {state}"), async || self.log().matches(&line).count() >= times).await;
    }
}

impl Drop for HaProxy {
    fn drop(&mut self) {
        // The end of its input ends it.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn example([port, http2_port, tls_port]: [u16; 3], servers: [u16; 2], folder: &Path) -> String {
    let certificate = folder.join("certificate.pem").display().to_string();
    let mut file = EXAMPLE.to_owned();
    for (there, here) in [
        ("10.0.0.11:8080", format!("127.0.0.1:{}", servers[0])),
        ("10.0.0.12:8080", format!("127.0.0.1:{}", servers[1])),
        ("/dev/log", "stdout format raw".to_owned()),
        ("    user haproxy\n    group haproxy\n", String::new()),
        ("maxconn 20000", "maxconn 200".to_owned()),
        ("/etc/haproxy/chat.example.com.pem", certificate),
        (
            "    bind :443",
            format!(
                "    bind 127.0.0.1:{port}\n    bind 127.0.0.1:{http2_port} proto h2\n    bind 127.0.0.1:{tls_port}"
            ),
        ),
    ] {
        assert_eq!(file.matches(there).count(), 1, "the example has {there} once");
        file = file.replace(there, &here);
    }
    file
}

/// It accepts the file, and warns of nothing.
fn check(file: &Path) {
    let output = haproxy(&["haproxy", "-c", "-f"]).arg(file).output();
    let output = output.unwrap_or_else(|error| panic!("{error}: scripts/bootstrap --rust-tests installs HAProxy"));
    let written = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && !written.contains("WARNING"), "{written}");
}

fn haproxy(command: &[&str]) -> Command {
    let mut process = Command::new(command[0]);
    process.args(&command[1..]).env("PATH", format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default()));
    process
}
