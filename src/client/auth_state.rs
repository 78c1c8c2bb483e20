//! Who is signed in, as this tab knows it, and how that changes.

use std::time::Duration;

use dioxus::prelude::*;

use super::{browser, callback_url::CallbackUrl, return_to, token_refresh::RefreshUnderWay};
use crate::{
    api::{
        self,
        payload::{Answer, Body},
    },
    wire::{
        auth::{AccessToken, LogoutRequest, RefreshResponse, SessionId, TokenResponse, UserClaims},
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
    SignedIn(SignedIn),
}

/// In memory only: it ends with the page.
#[derive(Clone, Debug, PartialEq)]
pub struct SignedIn {
    pub session: SessionId,
    pub access_token: AccessToken,
    /// By [`browser::monotonic`].
    pub expires_at: Duration,
    pub user: UserClaims,
}

/// Why a login did not succeed.
#[derive(Clone, Debug, PartialEq)]
pub enum SignInFailure {
    /// The callback page was called without an answer of the provider.
    NothingToFinish,
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
            leaving: CopyValue::new(false),
        }
    }

    /// Subscribes the caller.
    pub fn state(self) -> AuthState {
        self.state.read().clone()
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
        let answer = api::auth::exchange_code(Body(response)).await.map_err(SignInFailure::Refused)?;
        let TokenResponse { access_token, expires_in, session, user, .. } = answer.0;
        self.signed_in(session, access_token, expires_in, user);
        let path = return_to::kept_for(&state);
        return_to::forget();
        Ok(path)
    }

    /// Ends the session here and on the server, and shows that it is over.
    pub async fn sign_out(mut self) {
        let AuthState::SignedIn(signed_in) = self.state.peek().clone() else { return };
        self.state.set(AuthState::SignedOut);
        let request = LogoutRequest { session: signed_in.session };
        if let Err(error) = api::auth::logout(Body(request)).await {
            // The token is gone from this page all the same; the server ends the session by its lifetimes.
            tracing::warn!(%error, "the server could not be told of the sign-out");
        }
    }

    /// The session is over: guarded pages sign in again by themselves.
    pub(super) fn session_ended(mut self) {
        self.state.set(AuthState::Unknown);
    }

    pub(super) fn refreshed(self, session: SessionId, response: RefreshResponse) {
        self.signed_in(session, response.access_token, response.expires_in, response.user);
    }

    async fn leave_for_provider(self, path: &str) -> Result<(), SignInFailure> {
        let Answer(request) = api::auth::authorize().await.map_err(SignInFailure::Refused)?;
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

    fn signed_in(mut self, session: SessionId, access_token: AccessToken, expires_in: u64, user: UserClaims) {
        let lifetime = Duration::from_secs(expires_in);
        let expires_at = browser::monotonic() + lifetime;
        self.state.set(AuthState::SignedIn(SignedIn { session, access_token, expires_at, user }));
        self.refresh_ahead(lifetime);
    }
}

impl Default for Auth {
    fn default() -> Self {
        Self::new()
    }
}
