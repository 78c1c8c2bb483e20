//! An OpenID provider for development and tests, on a loopback port of its own.
//!
//! By default it is correct (Authorization Code with PKCE, refresh token rotation with reuse detection). On demand it is
//! wrong: tests set lifetimes, claims and faults for each user, so that tests that run at the same time don't disturb each
//! other. It sets no cookie and asks for no password: a person picks a name on the login page, and every name is a user.
//!
//! | module | holds |
//! |---|---|
//! | `control` | the control API at `/__control`, for tests and for the fault board |
//! | `endpoints` | the endpoints of OAuth and OpenID Connect |
//! | `ui` | the pages that a person sees: the login page and the fault board |
//! | `shared` | the state that all requests to an issuer share |
//! | `issuer` | an issuer as it is set up |
//! | `state` | the parts of this state: grants, codes, users, keys, calls |
//! | `endpoint` | the paths of the endpoints |
//! | `params` | the parameters of a request |
//!
//! Each module imports only from those below it.

mod control;
mod endpoint;
mod endpoints;
mod issuer;
mod params;
mod shared;
mod state;
mod ui;

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    net::SocketAddr,
    sync::Arc,
};

use axum::{Router, extract::DefaultBodyLimit, middleware};
use tokio::{sync::oneshot, task::JoinHandle};

use self::{shared::Shared, ui::page};
use super::{
    certificate::Certificate,
    clock::MovableClock,
    listener::{Connection, Listener},
    loopback,
};

pub use self::{
    issuer::{Issuer, usual_people},
    state::{
        client::Client,
        dpop::DpopSupport,
        profile::Profile,
        signing_algorithm::SigningAlgorithm,
        users::{People, PeopleError},
    },
};

/// What a provider is started with.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Port 0: a free one.
    pub address: SocketAddr,
    /// By their paths: empty, or such as `/staff`.
    pub issuers: BTreeMap<String, Issuer>,
    /// With one, it speaks HTTPS.
    pub certificate: Option<Certificate>,
}

/// A running provider; dropping it stops it.
#[derive(Debug)]
pub struct Provider {
    issuers: Vec<String>,
    clock: MovableClock,
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
    #[error("the mock OpenID provider has no issuer")]
    NoIssuer,
    #[error("{0:?} can't be the path of an issuer: it is taken, or no path such as \"/staff\"")]
    Path(String),
    #[error(transparent)]
    People(#[from] PeopleError),
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
        let issuer = Issuer::for_anybody(profile, vec![client]);
        Provider::serve(Setup { address: addr, issuers: BTreeMap::from([(String::new(), issuer)]), certificate: None })
            .await
    }

    /// Starts a provider with several issuers.
    pub async fn serve(setup: Setup) -> Result<Provider, StartError> {
        let Setup { address, issuers, certificate } = setup;
        if !address.ip().is_loopback() {
            return Err(StartError::NotLoopback(address));
        }
        if issuers.is_empty() {
            return Err(StartError::NoIssuer);
        }
        check(&issuers)?;
        let bind_error = |source| StartError::Bind { addr: address, source };
        let listener = Listener::bind(address, certificate.as_ref()).await.map_err(bind_error)?;
        let origin = listener.origin().map_err(bind_error)?;

        let clock = MovableClock::default();
        let shared: Result<Vec<_>, PeopleError> =
            issuers.into_iter().map(|(path, issuer)| Shared::new(&origin, path, issuer, clock.clone())).collect();
        let shared: Vec<Arc<Shared>> = shared?.into_iter().map(Arc::new).collect();
        let issuers: Vec<String> = shared.iter().map(|shared| shared.issuer.clone()).collect();
        let (running, stopped) = oneshot::channel::<()>();
        let service = router(&shared).into_make_service_with_connect_info::<Connection>();
        let server = tokio::spawn(async move {
            let stopped = async { stopped.await.unwrap_or_default() };
            let serving = axum::serve(listener, service).with_graceful_shutdown(stopped);
            if let Err(error) = serving.await {
                tracing::error!(%error, "the mock OpenID provider stopped");
            }
        });
        for issuer in &issuers {
            tracing::info!(%issuer, "mock OpenID provider started");
        }
        Ok(Provider { issuers, clock, running, server })
    }

    /// `http://127.0.0.1:9400` and the path of the profile, without a slash at the end; of several, the first by path.
    pub fn issuer(&self) -> &str {
        self.issuers.first().map_or("", String::as_str)
    }

    /// All issuers, ordered by their paths.
    pub fn issuers(&self) -> &[String] {
        &self.issuers
    }

    /// The clock of all issuers.
    pub fn clock(&self) -> MovableClock {
        self.clock.clone()
    }

    /// Returns when the last response is sent and the port is free.
    pub async fn stop(self) {
        drop(self.running);
        if let Err(error) = self.server.await {
            tracing::error!(%error, "the mock OpenID provider stopped");
        }
    }
}

fn check(issuers: &BTreeMap<String, Issuer>) -> Result<(), StartError> {
    let mut taken = BTreeSet::new();
    for (path, issuer) in issuers {
        if !issuer::is_path(path) || !taken.insert(format!("{path}{}", issuer.profile.path())) {
            return Err(StartError::Path(path.clone()));
        }
        for client in &issuer.clients {
            client.check_uris().map_err(StartError::RedirectUri)?;
        }
    }
    Ok(())
}

fn router(issuers: &[Arc<Shared>]) -> Router {
    let router = issuers.iter().fold(Router::new(), |router, shared| {
        let of_issuer = of_issuer(shared);
        match shared.path.as_str() {
            "" => router.merge(of_issuer),
            path => router.nest(path, of_issuer),
        }
    });
    router.layer(middleware::from_fn(loopback::require_loopback_host)).layer(DefaultBodyLimit::max(64 * 1024))
}

fn of_issuer(shared: &Arc<Shared>) -> Router {
    let endpoints = match shared.profile.path() {
        "" => endpoints::router(shared),
        path => Router::new().nest(path, endpoints::router(shared)).fallback(page::not_found),
    };
    endpoints.merge(control::router()).with_state(shared.clone())
}
