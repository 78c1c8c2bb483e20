//! Loads and ends the person's sessions (T88).

use dioxus::prelude::*;

use crate::{
    api::{self, Answer, Authorized},
    client::{
        chat::{draft_storage, tasks::Tasks},
        platform::dom,
        session::{Auth, Interrupted, dpop_key, use_auth},
    },
    wire::{
        error::ApiError,
        sessions::{EndAllRequest, EndRequest, SessionHandle, SessionSummary},
    },
};

/// The id of the button that gets the focus when the button that was pressed is gone with its session.
pub const CLOSE: &str = "sessions-close";

/// Its tasks live as long as the page: a session is ended even if the dialog is closed at once.
#[derive(Clone, Copy, PartialEq)]
pub struct OwnSessions {
    auth: Auth,
    tasks: Tasks,
    found: Signal<Found>,
    outcome: Signal<Outcome>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    Loading,
    Sessions(Vec<SessionSummary>),
    Failed(ApiError),
}

/// The outcome of the last request to end sessions.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    None,
    OneEnded,
    OthersEnded,
    /// And what to do after a sign-in, where the error asks for one.
    Failed(ApiError, Option<Interrupted>),
}

impl OwnSessions {
    pub fn use_sessions() -> Self {
        let (auth, tasks) = (use_auth(), Tasks::use_tasks());
        use_hook(|| Self { auth, tasks, found: Signal::new(Found::Loading), outcome: Signal::new(Outcome::None) })
    }

    /// Subscribes the caller.
    pub fn found(self) -> Found {
        self.found.read().clone()
    }

    /// Subscribes the caller.
    pub fn outcome(self) -> Outcome {
        self.outcome.read().clone()
    }

    /// Loads the list anew for the dialog.
    pub fn open(mut self) {
        self.found.set(Found::Loading);
        self.outcome.set(Outcome::None);
        self.tasks.start(self.load());
    }

    pub fn end(self, session: SessionHandle) {
        self.tasks.start(async move {
            let request = EndRequest { session };
            let endpoint = |token| api::sessions::end_session(Authorized::new(token, dpop_key::sign, request.clone()));
            let answer = match self.auth.call(endpoint).await {
                // It has ended already.
                Err(ApiError::NotFound) => Ok(()),
                answer => answer.map(drop),
            };
            self.show(answer, Outcome::OneEnded, None).await;
        });
    }

    pub fn end_others(self) {
        self.tasks.start(async move {
            let answer = self.request_end_of_others().await;
            self.show(answer, Outcome::OthersEnded, Some(Interrupted::EndOtherSessions)).await;
        });
    }

    /// Ends this browser's session last, by signing out, so that the provider's session ends, too.
    pub fn end_all(self) {
        self.tasks.start(async move {
            match self.request_end_of_others().await {
                Ok(()) => {
                    draft_storage::remove();
                    self.auth.sign_out();
                }
                answer => self.show(answer, Outcome::OthersEnded, Some(Interrupted::EndAllSessions)).await,
            }
        });
    }

    async fn request_end_of_others(self) -> Result<(), ApiError> {
        let request = EndAllRequest { keep_this: true };
        let endpoint = |token| api::sessions::end_all_sessions(Authorized::new(token, dpop_key::sign, request.clone()));
        self.auth.call(endpoint).await.map(drop)
    }

    async fn show(mut self, answer: Result<(), ApiError>, success: Outcome, interrupted: Option<Interrupted>) {
        let is_success = answer.is_ok();
        self.outcome.set(answer.map_or_else(|error| Outcome::Failed(error, interrupted), |()| success));
        if is_success {
            self.load().await;
            dom::focus(CLOSE);
        }
    }

    async fn load(mut self) {
        let endpoint = |token| api::sessions::list_sessions(Authorized::new(token, dpop_key::sign, ()));
        self.found.set(match self.auth.call(endpoint).await {
            Ok(Answer(list)) => Found::Sessions(list.sessions),
            Err(error) => Found::Failed(error),
        });
    }
}
