//! Signing out: the end of the session in this browser, at the server, and the way to the provider's own sign-out and
//! back (OpenID Connect RP-Initiated Logout §2, §3).
//!
//! The server has ended the session only when it has said so. Until then the session and its key are kept in IndexedDB as
//! one to be ended, and the request is repeated: at once, when the network is back, when the page is looked at, and by
//! whichever page of this app is opened next.

use std::{pin::pin, rc::Rc, time::Duration};

use dioxus::{core::spawn_forever, prelude::*};
use futures_util::{
    StreamExt,
    future::{Either, select},
    lock::Mutex,
};
use serde::{Deserialize, Serialize};
use url::form_urlencoded;

use super::{
    auth_state::{Auth, AuthState},
    browser,
    browser_key::{self, Ending},
    return_to,
    session_limits::Limit,
    tabs::{self, News},
    web_lock,
};
use crate::{
    api::{self, Answer, Proven},
    wire::{
        auth::{LogoutRequest, LogoutResponse, SessionId},
        error::ApiError,
    },
};

/// The `state` that is to come back.
const KEPT: &str = "oracle-ai.sign-out";

/// Why this tab was signed out, where the person did not ask for it, and where they were.
const REASON: &str = "oracle-ai.signed_out_because";

/// There from the click on "Sign out" until the session is among those to be ended: a page that is closed in between
/// leaves it to the next one.
const BEGUN: &str = "oracle-ai.sign_out_begun";

/// One tab at a time repeats the requests.
const LOCK: &str = "oracle-ai.sign-out";

/// A request that takes longer is made again.
const LONGEST_REQUEST: Duration = Duration::from_secs(30);

/// Longer than a request may take.
const LONGEST_WAIT: Duration = Duration::from_secs(35);

/// An answer that takes no longer is not waited for aloud.
const SAID_AFTER: Duration = Duration::from_millis(1500);

/// The tab that signed out asks the server first.
const OTHER_TABS_WAIT: Duration = Duration::from_secs(2);

/// Waits between two requests; the last one is for all that come after.
const PAUSES: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_secs(60),
];

thread_local! {
    static TURN: Rc<Mutex<()>> = Rc::new(Mutex::new(()));
}

/// Who has ended a session in this browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    Person,
    Inactivity,
    Lifetime,
}

/// What is known of the sessions that this browser has left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Confirmation {
    /// Not looked yet.
    #[default]
    Unknown,
    /// The server has yet to say that one of them is over.
    Awaited,
    /// None is open.
    Received,
    /// None was left: this browser has a session that goes on.
    StillSignedIn,
}

/// Why this tab was signed out, and where the person was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub ended_by: EndedBy,
    pub path: String,
}

impl From<Limit> for EndedBy {
    fn from(limit: Limit) -> Self {
        match limit {
            Limit::Inactivity => Self::Inactivity,
            Limit::Lifetime => Self::Lifetime,
        }
    }
}

impl Auth {
    /// The person signs out.
    pub fn sign_out(self) {
        self.end(EndedBy::Person);
    }

    /// Ends the session in this browser, in all its tabs, and asks the server to end it.
    pub(super) fn end(mut self, ended_by: EndedBy) {
        let Some(session) = self.session_now() else { return };
        // People and clocks ask twice.
        if self.leaving_session.replace(Some(session.clone())).as_ref() == Some(&session) {
            return;
        }
        if ended_by == EndedBy::Person {
            browser::keep_for_ever(BEGUN, "begun");
        }
        // Driven from the root: the page that asked is gone before this is over.
        spawn_forever(async move {
            // Before anything is shown: what is shown as ended must be ended, even if this page is closed now.
            let ending = browser_key::begin_ending(&session).await;
            browser::forget_for_ever(BEGUN);
            self.signed_out(ended_by);
            tabs::tell(&News::SignedOut { session, ended_by });
            // Where no key is left that the server would take, the session ends by its limits: nothing is confirmed.
            if let Some(ending) = ending {
                self.ask_to_end(ending, ended_by).await;
            }
        });
    }

    /// Nothing of the session stays with this tab. What was typed stays, encrypted, where the person did not end it.
    pub(super) fn signed_out(mut self, ended_by: EndedBy) {
        browser_key::forget_key();
        let path = return_to::here();
        self.confirmation.set(Confirmation::Unknown);
        self.warning.set(None);
        self.state.set(AuthState::SignedOut);
        match ended_by {
            EndedBy::Person => browser::forget_all(),
            EndedBy::Inactivity | EndedBy::Lifetime => keep_reason(&Reason { ended_by, path }),
        }
    }

    /// The session was left in another tab, which asks the server to end it.
    pub(super) fn signed_out_elsewhere(self, ended_by: EndedBy) {
        self.signed_out(ended_by);
        spawn_forever(async move {
            browser::sleep(OTHER_TABS_WAIT).await;
            self.repeat_until_confirmed().await;
        });
    }

    /// To be called once per page: finishes what pages before it have begun.
    pub(super) async fn finish_sign_outs(self) {
        finish_begun().await;
        self.repeat_until_confirmed().await;
    }

