//! An OpenID provider for development and tests, on a loopback port of its own.
//!
//! By default it is correct (Authorization Code with PKCE, refresh token rotation with reuse detection). On demand it is
//! wrong: tests set lifetimes and faults for each user, so that tests that run at the same time don't disturb each other.
//! It sets no cookie and asks for no password: a person picks a name on the login page, and every name is a user.
//!
//! | module | holds |
//! |---|---|
//! | `control` | the control API at `/__control`, for tests and for the fault board |
//! | `endpoints` | the endpoints of OAuth and OpenID Connect |
//! | `ui` | the pages that a person sees: the login page and the fault board |
//! | `shared` | the state that all requests share |
//! | `state` | the parts of this state: grants, codes, users, keys, calls |
//! | `endpoint` | the paths of the endpoints |
//! | `params` | the parameters of a request |
//! | `connection` | a connection that can be closed without a response |
//!
//! Each module imports only from those below it.

mod connection;
mod control;
mod endpoint;
mod endpoints;
mod params;
mod shared;
mod state;
mod ui;

use std::{io, net::SocketAddr, sync::Arc};

use axum::{Router, extract::DefaultBodyLimit, middleware};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use self::{
    connection::{Connection, Listener},
    shared::Shared,
    ui::page,
};
use super::loopback;

pub use self::state::{client::Client, profile::Profile};

/// A running provider; dropping it stops it.
#[derive(Debug)]
pub struct Provider {
    issuer: String,
    /// Nothing is ever sent; dropping it stops the server.
    running: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

/// Why the provider didn't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Anybody may sign in as anybody, so only this machine may reach it.
    #[error("the mock OpenID provider serves loopback addresses only, not {0}")]
    NotLoopback(SocketAddr),
    #[error("{0:?} can't be registered: a redirect URI is absolute and has no fragment")]
    RedirectUri(String),
    #[error("the mock OpenID provider can't listen on {addr}: {source}")]
    Bind { addr: SocketAddr, source: io::Error },
}

impl Provider {
    /// Binds `addr` (port 0: a free one) and serves. Refuses an address that is not loopback.
    ///
    /// Must be called within a tokio runtime. The signing key is generated in the background: responses that need it
    /// wait for it.
    pub async fn start(addr: SocketAddr, client: Client) -> Result<Provider, StartError> {
        Provider::playing(Profile::Plain, addr, client).await
    }

    /// Starts a provider that behaves as `profile` does.
    pub async fn playing(profile: Profile, addr: SocketAddr, client: Client) -> Result<Provider, StartError> {
        if !addr.ip().is_loopback() {
            return Err(StartError::NotLoopback(addr));
        }
        client.check_uris().map_err(StartError::RedirectUri)?;
        let bind_error = |source| StartError::Bind { addr, source };
        let listener = TcpListener::bind(addr).await.map_err(bind_error)?;
        let issuer = format!("http://{}{}", listener.local_addr().map_err(bind_error)?, profile.path());

        let shared = Arc::new(Shared::new(issuer.clone(), profile, client));
        let (running, stopped) = oneshot::channel::<()>();
        let service = router(shared).into_make_service_with_connect_info::<Connection>();
        let server = tokio::spawn(async move {
            let stopped = async { stopped.await.unwrap_or_default() };
            let serving = axum::serve(Listener(listener), service).with_graceful_shutdown(stopped);
            if let Err(error) = serving.await {
                tracing::error!(%error, "the mock OpenID provider stopped");
            }
        });
        tracing::info!(%issuer, "mock OpenID provider started");
        Ok(Provider { issuer, running, server })
    }

    /// `http://127.0.0.1:9400` and the path of the profile, without a slash at the end.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Returns when the last response is sent and the port is free.
    pub async fn stop(self) {
        drop(self.running);
        if let Err(error) = self.server.await {
            tracing::error!(%error, "the mock OpenID provider stopped");
        }
    }
}

fn router(shared: Arc<Shared>) -> Router {
    let endpoints = match shared.profile.path() {
        "" => endpoints::router(&shared),
        path => Router::new().nest(path, endpoints::router(&shared)).fallback(page::not_found),
    };
    endpoints
        .merge(control::router())
        .layer(middleware::from_fn(loopback::require_loopback_host))
        .layer(DefaultBodyLimit::max(64 * 1024))
        .with_state(shared)
}
