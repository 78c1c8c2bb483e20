//! `oracle-ai mock-provider` and `oracle-ai mock-model`: the mocks alone, for tests of any program.

#[cfg(feature = "mock")]
mod model;
#[cfg(feature = "mock")]
mod options;
#[cfg(feature = "mock")]
mod provider;
#[cfg(feature = "mock")]
mod running;

#[cfg(feature = "mock")]
pub use self::{model::run as mock_model, provider::run as mock_provider};

/// Why a command ended.
#[derive(Debug, thiserror::Error)]
#[cfg_attr(not(feature = "mock"), expect(dead_code, reason = "a build without the mocks refuses their commands"))]
pub enum CommandError {
    /// The arguments are wrong, or of no use to this build.
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Failed(String),
}

#[cfg(not(feature = "mock"))]
pub fn mock_provider(_: &[String]) -> Result<(), CommandError> {
    Err(CommandError::Usage("this build has no mock provider".into()))
}

#[cfg(not(feature = "mock"))]
pub fn mock_model(_: &[String]) -> Result<(), CommandError> {
    Err(CommandError::Usage("this build has no mock model".into()))
}
