//! Builds the services from the configuration and serves them.

use std::{fmt::Display, io, net::SocketAddr, num::NonZeroU32, process::ExitCode, sync::Arc};

use tokio_util::sync::CancellationToken;

use super::{
    auth::{
        access_token::{AccessTokenGuard, GuardSettings},
        dpop::{Nonces, Proofs},
        oidc::{OidcClient, ProviderHttp},
        sessions::{Records, SessionLimits, SessionSettings, Sessions, Storage},
    },
    chat::{
        Chat, ChatSettings,
        answer_log::RedisAnswerLog,
        models::{Model, Models},
        upstream::{ChatCompletions, Demo, SharedUpstream, UpstreamSettings, UserTokens},
    },
    config::{self, ChatUpstream, Config, ListedModel, Provider, SessionStorage},
    conversations::{
        self, ConversationStore, Conversations, ObservedStore,
        notice::Notices,
        peers::{Peers, ServerName},
        retention::Retention,
        sql::{DatabaseUrl, SqlStore, WrongDatabaseUrl},
    },
    embedded::{self, EmbeddedProvider, EmbeddedUpstream},
    environment::{Environment, RandomnessError},
    http::{
        Services,
        headers::HeaderSettings,
        ingress::{Edge, EdgeSettings},
        metrics,
        pages::{App, Furnishing},
        readiness::{PeerReports, Readiness},
        router, shutdown,
    },
    observe::{
        audit::{self, Pseudonyms},
        logs::{self, LogFormat},
        traces::TracesSetupError,
    },
    outbound::HttpSetupError,
    store::{KeyRing, RedisAddress, RedisDurability, SealError, StoreError},
    version,
};

