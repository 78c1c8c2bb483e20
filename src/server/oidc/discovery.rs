//! The provider's metadata and keys: fetched when first needed, shared by all callers, kept while they are fresh, and
//! kept longer while the provider is down (OpenID Connect Discovery §4).

use std::{
    sync::Arc,
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
use tokio::sync::Mutex;

use super::{
    document::MetadataSource,
    error::ProviderError,
    http::ProviderHttp,
    id_token::{IdTokenPolicy, ProviderKey, warn_of_refused_keys},
};
use crate::server::environment::Environment;

/// `openidconnect`'s core metadata with the members that we need besides.
pub(super) type Metadata = ProviderMetadata<
    MoreMetadata,
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

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct MoreMetadata {
    /// RFC 9207 §3
    #[serde(default)]
    authorization_response_iss_parameter_supported: Option<bool>,
    /// RFC 8414 §2. As text: most deployments never use it, and a wrong one must not stop their logins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    introspection_endpoint: Option<String>,
    /// RFC 9126 §5. As text for the same reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pushed_authorization_request_endpoint: Option<String>,
    /// RFC 9126 §5
    #[serde(default)]
    require_pushed_authorization_requests: Option<bool>,
}

impl AdditionalProviderMetadata for MoreMetadata {}

impl MoreMetadata {
    pub(super) fn introspection_endpoint(&self) -> Option<IntrospectionUrl> {
        self.introspection_endpoint.as_ref().and_then(|url| IntrospectionUrl::new(url.clone()).ok())
    }

    pub(super) fn pushed_authorization_request_endpoint(&self) -> Option<&str> {
        self.pushed_authorization_request_endpoint.as_deref()
    }

    pub(super) fn requires_pushed_authorization_requests(&self) -> bool {
        self.require_pushed_authorization_requests.unwrap_or(false)
    }

    pub(super) fn promises_iss(&self) -> bool {
        self.authorization_response_iss_parameter_supported.unwrap_or(false)
    }
}

/// Metadata older than this is fetched again when next needed.
const FRESH_FOR: Duration = Duration::from_secs(60 * 60);
/// While the provider is down, callers are held up by a try at most this often.
const NEXT_TRY_AFTER: Duration = Duration::from_secs(30);
/// A signature that fits no key makes us fetch the keys again at most this often (OpenID Connect Core §10.1.1).
const NEW_KEYS_AT_MOST_EVERY: Duration = Duration::from_secs(60);

pub(super) struct Discovery {
    source: MetadataSource,
    http: ProviderHttp,
    environment: Environment,
    id_tokens: IdTokenPolicy,
    /// Locked while a fetch is under way, so that there is one at a time.
    known: Mutex<Known>,
}

/// The metadata, with the keys in it, as it was at one time.
pub(super) struct Fetched {
    pub metadata: Metadata,
    pub fetched_at: SystemTime,
}

#[derive(Default)]
struct Known {
    latest: Option<Arc<Fetched>>,
    /// Of the last try.
    failure: Option<(ProviderError, SystemTime)>,
}

impl Discovery {
    pub(super) fn new(
        source: MetadataSource,
        http: ProviderHttp,
        environment: Environment,
        id_tokens: IdTokenPolicy,
    ) -> Self {
        Self { source, http, environment, id_tokens, known: Mutex::default() }
    }

    /// What is known, fetched first where that is nothing or old.
    pub(super) async fn known(&self) -> Result<Arc<Fetched>, ProviderError> {
        let asked_at = self.environment.now();
        let mut known = self.known.lock().await;
        if let Some(latest) = &known.latest
            && (!self.is_older(latest.fetched_at, FRESH_FOR) || self.failed_within(&known, NEXT_TRY_AFTER))
        {
            return Ok(latest.clone());
        }
        self.fetch(&mut known, asked_at).await
    }

    /// Newer than `tried`, whose keys did not fit; fetched again unless somebody else has. `None` where that was tried a
    /// moment ago, or does not work.
    pub(super) async fn newer_than(&self, tried: &Arc<Fetched>) -> Option<Arc<Fetched>> {
        let asked_at = self.environment.now();
        let mut known = self.known.lock().await;
        let is_newer = |latest: &Arc<Fetched>| !Arc::ptr_eq(latest, tried);
        if let Some(newer) = known.latest.clone().filter(is_newer) {
            return Some(newer);
        }
        if !self.is_older(tried.fetched_at, NEW_KEYS_AT_MOST_EVERY)
            || self.failed_within(&known, NEW_KEYS_AT_MOST_EVERY)
        {
            return None;
        }
        self.fetch(&mut known, asked_at).await.ok().filter(is_newer)
    }

    async fn fetch(&self, known: &mut Known, asked_at: SystemTime) -> Result<Arc<Fetched>, ProviderError> {
        let fetched = match &known.failure {
            // It failed while this caller was waiting for its turn: that is the answer to its question too.
            Some((error, failed_at)) if *failed_at >= asked_at => Err(error.clone()),
            _ => self.request().await,
        };
        let now = self.environment.now();
        match fetched {
            Ok(metadata) => {
                let latest = Arc::new(Fetched { metadata, fetched_at: now });
                *known = Known { latest: Some(latest.clone()), failure: None };
                Ok(latest)
            }
            Err(error) => {
                if known.failure.is_none() {
                    tracing::warn!(issuer = self.source.issuer.as_str(), %error, "provider metadata could not be fetched");
                }
                known.failure = Some((error.clone(), now));
                // The last good set is kept: a provider that is down must not end what still works.
                known.latest.clone().ok_or(error)
            }
        }
    }

    async fn request(&self) -> Result<Metadata, ProviderError> {
        let metadata = self.source.fetch(&self.http).await?;
        warn_of_refused_keys(metadata.jwks(), &self.id_tokens);
        tracing::info!(issuer = self.source.issuer.as_str(), "provider metadata fetched");
        Ok(metadata)
    }

    fn failed_within(&self, known: &Known, limit: Duration) -> bool {
        known.failure.as_ref().is_some_and(|(_, failed_at)| !self.is_older(*failed_at, limit))
    }

    fn is_older(&self, than: SystemTime, limit: Duration) -> bool {
        self.environment.now().duration_since(than).unwrap_or_default() >= limit
    }
}
