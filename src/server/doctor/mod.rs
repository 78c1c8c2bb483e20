//! `oracle-ai doctor`: checks whether the configuration works. Each result is one line, with the setting to change if
//! necessary. It signs nobody in and stores nothing.

mod provider;
mod verdict;

use std::{io::Write, process::ExitCode, time::Duration};

use super::{
    app::EX_CONFIG,
    auth::{
        oidc::{OidcClient, ProviderHttp},
        sessions::{SessionLimits, Storage},
    },
    chat::upstream::{ChatCompletions, Message, Role, Upstream, UpstreamSettings},
    config::{ChatUpstream, Config, Provider, SessionStorage},
    conversations::sql::DatabaseUrl,
    environment::Environment,
    observe::traces::{self, TraceSettings},
    outbound::{OutboundProxy, cause},
};
use crate::wire::auth::UserClaims;

pub use verdict::{Grade, Verdict};

/// For the first response of the model's server to anything.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(15);

/// Checks the configuration in the environment and prints the results. Fails if something would not work.
pub fn run() -> ExitCode {
    let config = match Config::from_environment() {
        Ok(config) => config,
        Err(error) => {
            print(&[Verdict::fails("configuration", error)]);
            return ExitCode::from(EX_CONFIG);
        }
    };
    let verdicts = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(examine(&config)),
        Err(error) => vec![Verdict::fails("runtime", error)],
    };
    match print(&verdicts) && verdicts.iter().all(|verdict| verdict.grade != Grade::Fails) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Checks each part of the configuration, in the order in which a login needs them.
pub async fn examine(config: &Config) -> Vec<Verdict> {
    let mut verdicts = vec![Verdict::good("configuration", format!("browsers see us at {}", config.front_url))];
    verdicts.extend(config.plaintext.iter().map(|it| Verdict::doubtful("encryption", it.words, it.setting)));
    verdicts.extend(config.authorities().into_iter().map(|(service, authorities)| {
        Verdict::good("certificates", format!("those of {service} are checked against {authorities}"))
    }));
    verdicts.extend(proxies(&config.proxy));
    match &config.provider {
        Provider::Mock(_) => {
            verdicts.push(Verdict::doubtful("provider", "the mock identity provider lets anybody in", "OIDC_ISSUER"))
        }
        Provider::Configured(settings) => match ProviderHttp::for_provider(settings, config.proxy.clone()) {
            Ok(http) => {
                let tolerance = settings.id_tokens.clock_tolerance;
                let oidc = OidcClient::new((**settings).clone(), http, Environment::system());
                verdicts.extend(provider::examine(&oidc, tolerance).await);
            }
            Err(error) => verdicts.push(Verdict::fails("provider", error)),
        },
    }
    verdicts.push(client_addresses(config));
    verdicts.push(session_store(&config.sessions).await);
    verdicts.push(session_limits(config.session_limits));
    verdicts.push(database(&config.database_url).await);
    verdicts.push(upstream(&config.chat, &config.proxy).await);
    if let Some(settings) = &config.traces {
        verdicts.push(collector(settings).await);
    }
    verdicts
}

fn client_addresses(config: &Config) -> Verdict {
    const PART: &str = "client address";
    match (config.lacks_proxies(), config.edge.trusted_proxies.is_empty()) {
        (true, _) => Verdict::doubtful(
            PART,
            "FRONT_URL is https, so a proxy stands in front, and none is named: all people share the limits of its address",
            "TRUSTED_PROXIES, CLIENT_ADDRESS_HEADER",
        ),
        (false, true) => Verdict::good(PART, "that of the connection"),
        (false, false) => Verdict::good(PART, "as the trusted proxies say"),
    }
}

/// Shows only the hosts, as the URLs may contain a password.
fn proxies(proxy: &OutboundProxy) -> impl Iterator<Item = Verdict> {
    [("https", &proxy.https), ("http", &proxy.http)].into_iter().filter_map(|(scheme, url)| {
        let host = url.as_ref()?.host_str()?;
        Some(Verdict::good("proxy", format!("{scheme} to other machines goes through {host}, but for NO_PROXY")))
    })
}