    async fn ask_to_end(self, ending: Ending, ended_by: EndedBy) {
        let asking = pin!(ask_server(&ending));
        let answer = match select(asking, pin!(browser::sleep(SAID_AFTER))).await {
            Either::Left((answer, _)) => answer,
            Either::Right((_, asking)) => {
                self.set_confirmation(Confirmation::Awaited);
                asking.await
            }
        };
        match answer {
            Some(answer) => {
                browser_key::remove_ending(&ending.session).await;
                // An unattended page stays where it is, to say why.
                if ended_by == EndedBy::Person {
                    leave_for_provider(answer);
                }
                self.confirm().await;
            }
            None => self.repeat_until_confirmed().await,
        }
    }

    async fn repeat_until_confirmed(mut self) {
        if self.repeating.replace(true) {
            return;
        }
        let mut wakes = pin!(browser::wakes());
        let mut pauses = PAUSES.into_iter();
        let mut pause = PAUSES[0];
        while !self.repeat().await {
            select(wakes.next(), pin!(browser::sleep(pause))).await;
            pause = pauses.next().unwrap_or(pause);
        }
        self.repeating.set(false);
    }

    /// Asks the server for all that is to be ended; tells whether that is done.
    async fn repeat(self) -> bool {
        if !browser_key::endings().await.is_empty() {
            self.set_confirmation(Confirmation::Awaited);
            let _turn = web_lock::acquire_within(LOCK, LONGEST_WAIT).await;
            for ending in browser_key::endings().await {
                let Some(answer) = ask_server(&ending).await else { continue };
                browser_key::remove_ending(&ending.session).await;
                let is_of_this_page = self.leaving_session.peek().as_ref() == Some(&ending.session);
                if is_of_this_page && *self.state.peek() == AuthState::SignedOut && reason().is_none() {
                    leave_for_provider(answer);
                }
            }
        }
        self.confirm().await
    }

    async fn confirm(self) -> bool {
        let is_done = browser_key::endings().await.is_empty();
        let is_signed_in = self.session_now().is_some() || browser_key::has_session().await;
        self.set_confirmation(match (is_done, is_signed_in) {
            (false, _) => Confirmation::Awaited,
            (true, true) => Confirmation::StillSignedIn,
            (true, false) => Confirmation::Received,
        });
        is_done
    }

    fn set_confirmation(mut self, confirmation: Confirmation) {
        if *self.confirmation.peek() != confirmation {
            self.confirmation.set(confirmation);
        }
    }
}

/// Moves a session to those to be ended where the page on which the person signed out was closed before it could.
pub async fn finish_begun() {
    if browser::kept_for_ever(BEGUN).is_none() {
        return;
    }
    if let Some(ending) = browser_key::begin_ending_of_kept().await {
        tabs::tell(&News::SignedOut { session: ending.session, ended_by: EndedBy::Person });
    }
    browser::forget_for_ever(BEGUN);
}

/// The server's answer, where it has ended the session or knows of none.
async fn ask_server(ending: &Ending) -> Option<LogoutResponse> {
    // One at a time: the key of another session would get the answer that this one is not there.
    let turn = TURN.with(Rc::clone);
    let _turn = turn.lock().await;
    browser_key::sign_for(ending).await.ok()?;
    let request = LogoutRequest { session: SessionId::clone(&ending.session) };
    let request = Proven::new(browser_key::sign_ending, request).keepalive();
    let answer = match select(pin!(api::auth::logout(request)), pin!(browser::sleep(LONGEST_REQUEST))).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => Err(ApiError::Unreachable),
    };
    match answer {
        Ok(Answer(answer)) => Some(answer),
        Err(error) if means_over(&error) => Some(LogoutResponse::default()),
        Err(error) => {
            tracing::warn!(%error, "the server has not ended the session yet");
            None
        }
    }
}

/// There is no such session, or can't be. A proof that is refused says nothing of the session: the server's nonce, or its
/// clock, may be another the next time.
fn means_over(error: &ApiError) -> bool {
    matches!(error, ApiError::SessionEnded | ApiError::InvalidField { .. })
}

/// Why this tab was signed out, where the person did not ask for it.
pub fn reason() -> Option<Reason> {
    serde_json::from_str(&browser::kept(REASON)?).ok()
}

/// Somebody is signed in again.
pub fn forget_reason() {
    browser::forget(REASON);
}

fn keep_reason(reason: &Reason) {
    if let Ok(json) = serde_json::to_string(reason) {
        browser::keep(REASON, &json);
    }
}

/// Leaves for the provider's sign-out, if there is one. What is kept for the way back goes with the tab.
fn leave_for_provider(answer: LogoutResponse) {
    let Some(url) = answer.end_session_url else { return };
    if let Some(state) = &answer.state {
        browser::keep(KEPT, state.secret());
    }
    browser::go_to(&url);
}

/// Whether this page is where the provider has sent the browser after the sign-out that this tab has begun (T76). A
/// `state` counts once; a link that somebody else has made has none that is known here.
pub fn came_back() -> bool {
    let query = browser::query();
    let mut parameters = form_urlencoded::parse(query.trim_start_matches('?').as_bytes());
    let Some((_, state)) = parameters.find(|(name, _)| name == "state") else { return false };
    // The address says nothing to the person, and need not stay in the history.
    browser::replace_address(&browser::path());
    let kept = browser::kept(KEPT);
    browser::forget(KEPT);
    kept.is_some_and(|kept| kept == state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_about_the_session_ends_the_repetition() {
        let refused = ApiError::InvalidField { field: "session".into(), reason: "is none".into() };
        for error in [ApiError::SessionEnded, refused] {
            assert!(means_over(&error), "{error}");
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
            assert!(!means_over(&error), "{error}");
        }
    }
}
