//! The mock provider in this process.

use url::Url;

use super::StartError;
use crate::server::{auth::oidc::ProviderSettings, config::MockProvider, environment::Environment};

/// The running mock provider. It stops when this is dropped.
pub struct EmbeddedProvider {
    #[cfg(feature = "mock")]
    provider: crate::mock::provider::Provider,
}

impl EmbeddedProvider {
    /// The provider's clock, which a test can move, and the operating system's randomness.
    #[cfg(feature = "mock")]
    pub fn environment(&self) -> Environment {
        Environment { clock: std::sync::Arc::new(self.provider.clock()), ..Environment::system() }
    }

    /// A build without the mock provider has only one clock.
    #[cfg(not(feature = "mock"))]
    pub fn environment(&self) -> Environment {
        Environment::system()
    }
}

#[cfg(feature = "mock")]
impl crate::server::environment::Clock for crate::mock::clock::MovableClock {
    fn now(&self) -> std::time::SystemTime {
        self.now()
    }
}

/// Starts the mock provider with this server as its only client.
#[cfg(feature = "mock")]
pub async fn start(
    settings: &MockProvider,
    front_url: &Url,
) -> Result<(ProviderSettings, EmbeddedProvider), StartError> {
    use openidconnect::{ClientId, IssuerUrl};

    use crate::{
        mock::provider::{Client, Profile, Provider},
        server::auth::oidc::{ClientAuthentication, ClientSecret},
    };

    const CLIENT_ID: &str = "oracle-ai";
    let client_secret = Environment::system().random_text()?;
    let client = Client {
        client_id: CLIENT_ID.into(),
        client_secret: client_secret.clone(),
        redirect_uris: vec![settings.common.redirect_uri.to_string()],
        post_logout_redirect_uris: vec![settings.common.logout.redirect_uri.to_string()],
        backchannel_logout_uri: Some(format!("{front_url}backchannel-logout")),
        ..Client::default()
    };
    let profile = settings.profile.and_then(Profile::named).unwrap_or_default();
    let refused = |error: &dyn std::fmt::Display| StartError::Provider(error.to_string());
    let provider = Provider::playing(profile, settings.address, client).await.map_err(|error| refused(&error))?;
    let issuer = IssuerUrl::new(provider.issuer().to_owned()).map_err(|error| refused(&error))?;
    let authentication = ClientAuthentication::basic(ClientSecret::new(client_secret));
    let settings =
        settings.common.clone().at(issuer, ClientId::new(CLIENT_ID.into()), authentication, Default::default());
    Ok((settings, EmbeddedProvider { provider }))
}

/// A build without the mock provider. The configuration has refused to use it already.
#[cfg(not(feature = "mock"))]
pub async fn start(_: &MockProvider, _: &Url) -> Result<(ProviderSettings, EmbeddedProvider), StartError> {
    Err(StartError::Provider("this build has no mock provider".into()))
}