async fn session_store(sessions: &SessionStorage) -> Verdict {
    const PART: &str = "session store";
    const REMEDY: &str = "REDIS_URL, REDIS_CA_FILE, CA_FILE";
    let SessionStorage::Redis { address, ring } = sessions else {
        return Verdict::doubtful(PART, "sessions are kept in memory: they end with the process", "REDIS_URL");
    };
    match Storage::in_redis(address, ring.clone()) {
        Ok(storage) => match storage.store.check().await {
            Ok(()) => Verdict::good(PART, "Redis answers"),
            Err(error) => Verdict::fails(PART, error).remedy(REMEDY),
        },
        Err(error) => Verdict::fails(PART, error).remedy(REMEDY),
    }
}

fn session_limits(limits: SessionLimits) -> Verdict {
    const PART: &str = "session limits";
    let minutes = |limit: Duration| limit.as_secs().div_ceil(60);
    let (idle, lifetime) = (minutes(limits.idle_timeout), minutes(limits.lifetime));
    let text = format!("sessions end after {idle} minutes without input, and after {lifetime} minutes in any case");
    match limits.are_strict() {
        true => Verdict::good(PART, text),
        false => Verdict::doubtful(PART, text, "SESSION_IDLE_TIMEOUT, SESSION_LIFETIME"),
    }
}

async fn database(url: &DatabaseUrl) -> Verdict {
    match url.reach().await {
        Ok(()) => Verdict::good("database", "it answers"),
        Err(error) => Verdict::fails("database", error).remedy("DATABASE_URL, DATABASE_CA_FILE, CA_FILE"),
    }
}

/// Sends one short question. That costs a few tokens, but only this checks model and key.
async fn upstream(chat: &ChatUpstream, proxy: &OutboundProxy) -> Verdict {
    const PART: &str = "chat upstream";
    let settings = match chat {
        ChatUpstream::Demo => {
            return Verdict::doubtful(PART, "the demo responder answers, which is no model", "CHAT_BASE_URL");
        }
        ChatUpstream::Mock(_) => {
            return Verdict::doubtful(PART, "the mock upstream answers, which is no model", "MOCK_UPSTREAM_ADDR");
        }
        ChatUpstream::Configured(settings) => (**settings).clone(),
    };
    const REMEDY: &str = "CHAT_BASE_URL, CHAT_MODEL, CHAT_API_KEY";
    let model = settings.model.clone();
    if let Err(error) = connection(&settings, proxy).await {
        return Verdict::fails(PART, error)
            .remedy("CHAT_BASE_URL, CHAT_CA_FILE, CA_FILE, CHAT_CLIENT_CERTIFICATE_FILE, HTTPS_PROXY, NO_PROXY");
    }
    let upstream = match ChatCompletions::through(proxy.clone(), settings, Environment::system()) {
        Ok(upstream) => upstream,
        Err(error) => return Verdict::fails(PART, error).remedy(REMEDY),
    };
    let question = Message { role: Role::User, text: "Say: ok".into() };
    match upstream.answer(vec![question], &test_user()).await {
        Ok(_) => Verdict::good(PART, format!("{model} answers")),
        Err(error) => Verdict::fails(PART, error).remedy(REMEDY),
    }
}

/// Whether the upstream responds to anything at all. If not, the question's own error would have no cause.
async fn connection(settings: &UpstreamSettings, proxy: &OutboundProxy) -> Result<(), String> {
    let client = settings.client(proxy.clone()).map_err(|error| error.to_string())?;
    client.get(settings.base_url.clone()).timeout(CONNECTION_TIMEOUT).send().await.map(drop).map_err(cause)
}

async fn collector(settings: &TraceSettings) -> Verdict {
    match traces::check(settings).await {
        Ok(()) => Verdict::good("collector", "it takes traces"),
        Err(error) => Verdict::fails("collector", error)
            .remedy("OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_CERTIFICATE, CA_FILE, OTEL_EXPORTER_OTLP_HEADERS"),
    }
}

fn test_user() -> UserClaims {
    UserClaims::known_by("https://doctor.invalid".into(), "doctor".into())
}

/// Prints the results and their counts. Returns whether they could be written.
fn print(verdicts: &[Verdict]) -> bool {
    let lines: String = verdicts.iter().map(|verdict| format!("{verdict}\n")).collect();
    let count = |grade| verdicts.iter().filter(|verdict| verdict.grade == grade).count();
    let counts =
        format!("{} good, {} doubtful, {} failing\n", count(Grade::Good), count(Grade::Doubtful), count(Grade::Fails));
    std::io::stdout().write_all((lines + &counts).as_bytes()).is_ok()
}
