//! nginx in front of two servers, set up by the very file that operators are given; only addresses, and TLS, which the
//! tests' provider does without, are other than there.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, header},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use futures_util::StreamExt;
use oracle_ai::server::{
    auth::sessions::Storage,
    store::{KeyRing, RedisAddress},
};

use crate::support::{
    app::{TestApp, wait_until},
    browser::Browser,
    chat_client::message,
    provider::MockProvider,
    redis::{Redis, WATCHED, free_port},
    server_process::ServerProcess,
};

const EXAMPLE: &str = include_str!("../../deploy/nginx.conf");
const KEY: [u8; 32] = [43; 32];

/// A running nginx; it ends with the test.
struct Nginx {
    port: u16,
    folder: PathBuf,
    process: Child,
}

impl Nginx {
    /// In front of the servers at these ports.
    async fn start(servers: [u16; 2]) -> Self {
        static FOLDERS: AtomicU32 = AtomicU32::new(0);
        let n = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("oracle-ai-nginx-{}-{n}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let port = free_port();
        fs::write(folder.join("oracle-ai.conf"), example(port, servers, &folder)).unwrap();
        fs::write(folder.join("nginx.conf"), frame(&folder)).unwrap();
        let process = Command::new("sh")
            .args(["-c", WATCHED, "sh", "nginx", "-p"])
            .arg(&folder)
            .args(["-e", "error.log", "-c"])
            .arg(folder.join("nginx.conf"))
            .env("PATH", format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default()))
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let nginx = Self { port, folder, process };
        let url = nginx.url("/livez");
        wait_until("nginx answers: scripts/bootstrap installs it", async || {
            reqwest::get(&url).await.is_ok_and(|answer| answer.status() == 200)
        })
        .await;
        nginx
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    fn access_log(&self) -> String {
        self.log("access.log")
    }

    fn log(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).unwrap()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // The end of its input ends it.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn example(port: u16, servers: [u16; 2], folder: &std::path::Path) -> String {
    let mut conf = EXAMPLE.to_owned();
    for (there, here) in [
        ("10.0.0.11:8080", format!("127.0.0.1:{}", servers[0])),
        ("10.0.0.12:8080", format!("127.0.0.1:{}", servers[1])),
        ("listen 443 ssl http2", format!("listen 127.0.0.1:{port}")),
        ("/var/log/nginx/oracle-ai.log", folder.join("access.log").display().to_string()),
    ] {
        assert!(conf.contains(there), "the example has no {there}");
        conf = conf.replace(there, &here);
    }
    conf.lines().filter(|line| !line.trim_start().starts_with("ssl_")).collect::<Vec<_>>().join("\n")
}

/// What Debian puts around it, without what needs root.
fn frame(folder: &std::path::Path) -> String {
    let folder = folder.display();
    format!(
        "daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
         events {{ worker_connections 512; }}
         http {{
             client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
             uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
             gzip on; gzip_types *;
             include {folder}/oracle-ai.conf;
         }}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn nginx_balances_the_servers_and_does_not_buffer_answers() {
    // T08, T46
    let (redis, provider) = (Redis::start().await, MockProvider::shared());
    let (url, keys) = (redis.url(), BASE64_STANDARD.encode(KEY));
    let variables = [("REDIS_URL", &*url), ("SESSION_KEYS", &*keys)];
    let (first, second) = tokio::join!(
        ServerProcess::start(&provider.issuer, &variables),
        ServerProcess::start(&provider.issuer, &variables),
    );
    let nginx = Nginx::start([first.port, second.port]).await;
    let storage = || Storage::in_redis(&RedisAddress::parse(&url).unwrap(), KeyRing::new(KEY, [])).unwrap();
    let browser = Browser::at(TestApp::remote(nginx.port, provider.settings(), storage()), provider.clone());

    let session = browser.sign_in().await.session;
    for server in [&first, &second] {
        let at_one = Browser { app: TestApp::remote(server.port, provider.settings(), storage()), ..browser.clone() };
        at_one.refresh(&session).await.assert_ok();
    }
    let refreshed = browser.refresh(&session).await;
    refreshed.assert_ok();
    let token = refreshed.json()["access_token"].as_str().unwrap().to_owned();

    let request = browser.request(Method::POST, "/api/chat", Some(&token));
    let (head, _) = request.header(header::CONTENT_TYPE, "application/json").body(()).unwrap().into_parts();
    let answer = reqwest::Client::new()
        .post(nginx.url("/api/chat"))
        .headers(head.headers)
        .header(header::ACCEPT_ENCODING, "gzip, br")
        .header("x-request-id", "of-my-choice")
        .body(message("/slow").to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert!(!answer.headers().contains_key(header::CONTENT_ENCODING));
    assert!(answer.headers()["x-request-id"] != "of-my-choice", "a caller names requests in the log");
    let mut pieces = answer.bytes_stream();
    let mut read = String::new();
    for _ in 0..10 {
        let piece = String::from_utf8(pieces.next().await.unwrap().unwrap().to_vec()).unwrap();
        // A proxy that buffers lets some kilobytes come together.
        assert!(piece.matches("data:").count() <= 4, "held back: {piece}");
        read += &piece;
    }
    assert!(read.contains("\"delta\"") && !read.contains("\"end\""), "{read}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nginx_forwards_the_client_address_and_does_not_log_queries() {
    // T13
    let echo = Router::new().fallback(async |headers: HeaderMap, _: Request<Body>| {
        let of = |name: &str| format!("{name}: {:?}\n", headers.get_all(name).iter().collect::<Vec<_>>());
        ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded", "host"].map(of).concat()
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, echo).await });
    let nginx = Nginx::start([port, port]).await;
    let answer = reqwest::Client::new()
        .get(nginx.url("/auth/callback?code=canary"))
        .header("x-forwarded-for", "192.0.2.66")
        .header("forwarded", "for=192.0.2.66")
        .header("host", "chat.example.com")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert_eq!(
        answer,
        "x-forwarded-for: [\"127.0.0.1\"]\nx-forwarded-proto: [\"http\"]\n\
         x-forwarded-host: [\"chat.example.com\"]\nforwarded: []\nhost: [\"chat.example.com\"]\n"
    );
    wait_until("the call is logged", async || nginx.access_log().contains("/auth/callback")).await;
    assert!(!nginx.access_log().contains("canary"), "{}", nginx.access_log());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_of_nginx_has_the_authorization_code_of_a_callback_that_no_server_answered() {
    // T101
    let provider = MockProvider::shared();
    let mut server = ServerProcess::start(&provider.issuer, &[]).await;
    let nginx = Nginx::start([server.port, server.port]).await;
    server.kill();
    for path in ["/chat", "/auth/callback?code=SECRET-CODE&state=SECRET-STATE"] {
        assert_eq!(reqwest::get(nginx.url(path)).await.unwrap().status(), 502);
    }
    assert!(nginx.log("error.log").contains("/chat"), "what is no callback is logged");
    for log in [nginx.log("error.log"), nginx.access_log()] {
        assert!(!log.contains("SECRET"), "{log}");
    }
}
