//! A cache of the provider's metadata and keys (OpenID Connect Discovery §4). They are fetched when first needed, shared
//! by all callers, and used beyond their maximum age while the provider is unavailable.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, SystemTime},
};

use openidconnect::{
    AdditionalProviderMetadata, IntrospectionUrl, ProviderMetadata,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType,
        CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType,
        CoreSubjectIdentifierType,
    },
};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex as AsyncMutex;
use url::Url;

use super::{
    client::RelyingParty,
    document::MetadataSource,
    error::ProviderError,
    http::ProviderHttp,
    id_token::{IdTokenPolicy, ProviderKey, ProviderKeys, identity, warn_of_refused_keys},
    profile::SecurityProfile,
    settings::ProviderSettings,
};
use crate::server::environment::Environment;

/// `openidconnect`'s core metadata with additional members.
pub(super) type Metadata = ProviderMetadata<
    ProviderExtensions,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    ProviderKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// Members that `openidconnect` does not have. `document` has validated them: those of another type are left out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ProviderExtensions {
    /// RFC 9207 §3
    #[serde(default)]
    authorization_response_iss_parameter_supported: Option<bool>,
    /// RFC 8414 §2. As text like the next three, so that it is used exactly as received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    introspection_endpoint: Option<String>,
    /// RFC 8414 §2
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revocation_endpoint: Option<String>,
    /// OpenID Connect RP-Initiated Logout §2.1
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end_session_endpoint: Option<String>,
    /// RFC 9126 §5
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pushed_authorization_request_endpoint: Option<String>,
    /// RFC 8414 §2
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code_challenge_methods_supported: Option<Vec<String>>,
    /// RFC 9126 §5
    #[serde(default)]
    require_pushed_authorization_requests: Option<bool>,
    /// RFC 9449 §5.1
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dpop_signing_alg_values_supported: Option<Vec<String>>,
}

impl AdditionalProviderMetadata for ProviderExtensions {}

impl ProviderExtensions {
    pub(super) fn introspection_endpoint(&self) -> Option<IntrospectionUrl> {
        self.introspection_endpoint.as_ref().and_then(|url| IntrospectionUrl::new(url.clone()).ok())
    }

    pub(super) fn revocation_endpoint(&self) -> Option<Url> {
        self.revocation_endpoint.as_deref()?.parse().ok()
    }

    pub(super) fn end_session_endpoint(&self) -> Option<Url> {
        self.end_session_endpoint.as_deref()?.parse().ok()
    }

    pub(super) fn pushed_authorization_request_endpoint(&self) -> Option<&str> {
        self.pushed_authorization_request_endpoint.as_deref()
    }

    pub(super) fn requires_pushed_authorization_requests(&self) -> bool {
        self.require_pushed_authorization_requests.unwrap_or(false)
    }

    /// Whether `S256` is listed (RFC 7636 §4.2); `None` if the metadata has no such list.
    pub(super) fn supports_s256(&self) -> Option<bool> {
        let methods = self.code_challenge_methods_supported.as_ref()?;
        Some(methods.iter().any(|method| method == "S256"))
    }

    /// Whether proofs with ES256 are supported, the only algorithm of this client's.
    pub(super) fn supports_dpop(&self) -> bool {
        self.dpop_signing_alg_values_supported.iter().flatten().any(|algorithm| algorithm == "ES256")
    }

    pub(super) fn announces_iss(&self) -> bool {
        self.authorization_response_iss_parameter_supported.unwrap_or(false)
    }
}

/// The minimum time between a failed fetch and the next one, as a caller waits for each.
const RETRY_AFTER_FAILURE: Duration = Duration::from_secs(30);
/// The minimum time between fetches that are caused by a signature that no key verifies (OpenID Connect Core §10.1.1), for
/// each set of keys. So new keys are found at once, and invalid tokens can't flood the provider with requests.
const MIN_KEY_REFETCH_INTERVAL: Duration = Duration::from_secs(60);

pub(super) struct Discovery {
    source: MetadataSource,
    http: ProviderHttp,
    environment: Environment,
    id_tokens: IdTokenPolicy,
    profile: SecurityProfile,
    state: Mutex<State>,
    /// Held during a fetch, so that there is one at a time.
    fetch_lock: AsyncMutex<()>,
}

/// The result of one fetch. The metadata includes the keys.
pub(super) struct FetchedMetadata {
    pub metadata: Metadata,
    pub fetched_at: SystemTime,
    /// Built once for each fetch, as building it copies all metadata and keys. Contains no credentials.
    relying_party: OnceLock<Arc<RelyingParty>>,
}

#[derive(Default)]
struct State {
    latest: Option<Arc<FetchedMetadata>>,
    /// Of the last fetch, if it failed.
    failure: Option<(ProviderError, SystemTime)>,
    /// The sets of keys that verified no signature within the last [`MIN_KEY_REFETCH_INTERVAL`], so that others were
    /// fetched then.
    refetched: Vec<(BTreeSet<String>, SystemTime)>,
}

/// The state of the cached metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetadataStatus {
    /// It was not needed yet.
    NotFetched,
    Fetched,
    /// The last fetch failed. Metadata of an earlier one is still used.
    Failed,
}

impl FetchedMetadata {
    pub(super) fn relying_party(&self, make: impl FnOnce(Metadata) -> RelyingParty) -> Arc<RelyingParty> {
        self.relying_party.get_or_init(|| Arc::new(make(self.metadata.clone()))).clone()
    }
}

