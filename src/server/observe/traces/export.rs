//! Export of spans to a collector (OTLP/HTTP with Protocol Buffers).
//!
//! A separate thread with its own runtime sends them in batches. Requests only add spans to a bounded queue. When that is
//! full, spans are dropped, so that a slow or missing collector does not slow requests down.

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
use reqwest::header::CONTENT_TYPE;
use tokio::runtime::Runtime;

use super::{IS_ON, Sampling, TraceSettings};
use crate::server::{
    certificates::TlsSettings,
    outbound::{self, ClientSettings, HttpSetupError, cause},
};

/// How long the process waits at its end until the last spans are sent.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(3);

/// The maximum size of the collector's response.
const MAX_RESPONSE_BYTES: usize = 64 * 1024;

/// The exporter, to be flushed at the end of the process.
pub struct Traces(SdkTracerProvider);

/// The exporter could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TracesSetupError {
    #[error(transparent)]
    Http(#[from] HttpSetupError),
    #[error("no runtime for traces: {0}")]
    Runtime(#[from] io::Error),
    #[error("traces: {0}")]
    Exporter(String),
}

/// The HTTP client of the exporting thread.
#[derive(Debug)]
struct Collector {
    client: reqwest::Client,
    runtime: Runtime,
    is_unavailable: AtomicBool,
}

/// Sets up the exporter and enables spans.
pub fn pipeline(settings: &TraceSettings) -> Result<(SdkTracer, Traces), TracesSetupError> {
    let collector = Collector {
        client: client(settings)?,
        runtime: tokio::runtime::Builder::new_current_thread().enable_all().build()?,
        is_unavailable: AtomicBool::new(false),
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

/// Sends a batch without spans, to see whether the collector takes it. Fails with the cause, or with the response's status.
pub async fn check(settings: &TraceSettings) -> Result<(), String> {
    let client = client(settings).map_err(|error| error.to_string())?;
    let empty = client.post(settings.endpoint.clone()).header(CONTENT_TYPE, "application/x-protobuf");
    let with_headers =
        settings.headers.iter().fold(empty, |request, header| request.header(&header.name, &header.value));
    let response = with_headers.send().await.map_err(cause)?;
    match response.status() {
        status if status.is_success() => Ok(()),
        status => Err(format!("it answers with status {}", status.as_u16())),
    }
}

fn client(settings: &TraceSettings) -> Result<reqwest::Client, HttpSetupError> {
    outbound::client(&ClientSettings {
        total: Some(settings.timeout),
        tls: TlsSettings { authorities: settings.authorities.clone(), client_certificate: None },
        https_only: settings.endpoint.scheme() == "https",
        proxy: settings.proxy.clone(),
        ..ClientSettings::default()
    })
}

impl Traces {
    /// Sends the remaining spans, with a timeout.
    pub fn flush(self) {
        if self.0.shutdown_with_timeout(FLUSH_TIMEOUT).is_err() {
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
            if body.len() + chunk.len() > MAX_RESPONSE_BYTES {
                return Err("the answer is too large".into());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response::builder().status(status).body(body.into())?)
    }

    /// Logs one line when the collector becomes unavailable, and one when it is available again.
    fn log_change(&self, outcome: &Result<Response<Bytes>, HttpError>) {
        let cause = match outcome {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("status {}", answer.status())),
            Err(error) => Some(error.to_string()),
        };
        let was_unavailable = self.is_unavailable.swap(cause.is_some(), Ordering::Relaxed);
        match cause {
            Some(cause) if !was_unavailable => tracing::warn!(cause, "traces are not taken by the collector"),
            None if was_unavailable => tracing::info!("traces are taken by the collector again"),
            _ => {}
        }
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let outcome = self.runtime.block_on(self.post(request));
        self.log_change(&outcome);
        outcome
    }
}

impl From<Sampling> for Sampler {
    fn from(Sampling { ratio, follows_parent }: Sampling) -> Self {
        let root = Self::TraceIdRatioBased(ratio);
        if follows_parent { Self::ParentBased(Box::new(root)) } else { root }
    }
}
