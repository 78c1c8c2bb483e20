//! Settings of the OpenTelemetry exporter.

use std::{fmt, time::Duration};

use url::Url;

use crate::server::{certificates::TrustedAuthorities, outbound::OutboundProxy};

#[derive(Clone, Debug)]
pub struct TraceSettings {
    /// The full URL that spans are posted to.
    pub endpoint: Url,
    pub headers: Vec<CollectorHeader>,
    /// For one batch.
    pub timeout: Duration,
    pub service: String,
    pub sampling: Sampling,
    pub proxy: OutboundProxy,
    pub authorities: TrustedAuthorities,
}

/// A header for the collector. The value may be a secret.
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
    /// Whether the sampling decision in a request's `traceparent` header is followed.
    pub follows_parent: bool,
}

impl fmt::Debug for CollectorHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)
    }
}
