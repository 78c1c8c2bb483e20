//! The provider's metadata and keys: fetched when first needed, shared by all callers, kept while they are fresh, and
//! kept longer while the provider is down (OpenID Connect Discovery §4).

use std::{
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
use serde_json::Value;
use tokio::sync::Mutex as Turn;
use url::Url;

use super::{
    client::RelyingParty,
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
    /// RFC 8414 §2. As text, letter by letter; `document` has judged what is in it, and in those below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    introspection_endpoint: Option<String>,
    /// RFC 8414 §2, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revocation_endpoint: Option<String>,
    /// OpenID Connect RP-Initiated Logout §2.1, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end_session_endpoint: Option<String>,
    /// RFC 9126 §5, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pushed_authorization_request_endpoint: Option<String>,
    /// RFC 8414 §2. Of any type: a wrong one must not stop logins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code_challenge_methods_supported: Option<Value>,
    /// RFC 9126 §5
    #[serde(default)]
    require_pushed_authorization_requests: Option<bool>,
}

impl AdditionalProviderMetadata for MoreMetadata {}

impl MoreMetadata {
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

    /// Whether `S256` is named (RFC 7636 §4.2); `None` where nothing is said of challenges.
    pub(super) fn supports_s256(&self) -> Option<bool> {
        let methods = self.code_challenge_methods_supported.as_ref()?.as_array()?;
        Some(methods.iter().any(|method| method == "S256"))
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
    known: Mutex<Known>,
    /// Taken while a fetch is under way, so that there is one at a time.
    turn: Turn<()>,
}

/// The metadata, with the keys in it, as it was at one time.
pub(super) struct Fetched {
    pub metadata: Metadata,
    pub fetched_at: SystemTime,
    /// Made of it once: it has a copy of all metadata and keys. It ends with them, and holds no credentials.
    relying_party: OnceLock<Arc<RelyingParty>>,
}

#[derive(Default)]
struct Known {
    latest: Option<Arc<Fetched>>,
    /// Of the last try.
    failure: Option<(ProviderError, SystemTime)>,
}

/// What is known of the provider's metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetadataStatus {
    /// Nobody has needed it yet.
    NotAskedFor,
    Fetched,
    /// By the last try. What was fetched before is still used.
    Failed,
}

impl Fetched {
    pub(super) fn relying_party(&self, make: impl FnOnce(Metadata) -> RelyingParty) -> Arc<RelyingParty> {
        self.relying_party.get_or_init(|| Arc::new(make(self.metadata.clone()))).clone()
    }
}

impl Discovery {
    pub(super) fn new(
        source: MetadataSource,
        http: ProviderHttp,
        environment: Environment,
        id_tokens: IdTokenPolicy,
    ) -> Self {
        Self { source, http, environment, id_tokens, known: Mutex::default(), turn: Turn::default() }
    }

    /// What is known, fetched first where that is nothing or old. While one caller fetches again, the others go on with
    /// what there is.
    pub(super) async fn known(&self) -> Result<Arc<Fetched>, ProviderError> {
        let asked_at = self.environment.now();
        if let Some(latest) = self.usable() {
            return Ok(latest);
        }
        let old = self.lock().latest.clone();
        let _turn = match (old, self.turn.try_lock()) {
            (_, Ok(turn)) => turn,
            (Some(old), Err(_)) => return Ok(old),
            (None, Err(_)) => self.turn.lock().await,
        };
        match self.usable() {
            Some(latest) => Ok(latest),
            None => self.fetch(asked_at).await,
        }
    }

    /// Newer than `tried`, whose keys did not fit; fetched again unless somebody else has. `None` where that was tried a
    /// moment ago, or does not work.
    pub(super) async fn newer_than(&self, tried: &Arc<Fetched>) -> Option<Arc<Fetched>> {
        let asked_at = self.environment.now();
        let _turn = self.turn.lock().await;
        let is_newer = |latest: &Arc<Fetched>| !Arc::ptr_eq(latest, tried);
        if let Some(newer) = self.lock().latest.clone().filter(is_newer) {
            return Some(newer);
        }
        if !self.is_older(tried.fetched_at, NEW_KEYS_AT_MOST_EVERY) || self.failed_within(NEW_KEYS_AT_MOST_EVERY) {
            return None;
        }
        self.fetch(asked_at).await.ok().filter(is_newer)
    }

    pub(super) fn status(&self) -> MetadataStatus {
        let known = self.lock();
        match (&known.failure, &known.latest) {
            (Some(_), _) => MetadataStatus::Failed,
            (None, Some(_)) => MetadataStatus::Fetched,
            (None, None) => MetadataStatus::NotAskedFor,
        }
    }

    /// What need not be fetched again yet.
    fn usable(&self) -> Option<Arc<Fetched>> {
        let latest = self.lock().latest.clone()?;
        let is_usable = !self.is_older(latest.fetched_at, FRESH_FOR) || self.failed_within(NEXT_TRY_AFTER);
        is_usable.then_some(latest)
    }

    /// To be called by whoever has the turn.
    async fn fetch(&self, asked_at: SystemTime) -> Result<Arc<Fetched>, ProviderError> {
        let failure = self.lock().failure.clone();
        let fetched = match failure {
            // It failed while this caller was waiting for its turn: that is the answer to its question too.
            Some((error, failed_at)) if failed_at >= asked_at => Err(error),
            // Boxed, as it is large, and few logins begin with it.
            _ => Box::pin(self.request()).await,
        };
        let now = self.environment.now();
        let mut known = self.lock();
        match fetched {
            Ok(metadata) => {
                let latest = Arc::new(Fetched { metadata, fetched_at: now, relying_party: OnceLock::new() });
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
        if metadata.additional_metadata().supports_s256() == Some(false) {
            // T07
            tracing::warn!(
                "the provider's metadata does not name S256: logins are bound by state, nonce and browser key"
            );
        }
        tracing::info!(issuer = self.source.issuer.as_str(), "provider metadata fetched");
        Ok(metadata)
    }

    fn failed_within(&self, limit: Duration) -> bool {
        self.lock().failure.as_ref().is_some_and(|(_, failed_at)| !self.is_older(*failed_at, limit))
    }

    /// Never held while anything is awaited.
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_older(&self, than: SystemTime, limit: Duration) -> bool {
        self.environment.now().duration_since(than).unwrap_or_default() >= limit
    }
}
