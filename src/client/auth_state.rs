//! Who is signed in, as this tab knows it, and how that changes.

use std::time::Duration;

use dioxus::{core::spawn_forever, prelude::*};

use super::{
    browser,
    browser_key::{self, KeyError},
    callback_url::CallbackUrl,
    lifetime::{Lifetime, Moment},
    loop_breaker, return_to, sign_out,
    tabs::{self, News},
    token_refresh::{AwaitedNews, RefreshUnderWay},
};
use crate::{
    api::{self, payload::Answer, proof::Proven},
    wire::{
        auth::{AccessToken, LogoutRequest, SessionId, TokenResponse, UserClaims},
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
    pub(super) state: Signal<AuthState>,
    pub(super) refresh_under_way: CopyValue<Option<RefreshUnderWay>>,
    pub(super) awaited_news: CopyValue<Option<AwaitedNews>>,
    leaving: CopyValue<bool>,
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

    /// Goes on with the session that this browser was signed in to, or else leaves for the provider, to come back to
    /// `path`. Returns `Ok` when somebody is signed in.
    pub async fn resume_or_sign_in(self, path: String) -> Result<(), SignInFailure> {
        // A tab that nobody looks at does not leave: when it is shown, another may have signed in for it.
        browser::shown().await;
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
        let call = Proven::new(browser_key::sign, response);
        let answer = api::auth::exchange_code(call).await.map_err(SignInFailure::Refused)?;
        let TokenResponse { access_token, expires_in, session, user, .. } = answer.0;
        browser_key::keep_session(&session).await;
        self.signed_in(session, access_token, expires_in, user);
        let path = return_to::kept_for(&state);
        return_to::forget();
        Ok(path)
    }

    /// Ends the session here and on the server, and shows that it is over.
    pub fn sign_out(self) {
        let AuthState::SignedIn(signed_in) = self.state.peek().clone() else { return };
        // Driven from the root: the page that asked is gone before this is over.
        spawn_forever(async move {
            // First: a page opened from the moment that "signed out" is shown must not come back signed in.
            browser_key::forget_session().await;
            self.signed_out();
            tabs::tell(&News::SignedOut { session: signed_in.session.clone() });
            let request = LogoutRequest { session: signed_in.session };
            match api::auth::logout(Proven::new(browser_key::sign, request)).await {
                Ok(Answer(answer)) => sign_out::leave_for_provider(answer),
                // The token is gone from this page all the same; the server ends the session by its lifetimes.
                Err(error) => tracing::warn!(%error, "the server could not be told of the sign-out"),
            }
        });
    }

    /// Nothing of the person stays with this tab.
    pub(super) fn signed_out(mut self) {
        self.state.set(AuthState::SignedOut);
        browser::forget_all();
    }

    /// The session is over: guarded pages sign in again by themselves.
    pub(super) async fn session_ended(mut self, session: SessionId) {
        browser_key::forget_ended_session(&session).await;
        tabs::tell(&News::SessionEnded { session });
        self.state.set(AuthState::Unknown);
    }

    pub(super) fn signed_in(
        mut self,
        session: SessionId,
        access_token: AccessToken,
        expires_in: u64,
        user: UserClaims,
    ) {
        let lifetime = Lifetime::begins(Moment::now(), expires_in);
        self.state.set(AuthState::SignedIn(Box::new(SignedIn { session, access_token, lifetime, user })));
        self.refresh_ahead();
    }

    pub(super) fn holds(self, session: &SessionId) -> bool {
        matches!(&*self.state.peek(), AuthState::SignedIn(signed_in) if signed_in.session == *session)
    }

    async fn leave_for_provider(self, path: &str) -> Result<(), SignInFailure> {
        let thumbprint = browser_key::thumbprint().await.map_err(SignInFailure::NoKey)?;
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

impl Default for Auth {
    fn default() -> Self {
        Self::new()
    }
}
