//! The one place through which guarded doors are called: it gets past expired access tokens without anyone noticing.

use std::{pin::pin, time::Duration};

use dioxus::{core::spawn_forever, prelude::*};
use futures_channel::oneshot;
use futures_util::{
    FutureExt, StreamExt,
    future::{Either, LocalBoxFuture, Shared, select},
};

use super::{
    activity,
    auth_state::{Auth, AuthState, SignedIn},
    browser, browser_key,
    lifetime::Moment,
    tabs::{self, News},
    web_lock::{self, WebLock},
};
use crate::{
    api::{self, Answer, Proven},
    wire::{
        auth::{AccessToken, RefreshRequest, RefreshResponse, SessionId},
        error::ApiError,
    },
};

/// Of every access token of ours (RFC 9449 §5).
const TOKEN_TYPE: &str = "DPoP";

/// A refresh that all calls of this tab wait for.
#[derive(Clone)]
pub(super) struct RefreshUnderWay {
    session: SessionId,
    outcome: Shared<LocalBoxFuture<'static, Result<AccessToken, ApiError>>>,
}

/// A token of this session is wanted from another tab.
pub(super) struct AwaitedNews {
    session: SessionId,
    heard: oneshot::Sender<()>,
}

/// How long another tab is waited for to answer, or for its news to arrive. Answers take a few milliseconds; a page
/// opened alone waits in vain.
const ANSWERED_WITHIN: Duration = Duration::from_millis(150);

/// One refresh at a time among all tabs of this browser: a provider that rotates refresh tokens may take a second one
/// for a theft (T46). Without Web Locks, the server still makes one call of refreshes that meet there.
const LOCK: &str = "oracle-ai.refresh";

/// Longer than a refresh may take. Whoever has waited so long goes on alone: a browser may put a tab to sleep that
/// holds the lock.
const LONGEST_WAIT: Duration = Duration::from_secs(35);

/// No refresh keeps the other tabs waiting longer.
const LONGEST_REFRESH: Duration = Duration::from_secs(30);

impl Auth {
    /// Calls a guarded door. Where the access token has expired, or the door says 401, it is refreshed, once, and the
    /// call repeated, once. [`ApiError::SessionEnded`] means that signing in has begun.
    pub async fn call<T, F>(self, door: impl Fn(AccessToken) -> F) -> Result<T, ApiError>
    where
        F: Future<Output = Result<T, ApiError>>,
    {
        let SignedIn { access_token, lifetime, .. } = self.signed_in_now()?;
        if !lifetime.is_over(Moment::now()) {
            match door(access_token.clone()).await {
                Err(ApiError::Unauthenticated) => {}
                outcome => return outcome,
            }
        }
        door(self.needed_token(&access_token).await?).await
    }

    /// Renews the access token shortly before it expires, while somebody looks at the page: a page left open in the
    /// background does not keep its session alive.
    pub(super) fn refresh_ahead(self) {
        let Ok(SignedIn { access_token, lifetime, .. }) = self.signed_in_now() else { return };
        spawn_forever(async move {
            while self.still_holds(&access_token) {
                match lifetime.until_due(Moment::now()) {
                    Duration::ZERO => return self.refresh_if_due().await,
                    // In steps where it is longer than a timer can be.
                    wait => browser::sleep(wait).await,
                }
            }
        });
    }

    /// Timers stand still while the machine sleeps, and nobody looked at a page in the background.
    pub(super) async fn refresh_on_wake(self) {
        let mut wakes = pin!(browser::wakes());
        while wakes.next().await.is_some() {
            self.refresh_if_due().await;
        }
    }

    /// A failure shows at the next call that needs the token: until then, nobody is thrown out.
    async fn refresh_if_due(self) {
        let Ok(SignedIn { session, access_token, lifetime, .. }) = self.signed_in_now() else { return };
        // Past its end by time, the session is left, not renewed.
        if browser::is_visible() && lifetime.is_due(Moment::now()) && !self.is_past_its_end() {
            let _ = self.renewed_token(session, Some(access_token)).await;
        }
    }

