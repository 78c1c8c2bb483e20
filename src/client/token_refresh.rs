//! The one place through which guarded doors are called: it gets past expired access tokens without anyone noticing.

use std::time::Duration;

use dioxus::{core::spawn_forever, prelude::*};
use futures_util::{
    FutureExt,
    future::{LocalBoxFuture, Shared},
};

use super::{
    auth_state::{Auth, AuthState, SignedIn},
    browser, browser_key,
};
use crate::{
    api::{self, proof::Proven},
    wire::{
        auth::{AccessToken, RefreshRequest},
        error::ApiError,
    },
};

/// A refresh that all calls of this tab wait for.
pub(super) type RefreshUnderWay = Shared<LocalBoxFuture<'static, Result<AccessToken, ApiError>>>;

/// An access token is renewed this long before it expires, or in the last fifth of a short life.
const AHEAD: Duration = Duration::from_secs(60);

/// Never renewed ahead of time more often than this, however short tokens live: providers shorten them near the end
/// of a session.
const AT_MOST_EVERY: Duration = Duration::from_secs(15);

impl Auth {
    /// Calls a guarded door. Where the access token has expired, or the door says 401, it is refreshed, once, and the
    /// call repeated, once. [`ApiError::SessionEnded`] means that signing in has begun.
    pub async fn call<T, F>(self, door: impl Fn(AccessToken) -> F) -> Result<T, ApiError>
    where
        F: Future<Output = Result<T, ApiError>>,
    {
        let SignedIn { access_token, expires_at, .. } = self.signed_in_now()?;
        if expires_at <= browser::monotonic() {
            return door(self.needed_token(&access_token).await?).await;
        }
        match door(access_token.clone()).await {
            Err(ApiError::Unauthenticated) => door(self.needed_token(&access_token).await?).await,
            outcome => outcome,
        }
    }

    /// Renews the access token shortly before it expires, while somebody looks at the page: a page left open in the
    /// background does not keep its session alive.
    pub(super) fn refresh_ahead(self, lifetime: Duration) {
        let Ok(SignedIn { access_token, .. }) = self.signed_in_now() else { return };
        let wait = lifetime.saturating_sub(AHEAD.min(lifetime / 5)).max(AT_MOST_EVERY);
        spawn_forever(async move {
            browser::sleep(wait).await;
            if browser::is_visible() && self.still_holds(&access_token) {
                // A failure shows at the next call that needs the token: until then, nobody is thrown out.
                let _ = self.refreshed_token(&access_token).await;
            }
        });
    }

    /// A token to use instead of `stale`, which is good no more: where there is none, the session is over.
    async fn needed_token(self, stale: &AccessToken) -> Result<AccessToken, ApiError> {
        let session = self.signed_in_now()?.session;
        let outcome = self.refreshed_token(stale).await;
        if outcome == Err(ApiError::SessionEnded) && self.still_holds(stale) {
            self.session_ended(session).await;
        }
        outcome
    }

    /// A token to use instead of `stale`. However many calls ask together, one refresh is made.
    async fn refreshed_token(mut self, stale: &AccessToken) -> Result<AccessToken, ApiError> {
        let signed_in = self.signed_in_now()?;
        if signed_in.access_token != *stale {
            return Ok(signed_in.access_token);
        }
        let under_way = self.refresh_under_way.peek().clone();
        let refresh = under_way.unwrap_or_else(|| {
            let refresh = self.refresh(signed_in).boxed_local().shared();
            self.refresh_under_way.set(Some(refresh.clone()));
            // Driven from the root: it must not stop half-way because the component that asked is gone.
            spawn_forever(refresh.clone().map(|_| ()));
            refresh
        });
        refresh.await
    }

    async fn refresh(mut self, signed_in: SignedIn) -> Result<AccessToken, ApiError> {
        let session = signed_in.session;
        let outcome = api::auth::refresh_access_token(Proven::new(
            browser_key::sign,
            RefreshRequest { session: session.clone() },
        ))
        .await;
        self.refresh_under_way.set(None);
        // Signed out while the answer was on its way: it is nobody's any more.
        if !self.still_holds(&signed_in.access_token) {
            return Err(ApiError::SessionEnded);
        }
        match outcome {
            Ok(response) => {
                let access_token = response.0.access_token.clone();
                self.refreshed(session, response.0);
                Ok(access_token)
            }
            // The key that the session was bound to is not this browser's any more: that is its end too.
            Err(ApiError::InvalidProof) => Err(ApiError::SessionEnded),
            Err(error) => Err(error),
        }
    }

    fn signed_in_now(self) -> Result<SignedIn, ApiError> {
        match &*self.state.peek() {
            AuthState::SignedIn(signed_in) => Ok(signed_in.clone()),
            AuthState::Unknown | AuthState::SignedOut => Err(ApiError::SessionEnded),
        }
    }

    fn still_holds(self, access_token: &AccessToken) -> bool {
        self.signed_in_now().is_ok_and(|signed_in| signed_in.access_token == *access_token)
    }
}
