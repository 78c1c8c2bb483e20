//! Observability.
//!
//! | folder | holds |
//! |---|---|
//! | `logs` | log lines |
//! | `audit` | security events, as log lines with stable names |
//! | `metrics` | counters and timings for Prometheus |
//! | `traces` | spans for OpenTelemetry |

pub mod audit;
pub mod logs;
pub mod metrics;
pub mod traces;
