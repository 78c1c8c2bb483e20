//! Traces for OpenTelemetry, by the names in its specification.

use std::time::Duration;

use percent_encoding::percent_decode_str;
use reqwest::header::{HeaderName, HeaderValue};
use url::Url;

use super::{
    certificates::{self, ca_file},
    outbound,
    plaintext::Connection,
    setting::{Section, Setting},
    urls::is_plain_http,
    values::{Flag, Number, OneOf, Parsed, Secret, Text},
    variables::{ConfigError, Variables},
};
use crate::server::{
    observe::traces::{CollectorHeader, Sampling, TraceSettings},
    outbound::is_https_or_loopback,
};

/// The samplers of OpenTelemetry's specification.
#[derive(Clone, Copy, PartialEq)]
enum Sampler {
    AlwaysOn,
    AlwaysOff,
    /// By `OTEL_TRACES_SAMPLER_ARG`.
    Ratio,
}

pub static SECTION: Section = Section {
    title: "Traces",
    text: "For OpenTelemetry, by the names in its specification. Without OTEL_EXPORTER_OTLP_ENDPOINT there are none, and \
           the others have no effect.",
    settings: &[
        &OTEL_EXPORTER_OTLP_ENDPOINT,
        &OTEL_ALLOW_HTTP,
        &OTEL_EXPORTER_OTLP_CERTIFICATE,
        &OTEL_EXPORTER_OTLP_HEADERS,
        &OTEL_EXPORTER_OTLP_PROTOCOL,
        &OTEL_EXPORTER_OTLP_TIMEOUT,
        &OTEL_SERVICE_NAME,
        &OTEL_TRACES_SAMPLER,
        &OTEL_TRACES_SAMPLER_ARG,
    ],
};

static OTEL_EXPORTER_OTLP_ENDPOINT: Setting<Parsed<Url>> = Setting {
    name: "OTEL_EXPORTER_OTLP_ENDPOINT",
    text: "The collector that spans are sent to, over HTTP; /v1/traces is added to it. https, or http on loopback.",
    example: "http://localhost:4318",
    value: Parsed {
        expected: "an http or https URL without a query, such as http://localhost:4318",
        default: None,
        parse: |text| Url::parse(text).ok().filter(is_plain_http).map(with_path),
    },
};

static OTEL_ALLOW_HTTP: Setting<Flag> = Setting {
    name: "OTEL_ALLOW_HTTP",
    text: "true where the network to a collector at http on another machine is as trustworthy as a private wire; spans \
           cross it unencrypted. Headers, which may hold a key, are refused there. Each start is logged.",
    example: "false",
    value: Flag { default: false },
};

/// Not `OTEL_CA_FILE`: the specification has a name for it.
static OTEL_EXPORTER_OTLP_CERTIFICATE: Setting<Text> = ca_file!("OTEL_EXPORTER_OTLP_CERTIFICATE", "the collector");

static OTEL_EXPORTER_OTLP_HEADERS: Setting<Secret<Parsed<Vec<CollectorHeader>>>> = Setting {
    name: "OTEL_EXPORTER_OTLP_HEADERS",
    text: "Headers for the collector, such as a key: name=value,name=value, with values percent-encoded. Only to an \
           endpoint of https or on loopback.",
    example: "",
    value: Secret {
        file: "OTEL_EXPORTER_OTLP_HEADERS_FILE",
        value: Parsed {
            expected: "name=value pairs separated by commas, with an endpoint of https or loopback",
            default: None,
            parse: headers,
        },
    },
};

static OTEL_EXPORTER_OTLP_PROTOCOL: Setting<OneOf<()>> = Setting {
    name: "OTEL_EXPORTER_OTLP_PROTOCOL",
    text: "The only protocol that is supported; any other stops the start.",
    example: "http/protobuf",
    value: OneOf { values: &[("http/protobuf", ())], default: Some(()) },
};

static OTEL_EXPORTER_OTLP_TIMEOUT: Setting<Number<u64>> = Setting {
    name: "OTEL_EXPORTER_OTLP_TIMEOUT",
    text: "How long the collector may take for a batch.",
    example: "10000",
    value: Number { what: "a number of milliseconds", from: 1, to: Some(60_000), default: Some(10_000) },
};

static OTEL_SERVICE_NAME: Setting<Text> = Setting {
    name: "OTEL_SERVICE_NAME",
    text: "The name of this program in traces.",
    example: "oracle-ai",
    value: Text { default: Some("oracle-ai") },
};

/// The flag says whether a trusted proxy's decision takes precedence.
static OTEL_TRACES_SAMPLER: Setting<OneOf<(Sampler, bool)>> = Setting {
    name: "OTEL_TRACES_SAMPLER",
    text: "Which traces are sent. The parentbased samplers follow the decision of a proxy in TRUSTED_PROXIES for traces that \
           begin there.",
    example: "parentbased_traceidratio",
    value: OneOf {
        values: &[
            ("always_on", (Sampler::AlwaysOn, false)),
            ("always_off", (Sampler::AlwaysOff, false)),
            ("traceidratio", (Sampler::Ratio, false)),
            ("parentbased_always_on", (Sampler::AlwaysOn, true)),
            ("parentbased_always_off", (Sampler::AlwaysOff, true)),
            ("parentbased_traceidratio", (Sampler::Ratio, true)),
        ],
        default: Some((Sampler::AlwaysOn, true)),
    },
};

