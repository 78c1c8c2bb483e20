//! Runs the mock provider and the mock upstream in this process, for development. No other module of the server uses them.

pub mod provider;
pub mod upstream;

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
