//! The mock upstream in this process.

use super::StartError;
use crate::server::{chat::upstream::UpstreamSettings, config::MockUpstream};

/// The running mock upstream. It stops when this is dropped.
pub struct EmbeddedUpstream {
    #[cfg(feature = "mock")]
    _upstream: crate::mock::upstream::Upstream,
}

/// Starts the mock upstream with an API key for this server.
#[cfg(feature = "mock")]
pub async fn start(mock: &MockUpstream) -> Result<(UpstreamSettings, EmbeddedUpstream), StartError> {
    use crate::{
        mock::upstream::Upstream,
        server::{
            chat::upstream::{ApiKey, ApiStyle},
            environment::Environment,
        },
    };

    let api_key = Environment::system().random_text()?;
    let refused = |error: &dyn std::fmt::Display| StartError::Upstream(error.to_string());
    let upstream = Upstream::start(mock.address, &api_key).await.map_err(|error| refused(&error))?;
    let settings = UpstreamSettings {
        base_url: upstream.base_url().parse().map_err(|error| refused(&error))?,
        api_key: Some(ApiKey::new(api_key)),
        model: "mock".into(),
        system_prompt: None,
        style: ApiStyle::OpenAi,
        timeouts: mock.timeouts,
        max_tokens: None,
        takes_user_token: true,
        tls: Default::default(),
    };
    Ok((settings, EmbeddedUpstream { _upstream: upstream }))
}

/// A build without the mock upstream. The configuration has refused to use it already.
#[cfg(not(feature = "mock"))]
pub async fn start(_: &MockUpstream) -> Result<(UpstreamSettings, EmbeddedUpstream), StartError> {
    Err(StartError::Upstream("this build has no mock upstream".into()))
}
