//! Where the collector is, and how much it is told.

use std::{fmt, time::Duration};

use url::Url;

use crate::server::outbound::OutboundProxy;

#[derive(Clone, Debug)]
pub struct TraceSettings {
    /// The whole of it: where spans are posted to.
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

/// Which traces are told of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// From 0 to 1: of those that begin here.
    pub ratio: f64,
    /// Of those that began elsewhere, whether that is as it was decided there.
    pub as_the_caller_says: bool,
}

impl fmt::Debug for CollectorHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)
    }
}
