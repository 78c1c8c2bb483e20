//! What the provider said of access tokens a moment ago (RFC 7662 §4 allows to remember it).

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

/// For so long a token that was revoked at the provider may still let somebody in (T71).
pub const GOOD_FOR: Duration = Duration::from_secs(30);

/// Short: a token may be so new that not all of the provider's replicas know it.
pub const REFUSED_FOR: Duration = Duration::from_secs(5);

/// Beyond this many, the least used make room.
const MAX_TOKENS: u64 = 10_000;

pub(super) struct Introspections {
    environment: Environment,
    by_token: Cache<SecretHash, Answer>,
}

#[derive(Clone)]
struct Answer {
    outcome: Result<VerifiedToken, AccessTokenError>,
    /// By the environment's clock; the cache's own lifetime only gives memory back.
    until: SystemTime,
}

impl Introspections {
    pub fn new(environment: Environment) -> Self {
        Self { environment, by_token: Cache::builder().max_capacity(MAX_TOKENS).time_to_live(GOOD_FOR).build() }
    }

    /// What was said a moment ago, or else what `ask` says now. All who want to know about one token at a time wait for
    /// one question.
    pub async fn get(
        &self,
        access_token: &AccessToken,
        ask: impl Future<Output = Result<VerifiedToken, AccessTokenError>>,
    ) -> Result<VerifiedToken, AccessTokenError> {
        let token = SecretHash::of(access_token.secret());
        let now = self.environment.now();
        let answer = async {
            let outcome = ask.await;
            Answer { until: until(&outcome, now), outcome }
        };
        self.by_token.entry(token).or_insert_with_if(answer, |known| known.until <= now).await.into_value().outcome
    }
}

/// Counted from the question, and never past the token's own end. That nothing was decided is not remembered.
fn until(outcome: &Result<VerifiedToken, AccessTokenError>, asked_at: SystemTime) -> SystemTime {
    match outcome {
        Ok(token) => token.expires_at.map_or(asked_at + GOOD_FOR, |end| end.min(asked_at + GOOD_FOR)),
        Err(AccessTokenError::Unavailable(_)) => asked_at,
        Err(_) => asked_at + REFUSED_FOR,
    }
}
