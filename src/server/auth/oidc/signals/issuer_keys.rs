//! The keys of an issuer of signals that is not the provider: fetched when needed, and again after an hour or where none of
//! them verifies a signature, once a minute at most.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use openidconnect::JsonWebKeySetUrl;
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use url::Url;

use super::error::SignalError;
use crate::server::{
    auth::{
        jose::Compact,
        oidc::{
            client::OidcClient,
            id_token::{ProviderKeys, key_id, newer_keys_may_help, signing_key},
        },
    },
    excerpt::excerpt,
    observe::metrics::ProviderEndpoint,
};

const MAX_AGE: Duration = Duration::from_secs(60 * 60);

/// Between two fetches, whether they succeeded or not.
const MIN_INTERVAL: Duration = Duration::from_secs(60);

pub struct IssuerKeys {
    url: Url,
    /// Held during a fetch, so that there is one at a time.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    keys: Option<(Arc<ProviderKeys>, SystemTime)>,
    tried_at: Option<SystemTime>,
}

impl IssuerKeys {
    pub fn at(url: Url) -> Self {
        Self { url, state: Mutex::default() }
    }

    /// Verifies the signature of a token that was received at `came_at`. It is refused only with keys that were fetched
    /// after that.
    pub async fn verify(
        &self,
        jwt: &Compact<'_>,
        header: &Map<String, Value>,
        came_at: SystemTime,
        oidc: &OidcClient,
    ) -> Result<(), SignalError> {
        let policy = &oidc.settings.id_tokens;
        let algorithm = policy.algorithm(header).map_err(|_| SignalError::BadSignature)?;
        let kid = key_id(header);
        let (mut keys, mut fetched_at) = self.current(oidc).await?;
        loop {
            match signing_key(jwt, kid.as_deref(), &algorithm, &keys, policy) {
                Ok(_) => return Ok(()),
                Err(refusal) if fetched_at < came_at && newer_keys_may_help(&refusal) => {}
                Err(_) => return Err(SignalError::BadSignature),
            }
            (keys, fetched_at) = self.newer_than(fetched_at, oidc).await?;
        }
    }

    async fn current(&self, oidc: &OidcClient) -> Result<(Arc<ProviderKeys>, SystemTime), SignalError> {
        let now = oidc.environment.now();
        let mut state = self.state.lock().await;
        match &state.keys {
            Some(known) if now.duration_since(known.1).unwrap_or_default() < MAX_AGE => Ok(known.clone()),
            _ => self.fetch(&mut state, oidc).await,
        }
    }

    async fn newer_than(
        &self,
        tried: SystemTime,
        oidc: &OidcClient,
    ) -> Result<(Arc<ProviderKeys>, SystemTime), SignalError> {
        let mut state = self.state.lock().await;
        match &state.keys {
            Some(known) if known.1 > tried => Ok(known.clone()),
            _ => self.fetch(&mut state, oidc).await,
        }
    }

    async fn fetch(
        &self,
        state: &mut State,
        oidc: &OidcClient,
    ) -> Result<(Arc<ProviderKeys>, SystemTime), SignalError> {
        let now = oidc.environment.now();
        let is_early = |tried: SystemTime| now.duration_since(tried).is_ok_and(|since| since < MIN_INTERVAL);
        if state.tried_at.is_some_and(is_early) {
            return Err(SignalError::Unavailable("they were fetched less than a minute ago".into()));
        }
        state.tried_at = Some(now);
        let failed = |error: String| SignalError::Unavailable(excerpt(&error).to_string());
        let url = JsonWebKeySetUrl::new(self.url.to_string()).map_err(|error| failed(error.to_string()))?;
        let http = oidc.http.at(ProviderEndpoint::Keys);
        let keys = ProviderKeys::fetch_async(&url, &http).await.map_err(|error| failed(error.to_string()))?;
        let known = (Arc::new(keys), now);
        state.keys = Some(known.clone());
        Ok(known)
    }
}
