//! The server room: everything behind the doors.
//!
//! | room | holds |
//! |---|---|
//! | `command` | what the binary is asked to do |
//! | `config` | what the operator says, checked before anything starts |
//! | `http` | the HTTP layer: routes, checks of every request, pages |
//! | `jose` | JWTs taken apart, for `proof` and `oidc` |
//! | `proof` | proofs of the browser key |
//! | `guard` | who may enter the API doors, and what for |
//! | `sessions` | logins in flight, sessions, refresh, logout, and their store |
//! | `oidc` | the relying party: everything that speaks with the provider |
//! | `chat` | answers to messages |
//! | `conversations` | stored conversations, and their store |
//! | `embedded` | the mocks, where no other party is configured |
//! | `outbound` | what our HTTP clients have in common, and which URLs are fit for secrets |
//! | `tls` | connections that TLS forbids |
//! | `audit`, `audit_user` | what auditors ask for, as lines of the log, and how these name a user |
//! | `metrics` | what operators count |
//! | `doctor` | whether a configuration would work |
//! | `traces` | what a request asked of others, for OpenTelemetry |
//! | `environment`, `telemetry` | time and randomness; logs |

pub mod audit;
mod audit_user;
pub mod chat;
pub mod command;
pub mod config;
pub mod conversations;
pub mod doctor;
mod embedded;
mod end_sessions;
pub mod environment;
pub mod excerpt;
pub mod guard;
pub mod http;
mod jose;
mod metrics;
pub mod oidc;
pub mod outbound;
pub mod proof;
pub mod sessions;
mod sign_in;
pub mod telemetry;
mod tls;
pub mod traces;

use std::{io, process::ExitCode, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};

use audit::Pseudonyms;
use chat::{
    Chat, ChatSettings,
    upstream::{ChatCompletions, Demo, SharedUpstream},
};
use config::{ChatUpstream, Config, Provider, SessionStorage};
use conversations::{
    ConversationStore, Conversations, TracedStore,
    sql::{DatabaseUrl, SqlStore},
};
use embedded::{EmbeddedProvider, EmbeddedUpstream};
use environment::Environment;
use guard::{AccessTokenGuard, GuardSettings};
use http::{
    headers::HeaderSettings,
    ingress::{Edge, EdgeSettings},
    pages::App,
    router, shutdown,
};
use oidc::{OidcClient, ProviderHttp};
use outbound::OutboundProxy;
use proof::{NamedKey, Nonces, Proofs};
use sessions::{Records, SessionLimits, SessionSettings, Sessions, Storage};

use crate::wire::{auth::AuthorizationRequest, error::ApiError, link_hosts::LinkHosts};

/// Exit code for a wrong configuration (`EX_CONFIG` of sysexits.h).
const EX_CONFIG: u8 = 78;

