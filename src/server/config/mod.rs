//! Configuration: from the environment and `.env`, checked whole before anything starts.
//!
//! A variable of the environment wins over the same one in `.env`. Every variable is in the [`reference`].

mod chat;
mod edge;
mod guard;
mod id_tokens;
mod logout;
mod plaintext;
mod provider;
mod proxy;
pub mod reference;
mod secret_files;
mod sessions;
mod traces;
mod variables;

use std::{
    net::{IpAddr, SocketAddr},
    num::{NonZeroU16, NonZeroU64},
    time::Duration,
};

use rustls_pki_types::{CertificateDer, pem::PemObject};
use url::Url;

use super::{
    chat::ChatSettings,
    conversations::sql::DatabaseUrl,
    guard::GuardSettings,
    http::{connections::ConnectionSettings, headers::HeaderSettings, ingress::EdgeSettings},
    outbound::{self, ClientSettings, OutboundProxy, is_https_or_loopback, is_loopback},
    sessions::SessionLimits,
    telemetry::LogFormat,
    traces::TraceSettings,
};

use crate::wire::link_hosts::LinkHosts;

use plaintext::Connection;
use reference::DEV_SERVER_PORT;

pub use chat::{ChatUpstream, MockUpstream};
pub use plaintext::Plaintext;
pub use provider::{MOCK_PROFILES, MockProvider, Provider};
pub use sessions::SessionStorage;
pub use variables::{ConfigError, Variables};

const DEFAULT_PORT: u16 = 8080;
const DEFAULT_IP: &str = "127.0.0.1";
const DEFAULT_DATABASE: &str = "sqlite://oracle-ai.db?mode=rwc";

/// An hour. Longer than any answer takes; one that nobody reads costs as much as one that somebody does.
const MAX_GRACE_SECONDS: u64 = 60 * 60;

