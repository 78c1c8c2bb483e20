//! Observability.
//!
//! | folder | holds |
//! |---|---|
//! | `logs` | log lines |
//! | `audit` | security events, as log lines with stable names |
//! | `metrics` | counters and timings for Prometheus |
//! | `traces` | spans for OpenTelemetry |
//! | `store_calls` | both, for calls to the stores |

pub mod audit;
pub mod logs;
pub mod metrics;
pub mod store_calls;
pub mod traces;
