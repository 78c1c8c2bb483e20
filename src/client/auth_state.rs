//! Who is signed in, as this tab knows it, and how that changes.

use std::time::Duration;

use dioxus::prelude::*;

use super::{
    activity, browser,
    browser_key::{self, KeyError},
    callback_url::CallbackUrl,
    lifetime::{Lifetime, Moment},
    loop_breaker, return_to,
    session_limits::Warning,
    sign_out::{self, Confirmation},
    tabs::{self, News},
    token_refresh::{AwaitedNews, RefreshUnderWay},
};
use crate::{
    api::{self, Answer, Proven},
    wire::{
        auth::{AccessToken, AuthorizationResponse, DraftKey, RefreshResponse, SessionId, TokenResponse, UserClaims},
        error::ApiError,
    },
};

/// What this tab knows.
#[derive(Clone, Debug, PartialEq)]
pub enum AuthState {
    /// Nothing yet, or no more: a guarded page signs in by itself.
    Unknown,
    /// The person signed out: nothing happens by itself.
    SignedOut,
    SignedIn(Box<SignedIn>),
}

/// In memory only: it ends with the page.
#[derive(Clone, Debug, PartialEq)]
pub struct SignedIn {
    pub session: SessionId,
    pub access_token: AccessToken,
    pub lifetime: Lifetime,
    pub user: UserClaims,
    /// Without any input for so long, the session ends.
    pub idle_timeout: Duration,
    /// Of the session, whatever the person does.
    pub session_lifetime: Lifetime,
    /// What drafts are encrypted with in this browser's storage.
    pub draft_key: DraftKey,
}

/// Why a login did not succeed.
#[derive(Clone, Debug, PartialEq)]
pub enum SignInFailure {
    /// The callback page was called without an answer of the provider.
    NothingToFinish,
    /// This browser can't hold a key.
    NoKey(KeyError),
    /// The page has signed in by itself too often.
    Looping,
    /// The page was to be left for the provider, and is still here: the person came back, or stopped it.
    StillHere,
    Refused(ApiError),
}

/// How long the browser may take to leave for the provider.
const LEAVING: Duration = Duration::from_secs(6);

/// The one place where that knowledge lives: a context of the root component.
#[derive(Clone, Copy, PartialEq)]
pub struct Auth {
    pub(in crate::client) state: Signal<AuthState>,
    pub(super) refresh_under_way: CopyValue<Option<RefreshUnderWay>>,
    pub(super) awaited_news: CopyValue<Option<AwaitedNews>>,
    leaving: CopyValue<bool>,
    /// The session that this tab has been asked to end.
    pub(super) leaving_session: CopyValue<Option<SessionId>>,
    /// Whether the sessions that this browser has left are over.
    pub(super) confirmation: Signal<Confirmation>,
    pub(super) repeating: CopyValue<bool>,
    /// Of an end by time that is near.
    pub(super) warning: Signal<Option<Warning>>,
    pub(super) lifetime_warning_read: CopyValue<bool>,
}

/// The context.
pub fn use_auth() -> Auth {
    use_context()
}

impl Auth {
    /// Nobody is known. To be called in the root component.
    pub fn new() -> Self {
        Self {
            state: Signal::new(AuthState::Unknown),
            refresh_under_way: CopyValue::new(None),
            awaited_news: CopyValue::new(None),
            leaving: CopyValue::new(false),
            leaving_session: CopyValue::new(None),
            confirmation: Signal::new(Confirmation::Unknown),
            repeating: CopyValue::new(false),
            warning: Signal::new(None),
            lifetime_warning_read: CopyValue::new(false),
        }
    }

    /// Subscribes the caller.
    pub fn state(self) -> AuthState {
        self.state.read().clone()
    }

    /// The session that this tab is signed in to. Subscribes the caller.
    pub fn session(self) -> Option<SessionId> {
        match &*self.state.read() {
            AuthState::SignedIn(signed_in) => Some(signed_in.session.clone()),
            AuthState::Unknown | AuthState::SignedOut => None,
        }
    }

    /// Of an end by time that is near. Subscribes the caller.
    pub fn warning(self) -> Option<Warning> {
        *self.warning.read()
    }

    /// What is known of the sessions that this browser has left. Subscribes the caller.
    pub fn confirmation(self) -> Confirmation {
        *self.confirmation.read()
    }

    /// Goes on with the session that this browser was signed in to, or else leaves for the provider, to come back to
    /// `path`. Returns `Ok` when somebody is signed in.
    pub async fn resume_or_sign_in(self, path: String) -> Result<(), SignInFailure> {
        // A tab that nobody looks at does not leave: when it is shown, another may have signed in for it.
        browser::shown().await;
        // A session that the person has left is not gone on with.
        sign_out::finish_begun().await;
        if let Some(session) = browser_key::kept_session().await {
            match self.renewed_token(session.clone(), None).await {
                // The person signed out in another tab meanwhile: they are left alone.
                Err(ApiError::SessionEnded) if *self.state.peek() == AuthState::SignedOut => return Ok(()),
                Err(ApiError::SessionEnded) => browser_key::forget_ended_session(&session).await,
                // The session may live: it is kept, and so is the person's place.
                Err(error) => return Err(SignInFailure::Refused(error)),
                Ok(_) => return Ok(()),
            }
        }
        if !loop_breaker::allows_one_more() {
            return Err(SignInFailure::Looping);
        }
        self.sign_in(path).await
    }