    /// Renews the access token at once: the server hears that the person is there.
    pub(super) fn refresh_now(self) {
        let is_under_way = self.refresh_under_way.peek().is_some();
        let Ok(SignedIn { session, access_token, .. }) = self.signed_in_now() else { return };
        spawn_forever(async move {
            if is_under_way {
                // It has said that the person is not there.
                let _ = self.renewed_token(session.clone(), Some(access_token)).await;
            }
            let Ok(SignedIn { access_token, .. }) = self.signed_in_now() else { return };
            if self.renewed_token(session.clone(), Some(access_token)).await == Err(ApiError::SessionEnded)
                && self.holds(&session)
            {
                self.session_ended(session).await;
            }
        });
    }

    /// Gives a page that asked the token of this tab, where it will last.
    pub(super) fn answer(self, asked: &SessionId) {
        let Ok(signed_in) = self.signed_in_now() else { return };
        let SignedIn { session, access_token, lifetime, user, idle_timeout, session_lifetime, draft_key } = signed_in;
        let now = Moment::now();
        let expires_in = lifetime.remaining(now).as_secs();
        if session == *asked && !lifetime.is_due(now) && expires_in > 0 {
            let answer = RefreshResponse {
                access_token,
                token_type: TOKEN_TYPE.into(),
                expires_in,
                user,
                idle_timeout: idle_timeout.as_secs(),
                session_expires_in: session_lifetime.remaining(now).as_secs(),
                draft_key,
            };
            tabs::tell(&News::Refreshed { session, answer: Box::new(answer) });
        }
    }

    /// Takes the token that another tab has, where this tab waits for one or holds one that ends sooner.
    pub(super) fn hear(mut self, session: SessionId, answer: RefreshResponse) {
        let RefreshResponse { access_token, expires_in, .. } = &answer;
        let is_awaited = self.awaited_news.peek().as_ref().is_some_and(|awaited| awaited.session == session);
        let is_wanted = match &*self.state.peek() {
            AuthState::SignedIn(held) if held.session != session || held.access_token == *access_token => false,
            AuthState::SignedIn(held) => is_awaited || held.lifetime.remaining(Moment::now()).as_secs() < *expires_in,
            AuthState::Unknown => is_awaited,
            AuthState::SignedOut => false,
        };
        if !is_wanted {
            return;
        }
        self.signed_in(session, answer);
        if let Some(awaited) = self.awaited_news.take().filter(|_| is_awaited) {
            // Fails only when the wait is over.
            let _ = awaited.heard.send(());
        }
    }

    /// A token to use instead of `stale`, which is good no more: where there is none, the session is over.
    async fn needed_token(self, stale: &AccessToken) -> Result<AccessToken, ApiError> {
        let SignedIn { session, access_token, .. } = self.signed_in_now()?;
        if access_token != *stale {
            return Ok(access_token);
        }
        let outcome = self.renewed_token(session.clone(), Some(access_token)).await;
        if outcome == Err(ApiError::SessionEnded) && self.still_holds(stale) {
            self.session_ended(session).await;
        }
        outcome
    }

    /// A token of the session to use instead of `stale`, which is what this tab holds, if anything. However many calls
    /// ask together, one refresh is made.
    pub(super) async fn renewed_token(
        mut self,
        session: SessionId,
        stale: Option<AccessToken>,
    ) -> Result<AccessToken, ApiError> {
        let under_way = self.refresh_under_way.peek().clone().filter(|refresh| refresh.session == session);
        let refresh = under_way.unwrap_or_else(|| {
            let outcome = self.renew(session.clone(), stale).boxed_local().shared();
            let refresh = RefreshUnderWay { session, outcome };
            self.refresh_under_way.set(Some(refresh.clone()));
            // Driven from the root: it must not stop half-way because the component that asked is gone.
            spawn_forever(refresh.outcome.clone().map(|_| ()));
            refresh
        });
        refresh.outcome.await
    }

