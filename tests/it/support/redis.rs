//! Real Redis servers, each in a folder of its own, that end with the test.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use crate::support::{
    app::wait_until,
    authority::{Authority, Certificate},
};

const REMEDY: &str = "redis-server and redis-cli are needed: scripts/bootstrap installs them";

/// Ends the server at the end of its input, which comes when the test drops it and also when the test is killed.
pub const WATCHED: &str = r#""$@" & server=$!; read -r _; kill $server; wait $server"#;

/// One or more processes that make up one Redis.
pub struct Redis {
    folder: PathBuf,
    port: u16,
    url: String,
    /// The arguments of each process, and the process while it runs.
    servers: Mutex<Vec<(Vec<String>, Child)>>,
}

impl Redis {
    /// One node.
    pub async fn start() -> Self {
        let port = free_port();
        let redis = Self::new(port, format!("redis://127.0.0.1:{port}"));
        redis.run(&["--port", &port.to_string()]);
        redis.wait_until_ready(port).await;
        redis
    }

    /// One node with TLS, a certificate for `localhost` by this authority, and a password.
    pub async fn start_with_tls(authority: &Authority) -> Self {
        Self::start_with_certificate(&authority.issue(&["localhost"])).await
    }

    /// One node with this certificate, and a password.
    pub async fn start_with_certificate(certificate: &Certificate) -> Self {
        let port = free_port();
        let redis = Self::new(port, format!("rediss://default:s%40cret@localhost:{port}"));
        let (port_text, (certificate, key)) = (port.to_string(), certificate.paths());
        redis.run(&[
            "--port",
            "0",
            "--tls-port",
            &port_text,
            "--tls-cert-file",
            &certificate,
            "--tls-key-file",
            &key,
            "--tls-ca-cert-file",
            &certificate,
            "--tls-auth-clients",
            "no",
            "--requirepass",
            "s@cret",
        ]);
        wait_until("Redis listens", async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()).await;
        redis
    }

    /// A master, and a sentinel that knows its address.
    pub async fn start_with_sentinel() -> Self {
        let (port, sentinel) = (free_port(), free_port());
        let redis = Self::new(port, format!("redis+sentinel://127.0.0.1:{sentinel}/the-master"));
        redis.run(&["--port", &port.to_string()]);
        redis.wait_until_ready(port).await;
        let file = redis.folder.join("sentinel.conf");
        std::fs::write(&file, format!("sentinel monitor the-master 127.0.0.1 {port} 1\n")).unwrap();
        redis.run(&[&file.display().to_string(), "--sentinel", "--port", &sentinel.to_string()]);
        redis.wait_until_ready(sentinel).await;
        redis
    }

    /// A cluster of two nodes, so that names lie on different ones.
    pub async fn start_cluster() -> Self {
        let ports = [free_port(), free_port()];
        let redis = Self::new(ports[0], format!("redis+cluster://127.0.0.1:{},127.0.0.1:{}", ports[0], ports[1]));
        for (port, slots) in ports.into_iter().zip([("0", "8191"), ("8192", "16383")]) {
            let nodes = redis.folder.join(format!("nodes-{port}.conf")).display().to_string();
            let (port_text, bus) = (port.to_string(), free_port().to_string());
            redis.run(&[
                "--port",
                &port_text,
                "--cluster-enabled",
                "yes",
                "--cluster-config-file",
                &nodes,
                "--cluster-port",
                &bus,
            ]);
            redis.wait_until_ready(port).await;
            redis.cli(port, &["CLUSTER", "ADDSLOTSRANGE", slots.0, slots.1]).await;
            if port != ports[0] {
                let bus_of_first = redis.cli(ports[0], &["CONFIG", "GET", "cluster-port"]).await;
                let bus_of_first = bus_of_first.lines().last().unwrap().to_owned();
                redis.cli(port, &["CLUSTER", "MEET", "127.0.0.1", &ports[0].to_string(), &bus_of_first]).await;
            }
        }
        for port in ports {
            wait_until("the cluster is whole", async || {
                redis.cli(port, &["CLUSTER", "INFO"]).await.contains("cluster_state:ok")
            })
            .await;
        }
        redis
    }

