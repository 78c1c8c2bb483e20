//! HTTP: the only folder that names axum.

mod services;
pub mod shutdown;

pub use services::Services;
