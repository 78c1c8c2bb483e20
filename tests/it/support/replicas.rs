//! Two servers that share Redis and PostgreSQL, each with a way to Redis of its own that can be cut.

use base64::{Engine, prelude::BASE64_STANDARD};
use oracle_ai::server::{
    auth::sessions::Storage,
    store::{KeyRing, RedisAddress},
};

use crate::support::{
    app::TestApp, lossy_proxy::LossyProxy, postgres, provider::MockProvider, redis::Redis,
    server_process::ServerProcess,
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
}
