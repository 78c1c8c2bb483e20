//! An OTLP collector that keeps the traces it receives.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    routing::post,
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::any_value::Value,
    trace::v1::{ResourceSpans, Span},
};
use prost::Message;

#[derive(Clone)]
pub struct TraceCollector {
    endpoint: String,
    received: Arc<Mutex<Vec<ResourceSpans>>>,
    /// The headers of each export request.
    headers: Arc<Mutex<Vec<HeaderMap>>>,
    /// Whether it responds.
    responds: bool,
}

impl TraceCollector {
    pub async fn start() -> Self {
        Self::with_responds(true).await
    }

    /// One that receives everything and never responds.
    pub async fn silent() -> Self {
        Self::with_responds(false).await
    }

    async fn with_responds(responds: bool) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let collector = Self { endpoint, received: Arc::default(), headers: Arc::default(), responds };
        let router = Router::new().route("/v1/traces", post(receive)).with_state(collector.clone());
        tokio::spawn(async { axum::serve(listener, router).await });
        collector
    }

    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub fn export_headers(&self) -> Vec<HeaderMap> {
        self.headers.lock().unwrap().clone()
    }

    /// All spans received.
    pub fn spans(&self) -> Vec<Span> {
        let received = self.received.lock().unwrap();
        received.iter().flat_map(|resource| &resource.scope_spans).flat_map(|scope| scope.spans.clone()).collect()
    }

    /// The spans of one trace, by its id in hexadecimal digits.
    pub fn spans_of(&self, trace: &str) -> Vec<Span> {
        self.spans().into_iter().filter(|span| hex(&span.trace_id) == trace).collect()
    }

    /// An attribute of the resource.
    pub fn resource(&self, name: &str) -> Option<String> {
        let received = self.received.lock().unwrap();
        let attributes = &received.first()?.resource.as_ref()?.attributes;
        let attribute = attributes.iter().find(|attribute| attribute.key == name)?;
        match attribute.value.as_ref()?.value.as_ref()? {
            Value::StringValue(text) => Some(text.clone()),
            _ => None,
        }
    }
}

pub fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn receive(State(collector): State<TraceCollector>, headers: HeaderMap, body: Bytes) -> StatusCode {
    assert_eq!(headers[header::CONTENT_TYPE], "application/x-protobuf");
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    collector.received.lock().unwrap().extend(request.resource_spans);
    collector.headers.lock().unwrap().push(headers);
    if !collector.responds {
        std::future::pending::<()>().await;
    }
    StatusCode::OK
}
