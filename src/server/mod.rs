//! The server room: everything behind the doors.
//!
//! | room | holds |
//! |---|---|
//! | `config` | what the operator says, checked before anything starts |
//! | `router` | paths, limits and headers |
//! | `jose` | JWTs taken apart, for `proof` and `oidc` |
//! | `proof` | proofs of the browser key |
//! | `guard` | who may enter the API doors, and what for |
//! | `sessions` | logins in flight, sessions, refresh, logout, and their store |
//! | `oidc` | the relying party: everything that speaks with the provider |
//! | `chat` | answers to messages |
//! | `embedded_provider` | the mock provider, where no other is configured |
//! | `environment`, `telemetry` | time and randomness; logs |

mod chat;
pub mod config;
mod embedded_provider;
pub mod environment;
pub mod guard;
mod jose;
pub mod oidc;
pub mod proof;
pub mod router;
pub mod sessions;
mod telemetry;

use std::{io, process::ExitCode, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};
use dioxus::prelude::Element;

use chat::Chat;
use config::{Config, Provider, SessionStorage};
use embedded_provider::EmbeddedProvider;
use environment::Environment;
use guard::{AccessTokenGuard, GuardSettings};
use oidc::{OidcClient, ProviderHttp};
use proof::{Nonces, Proofs};
use sessions::{Records, Sessions, Storage};

use crate::wire::error::ApiError;

/// Exit code for a wrong configuration (`EX_CONFIG` of sysexits.h).
const EX_CONFIG: u8 = 78;

/// What the doors call. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    pub sessions: Arc<Sessions>,
    pub proofs: Arc<Proofs>,
    pub chat: Chat,
    pub guard: Arc<AccessTokenGuard>,
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Randomness(#[from] environment::RandomnessError),
    #[error(transparent)]
    Keys(#[from] sessions::SealError),
    #[error(transparent)]
    Store(#[from] sessions::StoreError),
    #[error(transparent)]
    Http(#[from] oidc::HttpSetupError),
    #[error(transparent)]
    EmbeddedProvider(#[from] embedded_provider::StartError),
    #[error("can't listen on {address}: {source}")]
    Bind { address: std::net::SocketAddr, source: io::Error },
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Serves `app` and the doors until the process is told to stop.
pub fn serve(app: fn() -> Element) -> ExitCode {
    let config = match Config::from_environment() {
        Ok(config) => config,
        Err(error) => {
            eprintln!("oracle-ai: {error}");
            return ExitCode::from(EX_CONFIG);
        }
    };
    telemetry::install(config.log.as_deref());
    match run(config, app) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("oracle-ai: {error}");
            ExitCode::FAILURE
        }
    }
}

impl Services {
    /// The services for this provider, this storage and this guard.
    pub fn new(
        oidc: OidcClient,
        storage: Storage,
        environment: Environment,
        guard: GuardSettings,
    ) -> Result<Self, StartError> {
        let oidc = Arc::new(oidc);
        let (first, others) = storage.ring.derived("dpop nonce")?;
        let nonces = Nonces::new(first, others);
        let proofs = Proofs::new(oidc.front_url(), nonces, storage.store.clone(), environment.clone());
        let records = Records::new(storage, environment.clone());
        let sessions = Arc::new(Sessions::new(records, oidc.clone(), environment.clone()));
        let guard = AccessTokenGuard::new(guard, sessions.clone(), oidc, environment);
        Ok(Self { sessions, proofs: Arc::new(proofs), guard: Arc::new(guard), chat: Chat })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Services {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get().cloned().ok_or(ApiError::Internal)
    }
}

fn run(config: Config, app: fn() -> Element) -> Result<(), StartError> {
    let runtime = tokio::runtime::Runtime::new()?;
    let (services, _provider) = runtime.block_on(start(&config))?;
    tracing::info!(front_url = config.front_url.as_str(), listen = %config.listen, "serving");
    if cfg!(debug_assertions) {
        // Found out here: the framework panics.
        std::net::TcpListener::bind(config.listen)
            .map_err(|source| StartError::Bind { address: config.listen, source })?;
        // With hot reloading for `dx serve`. It listens on IP and PORT, as `config.listen` does, and never returns.
        let _entered = runtime.enter();
        dioxus::serve(move || {
            let router = router::application(services.clone(), app);
            async { Ok(router) }
        });
    }
    runtime.block_on(listen(config, services, app))
}

async fn start(config: &Config) -> Result<(Services, Option<EmbeddedProvider>), StartError> {
    let (settings, provider) = match &config.provider {
        Provider::Configured(settings) => (settings.clone(), None),
        Provider::Mock(mock) => {
            let (settings, provider) = embedded_provider::start(mock, &config.front_url).await?;
            tracing::warn!(issuer = settings.issuer.as_str(), "the mock identity provider lets anybody in");
            (settings, Some(provider))
        }
    };
    let environment = Environment::system();
    let storage = match &config.sessions {
        SessionStorage::Memory => Storage::in_memory(&environment)?,
        SessionStorage::Redis { address, ring } => Storage::in_redis(address, ring.clone())?,
    };
    let oidc = OidcClient::new(settings, ProviderHttp::new()?, environment.clone());
    Ok((Services::new(oidc, storage, environment, config.guard.clone())?, provider))
}

async fn listen(config: Config, services: Services, app: fn() -> Element) -> Result<(), StartError> {
    let listener = tokio::net::TcpListener::bind(config.listen)
        .await
        .map_err(|source| StartError::Bind { address: config.listen, source })?;
    let router = router::application(services, app);
    axum::serve(listener, router).with_graceful_shutdown(stop_signal()).await?;
    Ok(())
}

async fn stop_signal() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await
        }
    };
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending::<()>().await,
        }
    };
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}