impl Discovery {
    pub(super) fn new(settings: &ProviderSettings, http: ProviderHttp, environment: Environment) -> Self {
        Self {
            source: settings.metadata_source(),
            http,
            environment,
            id_tokens: settings.id_tokens.clone(),
            profile: settings.requests.profile,
            state: Mutex::default(),
            fetch_lock: AsyncMutex::default(),
        }
    }

    /// The cached metadata, fetched first if it is absent or too old. While one caller fetches it again, the others use
    /// the old one.
    pub(super) async fn current(&self) -> Result<Arc<FetchedMetadata>, ProviderError> {
        let called_at = self.environment.now();
        if let Some(latest) = self.usable() {
            return Ok(latest);
        }
        let old = self.lock().latest.clone();
        let _fetch_lock = match (old, self.fetch_lock.try_lock()) {
            (_, Ok(fetch_lock)) => fetch_lock,
            (Some(old), Err(_)) => return Ok(old),
            (None, Err(_)) => self.fetch_lock.lock().await,
        };
        match self.usable() {
            Some(latest) => Ok(latest),
            None => self.fetch(called_at).await,
        }
    }

    /// Metadata that is newer than `tried`, whose keys verified no signature. Fetched unless another caller has done so.
    /// `None` if the fetch fails, or if it was tried for the same keys too recently.
    pub(super) async fn newer_than(&self, tried: &Arc<FetchedMetadata>) -> Option<Arc<FetchedMetadata>> {
        let called_at = self.environment.now();
        let _fetch_lock = self.fetch_lock.lock().await;
        let is_newer = |latest: &Arc<FetchedMetadata>| !Arc::ptr_eq(latest, tried);
        if let Some(newer) = self.lock().latest.clone().filter(is_newer) {
            return Some(newer);
        }
        if self.failed_within(MIN_KEY_REFETCH_INTERVAL) || !self.may_refetch(tried.metadata.jwks()) {
            return None;
        }
        self.fetch(called_at).await.ok().filter(is_newer)
    }

    /// Whether these keys have caused no fetch within [`MIN_KEY_REFETCH_INTERVAL`]. They are compared, as fetching the
    /// same keys again gives no right to another fetch.
    fn may_refetch(&self, keys: &ProviderKeys) -> bool {
        let (keys, now) = (identity(keys), self.environment.now());
        let mut state = self.lock();
        let refetched = &mut state.refetched;
        refetched.retain(|(_, at)| now.duration_since(*at).unwrap_or_default() < MIN_KEY_REFETCH_INTERVAL);
        let is_first = refetched.iter().all(|(known, _)| *known != keys);
        if is_first {
            refetched.push((keys, now));
        }
        is_first
    }

    pub(super) fn status(&self) -> MetadataStatus {
        let state = self.lock();
        match (&state.failure, &state.latest) {
            (Some(_), _) => MetadataStatus::Failed,
            (None, Some(_)) => MetadataStatus::Fetched,
            (None, None) => MetadataStatus::NotFetched,
        }
    }

    /// The cached metadata, unless it has to be fetched again.
    fn usable(&self) -> Option<Arc<FetchedMetadata>> {
        let latest = self.lock().latest.clone()?;
        let max_age = self.source.settings.max_age;
        let is_usable = !self.is_older(latest.fetched_at, max_age) || self.failed_within(RETRY_AFTER_FAILURE);
        is_usable.then_some(latest)
    }

    /// The caller must hold `fetch_lock`.
    async fn fetch(&self, called_at: SystemTime) -> Result<Arc<FetchedMetadata>, ProviderError> {
        let failure = self.lock().failure.clone();
        let fetched = match failure {
            // A fetch failed while this caller waited for the lock: share that result.
            Some((error, failed_at)) if failed_at >= called_at => Err(error),
            // Boxed, as the future is large and seldom needed.
            _ => Box::pin(self.request()).await,
        };
        let now = self.environment.now();
        let mut state = self.lock();
        match fetched {
            Ok(metadata) => {
                let latest = Arc::new(FetchedMetadata { metadata, fetched_at: now, relying_party: OnceLock::new() });
                (state.latest, state.failure) = (Some(latest.clone()), None);
                Ok(latest)
            }
            Err(error) => {
                if state.failure.is_none() {
                    tracing::warn!(issuer = self.source.issuer.as_str(), %error, "provider metadata could not be fetched");
                }
                state.failure = Some((error.clone(), now));
                // Keep using earlier metadata: an unavailable provider must not end sessions that still work.
                state.latest.clone().ok_or(error)
            }
        }
    }

    async fn request(&self) -> Result<Metadata, ProviderError> {
        let metadata = self.source.fetch(&self.http).await?;
        warn_of_refused_keys(metadata.jwks(), &self.id_tokens);
        if metadata.additional_metadata().supports_s256() != Some(true) {
            // T07
            tracing::warn!(
                "the provider's metadata does not name S256: logins are bound by state, nonce and browser key"
            );
        }
        self.profile.warn_of_shortfalls(&metadata);
        tracing::info!(issuer = self.source.issuer.as_str(), "provider metadata fetched");
        Ok(metadata)
    }

    fn failed_within(&self, limit: Duration) -> bool {
        self.lock().failure.as_ref().is_some_and(|(_, failed_at)| !self.is_older(*failed_at, limit))
    }

    /// Must not be held across an await.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_older(&self, than: SystemTime, limit: Duration) -> bool {
        self.environment.now().duration_since(than).unwrap_or_default() >= limit
    }
}
