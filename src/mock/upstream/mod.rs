//! A chat-completions upstream in a few files, on a loopback port of its own.
//!
//! It tells back what it was told, in OpenAI's dialect, or in Azure's where it is asked at Azure's path. A message that
//! begins with the name of a scenario (`/stall`, `/tokens 500`) is answered by it, and `/__control` sets scenarios for
//! messages with a text of the test's own, so that tests which run at the same time don't meet.
//!
//! | file | holds |
//! |---|---|
//! | `scenario` | what can be played, by name |
//! | `completions` | the endpoint: who may ask, and what is played |
//! | `refusals` | answers that are no stream |
//! | `transcripts` | answers that are one, whole or broken |
//! | `frames` | the events they are made of |
//! | `body` | how they are sent, and who stopped reading |
//! | `requests` | what was asked, and how it ended |
//! | `control` | what a test sets and reads |

mod body;
mod completions;
mod control;
mod frames;
mod refusals;
mod requests;
mod scenario;
mod transcripts;

use std::{io, net::SocketAddr, sync::Arc};

use axum::{Router, extract::DefaultBodyLimit, middleware, routing::post};
use tokio::{net::TcpListener, task::JoinSet};

use super::loopback;
use completions::Shared;

/// A running upstream; dropping it stops it. Answers that have begun go on.
#[derive(Debug)]
pub struct Upstream {
    origin: String,
    _server: JoinSet<()>,
}

/// Why the upstream didn't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It believes what everybody says, so nobody else may reach it.
    #[error("the mock upstream serves loopback addresses only, not {0}")]
    NotLoopback(SocketAddr),
    #[error("the mock upstream can't listen on {addr}: {source}")]
    Bind { addr: SocketAddr, source: io::Error },
}

impl Upstream {
    /// Binds `addr` (port 0: a free one) and serves whoever has the key. Must be called within a tokio runtime.
    pub async fn start(addr: SocketAddr, api_key: &str) -> Result<Upstream, StartError> {
        if !addr.ip().is_loopback() {
            return Err(StartError::NotLoopback(addr));
        }
        let bind_error = |source| StartError::Bind { addr, source };
        let listener = TcpListener::bind(addr).await.map_err(bind_error)?;
        let origin = format!("http://{}", listener.local_addr().map_err(bind_error)?);
        let router = router(Arc::new(Shared::new(api_key)));
        let mut server = JoinSet::new();
        server.spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the mock upstream stopped");
            }
        });
        tracing::info!(origin, "mock upstream started");
        Ok(Upstream { origin, _server: server })
    }

    /// `http://127.0.0.1:9500`: what comes before Azure's paths, and before `/__control`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What comes before `/chat/completions`.
    pub fn base_url(&self) -> String {
        format!("{}/v1", self.origin)
    }
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/v1/chat/completions", post(completions::at_openai))
        .route("/openai/deployments/{deployment}/chat/completions", post(completions::at_azure))
        .nest("/__control", control::router())
        .layer(middleware::from_fn(loopback::require_loopback_host))
        .layer(DefaultBodyLimit::max(16 * 1024 * 1024))
        .with_state(shared)
}
