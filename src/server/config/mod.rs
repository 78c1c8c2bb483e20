//! Configuration: from the environment and `.env`, checked as a whole before anything starts.
//!
//! | file | holds |
//! |---|---|
//! | `setting` | a setting: its name, documentation and values |
//! | `values` | the types of values: flags, numbers, words, parsed texts |
//! | `variables`, `settings_file`, `resemblance` | the environment and `.env`, the errors, and names that are misspelt |
//! | `reference` | the documentation, made from the settings |
//! | `json_file` | settings that name a file of JSON |
//! | `provider`, `logout`, `id_tokens`, `guard`, `step_up`, `chat`, `user_token`, `page`, `conversations`, `sessions`, `outbound`, `server`, `traces`, `mocks` | the settings, one file for each section of the documentation |
//! | `audit`, `limits`, `proxies` | parts of the section `server` |
//! | `models` | a part of the section `chat` |
//! | `plaintext`, `secret_files`, `certificates`, `urls` | rules that several settings share |
//!
//! `docs/recipes.md` says how to add a setting.

mod audit;
mod certificates;
mod chat;
mod conversations;
mod guard;
mod id_tokens;
mod json_file;
mod limits;
mod logout;
mod mocks;
mod models;
mod outbound;
mod page;
mod plaintext;
mod provider;
mod proxies;
pub mod reference;
mod resemblance;
mod secret_files;
mod server;
mod sessions;
mod setting;
mod settings_file;
mod step_up;
mod traces;
mod urls;
mod user_token;
mod values;
mod variables;

#[cfg(test)]
mod tests;

use std::{
    net::SocketAddr,
    num::{NonZeroU32, NonZeroU64},
    path::Path,
};

use url::Url;

use certificates::CA_FILE;
pub use chat::{ChatUpstream, MockUpstream};
pub use mocks::mock_profiles;
pub use models::ListedModel;
pub use plaintext::Plaintext;
pub use provider::{MockProvider, Provider};
pub use resemblance::Misspelt;
pub use sessions::SessionStorage;
pub use variables::{ConfigError, Variables};

use super::{
    auth::{access_token::GuardSettings, sessions::SessionLimits},
    certificates::TrustedAuthorities,
    chat::{ChatSettings, upstream::UserTokenSettings},
    conversations::{notice::NoticeSettings, sql::DatabaseUrl},
    http::{
        connections::ConnectionSettings, headers::HeaderSettings, ingress::EdgeSettings, pages::Furnishing,
        shutdown::DrainSettings,
    },
    observe::{audit::AuditSettings, logs::LogFormat, traces::TraceSettings},
    outbound::OutboundProxy,
};

/// The format of the log, also where another setting is wrong.
pub fn log_format() -> LogFormat {
    let set = std::env::var("LOG_FORMAT").unwrap_or_default();
    let variables = Variables::read().unwrap_or_else(|_| Variables::from_pairs([("LOG_FORMAT", &*set)]));
    server::log_format(&variables).unwrap_or_default()
}

/// Where a server with the same settings listens. No other setting is read.
pub fn listen_address() -> Result<SocketAddr, ConfigError> {
    server::listen(&Variables::read()?)
}

#[derive(Clone, Debug)]
pub struct Config {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// The origin at which browsers see the app.
    pub front_url: Url,
    /// In a development build, `dx serve` passes requests on to this server.
    pub under_dev_server: bool,
    pub provider: Provider,
    pub sessions: SessionStorage,
    pub session_limits: SessionLimits,
    pub guard: GuardSettings,
    pub chat: ChatUpstream,
    /// The models that people choose from; empty where there is one, without a list.
    pub models: Vec<ListedModel>,
    pub user_tokens: Option<UserTokenSettings>,
    pub notice: Option<NoticeSettings>,
    pub database_url: DatabaseUrl,
    pub database_connections: NonZeroU32,
    pub answers: ChatSettings,
    /// In bytes.
    pub storage_per_person: Option<NonZeroU64>,
    /// How many days after their last question conversations are deleted.
    pub retention_days: Option<NonZeroU32>,
    pub connections: ConnectionSettings,
    pub draining: DrainSettings,
    /// What the operator has put into the pages.
    pub furnishing: Furnishing,
    pub edge: EdgeSettings,
    /// Where metrics are served.
    pub metrics: Option<SocketAddr>,
    pub traces: Option<TraceSettings>,
    pub proxy: OutboundProxy,
    /// What crosses the network unencrypted.
    pub plaintext: Vec<Plaintext>,
    /// Variables of the environment without effect.
    pub misspelt: Vec<Misspelt>,
    /// A filter in the syntax of `tracing`'s `EnvFilter`.
    pub log: String,
    pub log_format: LogFormat,
    pub audit: AuditSettings,
}