static OTEL_TRACES_SAMPLER_ARG: Setting<Number<f64>> = Setting {
    name: "OTEL_TRACES_SAMPLER_ARG",
    text: "With a sampler by traceidratio: which share of the traces.",
    example: "0.1",
    value: Number { what: "a number", from: 0.0, to: Some(1.0), default: Some(1.0) },
};

pub static CONNECTION: Connection = Connection {
    address: &OTEL_EXPORTER_OTLP_ENDPOINT,
    permission: &OTEL_ALLOW_HTTP,
    expected: "https, or on loopback: over http, anybody on the way reads along",
    words: "traces cross the network unencrypted",
};

/// Without a collector the other settings are not read: they may be meant for other programs on the machine.
pub fn settings(variables: &Variables) -> Result<Option<TraceSettings>, ConfigError> {
    let Some(endpoint) = OTEL_EXPORTER_OTLP_ENDPOINT.get(variables)? else { return Ok(None) };
    OTEL_EXPORTER_OTLP_PROTOCOL.read(variables)?;
    CONNECTION.check(variables, !is_https_or_loopback(&endpoint))?;
    let headers = OTEL_EXPORTER_OTLP_HEADERS.get(variables)?.unwrap_or_default();
    if !headers.is_empty() && !is_https_or_loopback(&endpoint) {
        return Err(OTEL_EXPORTER_OTLP_HEADERS.invalid());
    }
    Ok(Some(TraceSettings {
        proxy: outbound::proxy_settings(variables)?,
        authorities: certificates::authorities(&OTEL_EXPORTER_OTLP_CERTIFICATE, variables)?,
        headers,
        timeout: OTEL_EXPORTER_OTLP_TIMEOUT.read(variables).map(Duration::from_millis)?,
        service: OTEL_SERVICE_NAME.read(variables)?,
        sampling: sampling(variables)?,
        endpoint,
    }))
}

fn sampling(variables: &Variables) -> Result<Sampling, ConfigError> {
    let (sampler, follows_parent) = OTEL_TRACES_SAMPLER.read(variables)?;
    let ratio = match sampler {
        Sampler::AlwaysOn => 1.0,
        Sampler::AlwaysOff => 0.0,
        Sampler::Ratio => OTEL_TRACES_SAMPLER_ARG.read(variables)?,
    };
    Ok(Sampling { ratio, follows_parent })
}

/// The signal's own path is added (OpenTelemetry Protocol Exporter, “Endpoint URLs for OTLP/HTTP”).
fn with_path(mut url: Url) -> Url {
    url.set_path(&format!("{}/v1/traces", url.path().trim_end_matches('/')));
    url
}

fn headers(text: &str) -> Option<Vec<CollectorHeader>> {
    let header = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        let name = name.trim().parse::<HeaderName>().ok()?;
        let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
        HeaderValue::from_str(&value).ok()?;
        Some(CollectorHeader { name: name.to_string(), value: value.into_owned() })
    };
    text.split(',').map(header).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traces(pairs: &[(&'static str, &'static str)]) -> Option<TraceSettings> {
        settings(&Variables::from_pairs(pairs.iter().copied())).unwrap()
    }

    #[test]
    fn spans_go_to_the_collector_that_is_named_and_to_none_where_none_is() {
        assert!(traces(&[]).is_none());
        // For other programs on the machine.
        assert!(traces(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_TRACES_SAMPLER", "odd")]).is_none());
        for (endpoint, expected) in [
            ("http://localhost:4318", "http://localhost:4318/v1/traces"),
            ("https://otel.example.com/", "https://otel.example.com/v1/traces"),
            ("https://otel.example.com/otlp", "https://otel.example.com/otlp/v1/traces"),
        ] {
            let settings = traces(&[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)]).unwrap();
            assert_eq!(settings.endpoint.as_str(), expected);
            assert_eq!((settings.service.as_str(), settings.timeout.as_secs()), ("oracle-ai", 10));
            assert_eq!((settings.sampling.ratio, settings.sampling.follows_parent), (1.0, true));
        }
        let all = traces(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://otel.example.com"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=s%3Dcret, x-team = chat"),
            ("OTEL_TRACES_SAMPLER", "traceidratio"),
            ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
        ]);
        let all = all.unwrap();
        let headers: Vec<_> = all.headers.iter().map(|header| (header.name.as_str(), header.value.as_str())).collect();
        assert_eq!(headers, [("api-key", "s=cret"), ("x-team", "chat")]);
        assert_eq!((all.sampling.ratio, all.sampling.follows_parent), (0.25, false));
        assert!(!format!("{all:?}").contains("s=cret"));
    }
}