    pub fn url(&self) -> String {
        self.url.clone()
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// All keys.
    pub async fn keys(&self) -> Vec<String> {
        self.cli(self.port, &["KEYS", "*"]).await.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }

    /// Sends a command to the first node.
    pub async fn command(&self, command: &[&str]) -> String {
        self.cli(self.port, command).await
    }

    pub async fn configure(&self, directive: &str, value: &str) {
        assert_eq!(self.command(&["CONFIG", "SET", directive, value]).await.trim(), "OK", "{directive}");
    }

    /// Keeps the data over a restart.
    pub async fn keep_on_disk(&self) {
        self.cli(self.port, &["CONFIG", "SET", "save", "3600 1"]).await;
    }

    /// An uncompressed dump of all data.
    pub async fn dump(&self) -> Vec<u8> {
        let file = self.folder.join("dump.rdb");
        self.cli(self.port, &["CONFIG", "SET", "rdbcompression", "no"]).await;
        self.cli(self.port, &["SAVE"]).await;
        std::fs::read(file).unwrap()
    }

    pub async fn stop(&self) {
        for (_, server) in self.servers.lock().unwrap().iter_mut() {
            end(server);
        }
        wait_until("Redis is gone", async || tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_err())
            .await;
    }

    /// At the same address.
    pub async fn restart(&self) {
        for (arguments, server) in self.servers.lock().unwrap().iter_mut() {
            *server = spawn(arguments);
        }
        self.wait_until_ready(self.port).await;
    }

    pub async fn cli(&self, port: u16, command: &[&str]) -> String {
        let output =
            tokio::process::Command::new("redis-cli").arg("-p").arg(port.to_string()).args(command).output().await;
        let output = output.unwrap_or_else(|error| panic!("{error}: {REMEDY}"));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn new(port: u16, url: String) -> Self {
        static FOLDERS: AtomicU32 = AtomicU32::new(0);
        let n = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("oracle-ai-redis-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self { folder, port, url, servers: Mutex::default() }
    }

    fn run(&self, arguments: &[&str]) {
        let folder = self.folder.display().to_string();
        let common = ["--dir", &folder, "--save", "", "--appendonly", "no", "--bind", "127.0.0.1"];
        let arguments: Vec<String> = arguments.iter().chain(&common).map(|argument| (*argument).to_owned()).collect();
        let server = spawn(&arguments);
        self.servers.lock().unwrap().push((arguments, server));
    }

    async fn wait_until_ready(&self, port: u16) {
        wait_until("Redis answers", async || self.cli(port, &["PING"]).await.trim() == "PONG").await;
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        for (_, server) in self.servers.lock().unwrap().iter_mut() {
            end(server);
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A port that nothing listens on, and that no other test gets. It is below those that operating systems give to callers and
/// to programs that ask for any port, so nobody takes it before the server that it is for. Another process that runs tests begins
/// elsewhere.
pub fn free_port() -> u16 {
    const FIRST: u32 = 12_000;
    const LAST: u32 = 31_999;
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let ports = LAST - FIRST + 1;
    let start = std::process::id().wrapping_mul(331) % ports;
    let is_free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    std::iter::repeat_with(|| FIRST + (start + TAKEN.fetch_add(1, Ordering::Relaxed)) % ports)
        .take(ports as usize)
        .map(|port| u16::try_from(port).unwrap())
        .find(is_free)
        .unwrap()
}

fn spawn(arguments: &[String]) -> Child {
    Command::new("sh")
        .args(["-c", WATCHED, "sh", "redis-server"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{error}: {REMEDY}"))
}

fn end(server: &mut Child) {
    drop(server.stdin.take());
    server.wait().unwrap();
}