#[derive(Clone, Debug)]
pub struct Config {
    /// `IP` and `PORT`, default `127.0.0.1:8080`: where the server listens.
    pub listen: SocketAddr,
    /// `FRONT_URL`, default `http://localhost:PORT`: the origin at which browsers see us.
    pub front_url: Url,
    /// `DIOXUS_DEVSERVER_PORT` is set, in a development build: `dx serve` passes requests on to us.
    pub under_dev_server: bool,
    /// `OIDC_ISSUER` and what belongs to it; the mock provider where it is not set.
    pub provider: Provider,
    /// `REDIS_URL` and what belongs to it; this process's memory where it is not set.
    pub sessions: SessionStorage,
    /// `SESSION_IDLE_TIMEOUT`, default 1800, and `SESSION_LIFETIME`, default 43200: how long sessions last, in seconds.
    pub session_limits: SessionLimits,
    /// `ACCESS_TOKEN_CHECK`, `ALLOW_BEARER_TOKENS`, `REQUIRED_SCOPE`, `REQUIRED_ROLE` and what belongs to them: what the
    /// guarded doors want. The session doors always want a proof, and nothing else.
    pub guard: GuardSettings,
    /// `CHAT_BASE_URL` and what belongs to it; the demo responder where it is not set.
    pub chat: ChatUpstream,
    /// `DATABASE_URL`, default `sqlite://oracle-ai.db?mode=rwc`, a file in the working directory: where conversations
    /// are kept. `sqlite::memory:` keeps them nowhere.
    pub database_url: DatabaseUrl,
    /// `CHAT_GRACE_SECONDS`, default 20: how long an answer goes on while nobody reads it, for a reload or a sign-in;
    /// 0 ends it at once. `CHAT_HISTORY_CHARS`, default 60000: how much of a conversation the model is told.
    pub answers: ChatSettings,
    /// `STORAGE_PER_PERSON`, default 256: how many MB the conversations of one person may take in the database; 0 is without
    /// limit.
    pub storage_per_person: Option<NonZeroU64>,
    /// `MAX_CONNECTIONS`, default 10000: how many may be open at a time.
    pub connections: ConnectionSettings,
    /// `CLIENT_ADDRESS_HEADER`, default x-forwarded-for: which of their headers is. `RATE_LIMIT_PER_PERSON`, default 3000,
    /// `SESSIONS_PER_PERSON`, default 20, and `STREAMS_PER_PERSON`, default 64: what one person may do.
    /// `CHAT_LINK_HOSTS`, default none: hosts that links of answers lead to without a notice.
    pub link_hosts: LinkHosts,
    /// `TRUSTED_PROXIES`, default none: whose `X-Forwarded-For`, `Forwarded` and `X-Request-Id` are believed.
    /// `RATE_LIMIT_PER_ADDRESS`, default 6000, and `RATE_LIMIT_PER_BROWSER`, default 120: calls a minute of each limited
    /// door; 0 is without limit.
    pub edge: EdgeSettings,
    /// `METRICS_ADDR`, default none: where figures are served in Prometheus' format, to whoever asks there.
    pub metrics: Option<SocketAddr>,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` and what belongs to it, default none: where spans are sent to.
    pub traces: Option<TraceSettings>,
    /// `HTTPS_PROXY` and `NO_PROXY`, default none: through whom https goes to other machines.
    pub proxy: OutboundProxy,
    /// `CHAT_ALLOW_HTTP`, `DATABASE_ALLOW_PLAINTEXT`, `OTEL_ALLOW_HTTP`, `REDIS_ALLOW_PLAINTEXT`: what crosses the network
    /// unencrypted.
    pub plaintext: Vec<Plaintext>,
    /// `LOG`, default `warn,oracle_ai=info`: a filter in the syntax of `tracing`'s `EnvFilter`.
    pub log: Option<String>,
    /// `LOG_FORMAT`: `pretty` (default), or `json`.
    pub log_format: LogFormat,
}

impl Config {
    /// Reads the environment and `.env`.
    pub fn from_environment() -> Result<Self, ConfigError> {
        Self::from_variables(&Variables::read()?)
    }

    /// What the headers depend on.
    pub fn headers(&self) -> HeaderSettings {
        HeaderSettings { https: self.front_url.scheme() == "https", dev_server: self.under_dev_server }
    }

    /// Browsers see us by https, which we don't speak: so a proxy stands between, and none is named.
    pub fn lacks_proxies(&self) -> bool {
        self.front_url.scheme() == "https" && self.edge.trusted_proxies.is_empty()
    }

    pub fn from_variables(variables: &Variables) -> Result<Self, ConfigError> {
        let variables = variables.with_secrets_from_files()?;
        Self::parsed(&variables).map_err(|error| variables.as_set(error))
    }

    fn parsed(variables: &Variables) -> Result<Self, ConfigError> {
        let listen = listen(variables)?;
        let front_url = front_url(variables, listen.port())?;
        let under_dev_server = cfg!(debug_assertions) && variables.get(DEV_SERVER_PORT).is_some();
        let provider = Provider::from_variables(variables, &front_url, listen)?;
        let (sessions, session_limits) = (SessionStorage::from_variables(variables)?, sessions::limits(variables)?);
        let guard = guard::settings(variables)?;
        let chat = ChatUpstream::from_variables(variables)?;
        let (database_url, answers) = (database_url(variables)?, answers(variables)?);
        let link_hosts = link_hosts(variables)?;
        let edge = edge::settings(variables)?;
        let (connections, storage_per_person) = (edge::connections(variables)?, edge::storage_per_person(variables)?);
        let (metrics, traces) = (metrics_address(variables)?, traces::settings(variables)?);
        let (proxy, plaintext) = (proxy::settings(variables)?, plaintext::exceptions(variables));
        let (log, log_format) = (log(variables)?, variables.parsed("LOG_FORMAT", "pretty or json", "pretty")?);
        Ok(Self {
            listen,
            front_url,
            under_dev_server,
            provider,
            sessions,
            session_limits,
            guard,
            chat,
            database_url,
            answers,
            storage_per_person,
            connections,
            link_hosts,
            edge,
            metrics,
            traces,
            proxy,
            plaintext,
            log,
            log_format,
        })
    }
}

fn listen(variables: &Variables) -> Result<SocketAddr, ConfigError> {
    let ip: IpAddr = variables.parsed("IP", "an IP address, such as 127.0.0.1 or 0.0.0.0", DEFAULT_IP)?;
    let port: NonZeroU16 = variables.parsed("PORT", "a port number from 1 to 65535", &DEFAULT_PORT.to_string())?;
    Ok(SocketAddr::new(ip, port.get()))
}

fn front_url(variables: &Variables, port: u16) -> Result<Url, ConfigError> {
    const EXPECTED: &str = "an origin without a path, such as https://chat.example.com (http only on loopback)";
    let port: u16 = variables.parsed(DEV_SERVER_PORT, "a port number from 1 to 65535", &port.to_string())?;
    let url: Url = variables.parsed("FRONT_URL", EXPECTED, &format!("http://localhost:{port}"))?;
    let is_origin = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && has_no_user(&url);
    match is_origin && (is_https_or_loopback(&url) || is_local_origin(&url)) {
        true => Ok(url),
        false => Err(variables.wrong("FRONT_URL", EXPECTED)),
    }
}

/// Browsers know each name below `localhost` as this machine; nothing of ours calls it.
fn is_local_origin(url: &Url) -> bool {
    let is_below_localhost = url.host_str().is_some_and(|host| host.ends_with(".localhost"));
    url.scheme() == "http" && (is_below_localhost || is_loopback(url))
}

fn database_url(variables: &Variables) -> Result<DatabaseUrl, ConfigError> {
    const EXPECTED: &str = "a database, such as sqlite:///var/lib/oracle-ai/chat.db?mode=rwc or \
                            postgres://user:password@host/database?sslmode=verify-full";
    const CONNECTION: Connection = Connection {
        address: "DATABASE_URL",
        setting: "DATABASE_ALLOW_PLAINTEXT",
        expected: "on this machine, or end in sslmode=verify-full (or verify-ca, require): without it, anybody on the \
                   way can read conversations",
        unneeded: "DATABASE_URL doesn't need it: remove it",
    };
    let url: DatabaseUrl = variables.parsed("DATABASE_URL", EXPECTED, DEFAULT_DATABASE)?;
    CONNECTION.check(variables, url.may_cross_unencrypted())?;
    Ok(url)
}

fn answers(variables: &Variables) -> Result<ChatSettings, ConfigError> {
    const GRACE: &str = "a number of seconds from 0 to 3600";
    let ChatSettings { grace, history_chars } = ChatSettings::default();
    let grace: u64 = variables.parsed("CHAT_GRACE_SECONDS", GRACE, &grace.as_secs().to_string())?;
    if grace > MAX_GRACE_SECONDS {
        return Err(variables.wrong("CHAT_GRACE_SECONDS", GRACE));
    }
    let history_chars = variables.parsed("CHAT_HISTORY_CHARS", "a number of characters", &history_chars.to_string())?;
    Ok(ChatSettings { grace: Duration::from_secs(grace), history_chars })
}

fn link_hosts(variables: &Variables) -> Result<LinkHosts, ConfigError> {
    const EXPECTED: &str = "hosts separated by spaces, such as docs.oracle.com *.example.com, without scheme and port";
    variables.parsed("CHAT_LINK_HOSTS", EXPECTED, "")
}

fn metrics_address(variables: &Variables) -> Result<Option<SocketAddr>, ConfigError> {
    const EXPECTED: &str = "an address with a port, such as 127.0.0.1:9464";
    let address = variables.get("METRICS_ADDR").map(str::parse).transpose();
    address.map_err(|_| variables.wrong("METRICS_ADDR", EXPECTED))
}

fn log(variables: &Variables) -> Result<Option<String>, ConfigError> {
    let Some(filter) = variables.get("LOG") else { return Ok(None) };
    match tracing_subscriber::EnvFilter::try_new(filter) {
        Ok(_) => Ok(Some(filter.to_owned())),
        Err(_) => Err(variables.wrong("LOG", "a log filter such as info or warn,oracle_ai=debug")),
    }
}

/// Certificates of authorities. One that can't be read stops the start, here and not at the first call.
fn pem_file(variables: &Variables, variable: &'static str, file: &str) -> Result<Vec<u8>, ConfigError> {
    let wrong = |cause: String| variables.wrong(variable, &format!("a readable PEM file of certificates: {cause}"));
    let pem = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
    let certificates = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
    match certificates {
        Ok(certificates) if certificates.is_empty() => Err(wrong("it has no certificate".into())),
        Ok(_) => match outbound::client(&ClientSettings { authorities: &pem, ..ClientSettings::default() }) {
            Ok(_) => Ok(pem),
            Err(_) => Err(wrong("one of its certificates can't be read".into())),
        },
        Err(_) => Err(wrong("it is no PEM".into())),
    }
}

fn has_no_user(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none()
}

#[cfg(test)]
mod tests;
