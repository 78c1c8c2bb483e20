//! The connection to Redis, shared by all calls. It is made when first needed, and again when it is broken.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use redis::{
    AsyncConnectionConfig, Cmd, ErrorKind, FromRedisValue, RedisError, ScriptInvocation, aio::MultiplexedConnection,
    cluster_async::ClusterConnection,
};
use tokio::sync::Mutex;

use super::{
    address::{ANSWER_TIMEOUT, CONNECT_TIMEOUT, RedisClient},
    in_log,
};
use crate::server::tls;

/// For this long after a failed connection attempt, calls fail at once. Then the next call tries again.
const RETRY_AFTER: Duration = Duration::from_millis(500);

pub(super) struct Connection {
    state: Mutex<State>,
    /// Whether Redis has ever responded.
    has_answered: AtomicBool,
    is_cluster: bool,
}

struct State {
    client: RedisClient,
    live: Option<Live>,
    /// The number of connections made.
    generation: u64,
    /// When the last attempt failed, and why.
    failed: Option<(Instant, String)>,
}

/// Cheap to clone: all clones share one socket, or one per node of the cluster.
#[derive(Clone)]
enum Live {
    Node(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Connection {
    pub(super) fn new(client: RedisClient) -> Self {
        let is_cluster = matches!(client, RedisClient::Cluster(_));
        let state = State { client, live: None, generation: 0, failed: None };
        Self { state: Mutex::new(state), has_answered: AtomicBool::new(false), is_cluster }
    }

    pub(super) fn is_cluster(&self) -> bool {
        self.is_cluster
    }

    pub(super) fn has_answered(&self) -> bool {
        self.has_answered.load(Ordering::Relaxed)
    }

    /// Sends an idempotent command. It is sent again if the connection was broken.
    pub(super) async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, RedisError> {
        match self.query_once(command).await {
            Err(error) if error.is_unrecoverable_error() => self.query_once(command).await,
            answer => answer,
        }
    }

    async fn query_once<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, RedisError> {
        let (generation, live) = self.live().await?;
        let answer = match live {
            Live::Node(mut node) => command.query_async(&mut node).await,
            Live::Cluster(mut cluster) => command.query_async(&mut cluster).await,
        };
        self.drop_if_broken(generation, answer).await
    }

    pub(super) async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, RedisError> {
        let (generation, live) = self.live().await?;
        let answer = match live {
            Live::Node(mut node) => script.invoke_async(&mut node).await,
            Live::Cluster(mut cluster) => script.invoke_async(&mut cluster).await,
        };
        self.drop_if_broken(generation, answer).await
    }

    /// Runs an idempotent script. It is run again if the connection was broken.
    pub(super) async fn run_idempotent<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, RedisError> {
        match self.run(script).await {
            Err(error) if error.is_unrecoverable_error() => self.run(script).await,
            answer => answer,
        }
    }

    async fn live(&self) -> Result<(u64, Live), RedisError> {
        let mut state = self.state.lock().await;
        if let Some(live) = &state.live {
            return Ok((state.generation, live.clone()));
        }
        if let Some((at, cause)) = &state.failed
            && at.elapsed() < RETRY_AFTER
        {
            return Err(RedisError::from((ErrorKind::Io, "no connection", cause.clone())));
        }
        match state.client.connect().await {
            Ok(live) => {
                tracing::info!("connected to Redis");
                state.generation += 1;
                state.failed = None;
                state.live = Some(live.clone());
                Ok((state.generation, live))
            }
            Err(error) => {
                let cause = in_log(&error);
                // Each cause is logged once. A TLS failure may follow another cause, such as a lost connection.
                if state.failed.as_ref().is_none_or(|(_, last)| *last != cause) {
                    tracing::error!(error = cause, "no connection to Redis");
                    tls::record_failure("Redis", &error);
                }
                state.failed = Some((Instant::now(), cause));
                Err(error)
            }
        }
    }

    /// Drops a broken connection, unless another caller has made a new one already. Also one to a read-only node: after a
    /// failover, the old master is a replica.
    async fn drop_if_broken<T>(&self, generation: u64, answer: Result<T, RedisError>) -> Result<T, RedisError> {
        if answer.is_ok() {
            self.has_answered.store(true, Ordering::Relaxed);
        }
        if let Err(error) = &answer
            && (error.is_unrecoverable_error() || error.is_timeout() || error.code() == Some("READONLY"))
        {
            let mut state = self.state.lock().await;
            if state.generation == generation && state.live.take().is_some() {
                tracing::warn!(error = in_log(error), "connection to Redis lost");
            }
        }
        answer
    }
}

impl RedisClient {
    async fn connect(&mut self) -> Result<Live, RedisError> {
        let settings = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(ANSWER_TIMEOUT));
        match self {
            Self::Node(client) => client.get_multiplexed_async_connection_with_config(&settings).await.map(Live::Node),
            Self::Sentinel(client) => client.get_async_connection_with_config(&settings).await.map(Live::Node),
            Self::Cluster(client) => client.get_async_connection().await.map(Live::Cluster),
        }
    }
}
