//! The server itself: its addresses and its logs.

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroU16,
};

use tracing_subscriber::EnvFilter;
use url::Url;

use super::{
    audit::{AUDIT_FORMAT, AUDIT_KEY_FILE},
    limits::{
        ANSWERS_PER_PERSON, MAX_ANSWERS, MAX_CONNECTIONS, RATE_LIMIT_PER_ADDRESS, RATE_LIMIT_PER_BROWSER,
        RATE_LIMIT_PER_PERSON, SESSIONS_PER_PERSON, STREAMS_PER_PERSON,
    },
    proxies::{CLIENT_ADDRESS_HEADER, TRUSTED_PROXIES},
    setting::{AnySetting, Section, Setting},
    urls::{has_no_user, is_local_origin},
    values::{Number, OneOf, Parsed, Seconds, from_str},
    variables::{ConfigError, Variables},
};
use crate::server::{
    http::shutdown::DrainSettings,
    observe::logs::{DEFAULT_FILTER, LogFormat},
    outbound::is_https_or_loopback,
};

pub static SECTION: Section = Section {
    title: "The server",
    text: "",
    settings: &[
        &FRONT_URL,
        &IP,
        &PORT,
        &TRUSTED_PROXIES,
        &CLIENT_ADDRESS_HEADER,
        &RATE_LIMIT_PER_ADDRESS,
        &RATE_LIMIT_PER_BROWSER,
        &RATE_LIMIT_PER_PERSON,
        &SESSIONS_PER_PERSON,
        &STREAMS_PER_PERSON,
        &ANSWERS_PER_PERSON,
        &MAX_ANSWERS,
        &MAX_CONNECTIONS,
        &DRAIN_NOTICE_SECONDS,
        &DRAIN_SECONDS,
        &METRICS_ADDR,
        &LOG,
        &LOG_FORMAT,
        &AUDIT_FORMAT,
        &AUDIT_KEY_FILE,
    ],
};

static FRONT_URL: Setting<Parsed<Url>> = Setting {
    name: "FRONT_URL",
    text: "Where browsers see the app: an origin, https or loopback. Default: http://localhost:PORT.",
    example: "https://chat.example.com",
    value: Parsed {
        expected: "an origin without a path, such as https://chat.example.com (http only on loopback)",
        default: None,
        parse: |text| Url::parse(text).ok().filter(is_origin),
    },
};

static IP: Setting<Parsed<IpAddr>> = Setting {
    name: "IP",
    text: "Where the server listens: the address.",
    example: "127.0.0.1",
    value: Parsed {
        expected: "an IP address, such as 127.0.0.1 or 0.0.0.0",
        default: Some("127.0.0.1"),
        parse: from_str,
    },
};

static PORT: Setting<Number<NonZeroU16>> = Setting {
    name: "PORT",
    text: "Where the server listens: the port.",
    example: "8080",
    value: Number {
        what: "a port number",
        from: NonZeroU16::MIN,
        to: Some(NonZeroU16::MAX),
        default: NonZeroU16::new(8080),
    },
};

/// Set by `dx serve`, which listens there and passes requests on to `PORT`. Not documented: operators never set it.
pub static DIOXUS_DEVSERVER_PORT: Setting<Number<NonZeroU16>> = Setting {
    name: "DIOXUS_DEVSERVER_PORT",
    text: "",
    example: "",
    value: Number { what: "a port number", from: NonZeroU16::MIN, to: Some(NonZeroU16::MAX), default: None },
};

static DRAIN_NOTICE_SECONDS: Setting<Seconds> = Setting {
    name: "DRAIN_NOTICE_SECONDS",
    text: "At SIGTERM, /readyz says at once that this server drains, and for so many seconds everything goes on as before: \
           longer than the load balancer takes to notice.",
    example: "15",
    value: Seconds { from: 0, to: 5 * 60, default: Some(DrainSettings::DEFAULT.notice) },
};

static DRAIN_SECONDS: Setting<Seconds> = Setting {
    name: "DRAIN_SECONDS",
    text: "After that, new answers are refused, and running ones get so many seconds to end. The server stops when none is \
           left. The process manager must wait 20 seconds longer than both together.",
    example: "60",
    value: Seconds { from: 0, to: 60 * 60, default: Some(DrainSettings::DEFAULT.answers) },
};

static METRICS_ADDR: Setting<Parsed<SocketAddr>> = Setting {
    name: "METRICS_ADDR",
    text: "Metrics for Prometheus, at /metrics of this address, for everybody who can reach it. Without it, there are none.",
    example: "127.0.0.1:9464",
    value: Parsed { expected: "an address with a port, such as 127.0.0.1:9464", default: None, parse: from_str },
};

static LOG: Setting<Parsed<String>> = Setting {
    name: "LOG",
    text: "A filter in the syntax of tracing's EnvFilter.",
    example: "info",
    value: Parsed {
        expected: "a log filter such as info or warn,oracle_ai=debug",
        default: Some(DEFAULT_FILTER),
        parse: |text| EnvFilter::try_new(text).ok().map(|_| text.to_owned()),
    },
};

static LOG_FORMAT: Setting<OneOf<LogFormat>> = Setting {
    name: "LOG_FORMAT",
    text: "pretty, or json: an object per line.",
    example: "json",
    value: OneOf {
        values: &[("pretty", LogFormat::Pretty), ("json", LogFormat::Json)],
        default: Some(LogFormat::Pretty),
    },
};

pub fn listen(variables: &Variables) -> Result<SocketAddr, ConfigError> {
    Ok(SocketAddr::new(IP.read(variables)?, PORT.read(variables)?.get()))
}

pub fn front_url(variables: &Variables, port: u16) -> Result<Url, ConfigError> {
    let port = DIOXUS_DEVSERVER_PORT.get(variables)?.map_or(port, NonZeroU16::get);
    match FRONT_URL.get(variables)? {
        Some(url) => Ok(url),
        None => Url::parse(&format!("http://localhost:{port}")).map_err(|_| FRONT_URL.invalid()),
    }
}

pub fn is_under_dev_server(variables: &Variables) -> bool {
    cfg!(debug_assertions) && DIOXUS_DEVSERVER_PORT.is_set(variables)
}

pub fn metrics_address(variables: &Variables) -> Result<Option<SocketAddr>, ConfigError> {
    METRICS_ADDR.get(variables)
}

pub fn draining(variables: &Variables) -> Result<DrainSettings, ConfigError> {
    Ok(DrainSettings { notice: DRAIN_NOTICE_SECONDS.read(variables)?, answers: DRAIN_SECONDS.read(variables)? })
}

pub fn log(variables: &Variables) -> Result<(String, LogFormat), ConfigError> {
    Ok((LOG.read(variables)?, LOG_FORMAT.read(variables)?))
}

/// `None` for a wrong value, and for none.
pub fn log_format(variables: &Variables) -> Option<LogFormat> {
    LOG_FORMAT.get(variables).ok().flatten()
}

fn is_origin(url: &Url) -> bool {
    url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && has_no_user(url)
        && (is_https_or_loopback(url) || is_local_origin(url))
}
