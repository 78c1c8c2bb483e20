//! Spans on their way to the collector, over HTTP (OTLP/HTTP, in Protocol Buffers).
//!
//! A thread of its own sends them in batches, with a runtime of its own. Requests only put spans into a queue of limited
//! length; while that is full, spans are lost. A collector that is slow or away is nobody's trouble but its own.

use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SdkTracer, SdkTracerProvider},
};
use tokio::runtime::Runtime;

use super::{IS_ON, Sampling, TraceSettings};
use crate::server::outbound::{self, ClientSettings, HttpSetupError, cause};

/// How long the process waits at its end for the last spans to be taken.
const LONGEST_FLUSH: Duration = Duration::from_secs(3);

/// A collector has little to say.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// The way to the collector, to be closed at the end of the process.
pub struct Traces(SdkTracerProvider);

/// No way to the collector could be made.
#[derive(Debug, thiserror::Error)]
pub enum TracesSetupError {
    #[error(transparent)]
    Http(#[from] HttpSetupError),
    #[error("no runtime for traces: {0}")]
    Runtime(#[from] io::Error),
    #[error("traces: {0}")]
    Exporter(String),
}

/// Posts batches. Used by the exporting thread alone.
#[derive(Debug)]
struct Collector {
    client: reqwest::Client,
    runtime: Runtime,
    is_away: AtomicBool,
}

/// What makes spans, and what ends them. From here on spans are made.
pub fn pipeline(settings: &TraceSettings) -> Result<(SdkTracer, Traces), TracesSetupError> {
    let collector = Collector {
        client: outbound::client(&ClientSettings {
            total: Some(settings.timeout),
            https_only: settings.endpoint.scheme() == "https",
            proxy: settings.proxy.clone(),
            ..ClientSettings::default()
        })?,
        runtime: tokio::runtime::Builder::new_current_thread().enable_all().build()?,
        is_away: AtomicBool::new(false),
    };
    let headers = settings.headers.iter().map(|header| (header.name.clone(), header.value.clone()));
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(collector)
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(settings.endpoint.as_str())
        .with_timeout(settings.timeout)
        .with_headers(headers.collect())
        .build()
        .map_err(|error| TracesSetupError::Exporter(error.to_string()))?;
    let resource = Resource::builder()
        .with_service_name(settings.service.clone())
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let provider = SdkTracerProvider::builder()
        .with_resource(resource)
        .with_sampler(Sampler::from(settings.sampling))
        .with_batch_exporter(exporter)
        .build();
    IS_ON.store(true, Ordering::Relaxed);
    Ok((provider.tracer("oracle-ai"), Traces(provider)))
}

impl Traces {
    /// Sends what there is, and waits for it a little.
    pub fn flush(self) {
        if self.0.shutdown_with_timeout(LONGEST_FLUSH).is_err() {
            tracing::warn!("the last traces were not taken by the collector");
        }
    }
}

impl Collector {
    async fn post(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = reqwest::Request::try_from(request).map_err(cause)?;
        let mut answer = self.client.execute(request).await.map_err(cause)?;
        let status = answer.status();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(cause)? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err("the answer is too large".into());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response::builder().status(status).body(body.into())?)
    }

    /// One line when it goes, and one when it comes back.
    fn note(&self, outcome: &Result<Response<Bytes>, HttpError>) {
        let cause = match outcome {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("status {}", answer.status())),
            Err(error) => Some(error.to_string()),
        };
        let was_away = self.is_away.swap(cause.is_some(), Ordering::Relaxed);
        match cause {
            Some(cause) if !was_away => tracing::warn!(cause, "traces are not taken by the collector"),
            None if was_away => tracing::info!("traces are taken by the collector again"),
            _ => {}
        }
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let outcome = self.runtime.block_on(self.post(request));
        self.note(&outcome);
        outcome
    }
}

impl From<Sampling> for Sampler {
    fn from(Sampling { ratio, as_the_caller_says }: Sampling) -> Self {
        let root = Self::TraceIdRatioBased(ratio);
        if as_the_caller_says { Self::ParentBased(Box::new(root)) } else { root }
    }
}
