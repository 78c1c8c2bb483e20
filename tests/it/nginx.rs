//! nginx in front of two servers, set up by the very file that operators are given; only addresses, and TLS, which the
//! tests' provider does without, are other than there.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, header},
};
use oracle_ai::{
    server::{http::connections::MAX_HEAD_BYTES, store::MemoryStore},
    wire::auth::AccessToken,
};

use crate::support::{
    app::{self, TestApp, wait_until},
    browser::Browser,
    provider::{MockProvider, settings},
    redis::{WATCHED, free_port},
    replicas::Replicas,
    scripted_provider::{Script, ScriptedProvider},
    server_process::ServerProcess,
};

const EXAMPLE: &str = include_str!("../../deploy/nginx.conf");

/// A running nginx; it ends with the test.
struct Nginx {
    port: u16,
    /// HTTP/2 without TLS, with prior knowledge.
    http2_port: u16,
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
        let [port, http2_port] = [free_port(), free_port()];
        fs::write(folder.join("oracle-ai.conf"), example([port, http2_port], servers, &folder)).unwrap();
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
        let nginx = Self { port, http2_port, folder, process };
        // It hides the state of the servers.
        for path in ["/livez", "/readyz", "/readyz?x"] {
            let url = nginx.url(path);
            wait_until("nginx answers: scripts/bootstrap installs it", async || {
                reqwest::get(&url).await.is_ok_and(|answer| answer.status() == 404)
            })
            .await;
        }
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

fn example([port, http2_port]: [u16; 2], servers: [u16; 2], folder: &std::path::Path) -> String {
    let mut conf = EXAMPLE.to_owned();
    for (there, here) in [
        ("10.0.0.11:8080", format!("127.0.0.1:{}", servers[0])),
        ("10.0.0.12:8080", format!("127.0.0.1:{}", servers[1])),
        ("listen 443 ssl http2", format!("listen 127.0.0.1:{port}; listen 127.0.0.1:{http2_port} http2")),
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
    let replicas = Replicas::start().await;
    let nginx = Nginx::start(replicas.ports()).await;
    replicas.sign_in_and_read_an_answer_through(nginx.port, nginx.url("/api/chat")).await;
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

/// The number and the size of the buffers for large headers.
fn header_buffers() -> [usize; 2] {
    let line = EXAMPLE.lines().find(|line| line.trim_start().starts_with("large_client_header_buffers ")).unwrap();
    let mut values = line.trim().trim_end_matches(';').split(' ').skip(1);
    let number = values.next().unwrap().parse().unwrap();
    let size: usize = values.next().unwrap().trim_end_matches('k').parse().unwrap();
    [number, size * 1024]
}

#[test]
fn the_limits_of_nginx_and_of_the_server_fit_the_longest_access_token() {
    let [number, size] = header_buffers();
    // One header is in one buffer, with its name and the scheme.
    assert!("Authorization: DPoP \r\n".len() + AccessToken::MAX_LENGTH <= size);
    assert_eq!(number * size, MAX_HEAD_BYTES);
}

#[tokio::test(flavor = "multi_thread")]
async fn access_tokens_of_1_to_64_kb_are_used_through_nginx_or_refused_where_they_are_issued() {
    // Above 8 KB, nginx refused the calls with a page of its own; above 16 KB, we refused what we had issued.
    let mut provider = ScriptedProvider::start().await;
    let server = ServerProcess::start(&provider.issuer, &[]).await;
    let nginx = Nginx::start([server.port, server.port]).await;
    let storage = app::storage(Arc::new(MemoryStore::new()));
    let settings = settings(&provider.issuer);
    provider.browser = Browser::at(TestApp::remote(nginx.port, settings, storage), MockProvider::shared());
    let of_length =
        |length: usize| move |script: &mut Script| script.members["access_token"] = "a".repeat(length).into();

    for length in [1, 2, 4, 7, 8, 9, 12, 15, 16].map(|kb| kb * 1024) {
        let answer = provider.login(of_length(length)).await;
        answer.assert_ok();
        let signed_in = answer.json();
        let token = signed_in["access_token"].as_str().unwrap();
        assert_eq!(token.len(), length);
        assert!(provider.browser.is_accepted(token).await, "{length}");
        let refreshed = provider.refresh(signed_in["session"].as_str().unwrap(), |script| {
            script.members["access_token"] = "b".repeat(length).into();
        });
        let refreshed = refreshed.await.json();
        assert!(provider.browser.is_accepted(refreshed["access_token"].as_str().unwrap()).await, "{length}");
    }
    let session = provider.login(|_| {}).await.json()["session"].as_str().unwrap().to_owned();
    for length in [16 * 1024 + 1, 20 * 1024, 32 * 1024, 64 * 1024] {
        let refreshed = provider.refresh(&session, of_length(length)).await;
        refreshed.assert_refused(502, "access_token_too_long");
    }
    // The session is left as it was, for when the provider issues shorter ones.
    provider.refresh(&session, |_| {}).await.assert_ok();
    for length in [16 * 1024 + 1, 20 * 1024, 32 * 1024, 64 * 1024] {
        provider.login(of_length(length)).await.assert_refused(502, "access_token_too_long");
    }
    // With its length, for the administrator.
    let log = server.log();
    assert!(log.contains("login.failed") && log.contains("the provider's access token has 65536 bytes"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_access_token_that_was_not_issued_here_is_refused_by_whichever_limit_is_the_first() {
    let server = ServerProcess::start(&MockProvider::shared().issuer, &[]).await;
    let nginx = Nginx::start([server.port, server.port]).await;
    let status_of = async |port: u16, length: usize| {
        let request = reqwest::Client::new().get(format!("http://127.0.0.1:{port}/api/chat"));
        let answer =
            request.header(header::AUTHORIZATION, format!("DPoP {}", "a".repeat(length))).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap().contains("\"request_id\""))
    };
    let [_, buffer] = header_buffers();
    for length in [1024, 8 * 1024, AccessToken::MAX_LENGTH, AccessToken::MAX_LENGTH + 1, buffer - 1024] {
        assert_eq!(status_of(nginx.port, length).await, (401, true), "{length}");
        assert_eq!(status_over_http2(nginx.http2_port, length).await, 401, "{length}");
    }
    assert_eq!(status_of(nginx.port, buffer).await, (400, false), "nginx's own page");
    // Without nginx, the server's own limits follow; that of hyper is tested in `connections`.
    assert_eq!(status_of(server.port, 64 * 1024).await, (401, true));
}

/// `GET /api/chat` with a made-up access token. `reqwest` is built without HTTP/2.
async fn status_over_http2(port: u16, token_length: usize) -> u16 {
    let output = tokio::process::Command::new("curl")
        .args([
            "--silent",
            "--http2-prior-knowledge",
            "--output",
            "/dev/null",
            "--write-out",
            "%{http_version} %{http_code}",
        ])
        .args(["--header", &format!("Authorization: DPoP {}", "a".repeat(token_length))])
        .arg(format!("http://127.0.0.1:{port}/api/chat"))
        .output()
        .await
        .unwrap();
    let written = String::from_utf8(output.stdout).unwrap();
    written.strip_prefix("2 ").unwrap_or_else(|| panic!("not over HTTP/2: {written}")).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_with_the_longest_code_and_its_percent_encoding_passes_nginx() {
    let server = ServerProcess::start(&MockProvider::shared().issuer, &[]).await;
    let nginx = Nginx::start([server.port, server.port]).await;
    let status_of = async |code: String| {
        let url = nginx.url(&format!("/auth/callback?code={code}&state=s&session_state={}", "x".repeat(200)));
        reqwest::get(url).await.unwrap().status().as_u16()
    };
    let shortest = status_of("a".into()).await;
    assert!(![400, 414, 502].contains(&shortest), "{shortest}");
    assert_eq!(status_of("%2B".repeat(4096)).await, shortest);
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
