//! What the operator offers this person: models to choose from, and a notice to accept.

use std::time::Duration;

use dioxus::prelude::*;

use super::tasks::Tasks;
use crate::{
    api::{self, Answer, Authorized},
    client::{
        platform::{clock, visibility},
        session::{Auth, dpop_key, use_auth},
    },
    wire::{
        error::ApiError,
        options::{AcceptRequest, ChatOptions, Disclosure, ModelOption, Notice},
    },
};

/// Between two attempts to load them; the last is repeated.
const RETRY_DELAYS: [Duration; 3] = [Duration::from_secs(2), Duration::from_secs(10), Duration::from_secs(60)];

#[derive(Clone, Copy, PartialEq)]
pub struct Options {
    auth: Auth,
    tasks: Tasks,
    found: Signal<Option<ChatOptions>>,
}

impl Options {
    pub fn use_options(tasks: Tasks) -> Self {
        let auth = use_auth();
        let options = use_hook(|| Self { auth, tasks, found: Signal::new(None) });
        use_effect(move || options.refresh());
        options
    }

    /// Loads them again. Until they are there, the default model answers, and the server refuses who has not accepted the
    /// notice.
    pub fn refresh(mut self) {
        self.found.set(None);
        self.tasks.start(self.load());
    }

    /// None where there is no choice. Subscribes the caller.
    pub fn models(self) -> Vec<ModelOption> {
        self.found.read().as_ref().map(|found| found.models.clone()).unwrap_or_default()
    }

    /// Subscribes the caller.
    pub fn notice(self) -> Option<Notice> {
        self.found.read().as_ref()?.notice.clone()
    }

    /// Subscribes the caller.
    pub fn disclosure(self) -> Option<Disclosure> {
        self.found.read().as_ref()?.disclosure.clone()
    }

    /// If the notice has another version by now, that one is shown.
    pub async fn accept(self, version: String) -> Result<(), ApiError> {
        let request = AcceptRequest { version };
        let endpoint = |token| api::chat::accept_notice(Authorized::new(token, dpop_key::sign, request.clone()));
        let outcome = self.auth.call(endpoint).await.map(drop);
        self.load().await;
        outcome
    }

    async fn load(mut self) {
        let mut delays = RETRY_DELAYS.into_iter();
        let mut delay = Duration::ZERO;
        loop {
            visibility::until_visible().await;
            let endpoint = |token| api::chat::chat_options(Authorized::new(token, dpop_key::sign, ()));
            match self.auth.call(endpoint).await {
                Ok(Answer(options)) => return self.found.set(Some(options)),
                // The page signs in again; or this person may do nothing here.
                Err(ApiError::SessionEnded | ApiError::Forbidden) => return,
                // A server of the release before has none.
                Err(ApiError::NotFound) => return self.found.set(Some(ChatOptions::default())),
                Err(_) => {}
            }
            delay = delays.next().unwrap_or(delay);
            clock::sleep(delay).await;
        }
    }
}
