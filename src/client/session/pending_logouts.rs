//! Has the server end the sessions that this browser has left, and then goes to the provider's own logout (OpenID Connect
//! RP-Initiated Logout §2, §3).
//!
//! A session has ended only when the server has confirmed it. Until then session and key stay in IndexedDB as a pending
//! logout, and the request is repeated: after a delay, when the network is back, when the page becomes visible, and by the
//! next page of this app that is opened.

use std::{pin::pin, rc::Rc, time::Duration};

use dioxus::prelude::*;
use futures_util::{
    StreamExt,
    future::{Either, select},
    lock::Mutex,
};
use url::form_urlencoded;

use super::{
    auth::Auth,
    dpop_key::{self, PendingLogout},
    sign_out_reason,
    state::{EndedBy, LogoutStatus},
    tab_messages::{TabMessage, broadcast},
};
use crate::{
    api::{self, Answer, Proven},
    client::platform::{clock, location, locks, visibility, web_storage::LOCAL_STORAGE, web_storage::SESSION_STORAGE},
    wire::{
        auth::{LogoutRequest, LogoutResponse},
        error::ApiError,
    },
};

/// In the session storage: the `state` that the provider will return after its own logout.
const STATE: &str = "oracle-ai.sign-out";

/// In the local storage from the click on "Sign out" until the logout is stored as pending: if the page is closed in
/// between, the next one continues.
const BEGUN: &str = "oracle-ai.sign_out_begun";

/// Held by the tab that repeats the requests.
const LOCK: &str = "oracle-ai.sign-out";

/// After that, the request is repeated.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Longer than a request may take.
const LOCK_TIMEOUT: Duration = Duration::from_secs(35);

/// A logout that takes longer is shown as pending.
const SHOWN_AS_PENDING_AFTER: Duration = Duration::from_millis(1500);

/// The tab that signed out sends the first request.
const OTHER_TAB_DELAY: Duration = Duration::from_secs(2);

/// Between two requests; the last delay is repeated.
const RETRY_DELAYS: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_secs(60),
];

/// What the page does once the server has confirmed a logout.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum AfterLogout {
    GoToProvider,
    Stay,
}

thread_local! {
    /// One request at a time: they share the key of [`dpop_key::sign_logout`].
    static ONE_REQUEST: Rc<Mutex<()>> = Rc::new(Mutex::new(()));
}

impl Auth {
    /// To be called once per page: continues what earlier pages have begun.
    pub async fn finish_logouts(self) {
        finish_begun().await;
        self.repeat_until_confirmed().await;
    }

    pub(super) async fn log_out(self, logout: PendingLogout, then: AfterLogout) {
        let request = pin!(request_logout(&logout));
        let response = match select(request, pin!(clock::sleep(SHOWN_AS_PENDING_AFTER))).await {
            Either::Left((response, _)) => response,
            Either::Right((_, request)) => {
                self.set_logout_status(LogoutStatus::Pending);
                request.await
            }
        };
        match response {
            Some(response) => {
                dpop_key::remove_pending_logout(&logout.session).await;
                if then == AfterLogout::GoToProvider {
                    redirect_to_provider(response);
                }
                self.update_logout_status().await;
            }
            None => self.repeat_until_confirmed().await,
        }
    }

    pub(super) async fn repeat_logouts_after_other_tab(self) {
        clock::sleep(OTHER_TAB_DELAY).await;
        self.repeat_until_confirmed().await;
    }

    async fn repeat_until_confirmed(mut self) {
        if self.is_repeating_logouts.replace(true) {
            return;
        }
        let mut wakes = pin!(visibility::wakes());
        let mut delays = RETRY_DELAYS.into_iter();
        let mut delay = RETRY_DELAYS[0];
        while !self.repeat().await {
            select(wakes.next(), pin!(clock::sleep(delay))).await;
            delay = delays.next().unwrap_or(delay);
        }
        self.is_repeating_logouts.set(false);
    }

    /// Requests all pending logouts; returns whether none is left.
    async fn repeat(self) -> bool {
        if !dpop_key::pending_logouts().await.is_empty() {
            self.set_logout_status(LogoutStatus::Pending);
            let _lock = locks::acquire_within(LOCK, LOCK_TIMEOUT).await;
            for logout in dpop_key::pending_logouts().await {
                let Some(response) = request_logout(&logout).await else { continue };
                dpop_key::remove_pending_logout(&logout.session).await;
                let is_of_this_page = self.session_to_end.peek().as_ref() == Some(&logout.session);
                if is_of_this_page && self.is_signed_out() && sign_out_reason::get().is_none() {
                    redirect_to_provider(response);
                }
            }
        }
        self.update_logout_status().await
    }

