//! An OpenID provider in a few files, on a loopback port of its own.
//!
//! It is correct by default (Authorization Code with PKCE, rotation, reuse detection)
//! and wrong on demand: `/__control` sets lifetimes and faults per user, so that tests
//! which run at the same time don't meet. It sets no cookie; whoever signs in picks a
//! name on a page, and every name is a user.
//!
//! | module | holds |
//! |---|---|
//! | `endpoints` | the endpoints of OAuth and OpenID Connect, and the tokens they issue |
//! | `state` | grants, codes, keys, users and their settings, the calls that were made |
//! | `control` | what a test can change, at `/__control` |
//! | `ui` | the pages that a person sees: the login page, and the fault board at `/__control/` |
//! | `endpoint` | every path, once |
//! | `connection` | a connection that can be dropped without an answer |

mod connection;
mod control;
mod endpoint;
mod endpoints;
mod params;
mod shared;
mod state;
mod ui;

use std::{io, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

pub use state::{client::Client, profile::Profile};

use super::loopback;
use connection::{Connection, Listener};
use endpoint::{Endpoint, LOGIN_PATH};
use endpoints::{authorize, discovery, end_session, introspect, pushed, revoke, token, userinfo};
use shared::Shared;
use state::calls;
use ui::{board_page, login_page, page};

/// A running provider; dropping it stops it.
#[derive(Debug)]
pub struct Provider {
    issuer: String,
    /// Never sent on: that it is gone tells the server to stop.
    running: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

/// Why the provider didn't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Anyone may sign in as anyone here, so nobody else may reach it.
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
    /// Must be called within a tokio runtime. The signing key is made meanwhile: answers
    /// that need it wait for it.
    pub async fn start(addr: SocketAddr, client: Client) -> Result<Provider, StartError> {
        Provider::playing(Profile::Plain, addr, client).await
    }

    /// The same, which does as another provider does.
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

    /// `http://127.0.0.1:9400` and the path of whom it plays, without a trailing slash.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Stops, and returns when the last answer is sent and the port is free.
    pub async fn stop(self) {
        drop(self.running);
        if let Err(error) = self.server.await {
            tracing::error!(%error, "the mock OpenID provider stopped");
        }
    }
}

fn router(shared: Arc<Shared>) -> Router {
    let authorize = get(authorize::by_get).post(authorize::by_post);
    let userinfo = get(userinfo::userinfo).post(userinfo::userinfo);
    let end_session = get(end_session::by_get).post(end_session::by_post);
    let endpoints = Router::new()
        .route(Endpoint::Discovery.path(), get(discovery::discovery))
        .route(Endpoint::Jwks.path(), get(discovery::jwks))
        .route(Endpoint::Authorize.path(), authorize)
        .route(LOGIN_PATH, post(login_page::login))
        .route(Endpoint::Token.path(), post(token::token))
        .route(Endpoint::Userinfo.path(), userinfo)
        .route(Endpoint::Introspect.path(), post(introspect::introspect))
        .route(Endpoint::Revoke.path(), post(revoke::revoke))
        .route(Endpoint::EndSession.path(), end_session)
        .route(Endpoint::PushedAuthorization.path(), post(pushed::push))
        .fallback(page::not_found)
        .layer(middleware::from_fn_with_state(shared.clone(), calls::record));
    let endpoints = match shared.profile.path() {
        "" => endpoints,
        path => Router::new().nest(path, endpoints).fallback(page::not_found),
    };
    endpoints
        .route(board_page::BOARD_PATH, get(board_page::show))
        .nest("/__control", control::router())
        .layer(middleware::from_fn(loopback::require_loopback_host))
        .layer(DefaultBodyLimit::max(64 * 1024))
        .with_state(shared)
}
