//! Runs the mock provider and the mock upstream, for development and tests: in the server's process, or alone by a
//! command. No other module of the server uses them.

mod commands;
pub mod provider;
pub mod upstream;

pub use commands::{CommandError, mock_model, mock_provider};
pub use provider::EmbeddedProvider;
pub use upstream::EmbeddedUpstream;

use super::environment::RandomnessError;

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
    #[error("MOCK_PROVIDER_ADDR: {0}")]
    Provider(String),
    #[error("MOCK_UPSTREAM_ADDR: {0}")]
    Upstream(String),
}
