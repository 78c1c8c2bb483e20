//! Resumes a session or begins a login, and finishes the login at `/auth/callback`.

use std::time::Duration;

use dioxus::prelude::*;

use super::{
    activity,
    auth::Auth,
    callback_url::CallbackUrl,
    dpop_key::{self, KeyError},
    loop_breaker, pending_logouts, reauthentication, return_to, sign_out_reason,
    step_up::Interrupted,
    tab_messages::{TabMessage, broadcast},
};
use crate::{
    api::{self, Answer, Proven},
    client::platform::{clock, location, visibility},
    wire::{
        auth::{AuthorizationResponse, RefreshResponse, TokenResponse},
        error::ApiError,
    },
};

/// How long the browser may take to load the provider's page.
const REDIRECT_TIMEOUT: Duration = Duration::from_secs(6);

/// Why a login did not succeed.
#[derive(Clone, Debug, PartialEq)]
pub enum SignInFailure {
    /// The callback page was opened without an authorization response.
    NoLoginToFinish,
    /// This browser can't hold a DPoP key.
    NoKey(KeyError),
    /// There were too many automatic sign-ins within a short time.
    RepeatedSignIns,
    /// The redirect to the provider was stopped, or the person came back.
    NotRedirected,
    Refused(ApiError),
}

/// Why a login is begun.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Cause {
    /// There is no session, or the person wants another one.
    NoSession,
    /// The login before has failed in a way that makes the next one likely to succeed.
    Restart,
    /// An action asks for a more recent or a stronger one.
    StepUp(Interrupted),
}

impl Auth {
    /// Resumes the session that this browser was signed in to. Where there is none, redirects to the provider, to come
    /// back to `path`. Returns `Ok` when a person is signed in.
    pub async fn resume_or_sign_in(self, path: String) -> Result<(), SignInFailure> {
        self.resume_or_begin_login(path, Cause::NoSession).await
    }

    /// The person signs in again although there is a session, which the provider fails to refresh: redirects to the
    /// provider, to come back to this page. The server ends the old session once the new one has begun, and the drafts
    /// stay in storage. Returns only where that does not work.
    pub async fn sign_in_again(self) -> Result<(), SignInFailure> {
        loop_breaker::reset();
        self.begin_login(return_to::path_after_sign_in(), Cause::NoSession).await
    }

    async fn resume_or_begin_login(self, path: String, cause: Cause) -> Result<(), SignInFailure> {
        // A tab in the background does not redirect: by the time it is visible, another one may have signed in.
        visibility::until_visible().await;
        // A session that the person has left must not be resumed.
        pending_logouts::finish_begun().await;
        if let Some(session) = dpop_key::session_to_resume().await {
            match self.refreshed_token(session.clone(), None).await {
                // The person signed out in another tab meanwhile.
                Err(ApiError::SessionEnded) if self.is_signed_out() => return Ok(()),
                Err(ApiError::SessionEnded) => dpop_key::remove_ended_session(&session).await,
                // The session may still be valid, so it stays stored.
                Err(error) => return Err(SignInFailure::Refused(error)),
                Ok(_) => return Ok(()),
            }
        }
        if !loop_breaker::allows_sign_in() {
            return Err(SignInFailure::RepeatedSignIns);
        }
        self.begin_login(path, cause).await
    }

    /// Redirects to the provider, to come back to `path`. Returns only where that does not work.
    pub(super) async fn begin_login(mut self, path: String, cause: Cause) -> Result<(), SignInFailure> {
        // Several effects may ask for it: one login at a time.
        if self.is_leaving.replace(true) {
            return Ok(());
        }
        let outcome = redirect_to_provider(&path, cause).await;
        self.is_leaving.set(false);
        outcome
    }

