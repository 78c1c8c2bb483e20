//! HTTP: the only folder that names axum.

pub mod extract;
pub mod metrics;
mod services;
pub mod shutdown;
pub mod traces;

pub use services::Services;