    /// Leaves for the provider, to come back to `path`. Returns only where that does not work.
    pub async fn sign_in(mut self, path: String) -> Result<(), SignInFailure> {
        // Effects and people ask twice; one login at a time.
        if self.leaving.replace(true) {
            return Ok(());
        }
        let outcome = self.leave_for_provider(&path).await;
        self.leaving.set(false);
        outcome
    }

    /// Finishes a login, and tells the path to go to.
    pub async fn finish_sign_in(self, callback_url: CallbackUrl) -> Result<String, SignInFailure> {
        let response = match callback_url {
            CallbackUrl::Response(response) => response,
            CallbackUrl::Empty => return Err(SignInFailure::NothingToFinish),
            CallbackUrl::Malformed => return Err(SignInFailure::Refused(ApiError::InvalidState)),
        };
        let state = response.state.clone();
        // Another tab may have finished a login meanwhile: this one takes its place.
        let previous_session = browser_key::kept_session().await;
        let response = AuthorizationResponse { previous_session: previous_session.clone(), ..response };
        let call = Proven::new(browser_key::sign, response);
        let Answer(answer) = api::auth::exchange_code(call).await.map_err(SignInFailure::Refused)?;
        let session = answer.session.clone();
        browser_key::finish_login(&session).await;
        if let Some(session) = previous_session.filter(|previous| *previous != session) {
            tabs::tell(&News::SessionEnded { session });
        }
        activity::note();
        sign_out::forget_reason();
        self.signed_in(session, of_login(answer));
        let path = return_to::kept_for(&state);
        return_to::forget();
        Ok(path)
    }

    /// The server has ended the session: guarded pages sign in again by themselves; but not where nobody is there, or the
    /// person was just told that it ends.
    pub(super) async fn session_ended(self, session: SessionId) {
        if self.holds(&session)
            && let Some(limit) = self.limit_that_is_near()
        {
            return self.end(limit.into());
        }
        browser_key::forget_ended_session(&session).await;
        tabs::tell(&News::SessionEnded { session: session.clone() });
        self.forget_ended(&session);
    }

    /// Nothing of the session stays with this tab, where it holds it; what was typed stays in storage, encrypted.
    pub(super) fn forget_ended(mut self, session: &SessionId) {
        if !self.holds(session) {
            return;
        }
        if let Some(limit) = self.limit_that_is_near() {
            self.end(limit.into());
        } else {
            browser_key::forget_key();
            self.warning.set(None);
            self.state.set(AuthState::Unknown);
        }
    }

    pub(super) fn signed_in(mut self, session: SessionId, answer: RefreshResponse) {
        let now = Moment::now();
        let RefreshResponse { access_token, expires_in, user, idle_timeout, session_expires_in, draft_key, .. } =
            answer;
        self.state.set(AuthState::SignedIn(Box::new(SignedIn {
            session,
            access_token,
            lifetime: SignedIn::token_lifetime(now, expires_in, idle_timeout),
            user,
            idle_timeout: Duration::from_secs(idle_timeout),
            session_lifetime: Lifetime::begins(now, session_expires_in),
            draft_key,
        })));
        self.refresh_ahead();
    }

    pub(super) fn session_now(self) -> Option<SessionId> {
        match &*self.state.peek() {
            AuthState::SignedIn(signed_in) => Some(signed_in.session.clone()),
            AuthState::Unknown | AuthState::SignedOut => None,
        }
    }

    pub(super) fn holds(self, session: &SessionId) -> bool {
        matches!(&*self.state.peek(), AuthState::SignedIn(signed_in) if signed_in.session == *session)
    }

    async fn leave_for_provider(self, path: &str) -> Result<(), SignInFailure> {
        let thumbprint = browser_key::begin_login().await.map_err(SignInFailure::NoKey)?;
        let call = Proven::first(browser_key::sign, ());
        let Answer(request) = api::auth::authorize(Some(thumbprint), call).await.map_err(SignInFailure::Refused)?;
        match return_to::at_home(&request.front_url, path) {
            Some(address) => browser::go_to(&address),
            None => {
                return_to::keep(&request.state, path);
                browser::go_to(&request.authorize_url);
            }
        }
        // A page that is left goes no further. One that is brought back by the Back button does.
        browser::sleep(LEAVING).await;
        Err(SignInFailure::StillHere)
    }
}

/// What a login and a refresh give alike.
fn of_login(answer: TokenResponse) -> RefreshResponse {
    let TokenResponse {
        access_token, token_type, expires_in, user, idle_timeout, session_expires_in, draft_key, ..
    } = answer;
    RefreshResponse { access_token, token_type, expires_in, user, idle_timeout, session_expires_in, draft_key }
}

impl Default for Auth {
    fn default() -> Self {
        Self::new()
    }
}
