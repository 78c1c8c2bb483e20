//! Calls guarded endpoints with the access token, and refreshes it: before it expires, and where the server refuses it.

use std::{pin::pin, time::Duration};

use dioxus::{core::spawn_forever, prelude::*};
use futures_channel::oneshot;
use futures_util::{
    FutureExt, StreamExt,
    future::{Either, select},
};

use super::{
    activity,
    auth::{Auth, AwaitedToken, RefreshInProgress},
    dpop_key, failed_refreshes,
    lifetime::Moment,
    tab_messages::{TabMessage, broadcast},
};
use crate::{
    api::{self, Answer, Proven},
    client::platform::{
        clock,
        locks::{self, WebLock},
        visibility,
    },
    wire::{
        auth::{AccessToken, RefreshRequest, SessionId},
        error::ApiError,
    },
};

/// How long to wait for the access token of another tab. Tabs answer within a few milliseconds; where there is no other
/// tab, this only delays the start.
const OTHER_TABS_TIMEOUT: Duration = Duration::from_millis(150);

/// Held by the tab that refreshes: a provider that rotates refresh tokens may take the use of a replaced one for theft
/// (T46). Where there are no Web Locks, the server still joins concurrent refreshes.
const LOCK: &str = "oracle-ai.refresh";

/// Longer than a refresh may take. After that, a tab refreshes without the lock: the one that holds it may be frozen.
const LOCK_TIMEOUT: Duration = Duration::from_secs(35);

const REFRESH_TIMEOUT: Duration = Duration::from_secs(30);

impl Auth {
    /// Calls a guarded endpoint. Where the access token has expired, or the endpoint answers 401, the token is refreshed
    /// and the call repeated, once. After [`ApiError::SessionEnded`], the page signs in again.
    pub async fn call<T, F>(self, endpoint: impl Fn(AccessToken) -> F) -> Result<T, ApiError>
    where
        F: Future<Output = Result<T, ApiError>>,
    {
        let signed_in = self.signed_in().ok_or(ApiError::SessionEnded)?;
        let access_token = signed_in.access_token().clone();
        if !signed_in.token_lifetime().is_over(Moment::now()) {
            match endpoint(access_token.clone()).await {
                Err(ApiError::Unauthenticated) => {}
                outcome => return outcome,
            }
        }
        endpoint(self.token_instead_of(&access_token).await?).await
    }

    /// Refreshes the access token shortly before it expires, while the page is visible: a page in the background must not
    /// keep its session alive.
    pub(super) fn refresh_ahead(self) {
        let Some(signed_in) = self.signed_in() else { return };
        spawn_forever(async move {
            while self.holds_token(signed_in.access_token()) {
                match signed_in.token_lifetime().until_due(Moment::now()) {
                    Duration::ZERO => return self.refresh_if_due().await,
                    // `sleep` returns early where this is longer than a timer can be.
                    wait => clock::sleep(wait).await,
                }
            }
        });
    }

    /// Refreshes after the page wakes: timers stop while the machine sleeps, and pages in the background do not refresh.
    pub async fn refresh_on_wake(self) {
        let mut wakes = pin!(visibility::wakes());
        while wakes.next().await.is_some() {
            self.refresh_if_due().await;
        }
    }

    /// A failure is ignored: the next call that needs the token tries again, and reports it.
    async fn refresh_if_due(self) {
        let Some(signed_in) = self.signed_in() else { return };
        // A session past its limit is left, not refreshed.
        if visibility::is_visible() && signed_in.token_lifetime().is_due(Moment::now()) && !self.is_past_a_limit() {
            let access_token = signed_in.access_token().clone();
            let _ = self.refreshed_token(signed_in.session, Some(access_token)).await;
        }
    }

    /// Refreshes at once, to report to the server that the person is active.
    pub(super) fn refresh_now(self) {
        let is_in_progress = self.refresh_in_progress.peek().is_some();
        let Some(signed_in) = self.signed_in() else { return };
        let session = signed_in.session.clone();
        spawn_forever(async move {
            if is_in_progress {
                // That one has reported the person as idle.
                let _ = self.refreshed_token(session.clone(), Some(signed_in.access_token().clone())).await;
            }
            let Some(signed_in) = self.signed_in() else { return };
            let access_token = signed_in.access_token().clone();
            if self.refreshed_token(session.clone(), Some(access_token)).await == Err(ApiError::SessionEnded)
                && self.holds_session(&session)
            {
                self.session_ended(session).await;
            }
        });
    }

    /// A new access token instead of `stale`. Where the server refuses one, the session has ended.
    async fn token_instead_of(self, stale: &AccessToken) -> Result<AccessToken, ApiError> {
        let signed_in = self.signed_in().ok_or(ApiError::SessionEnded)?;
        if signed_in.access_token() != stale {
            return Ok(signed_in.response.access_token);
        }
        let outcome = self.refreshed_token(signed_in.session.clone(), Some(stale.clone())).await;
        if outcome == Err(ApiError::SessionEnded) && self.holds_token(stale) {
            self.session_ended(signed_in.session).await;
        }
        outcome
    }

