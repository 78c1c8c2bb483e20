//! Two servers that share Redis and PostgreSQL, each with a way to Redis of its own that can be cut.

use axum::http::{Method, header};
use base64::{Engine, prelude::BASE64_STANDARD};
use futures_util::StreamExt;
use oracle_ai::server::{
    auth::sessions::Storage,
    store::{KeyRing, RedisAddress},
};

use crate::support::{
    app::TestApp, browser::Browser, chat_client::message, lossy_proxy::LossyProxy, postgres, provider::MockProvider,
    redis::Redis, server_process::ServerProcess,
};

const KEY: [u8; 32] = [44; 32];

pub struct Replicas {
    pub redis: Redis,
    /// The name of the database in PostgreSQL.
    pub database: String,
    pub provider: MockProvider,
    pub servers: [ServerProcess; 2],
    /// The way of each server to Redis.
    pub ways: [LossyProxy; 2],
}

impl Replicas {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With these variables besides.
    pub async fn start_with(variables: &[(&str, &str)]) -> Self {
        let (redis, database, provider) =
            (Redis::start().await, postgres::new_database().await, MockProvider::shared());
        let ways = [LossyProxy::before(&redis.url()).await, LossyProxy::before(&redis.url()).await];
        let (keys, url) = (BASE64_STANDARD.encode(KEY), postgres::address(&database));
        let start = async |way: &LossyProxy| {
            let redis = way.url();
            let own = [("REDIS_URL", &*redis), ("SESSION_KEYS", &*keys), ("DATABASE_URL", &*url)];
            ServerProcess::start(&provider.issuer, &[&own, variables].concat()).await
        };
        let (first, second) = tokio::join!(start(&ways[0]), start(&ways[1]));
        Self { redis, database, provider: provider.clone(), servers: [first, second], ways }
    }

    /// The application at this port, which may be that of a proxy.
    pub fn app(&self, port: u16) -> TestApp {
        let address = RedisAddress::parse(&self.redis.url()).unwrap();
        let storage = Storage::in_redis(&address, KeyRing::new(KEY, [])).unwrap();
        TestApp::remote(port, self.provider.settings(), storage)
    }

    pub fn ports(&self) -> [u16; 2] {
        [self.servers[0].port, self.servers[1].port]
    }

    /// Signs in through a proxy, which has both servers behind it, and reads an answer through it: neither held back nor
    /// compressed. `chat` is the URL of `POST /api/chat` there.
    pub async fn sign_in_and_read_an_answer_through(&self, port: u16, chat: String) {
        let browser = Browser::at(self.app(port), self.provider.clone());
        let session = browser.sign_in().await.session;
        for port in self.ports() {
            browser.with_app(self.app(port)).refresh(&session).await.assert_ok();
        }
        let refreshed = browser.refresh(&session).await;
        refreshed.assert_ok();
        let token = refreshed.json()["access_token"].as_str().unwrap().to_owned();

        let request = browser.request(Method::POST, "/api/chat", Some(&token));
        let (head, ()) = request.header(header::CONTENT_TYPE, "application/json").body(()).unwrap().into_parts();
        let answer = reqwest::Client::new()
            .post(chat)
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
}