impl Config {
    /// Reads the environment and `.env`.
    pub fn from_environment() -> Result<Self, ConfigError> {
        Self::from_variables(&Variables::read()?)
    }

    /// Reads the environment and this file, in place of `.env`.
    pub fn from_file(file: &Path) -> Result<Self, ConfigError> {
        Self::from_variables(&Variables::read_with(file)?)
    }

    pub fn from_variables(variables: &Variables) -> Result<Self, ConfigError> {
        let variables = variables.with_secrets_from_files()?;
        Self::parsed(&variables).map_err(|error| variables.as_set(error))
    }

    /// What the security headers depend on.
    pub fn headers(&self) -> HeaderSettings {
        HeaderSettings { https: self.front_url.scheme() == "https", dev_server: self.under_dev_server }
    }

    /// Browsers use https, which this server does not speak, so there is a proxy; but none is configured.
    pub fn lacks_proxies(&self) -> bool {
        self.front_url.scheme() == "https" && self.edge.trusted_proxies.is_empty()
    }

    /// The services that are called over TLS, and what their certificates are checked against.
    pub fn authorities(&self) -> Vec<(&'static str, &TrustedAuthorities)> {
        let provider = match &self.provider {
            Provider::Configured(provider) if provider.issuer.url().scheme() == "https" => Some(&provider.authorities),
            Provider::Configured(_) | Provider::Mock(_) => None,
        };
        let model = match &self.chat {
            ChatUpstream::Configured(model) if model.base_url.scheme() == "https" => Some(&model.tls.authorities),
            ChatUpstream::Configured(_) | ChatUpstream::Mock(_) | ChatUpstream::Demo => None,
        };
        let redis = match &self.sessions {
            SessionStorage::Redis { address, .. } => address.authorities(),
            SessionStorage::Memory => None,
        };
        let collector = self.traces.as_ref().filter(|traces| traces.endpoint.scheme() == "https");
        let services = [
            ("the provider", provider),
            ("the model", model),
            ("Redis", redis),
            ("PostgreSQL", self.database_url.authorities()),
            ("the collector", collector.map(|collector| &collector.authorities)),
        ];
        services.into_iter().filter_map(|(service, authorities)| Some((service, authorities?))).collect()
    }

    fn parsed(variables: &Variables) -> Result<Self, ConfigError> {
        // Also where each service has a setting of its own.
        certificates::authorities(&CA_FILE, variables)?;
        let listen = server::listen(variables)?;
        let front_url = server::front_url(variables, listen.port())?;
        let (log, log_format) = server::log(variables)?;
        let models = models::listed(variables)?;
        let chat = ChatUpstream::from_variables(variables, &models)?;
        Ok(Self {
            under_dev_server: server::is_under_dev_server(variables),
            provider: Provider::from_variables(variables, &front_url, listen)?,
            sessions: SessionStorage::from_variables(variables)?,
            session_limits: sessions::limits(variables)?,
            guard: guard::settings(variables, &models)?,
            user_tokens: user_token::settings(variables, &front_url, &chat)?,
            chat,
            models,
            notice: page::notice(variables)?,
            database_url: conversations::database_url(variables)?,
            database_connections: conversations::database_connections(variables)?,
            answers: conversations::answers(variables)?,
            storage_per_person: conversations::storage_per_person(variables)?,
            retention_days: conversations::retention_days(variables)?,
            connections: limits::connections(variables)?,
            draining: server::draining(variables)?,
            furnishing: page::furnishing(variables)?,
            edge: EdgeSettings {
                trusted_proxies: proxies::trusted(variables)?,
                address_header: proxies::client_address_header(variables)?,
                limits: limits::limits(variables)?,
            },
            metrics: server::metrics_address(variables)?,
            traces: traces::settings(variables)?,
            proxy: outbound::proxy_settings(variables)?,
            plaintext: plaintext::exceptions(variables)?,
            misspelt: variables.misspelt().to_vec(),
            listen,
            front_url,
            log,
            log_format,
            audit: audit::settings(variables)?,
        })
    }
}