    /// A new access token of the session instead of `stale`, the one that this tab holds, if any. Concurrent callers share
    /// one refresh.
    pub(super) async fn refreshed_token(
        mut self,
        session: SessionId,
        stale: Option<AccessToken>,
    ) -> Result<AccessToken, ApiError> {
        let in_progress = self.refresh_in_progress.peek().clone().filter(|refresh| refresh.session == session);
        let refresh = in_progress.unwrap_or_else(|| {
            let outcome = self.refresh_once(session.clone(), stale).boxed_local().shared();
            let refresh = RefreshInProgress { session, outcome };
            self.refresh_in_progress.set(Some(refresh.clone()));
            // In the root scope: it must not stop half-way because the component that asked is gone.
            spawn_forever(refresh.outcome.clone().map(|_| ()));
            refresh
        });
        refresh.outcome.await
    }

    async fn refresh_once(mut self, session: SessionId, stale: Option<AccessToken>) -> Result<AccessToken, ApiError> {
        let lock = self.wait_for_other_tabs(&session, stale.is_none()).await;
        let outcome = match self.held_instead_of(&session, stale.as_ref()) {
            // Another tab has sent a token, or the person has signed out meanwhile.
            Some(held) => held,
            None => self.refresh(&session, stale.as_ref()).await,
        };
        // Only now, so that the next tab receives the new token before it gets the lock.
        drop(lock);
        let is_current = self.refresh_in_progress.peek().as_ref().is_some_and(|refresh| refresh.session == session);
        if is_current {
            self.refresh_in_progress.set(None);
        }
        outcome
    }

    /// Waits until this tab may refresh, or another one has sent its access token.
    async fn wait_for_other_tabs(mut self, session: &SessionId, has_no_token: bool) -> Option<WebLock> {
        let (sender, received) = oneshot::channel();
        self.awaited_token.set(Some(AwaitedToken { session: session.clone(), received: sender }));
        if has_no_token {
            broadcast(&TabMessage::TokenRequested { session: session.clone() });
        }
        let lock = match select(received, pin!(locks::acquire_within(LOCK, LOCK_TIMEOUT))).await {
            Either::Left(_) => None,
            // The token of another tab may be on its way.
            Either::Right((lock, received)) if has_no_token || lock.was_taken => {
                let _ = select(received, pin!(clock::sleep(OTHER_TABS_TIMEOUT))).await;
                Some(lock)
            }
            Either::Right((lock, _)) => Some(lock),
        };
        self.awaited_token.set(None);
        lock
    }

    async fn refresh(self, session: &SessionId, stale: Option<&AccessToken>) -> Result<AccessToken, ApiError> {
        let idle_seconds = Some(activity::idle().as_secs());
        let session_revision = self.seen_revision(session).await;
        let request = RefreshRequest { session: session.clone(), idle_seconds, session_revision };
        let request = Proven::new(dpop_key::sign, request);
        // A response after the timeout is dropped: the server has stored what it needs for the next refresh.
        let answer =
            match select(pin!(api::auth::refresh_access_token(request)), pin!(clock::sleep(REFRESH_TIMEOUT))).await {
                Either::Left((answer, _)) => answer,
                Either::Right(_) => Err(ApiError::Unreachable),
            };
        // Where the person has signed out meanwhile, the response must not be used.
        if let Some(held) = self.held_instead_of(session, stale) {
            return held;
        }
        let Answer(response) = answer.inspect_err(failed_refreshes::count)?;
        if let Some(revision) = response.session_revision {
            let session = session.clone();
            spawn_forever(async move { dpop_key::set_seen_revision(&session, revision).await });
        }
        self.set_signed_in(session.clone(), response.clone());
        let access_token = response.access_token.clone();
        broadcast(&TabMessage::Refreshed { session: session.clone(), response: Box::new(response) });
        Ok(access_token)
    }

    /// The highest revision of the session that this browser has received: in storage, or in this tab where there is no
    /// storage.
    async fn seen_revision(self, session: &SessionId) -> Option<u64> {
        let held = self.signed_in().filter(|held| held.session == *session);
        dpop_key::seen_revision(session).await.max(held.and_then(|held| held.response.session_revision))
    }

    /// What this tab holds instead of `stale` by now; `None` where it still holds `stale`, and a refresh is needed.
    fn held_instead_of(
        self,
        session: &SessionId,
        stale: Option<&AccessToken>,
    ) -> Option<Result<AccessToken, ApiError>> {
        match (self.signed_in(), stale) {
            (Some(held), stale) if held.session == *session => {
                (Some(held.access_token()) != stale).then_some(Ok(held.response.access_token))
            }
            (None, None) if self.is_unknown() => None,
            _ => Some(Err(ApiError::SessionEnded)),
        }
    }

    pub(super) fn is_token_expired(self) -> bool {
        self.signed_in().is_some_and(|signed_in| signed_in.token_lifetime().is_over(Moment::now()))
    }
}
