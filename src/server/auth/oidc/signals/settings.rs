//! Which signals are accepted, and from whom.

use url::Url;

/// By default none.
#[derive(Clone, Debug, Default)]
pub struct SignalSettings {
    /// `SECURITY_EVENTS`: whether security event tokens are received.
    pub security_events: bool,
    /// `GLOBAL_REVOCATION`: whether requests for global token revocation are followed.
    pub global_revocation: bool,
    /// `SIGNALS_ISSUER`, `SIGNALS_JWKS_URI`: who signs both, if it is not the provider.
    pub issuer: Option<SignalIssuer>,
    /// `SIGNALS_AUDIENCE`: what `aud` has to name, if that is not the endpoint's URL.
    pub audience: Option<String>,
}

/// An issuer that is not the provider.
#[derive(Clone, Debug)]
pub struct SignalIssuer {
    /// Compared with `iss` character by character.
    pub iss: String,
    pub jwks_uri: Url,
}

impl SignalSettings {
    /// The `iss` that signals must have.
    pub(super) fn issuer<'a>(&'a self, provider: &'a str) -> &'a str {
        self.issuer.as_ref().map_or(provider, |issuer| issuer.iss.as_str())
    }

    /// The audience that they must have at the endpoint with this path.
    pub(super) fn audience(&self, front_url: &str, path: &str) -> String {
        self.audience.clone().unwrap_or_else(|| [front_url, path].concat())
    }
}
