//! Settings of the OpenTelemetry exporter.

use std::{fmt, time::Duration};

use url::Url;

use crate::server::outbound::OutboundProxy;

#[derive(Clone, Debug)]
pub struct TraceSettings {
    /// The full URL that spans are posted to.
    pub endpoint: Url,
    pub headers: Vec<CollectorHeader>,
    /// Of one delivery.
    pub timeout: Duration,
    pub service: String,
    pub sampling: Sampling,
    pub proxy: OutboundProxy,
}

/// It may hold a key.
#[derive(Clone)]
pub struct CollectorHeader {
    pub name: String,
    pub value: String,
}

/// Which traces are exported.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// The share of the traces that begin here, from 0 to 1.
    pub ratio: f64,
    /// Whether a trace that began elsewhere is exported if its caller sampled it.
    pub as_the_caller_says: bool,
}

impl fmt::Debug for CollectorHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)
    }
}
