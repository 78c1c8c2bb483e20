//! A cache of introspection responses (RFC 7662 §4 permits one).

use std::{
    future::Future,
    time::{Duration, SystemTime},
};

use moka::future::Cache;

use crate::{
    server::{
        auth::oidc::{AccessTokenError, VerifiedToken},
        environment::Environment,
        store::SecretHash,
    },
    wire::auth::AccessToken,
};

/// How long an active response is cached: a token that was revoked at the provider is accepted for this long (T71).
pub const ACTIVE_CACHED_FOR: Duration = Duration::from_secs(30);

/// How long an inactive response is cached. Short, as a new token may not be known to all replicas of the provider yet.
pub const INACTIVE_CACHED_FOR: Duration = Duration::from_secs(5);

/// Beyond this many, the least used are evicted.
const MAX_TOKENS: u64 = 10_000;

pub(super) struct IntrospectionCache {
    environment: Environment,
    by_token: Cache<SecretHash, Cached>,
}

#[derive(Clone)]
struct Cached {
    outcome: Result<VerifiedToken, AccessTokenError>,
    /// By the environment's clock; the cache's own time to live only frees memory.
    until: SystemTime,
}

impl IntrospectionCache {
    pub fn new(environment: Environment) -> Self {
        Self {
            environment,
            by_token: Cache::builder().max_capacity(MAX_TOKENS).time_to_live(ACTIVE_CACHED_FOR).build(),
        }
    }

    /// The cached response, or else that of `introspection`. Concurrent requests for one token share one introspection.
    pub async fn get(
        &self,
        access_token: &AccessToken,
        introspection: impl Future<Output = Result<VerifiedToken, AccessTokenError>>,
    ) -> Result<VerifiedToken, AccessTokenError> {
        let token = SecretHash::of(access_token.secret());
        let now = self.environment.now();
        let cached = async {
            let outcome = introspection.await;
            Cached { until: until(&outcome, now), outcome }
        };
        self.by_token.entry(token).or_insert_with_if(cached, |known| known.until <= now).await.into_value().outcome
    }
}

/// When the cached outcome expires: counted from the request, and at most the token's own expiry. A failed introspection
/// is not cached.
fn until(outcome: &Result<VerifiedToken, AccessTokenError>, requested_at: SystemTime) -> SystemTime {
    match outcome {
        Ok(token) => {
            token.expires_at.map_or(requested_at + ACTIVE_CACHED_FOR, |end| end.min(requested_at + ACTIVE_CACHED_FOR))
        }
        Err(AccessTokenError::Unavailable(_)) => requested_at,
        Err(_) => requested_at + INACTIVE_CACHED_FOR,
    }
}