/// Exit code for a wrong configuration (`EX_CONFIG` of sysexits.h).
pub const EX_CONFIG: u8 = 78;

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
    #[error(transparent)]
    Keys(#[from] SealError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Http(#[from] HttpSetupError),
    #[error(transparent)]
    Traces(#[from] TracesSetupError),
    #[error(transparent)]
    Embedded(#[from] embedded::StartError),
    #[error(transparent)]
    DatabaseUrl(#[from] WrongDatabaseUrl),
    #[error("DATABASE_URL: the database can't be used: {0}")]
    Database(#[from] conversations::StoreError),
    #[error("can't listen on {address}: {source}")]
    Bind { address: SocketAddr, source: io::Error },
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Serves `app` and the API until the process is stopped.
pub fn serve(app: App) -> ExitCode {
    let config = match Config::from_environment() {
        Ok(config) => config,
        Err(error) => {
            report_failed_start(config::log_format(), &error);
            return ExitCode::from(EX_CONFIG);
        }
    };
    let format = config.log_format;
    match run(config, app) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report_failed_start(format, &error);
            ExitCode::FAILURE
        }
    }
}

/// The last line of a server that did not start: in the log where that is JSON, as what reads it understands nothing else.
/// No filter suppresses it.
fn report_failed_start(format: LogFormat, error: &dyn Display) {
    match format {
        LogFormat::Pretty => eprintln!("oracle-ai: {error}"),
        LogFormat::Json => {
            let log = logs::log(logs::DEFAULT_FILTER, format, false, io::stdout);
            tracing::subscriber::with_default(log, || tracing::error!(%error, "the server did not start"));
        }
    }
}

/// Reads the configuration and installs the logs. If the configuration is wrong, prints the error and returns the exit code.
pub fn load_config_and_install_log() -> Result<Config, ExitCode> {
    let config = load_config()?;
    logs::install(&config.log, config.log_format);
    audit::install(config.audit.clone(), Environment::system()).map_err(|error| {
        eprintln!("oracle-ai: {error}");
        ExitCode::FAILURE
    })?;
    Ok(config)
}

/// Reads the configuration. If it is wrong, prints the error and returns the exit code.
pub fn load_config() -> Result<Config, ExitCode> {
    Config::from_environment().map_err(|error| {
        eprintln!("oracle-ai: {error}");
        ExitCode::from(EX_CONFIG)
    })
}

/// The pseudonyms of users in the audit log, with keys derived from this ring.
pub fn pseudonyms(ring: &KeyRing) -> Result<Pseudonyms, SealError> {
    let (first, others) = ring.derived(Pseudonyms::PURPOSE)?;
    Ok(Pseudonyms::new(first, others))
}

impl Services {
    /// The services with this provider, storage and guard, and with conversations in memory and the demo responder.
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
        let pseudonyms = pseudonyms(&storage.ring)?;
        let edge = Edge::new(oidc.front_url(), EdgeSettings::default(), environment.clone());
        let proofs = Proofs::new(oidc.front_url(), nonces, storage.store.clone(), environment.clone());
        let records = Records::new(storage, environment.clone());
        let settings = SessionSettings { limits, keeps_ended_tokens: guard.accepts_foreign_tokens() };
        let sessions = Arc::new(Sessions::new(records, oidc.clone(), environment.clone(), settings));
        let guard = AccessTokenGuard::new(guard, sessions.clone(), oidc, environment.clone());
        let database = Arc::new(SqlStore::new(DatabaseUrl::in_memory()?));
        let notices = Notices::new(None, database.clone(), environment.clone());
        let store: Arc<dyn ConversationStore> = database;
        let conversations = Arc::new(Conversations::new(store.clone(), environment.clone()));
        Ok(Self {
            readiness: Arc::new(Readiness::new(sessions.clone(), conversations.clone())),
            sessions,
            proofs: Arc::new(proofs),
            guard: Arc::new(guard),
            chat: Chat::new(store, Models::one(Arc::new(Demo)), ChatSettings::default(), environment),
            conversations,
            edge: Arc::new(edge),
            pseudonyms,
            notices,
            user_tokens: None,
            furnishing: Furnishing::default(),
            draining: CancellationToken::new(),
        })
    }

    /// Replaces the conversation store and the models.
    pub fn with_chat(
        self,
        store: Arc<dyn ConversationStore>,
        models: Models,
        settings: ChatSettings,
        environment: Environment,
    ) -> Self {
        let conversations = Arc::new(Conversations::new(store.clone(), environment.clone()));
        Self {
            readiness: Arc::new(Readiness::new(self.sessions.clone(), conversations.clone())),
            chat: Chat::new(store, models, settings, environment),
            conversations,
            ..self
        }
    }
}

impl Services {
    /// Other servers share the database of conversations, through which they know of each other, and the store of sessions.
    pub fn with_peers(self, peers: Arc<dyn Peers>, environment: &Environment) -> Result<Self, RandomnessError> {
        let reports = PeerReports::new(peers, ServerName::random(environment)?, self.draining.clone());
        let readiness = Readiness::new(self.sessions.clone(), self.conversations.clone()).with_peers(reports);
        Ok(Self { readiness: Arc::new(readiness), ..self })
    }

    /// How long, for the page to say; [`Retention`] deletes them.
    pub fn keeping_conversations_for(self, days: Option<NonZeroU32>) -> Self {
        Self { conversations: Arc::new(Conversations::clone(&self.conversations).kept_for(days)), ..self }
    }

    /// Replaces the settings of proxies and limits.
    pub fn with_edge(self, settings: EdgeSettings, environment: Environment) -> Self {
        let front_origin = self.sessions.front_url();
        Self { edge: Arc::new(Edge::new(front_origin, settings, environment)), ..self }
    }
}

fn run(config: Config, app: App) -> Result<(), StartError> {
    let traces = match &config.traces {
        Some(settings) => Some(logs::install_with_traces(&config.log, config.log_format, settings)?),
        None => {
            logs::install(&config.log, config.log_format);
            None
        }
    };
    audit::install(config.audit.clone(), Environment::system())?;
    let runtime = tokio::runtime::Runtime::new()?;
    tracing::info!(version = version::VERSION, revision = version::REVISION, "starting");
    for misspelt in &config.misspelt {
        tracing::warn!(
            name = misspelt.name,
            setting = misspelt.setting,
            "a variable of the environment is no setting, and resembles one"
        );
    }
    let (services, _embedded) = runtime.block_on(start(&config))?;
    if let Some(address) = config.metrics {
        let serving = metrics::serve(address, services.clone());
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
        // `dioxus::serve` panics if it can't listen, so check it first.
        std::net::TcpListener::bind(config.listen)
            .map_err(|source| StartError::Bind { address: config.listen, source })?;
        log_serving(&config);
        // Listens on `IP` and `PORT`, which `config.listen` is read from too, and never returns.
        let _entered = runtime.enter();
        dioxus::serve(move || {
            let router = router::application(services.clone(), app, headers);
            async { Ok(router) }
        });
    }
    let outcome = runtime.block_on(listen(config, services, app, headers));
    // The timeout for running tasks has passed.
    runtime.shutdown_background();
    if let Some(traces) = traces {
        traces.flush();
    }
    outcome
}

fn log_serving(config: &Config) {
    let version = version::VERSION;
    tracing::info!(front_url = config.front_url.as_str(), listen = %config.listen, version, "serving");
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
    let environment = provider.as_ref().map_or_else(Environment::system, EmbeddedProvider::environment);
    let storage = match &config.sessions {
        SessionStorage::Memory => Storage::in_memory(&environment)?,
        SessionStorage::Redis { address, ring } => Storage::in_redis(address, ring.clone())?,
    };
    let storage = storage.observed();
    for (service, authorities) in config.authorities() {
        tracing::info!("certificates of {service} are checked against {authorities}");
    }
    for exception in &config.plaintext {
        tracing::warn!(setting = exception.setting, "{}", exception.words);
    }
    let http = ProviderHttp::for_provider(&settings, config.proxy.clone())?;
    let oidc = OidcClient::new(settings, http, environment.clone());
    let services = Services::new(oidc, storage, environment.clone(), config.guard.clone(), config.session_limits)?;
    tokio::spawn(services.sessions.clone().read_provider_metadata());

    let user_tokens = config.user_tokens.clone().map(|settings| UserTokens::new(settings, environment.clone()));
    let (models, mock_upstream) = start_models(config, user_tokens.as_ref(), environment.clone()).await?;
    let store = SqlStore::new(config.database_url.clone())
        .with_quota(config.storage_per_person)
        .with_connections(config.database_connections);
    store.ready().await?;
    let store = Arc::new(store);
    let peers: Option<Arc<dyn Peers>> = config.database_url.is_shared().then(|| store.clone() as Arc<dyn Peers>);
    let services = services.with_edge(config.edge.clone(), environment.clone());
    let notices = Notices::new(config.notice.clone(), store.clone(), environment.clone());
    let services = Services { furnishing: config.furnishing.clone(), notices, user_tokens, ..services };
    let store: Arc<dyn ConversationStore> = Arc::new(ObservedStore(store));
    if let Some(days) = config.retention_days {
        tokio::spawn(Retention::new(store.clone(), environment.clone(), days).keep_sweeping());
    }
    let services = services.with_chat(store, models, config.answers, environment.clone());
    let services = services.keeping_conversations_for(config.retention_days);
    let services = match &config.sessions {
        SessionStorage::Memory => services,
        SessionStorage::Redis { address, ring } => {
            tokio::spawn(warn_of_forgetful_redis(address.clone()));
            let services = match peers {
                Some(peers) => {
                    let services = services.with_peers(peers, &environment)?;
                    tokio::spawn(services.readiness.clone().keep_checking());
                    services
                }
                None => services,
            };
            let log = RedisAnswerLog::new(address, ring.clone(), environment)?;
            Services { chat: services.chat.sharing(Arc::new(log)), ..services }
        }
    };
    Ok((services, (provider, mock_upstream)))
}

/// Redis may not be there yet: then `oracle-ai doctor` says it later.
async fn warn_of_forgetful_redis(address: Box<RedisAddress>) {
    if let Ok(durability) = RedisDurability::of(&address).await {
        for (fault, remedy) in durability.faults() {
            tracing::warn!(remedy, "{fault}");
        }
    }
}

async fn start_models(
    config: &Config,
    user_tokens: Option<&UserTokens>,
    environment: Environment,
) -> Result<(Models, Option<EmbeddedUpstream>), StartError> {
    let (shared, mock) = match &config.chat {
        ChatUpstream::Demo => return Ok((Models::one(Arc::new(Demo)), None)),
        ChatUpstream::Configured(settings) => ((**settings).clone(), None),
        ChatUpstream::Mock(mock) => {
            let (settings, mock) = embedded::upstream::start(mock).await?;
            (settings, Some(mock))
        }
    };
    let upstream = |settings: UpstreamSettings| -> Result<SharedUpstream, StartError> {
        tracing::info!(endpoint = settings.endpoint().as_str(), model = settings.model, "answers come from");
        let completions = ChatCompletions::through(config.proxy.clone(), settings, environment.clone())?;
        Ok(Arc::new(completions.with_user_tokens(user_tokens.cloned())))
    };
    let model = |listed: &ListedModel| -> Result<Model, StartError> {
        let ListedModel { id, name, roles, history_chars, step_up, .. } = listed.clone();
        Ok(Model { id, name, roles, history_chars, step_up, upstream: upstream(listed.upstream(&shared))? })
    };
    let models = match &config.models[..] {
        [] => Models::one(upstream(shared)?),
        [first, others @ ..] => Models::listed(model(first)?, others.iter().map(model).collect::<Result<Vec<_>, _>>()?),
    };
    Ok((models, mock))
}

async fn listen(config: Config, services: Services, app: App, headers: HeaderSettings) -> Result<(), StartError> {
    let listener = tokio::net::TcpListener::bind(config.listen)
        .await
        .map_err(|source| StartError::Bind { address: config.listen, source })?;
    log_serving(&config);
    let router = router::application(services.clone(), app, headers);
    shutdown::serve_until_stopped(listener, router, config.connections, config.draining, &services).await;
    Ok(())
}
