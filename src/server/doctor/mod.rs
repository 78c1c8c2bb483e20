//! `oracle-ai doctor`: checks whether the configuration works. Each result is one line, with the setting to change if
//! necessary, and says no more than was seen: proven, refused, neither of both, or missing. It signs nobody in, and takes
//! back what it writes.

mod provider;
mod verdict;

use std::{io::Write, path::Path, process::ExitCode, time::Duration};

use super::{
    app::EX_CONFIG,
    auth::{
        oidc::{OidcClient, ProviderHttp},
        sessions::{SessionLimits, Storage},
    },
    chat::upstream::{ChatCompletions, UpstreamSettings, UserTokens},
    config::{ChatUpstream, Config, Provider, SessionStorage},
    conversations::sql::DatabaseUrl,
    environment::Environment,
    observe::traces::{self, TraceSettings},
    outbound::{OutboundProxy, cause},
    store::{RedisDurability, Store, StoreError},
    version,
};

pub use verdict::{Grade, Verdict};

/// Its name in the lines about models.
const UPSTREAM: &str = "chat upstream";

/// For the first response of the model's server to anything.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(15);

/// Checks the configuration in the environment, over `file` or `.env`, and prints the results. Fails if something would not
/// work.
pub fn run(file: Option<&Path>) -> ExitCode {
    let program = Verdict::proven("version", version::text());
    let config = match file.map_or_else(Config::from_environment, Config::from_file) {
        Ok(config) => config,
        Err(error) => {
            print(&[program, Verdict::refused("configuration", error)]);
            return ExitCode::from(EX_CONFIG);
        }
    };
    let verdicts = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(examine(&config)),
        Err(error) => vec![Verdict::refused("runtime", error)],
    };
    let verdicts = [vec![program], verdicts].concat();
    match print(&verdicts) && !verdicts.iter().any(Verdict::is_failure) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Checks each part of the configuration, in the order in which a login needs them.
pub async fn examine(config: &Config) -> Vec<Verdict> {
    let front_url = format!("it is complete; browsers are to reach this server at {}", config.front_url);
    let mut verdicts = vec![Verdict::unproven("configuration", front_url, "opening that address in a browser")];
    verdicts.extend(config.misspelt.iter().map(|it| {
        let name = format!("{} is set, which is no setting", it.name);
        Verdict::missing("misspelt", name, "it has no effect").remedy(it.setting)
    }));
    verdicts
        .extend(config.plaintext.iter().map(|it| Verdict::missing("encryption", "TLS", it.words).remedy(it.setting)));
    verdicts.extend(config.authorities().into_iter().map(|(service, authorities)| {
        let rule = format!("those of {service} are checked against {authorities}");
        Verdict::unproven("certificates", rule, "the line about that service")
    }));
    verdicts.extend(proxies(&config.proxy));
    match &config.provider {
        Provider::Mock(_) => verdicts.push(
            Verdict::missing("provider", "no provider is set", "the mock identity provider lets anybody in")
                .remedy("OIDC_ISSUER"),
        ),
        Provider::Configured(settings) => match ProviderHttp::for_provider(settings, config.proxy.clone()) {
            Ok(http) => {
                let oidc = OidcClient::new((**settings).clone(), http, Environment::system());
                verdicts.extend(provider::examine(&oidc, settings).await);
            }
            Err(error) => verdicts.push(Verdict::refused("provider", error)),
        },
    }
    verdicts.push(client_addresses(config));
    verdicts.push(session_store(&config.sessions).await);
    verdicts.extend(redis_durability(&config.sessions).await);
    verdicts.push(session_limits(config.session_limits));
    verdicts.push(database(&config.database_url).await);
    verdicts.extend(upstreams(config).await);
    if let Some(settings) = &config.traces {
        verdicts.push(collector(settings).await);
    }
    verdicts
}

fn client_addresses(config: &Config) -> Verdict {
    const PART: &str = "client address";
    const PROOF: &str = "a caller's address as `client` in the audit log, where it counts repeated events";
    match (config.lacks_proxies(), config.edge.trusted_proxies.is_empty()) {
        (true, _) => Verdict::missing(
            PART,
            "FRONT_URL is https, so a proxy stands in front, and none is named",
            "all people share the limits of its address",
        )
        .remedy("TRUSTED_PROXIES, CLIENT_ADDRESS_HEADER"),
        (false, true) => Verdict::unproven(PART, "that of the connection", PROOF),
        (false, false) => Verdict::unproven(PART, "as the trusted proxies say", PROOF),
    }
}

/// Shows only the hosts, as the URLs may contain a password.
fn proxies(proxy: &OutboundProxy) -> impl Iterator<Item = Verdict> {
    [("https", &proxy.https), ("http", &proxy.http)].into_iter().filter_map(|(scheme, url)| {
        let host = url.as_ref()?.host_str()?;
        let seen = format!("{scheme} to other machines goes through {host}, but for NO_PROXY");
        Some(Verdict::unproven("proxy", seen, "any line below that is proven of such a machine"))
    })
}

async fn session_store(sessions: &SessionStorage) -> Verdict {
    const PART: &str = "session store";
    const REMEDY: &str = "REDIS_URL, REDIS_CA_FILE, CA_FILE";
    let SessionStorage::Redis { address, ring } = sessions else {
        return Verdict::missing(PART, "Redis", "sessions are in memory, and end with the process").remedy("REDIS_URL");
    };
    match Storage::in_redis(address, ring.clone()) {
        Ok(storage) => match try_out(&*storage.store).await {
            Ok(()) => Verdict::proven(PART, "Redis answers, and takes writes"),
            Err(error) => Verdict::refused(PART, error).remedy(REMEDY),
        },
        Err(error) => Verdict::refused(PART, error).remedy(REMEDY),
    }
}

