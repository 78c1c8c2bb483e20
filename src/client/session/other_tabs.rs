//! Applies what other tabs send.

use dioxus::prelude::*;

use super::{
    auth::Auth,
    lifetime::Moment,
    tab_messages::{TabMessage, TabMessages, broadcast},
};
use crate::wire::auth::{RefreshResponse, SessionId};

impl Auth {
    /// Applies messages for as long as the page is open.
    pub async fn apply_tab_messages(self) {
        let mut messages = TabMessages::receive();
        while let Some(message) = messages.next().await {
            self.apply(message);
        }
    }

    /// A message concerns this tab only where it holds that session, or is about to resume it.
    fn apply(self, message: TabMessage) {
        match message {
            TabMessage::SignedOut { session, ended_by } => {
                if self.holds_session(&session) || self.is_resuming(&session) {
                    self.signed_out_in_another_tab(ended_by);
                }
            }
            TabMessage::SessionEnded { session } => self.leave_ended_session(&session),
            TabMessage::TokenRequested { session } => self.send_token(&session),
            TabMessage::Refreshed { session, response } => self.take_token(session, *response),
        }
    }

    /// Sends this tab's access token to the page that requested one, unless it is about to be refreshed.
    fn send_token(self, requested: &SessionId) {
        let now = Moment::now();
        let Some(signed_in) = self.signed_in().filter(|signed_in| signed_in.session == *requested) else { return };
        let response = signed_in.response_at(now);
        if !signed_in.token_lifetime().is_due(now) && response.expires_in > 0 {
            broadcast(&TabMessage::Refreshed { session: signed_in.session, response: Box::new(response) });
        }
    }

    /// Takes the access token of another tab, where this tab waits for one or holds one that expires sooner.
    fn take_token(mut self, session: SessionId, response: RefreshResponse) {
        let is_awaited = self.awaited_token.peek().as_ref().is_some_and(|awaited| awaited.session == session);
        let is_wanted = match self.signed_in() {
            Some(held) if held.session != session || *held.access_token() == response.access_token => false,
            Some(held) => is_awaited || held.token_lifetime().remaining(Moment::now()).as_secs() < response.expires_in,
            None => is_awaited && self.is_unknown(),
        };
        if !is_wanted {
            return;
        }
        self.set_signed_in(session, response);
        if let Some(awaited) = self.awaited_token.take().filter(|_| is_awaited) {
            // Fails only when this tab has stopped waiting.
            let _ = awaited.received.send(());
        }
    }
}
