//! The variables that OpenTelemetry's specification names, as far as there is something to choose here.

use std::time::Duration;

use percent_encoding::percent_decode_str;
use reqwest::header::{HeaderName, HeaderValue};
use url::Url;

use super::{ConfigError, Variables, has_no_user, is_https_or_loopback, plaintext::Connection, proxy};
use crate::server::observe::traces::{CollectorHeader, Sampling, TraceSettings};

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
const TIMEOUT: &str = "OTEL_EXPORTER_OTLP_TIMEOUT";
const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";
const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const SAMPLER_ARG: &str = "OTEL_TRACES_SAMPLER_ARG";

/// The only one that is spoken here.
const HTTP_PROTOBUF: &str = "http/protobuf";
const DEFAULT_TIMEOUT: &str = "10000";
const LONGEST_TIMEOUT: u64 = 60_000;
const DEFAULT_SERVICE: &str = "oracle-ai";
const DEFAULT_SAMPLER: &str = "parentbased_always_on";

const CONNECTION: Connection = Connection {
    address: ENDPOINT,
    setting: "OTEL_ALLOW_HTTP",
    expected: "https, or on loopback: over http, anybody on the way reads along",
    unneeded: "OTEL_EXPORTER_OTLP_ENDPOINT doesn't need it: remove it",
};

/// Nothing where no collector is named: the others may be there for other programs on the machine.
pub(super) fn settings(variables: &Variables) -> Result<Option<TraceSettings>, ConfigError> {
    let Some(endpoint) = endpoint(variables)? else { return Ok(None) };
    if variables.get(PROTOCOL).is_some_and(|protocol| protocol != HTTP_PROTOBUF) {
        return Err(variables.wrong(PROTOCOL, "http/protobuf, the one that is spoken here"));
    }
    CONNECTION.check(variables, !is_https_or_loopback(&endpoint))?;
    Ok(Some(TraceSettings {
        proxy: proxy::settings(variables)?,
        headers: headers(variables, &endpoint)?,
        timeout: timeout(variables)?,
        service: variables.get(SERVICE_NAME).unwrap_or(DEFAULT_SERVICE).to_owned(),
        sampling: sampling(variables)?,
        endpoint,
    }))
}

/// The signal's own path is added to it (OpenTelemetry Protocol Exporter, “Endpoint URLs for OTLP/HTTP”).
fn endpoint(variables: &Variables) -> Result<Option<Url>, ConfigError> {
    const EXPECTED: &str = "an http or https URL without a query, such as http://localhost:4318";
    let Some(text) = variables.get(ENDPOINT) else { return Ok(None) };
    let is_good = |url: &Url| ["http", "https"].contains(&url.scheme()) && has_no_user(url) && url.query().is_none();
    let url = Url::parse(text).ok().filter(|url| is_good(url) && url.fragment().is_none());
    let mut url = url.ok_or_else(|| variables.wrong(ENDPOINT, EXPECTED))?;
    url.set_path(&format!("{}/v1/traces", url.path().trim_end_matches('/')));
    Ok(Some(url))
}

/// `name=value,name=value`, the values percent-encoded. They may hold keys, which cross only TLS or the machine itself.
fn headers(variables: &Variables, endpoint: &Url) -> Result<Vec<CollectorHeader>, ConfigError> {
    const EXPECTED: &str = "name=value pairs separated by commas, with an endpoint of https or loopback";
    let Some(text) = variables.get(HEADERS) else { return Ok(vec![]) };
    let header = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        let name = name.trim().parse::<HeaderName>().ok()?;
        let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
        HeaderValue::from_str(&value).ok()?;
        Some(CollectorHeader { name: name.to_string(), value: value.into_owned() })
    };
    let headers: Option<Vec<_>> = text.split(',').map(header).collect();
    headers.filter(|_| is_https_or_loopback(endpoint)).ok_or_else(|| variables.wrong(HEADERS, EXPECTED))
}

fn timeout(variables: &Variables) -> Result<Duration, ConfigError> {
    const EXPECTED: &str = "a number of milliseconds from 1 to 60000";
    let milliseconds: u64 = variables.parsed(TIMEOUT, EXPECTED, DEFAULT_TIMEOUT)?;
    match (1..=LONGEST_TIMEOUT).contains(&milliseconds) {
        true => Ok(Duration::from_millis(milliseconds)),
        false => Err(variables.wrong(TIMEOUT, EXPECTED)),
    }
}

fn sampling(variables: &Variables) -> Result<Sampling, ConfigError> {
    const EXPECTED: &str = "always_on, always_off, traceidratio, or one of these after parentbased_";
    let name = variables.get(SAMPLER).unwrap_or(DEFAULT_SAMPLER);
    let (own, as_the_caller_says) = match name.strip_prefix("parentbased_") {
        Some(own) => (own, true),
        None => (name, false),
    };
    let ratio = match own {
        "always_on" => 1.0,
        "always_off" => 0.0,
        "traceidratio" => ratio(variables)?,
        _ => return Err(variables.wrong(SAMPLER, EXPECTED)),
    };
    Ok(Sampling { ratio, as_the_caller_says })
}

fn ratio(variables: &Variables) -> Result<f64, ConfigError> {
    const EXPECTED: &str = "a number from 0 to 1";
    let ratio: f64 = variables.parsed(SAMPLER_ARG, EXPECTED, "1")?;
    match (0.0..=1.0).contains(&ratio) {
        true => Ok(ratio),
        false => Err(variables.wrong(SAMPLER_ARG, EXPECTED)),
    }
}