    async fn update_logout_status(self) -> bool {
        let is_done = dpop_key::pending_logouts().await.is_empty();
        let is_signed_in = self.signed_in().is_some() || dpop_key::has_session().await;
        self.set_logout_status(match (is_done, is_signed_in) {
            (false, _) => LogoutStatus::Pending,
            (true, true) => LogoutStatus::StillSignedIn,
            (true, false) => LogoutStatus::Confirmed,
        });
        is_done
    }

    fn set_logout_status(mut self, status: LogoutStatus) {
        if *self.logout_status.peek() != status {
            self.logout_status.set(status);
        }
    }
}

/// The person has clicked "Sign out".
pub fn set_begun() {
    LOCAL_STORAGE.set(BEGUN, "begun");
}

/// The logout is stored as pending.
pub fn remove_begun() {
    LOCAL_STORAGE.remove(BEGUN);
}

/// Stores a logout as pending where the page on which the person signed out was closed before it could.
pub async fn finish_begun() {
    if LOCAL_STORAGE.get(BEGUN).is_none() {
        return;
    }
    if let Some(logout) = dpop_key::begin_logout_of_stored_session().await {
        broadcast(&TabMessage::SignedOut { session: logout.session, ended_by: EndedBy::Person });
    }
    remove_begun();
}

/// Whether the provider has redirected here after the logout that this tab has begun (T76). Each `state` is accepted once;
/// that of a forged link is unknown.
pub fn returned_from_provider() -> bool {
    let query = location::query();
    let mut parameters = form_urlencoded::parse(query.trim_start_matches('?').as_bytes());
    let Some((_, state)) = parameters.find(|(name, _)| name == "state") else { return false };
    // The `state` is of no use to the person, in the address bar or in the history.
    location::replace_url(&location::path());
    let expected = SESSION_STORAGE.get(STATE);
    SESSION_STORAGE.remove(STATE);
    expected.is_some_and(|expected| expected == state)
}

/// The server's response, where it has ended the session or there is none.
async fn request_logout(logout: &PendingLogout) -> Option<LogoutResponse> {
    let one_request = ONE_REQUEST.with(Rc::clone);
    let _guard = one_request.lock().await;
    dpop_key::sign_for(logout).await.ok()?;
    let request = LogoutRequest { session: logout.session.clone() };
    let request = Proven::new(dpop_key::sign_logout, request).keepalive();
    let answer = match select(pin!(api::auth::logout(request)), pin!(clock::sleep(REQUEST_TIMEOUT))).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => Err(ApiError::Unreachable),
    };
    match answer {
        Ok(Answer(response)) => Some(response),
        Err(error) if means_ended(&error) => Some(LogoutResponse::default()),
        Err(error) => {
            tracing::warn!(%error, "the server has not ended the session yet");
            None
        }
    }
}

/// Whether the error says that there is no such session. A refused proof says nothing of the session: the server's nonce,
/// or its clock, may be right the next time.
fn means_ended(error: &ApiError) -> bool {
    matches!(error, ApiError::SessionEnded | ApiError::InvalidField { .. })
}

/// Goes to the provider's logout, if there is one.
fn redirect_to_provider(response: LogoutResponse) {
    let Some(url) = response.end_session_url else { return };
    if let Some(state) = &response.state {
        SESSION_STORAGE.set(STATE, state.secret());
    }
    location::leave_for(&url);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_about_the_session_ends_the_repetition() {
        let refused = ApiError::InvalidField { field: "session".into(), reason: "is none".into() };
        for error in [ApiError::SessionEnded, refused] {
            assert!(means_ended(&error), "{error}");
        }
        for error in [
            ApiError::InvalidProof,
            ApiError::Unauthenticated,
            ApiError::NotFound,
            ApiError::TooManyRequests { retry_after: 1 },
            ApiError::Unavailable,
            ApiError::Internal,
            ApiError::Unreachable,
        ] {
            assert!(!means_ended(&error), "{error}");
        }
    }
}