    /// Finishes a login, and returns the path to go to.
    pub async fn finish_sign_in(mut self, callback_url: CallbackUrl) -> Result<String, SignInFailure> {
        let response = match callback_url {
            CallbackUrl::Response(response) => response,
            CallbackUrl::Empty => return Err(SignInFailure::NoLoginToFinish),
            CallbackUrl::Malformed => {
                return Err(SignInFailure::Refused(ApiError::InvalidState { restart: false }));
            }
        };
        let state = response.state.clone();
        let begun_here = state.as_ref().is_some_and(return_to::is_of);
        // Another tab may have finished a login meanwhile: the new session replaces that one.
        let previous_session = dpop_key::session_to_resume().await;
        dpop_key::ensure_loaded().await.map_err(SignInFailure::NoKey)?;
        let response = AuthorizationResponse { begun_here, previous_session: previous_session.clone(), ..response };
        let request = Proven::new(dpop_key::sign, response);
        let Answer(answer) = match api::auth::exchange_code(request).await {
            Ok(answer) => answer,
            Err(error) => return self.restart_or_fail(error).await,
        };
        let session = answer.session.clone();
        dpop_key::finish_login(&session, answer.session_revision).await;
        if let Some(session) = previous_session.filter(|previous| *previous != session) {
            broadcast(&TabMessage::SessionEnded { session });
        }
        activity::record_input();
        sign_out_reason::remove();
        reauthentication::remove();
        self.set_signed_in(session, without_session(answer));
        let path = state.as_ref().map_or_else(return_to::last_path, return_to::path_for);
        // Only of this very login: another one, as in a tab that was duplicated, finishes nothing.
        self.interrupted.set(return_to::interrupted().filter(|_| begun_here));
        return_to::remove();
        Ok(path)
    }

    /// Begins the login again where the server says so: once, and within the limit of automatic sign-ins.
    async fn restart_or_fail(self, error: ApiError) -> Result<String, SignInFailure> {
        // A step-up is begun by the person, who has a session to go on with.
        let may_restart = error.restarts_login() && !return_to::is_of_restart() && return_to::interrupted().is_none();
        let failure = SignInFailure::Refused(error);
        if !may_restart {
            return Err(failure);
        }
        let path = return_to::last_path();
        match self.resume_or_begin_login(path.clone(), Cause::Restart).await {
            Ok(()) => Ok(path),
            Err(SignInFailure::RepeatedSignIns) => Err(failure),
            Err(other) => Err(other),
        }
    }
}

async fn redirect_to_provider(path: &str, cause: Cause) -> Result<(), SignInFailure> {
    let thumbprint = dpop_key::begin_login().await.map_err(SignInFailure::NoKey)?;
    let request = Proven::first(dpop_key::sign, ());
    let (is_restart, interrupted) = match cause {
        Cause::NoSession => (false, None),
        Cause::Restart => (true, None),
        Cause::StepUp(interrupted) => (false, Some(interrupted)),
    };
    let action = interrupted.as_ref().map(|interrupted| interrupted.action().name().to_owned());
    let reauthenticate = reauthentication::is_required().then_some(true);
    let Answer(request) = api::auth::authorize(Some(thumbprint), action, reauthenticate, request)
        .await
        .map_err(SignInFailure::Refused)?;
    match return_to::url_at_front(&request.front_url, path) {
        Some(url) => location::leave_for(&url),
        None => {
            return_to::set(&request.state, path, is_restart, interrupted);
            location::leave_for(&request.authorize_url);
        }
    }
    // A page that is left does not get past this; one that the Back button restores does.
    clock::sleep(REDIRECT_TIMEOUT).await;
    Err(SignInFailure::NotRedirected)
}

/// The part of the token response that each refresh replaces.
fn without_session(response: TokenResponse) -> RefreshResponse {
    let TokenResponse {
        access_token,
        token_type,
        expires_in,
        user,
        idle_timeout,
        session_expires_in,
        draft_key,
        session_revision,
        ..
    } = response;
    RefreshResponse {
        access_token,
        token_type,
        expires_in,
        user,
        idle_timeout,
        session_expires_in,
        draft_key,
        session_revision,
    }
}
