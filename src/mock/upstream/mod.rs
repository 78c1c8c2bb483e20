//! A chat completions server for development and tests, on a loopback port of its own.
//!
//! It repeats the question, as OpenAI would send it, or as Azure would if the request is for Azure's path. A message that
//! begins with the name of a scenario (`/stall`, `/tokens 500`) gets that scenario. Tests set scenarios through
//! `/__control` for messages that contain a text of their own, so that tests that run at the same time don't disturb each
//! other.
//!
//! | file | holds |
//! |---|---|
//! | `control` | the control API |
//! | `completions` | the endpoint |
//! | `errors` | responses that are no stream |
//! | `transcripts`, `frames` | streams, and the events they consist of |
//! | `dialects` | answers in other forms than OpenAI's |
//! | `body` | how a stream is sent |
//! | `shared` | the state that all requests share |
//! | `requests` | the log of requests |
//! | `scenario` | the scenarios by name |

mod body;
mod completions;
mod control;
mod dialects;
mod errors;
mod frames;
mod requests;
mod scenario;
mod shared;
mod transcripts;

use std::{io, net::SocketAddr, sync::Arc};

use axum::{Router, extract::DefaultBodyLimit, middleware, routing::post};
use tokio::task::JoinSet;

use self::shared::Shared;
use super::{certificate::Certificate, listener::Listener, loopback};

/// A running upstream; dropping it stops it. Responses that have begun continue.
#[derive(Debug)]
pub struct Upstream {
    origin: String,
    _server: JoinSet<()>,
}

/// Why the upstream didn't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It is for tests, so only this machine may reach it.
    #[error("the mock upstream serves loopback addresses only, not {0}")]
    NotLoopback(SocketAddr),
    #[error("the mock upstream can't listen on {addr}: {source}")]
    Bind { addr: SocketAddr, source: io::Error },
}

impl Upstream {
    /// Binds `addr` (port 0: a free one) and serves clients with this API key. Must be called within a tokio runtime.
    pub async fn start(addr: SocketAddr, api_key: &str) -> Result<Upstream, StartError> {
        Upstream::serve(addr, Some(api_key), None).await
    }

    /// The same, without a key for clients with any key; and with a certificate by HTTPS.
    pub async fn serve(
        addr: SocketAddr,
        api_key: Option<&str>,
        certificate: Option<&Certificate>,
    ) -> Result<Upstream, StartError> {
        if !addr.ip().is_loopback() {
            return Err(StartError::NotLoopback(addr));
        }
        let bind_error = |source| StartError::Bind { addr, source };
        let listener = Listener::bind(addr, certificate).await.map_err(bind_error)?;
        let origin = listener.origin().map_err(bind_error)?;
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

    /// `http://127.0.0.1:9500`: the base URL for Azure's paths and for `/__control`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The base URL for `/chat/completions`.
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