async fn try_out(store: &dyn Store) -> Result<(), StoreError> {
    store.check().await?;
    store.check_writes().await
}

/// Nothing where Redis does not answer, which `session_store` reports, or is a cluster.
async fn redis_durability(sessions: &SessionStorage) -> Vec<Verdict> {
    const PART: &str = "session durability";
    let SessionStorage::Redis { address, .. } = sessions else { return vec![] };
    let Ok(durability) = RedisDurability::of(address).await else { return vec![] };
    let faults: Vec<_> = durability
        .faults()
        .map(|(text, remedy)| Verdict::missing(PART, "Redis may forget", text).remedy(remedy))
        .collect();
    match faults.is_empty() {
        true => vec![Verdict::proven(PART, "Redis appends to its file, and evicts nothing")],
        false => faults,
    }
}

fn session_limits(limits: SessionLimits) -> Verdict {
    const PART: &str = "session limits";
    let minutes = |limit: Duration| limit.as_secs().div_ceil(60);
    let (idle, lifetime) = (minutes(limits.idle_timeout), minutes(limits.lifetime));
    let text = format!("sessions end after {idle} minutes without input, and after {lifetime} minutes in any case");
    match limits.are_strict() {
        true => Verdict::proven(PART, text),
        false => Verdict::missing(PART, "limits as short as is recommended", text)
            .remedy("SESSION_IDLE_TIMEOUT, SESSION_LIFETIME"),
    }
}

async fn database(url: &DatabaseUrl) -> Verdict {
    const PART: &str = "database";
    match url.try_out().await {
        Ok(()) => Verdict::proven(PART, "it can be read and written"),
        Err(error) => Verdict::refused(PART, error).remedy("DATABASE_URL, DATABASE_CA_FILE, CA_FILE"),
    }
}

/// Sends one short question to each model. That costs a few tokens, but only this checks model and key.
async fn upstreams(config: &Config) -> Vec<Verdict> {
    let shared = match &config.chat {
        ChatUpstream::Demo => {
            let verdict = Verdict::missing(UPSTREAM, "no model is set", "the demo responder answers");
            return vec![verdict.remedy("CHAT_BASE_URL")];
        }
        ChatUpstream::Mock(_) => {
            let verdict = Verdict::missing(UPSTREAM, "no model is set", "the mock upstream answers");
            return vec![verdict.remedy("MOCK_UPSTREAM_ADDR")];
        }
        ChatUpstream::Configured(settings) => &**settings,
    };
    if config.models.is_empty() {
        return vec![upstream(shared.clone(), config, "CHAT_BASE_URL, CHAT_MODEL, CHAT_API_KEY").await];
    }
    let mut verdicts = vec![];
    for model in &config.models {
        verdicts.push(upstream(model.upstream(shared), config, "CHAT_MODELS_FILE, CHAT_BASE_URL, CHAT_API_KEY").await);
    }
    verdicts
}

async fn upstream(settings: UpstreamSettings, config: &Config, remedy: &'static str) -> Verdict {
    let model = settings.model.clone();
    if let Err(error) = connection(&settings, &config.proxy).await {
        return Verdict::refused(UPSTREAM, error)
            .remedy("CHAT_BASE_URL, CHAT_CA_FILE, CA_FILE, CHAT_CLIENT_CERTIFICATE_FILE, HTTPS_PROXY, NO_PROXY");
    }
    let upstream = match ChatCompletions::through(config.proxy.clone(), settings, Environment::system()) {
        Ok(upstream) => upstream,
        Err(error) => return Verdict::refused(UPSTREAM, error).remedy(remedy),
    };
    let tokens = config.user_tokens.clone().map(|settings| UserTokens::new(settings, Environment::system()));
    match upstream.with_user_tokens(tokens).try_out("Say: ok").await {
        Ok(()) => Verdict::proven(UPSTREAM, format!("{model} answers")),
        Err(error) => Verdict::refused(UPSTREAM, error).remedy(remedy),
    }
}

/// Whether the upstream responds to anything at all. If not, the question's own error would have no cause.
async fn connection(settings: &UpstreamSettings, proxy: &OutboundProxy) -> Result<(), String> {
    let client = settings.client(proxy.clone()).map_err(|error| error.to_string())?;
    client.get(settings.base_url.clone()).timeout(CONNECTION_TIMEOUT).send().await.map(drop).map_err(cause)
}

async fn collector(settings: &TraceSettings) -> Verdict {
    match traces::check(settings).await {
        Ok(()) => Verdict::proven("collector", "it takes traces"),
        Err(error) => Verdict::refused("collector", error)
            .remedy("OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_CERTIFICATE, CA_FILE, OTEL_EXPORTER_OTLP_HEADERS"),
    }
}

/// Prints the results and their counts. Returns whether they could be written.
fn print(verdicts: &[Verdict]) -> bool {
    let lines: String = verdicts.iter().map(|verdict| format!("{verdict}\n")).collect();
    let count = |grade| verdicts.iter().filter(|verdict| verdict.grade == grade).count();
    let counts = format!(
        "{} proven, {} neither refused nor proven, {} missing, {} that must be put right\n",
        count(Grade::Proven),
        count(Grade::Unproven),
        count(Grade::Missing),
        count(Grade::Lacking) + count(Grade::Refused)
    );
    std::io::stdout().write_all((lines + &counts).as_bytes()).is_ok()
}