    async fn renew(mut self, session: SessionId, stale: Option<AccessToken>) -> Result<AccessToken, ApiError> {
        let turn = self.turn_to_refresh(&session, stale.is_none()).await;
        let outcome = match self.held_instead_of(&session, stale.as_ref()) {
            // Another tab was faster, or the person signed out meanwhile.
            Some(known) => known,
            None => self.refresh(&session, stale.as_ref()).await,
        };
        // Whoever is next finds the news sent.
        drop(turn);
        let is_this = self.refresh_under_way.peek().as_ref().is_some_and(|refresh| refresh.session == session);
        if is_this {
            self.refresh_under_way.set(None);
        }
        outcome
    }

    /// Waits until no other tab refreshes, or one has told of its new token.
    async fn turn_to_refresh(mut self, session: &SessionId, has_nothing: bool) -> Option<WebLock> {
        let (tell_me, heard) = oneshot::channel();
        self.awaited_news.set(Some(AwaitedNews { session: session.clone(), heard: tell_me }));
        if has_nothing {
            tabs::tell(&News::Asked { session: session.clone() });
        }
        let turn = match select(heard, pin!(web_lock::acquire_within(LOCK, LONGEST_WAIT))).await {
            Either::Left(_) => None,
            Either::Right((lock, heard)) if has_nothing || lock.was_taken => {
                let _ = select(heard, pin!(browser::sleep(ANSWERED_WITHIN))).await;
                Some(lock)
            }
            Either::Right((lock, _)) => Some(lock),
        };
        self.awaited_news.set(None);
        turn
    }

    async fn refresh(self, session: &SessionId, stale: Option<&AccessToken>) -> Result<AccessToken, ApiError> {
        // What comes later is nobody's: the server has stored its part, and the next refresh goes on from there.
        let idle_seconds = Some(activity::idle().as_secs());
        let request = Proven::new(browser_key::sign, RefreshRequest { session: session.clone(), idle_seconds });
        let answer =
            match select(pin!(api::auth::refresh_access_token(request)), pin!(browser::sleep(LONGEST_REFRESH))).await {
                Either::Left((answer, _)) => answer,
                Either::Right(_) => Err(ApiError::Unreachable),
            };
        // Signed out while the answer was on its way: it is nobody's any more.
        if let Some(known) = self.held_instead_of(session, stale) {
            return known;
        }
        match answer {
            Ok(Answer(answer)) => {
                let (session, access_token) = (session.clone(), answer.access_token.clone());
                self.signed_in(session.clone(), answer.clone());
                tabs::tell(&News::Refreshed { session, answer: Box::new(answer) });
                Ok(access_token)
            }
            Err(error) => Err(error),
        }
    }

    /// What there is by now instead of `stale`, without a refresh; `None` where this tab still holds just that.
    fn held_instead_of(
        self,
        session: &SessionId,
        stale: Option<&AccessToken>,
    ) -> Option<Result<AccessToken, ApiError>> {
        match (&*self.state.peek(), stale) {
            (AuthState::SignedIn(held), stale) if held.session == *session => {
                (Some(&held.access_token) != stale).then(|| Ok(held.access_token.clone()))
            }
            (AuthState::Unknown, None) => None,
            _ => Some(Err(ApiError::SessionEnded)),
        }
    }

    /// Whether this tab has no token that could still be good.
    pub(super) fn token_is_over(self) -> bool {
        self.signed_in_now().is_ok_and(|signed_in| signed_in.lifetime.is_over(Moment::now()))
    }

    /// Whether this tab is about to go on with this session.
    pub(super) fn is_resuming(self, session: &SessionId) -> bool {
        matches!(&*self.state.peek(), AuthState::Unknown)
            && self.refresh_under_way.peek().as_ref().is_some_and(|refresh| refresh.session == *session)
    }

    fn signed_in_now(self) -> Result<SignedIn, ApiError> {
        match &*self.state.peek() {
            AuthState::SignedIn(signed_in) => Ok(SignedIn::clone(signed_in)),
            AuthState::Unknown | AuthState::SignedOut => Err(ApiError::SessionEnded),
        }
    }

    fn still_holds(self, access_token: &AccessToken) -> bool {
        self.signed_in_now().is_ok_and(|signed_in| signed_in.access_token == *access_token)
    }
}