/// What the doors call. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    pub sessions: Arc<Sessions>,
    pub proofs: Arc<Proofs>,
    pub chat: Chat,
    pub guard: Arc<AccessTokenGuard>,
    pub conversations: Arc<Conversations>,
    pub edge: Arc<Edge>,
    /// For the audit.
    pub pseudonyms: Pseudonyms,
    /// For the pages.
    pub link_hosts: LinkHosts,
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
    Http(#[from] outbound::HttpSetupError),
    #[error(transparent)]
    Traces(#[from] traces::TracesSetupError),
    #[error(transparent)]
    Embedded(#[from] embedded::StartError),
    #[error(transparent)]
    DatabaseUrl(#[from] conversations::sql::WrongDatabaseUrl),
    #[error("DATABASE_URL: the database can't be used: {0}")]
    Database(#[from] conversations::StoreError),
    #[error("can't listen on {address}: {source}")]
    Bind { address: std::net::SocketAddr, source: io::Error },
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Serves `app` and the endpoints until the process is told to stop.
fn serve(app: App) -> ExitCode {
    let config = match checked() {
        Ok(config) => config,
        Err(code) => return code,
    };
    match run(config, app) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("oracle-ai: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The configuration, with the log installed that it asks for; or, once the error is told, the code to exit with.
fn configured() -> Result<Config, ExitCode> {
    let config = checked()?;
    telemetry::install(config.log.as_deref(), config.log_format);
    Ok(config)
}

fn checked() -> Result<Config, ExitCode> {
    Config::from_environment().map_err(|error| {
        eprintln!("oracle-ai: {error}");
        ExitCode::from(EX_CONFIG)
    })
}

impl Services {
    /// The services for this provider, this storage and this guard; conversations are kept in memory, and the demo
    /// responder answers.
    pub fn new(
        oidc: OidcClient,
        storage: Storage,
        environment: Environment,
        guard: GuardSettings,
        limits: SessionLimits,
    ) -> Result<Self, StartError> {
        let oidc = Arc::new(oidc);
        let (first, others) = storage.ring.derived("dpop nonce")?;
        let nonces = Nonces::new(first, others);
        let pseudonyms = Pseudonyms::new(&storage.ring)?;
        let edge = Edge::new(oidc.front_url(), EdgeSettings::default(), environment.clone());
        let proofs = Proofs::new(oidc.front_url(), nonces, storage.store.clone(), environment.clone());
        let records = Records::new(storage, environment.clone());
        let settings = SessionSettings { limits, keeps_ended_tokens: guard.takes_tokens_from_elsewhere() };
        let sessions = Arc::new(Sessions::new(records, oidc.clone(), environment.clone(), settings));
        let guard = AccessTokenGuard::new(guard, sessions.clone(), oidc, environment.clone());
        let conversations: Arc<dyn ConversationStore> = Arc::new(SqlStore::new(DatabaseUrl::in_memory()?));
        Ok(Self {
            sessions,
            proofs: Arc::new(proofs),
            guard: Arc::new(guard),
            chat: Chat::new(conversations.clone(), Arc::new(Demo), ChatSettings::default(), environment.clone()),
            conversations: Arc::new(Conversations::new(conversations, environment)),
            edge: Arc::new(edge),
            pseudonyms,
            link_hosts: LinkHosts::default(),
        })
    }

    /// With conversations kept in this store, and answered by this upstream.
    pub fn with_chat(
        self,
        store: Arc<dyn ConversationStore>,
        upstream: SharedUpstream,
        settings: ChatSettings,
        environment: Environment,
    ) -> Self {
        Self {
            chat: Chat::new(store.clone(), upstream, settings, environment.clone()),
            conversations: Arc::new(Conversations::new(store, environment)),
            ..self
        }
    }
}

impl Services {
    /// With what the operator says of proxies and limits.
    pub fn with_edge(self, settings: EdgeSettings, environment: Environment) -> Self {
        let front_origin = self.sessions.front_url();
        Self { edge: Arc::new(Edge::new(front_origin, settings, environment)), ..self }
    }
}

impl Services {
    /// Begins a login for the browser with this key.
    pub async fn begin_login(&self, NamedKey(key): NamedKey) -> Result<AuthorizationRequest, ApiError> {
        Ok(self.sessions.begin_authorization(key).await?)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Services {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Arc<Self>>().map(|services| Self::clone(services)).ok_or(ApiError::Internal)
    }
}

fn run(config: Config, app: App) -> Result<(), StartError> {
    let log = config.log.as_deref();
    let traces = match &config.traces {
        Some(settings) => Some(telemetry::install_with_traces(log, config.log_format, settings)?),
        None => {
            telemetry::install(log, config.log_format);
            None
        }
    };
    let runtime = tokio::runtime::Runtime::new()?;
    let (services, _embedded) = runtime.block_on(start(&config))?;
    tracing::info!(front_url = config.front_url.as_str(), listen = %config.listen, "serving");
    if let Some(address) = config.metrics {
        let serving = metrics::serve(address, services.sessions.clone());
        runtime.block_on(serving).map_err(|source| StartError::Bind { address, source })?;
    }
    if config.lacks_proxies() {
        tracing::warn!(
            "FRONT_URL is https, so something stands in front of this server, and TRUSTED_PROXIES does not name it: all \
             people share the limits of one address"
        );
    }
    let headers = config.headers();
    if headers.dev_server {
        tracing::warn!("under `dx serve`, pages have a loose content security policy");
    }
    if headers.dev_server {
        // Found out here: the framework panics.
        std::net::TcpListener::bind(config.listen)
            .map_err(|source| StartError::Bind { address: config.listen, source })?;
        // It listens on IP and PORT, as `config.listen` does, and never returns.
        let _entered = runtime.enter();
        dioxus::serve(move || {
            let router = router::application(services.clone(), app, headers);
            async { Ok(router) }
        });
    }
    let outcome = runtime.block_on(listen(config, services, app, headers));
    // What still runs has had its time.
    runtime.shutdown_background();
    if let Some(traces) = traces {
        traces.flush();
    }
    outcome
}

async fn start(
    config: &Config,
) -> Result<(Services, (Option<EmbeddedProvider>, Option<EmbeddedUpstream>)), StartError> {
    let (settings, provider) = match &config.provider {
        Provider::Configured(settings) => ((**settings).clone(), None),
        Provider::Mock(mock) => {
            let (settings, provider) = embedded::provider::start(mock, &config.front_url).await?;
            tracing::warn!(issuer = settings.issuer.as_str(), "the mock identity provider lets anybody in");
            (settings, Some(provider))
        }
    };
    let environment = Environment::system();
    let storage = match &config.sessions {
        SessionStorage::Memory => Storage::in_memory(&environment)?,
        SessionStorage::Redis { address, ring } => Storage::in_redis(address, ring.clone())?,
    };
    let storage = if config.traces.is_some() { storage.traced() } else { storage };
    for exception in &config.plaintext {
        tracing::warn!(setting = exception.setting, "{}", exception.words);
    }
    let http = ProviderHttp::for_provider(&settings, config.proxy.clone())?;
    let oidc = OidcClient::new(settings, http, environment.clone());
    let services = Services::new(oidc, storage, environment.clone(), config.guard.clone(), config.session_limits)?;

    let (upstream, mock_upstream) = start_upstream(&config.chat, config.proxy.clone()).await?;
    let store = SqlStore::new(config.database_url.clone()).with_quota(config.storage_per_person);
    store.ready().await?;
    let services = services.with_edge(config.edge.clone(), environment.clone());
    let services = Services { link_hosts: config.link_hosts.clone(), ..services };
    let store: Arc<dyn ConversationStore> = match config.traces {
        Some(_) => Arc::new(TracedStore(Arc::new(store))),
        None => Arc::new(store),
    };
    let services = services.with_chat(store, upstream, config.answers, environment);
    Ok((services, (provider, mock_upstream)))
}

async fn start_upstream(
    chat: &ChatUpstream,
    proxy: OutboundProxy,
) -> Result<(SharedUpstream, Option<EmbeddedUpstream>), StartError> {
    let (settings, mock) = match chat {
        ChatUpstream::Demo => return Ok((Arc::new(Demo), None)),
        ChatUpstream::Configured(settings) => (settings.clone(), None),
        ChatUpstream::Mock(mock) => {
            let (settings, mock) = embedded::upstream::start(mock).await?;
            (settings, Some(mock))
        }
    };
    tracing::info!(endpoint = settings.endpoint().as_str(), model = settings.model, "answers come from");
    Ok((Arc::new(ChatCompletions::through(proxy, settings, Environment::system())?), mock))
}

async fn listen(config: Config, services: Services, app: App, headers: HeaderSettings) -> Result<(), StartError> {
    let listener = tokio::net::TcpListener::bind(config.listen)
        .await
        .map_err(|source| StartError::Bind { address: config.listen, source })?;
    let router = router::application(services.clone(), app, headers);
    shutdown::serve_until_stopped(listener, router, config.connections, &services).await;
    Ok(())
}
