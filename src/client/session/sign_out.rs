//! Ends the session in this browser, in all its tabs.

use dioxus::{core::spawn_forever, prelude::*};

use super::{
    auth::Auth,
    dpop_key,
    pending_logouts::{self, AfterLogout},
    return_to,
    sign_out_reason::{self, Reason},
    state::EndedBy,
    tab_messages::{TabMessage, broadcast},
};
use crate::{client::platform::web_storage::SESSION_STORAGE, wire::auth::SessionId};

impl Auth {
    /// The person signs out.
    pub fn sign_out(self) {
        self.end(EndedBy::Person);
    }

    /// Ends the session in this browser, and requests its end from the server.
    pub(super) fn end(mut self, ended_by: EndedBy) {
        let Some(session) = self.signed_in().map(|signed_in| signed_in.session) else { return };
        // A second click, or a limit that is reached meanwhile, changes nothing.
        if self.session_to_end.replace(Some(session.clone())).as_ref() == Some(&session) {
            return;
        }
        if ended_by == EndedBy::Person {
            pending_logouts::set_begun();
        }
        // In the root scope: the page that asked is gone before this is done.
        spawn_forever(async move {
            // Stored before anything is shown: a session that is shown as ended must end, even if this page is closed now.
            let logout = dpop_key::begin_logout(&session).await;
            pending_logouts::remove_begun();
            self.show_signed_out(ended_by);
            broadcast(&TabMessage::SignedOut { session, ended_by });
            // Without a key, no request can be signed: the session ends by its limits, and nothing is confirmed.
            if let Some(logout) = logout {
                // After a limit, the page stays, to show why.
                let then = if ended_by == EndedBy::Person { AfterLogout::GoToProvider } else { AfterLogout::Stay };
                self.log_out(logout, then).await;
            }
        });
    }

    /// The session was left in another tab, which requests its end from the server.
    pub(super) fn signed_out_in_another_tab(self, ended_by: EndedBy) {
        self.show_signed_out(ended_by);
        spawn_forever(self.repeat_logouts_after_other_tab());
    }

    /// The server has refused the session as ended. With that request, it has had the refresh token revoked.
    pub(super) async fn session_ended(self, session: SessionId) {
        if self.end_near_limit(&session) {
            return;
        }
        dpop_key::remove_ended_session(&session).await;
        self.leave_in_all_tabs(session);
    }

    /// The server has announced the end of the session. If somebody else has ended it, the server can have the refresh token
    /// revoked only with the session's id, so this browser requests a logout, too.
    pub(super) async fn session_ended_elsewhere(self, session: SessionId) {
        if self.end_near_limit(&session) {
            return;
        }
        let logout = dpop_key::begin_logout(&session).await;
        self.leave_in_all_tabs(session);
        if let Some(logout) = logout {
            // In the root scope: the page is about to sign in again.
            spawn_forever(self.log_out(logout, AfterLogout::Stay));
        }
    }

    /// Near a limit, the person is away or was warned of the end, and is signed out instead. Returns whether that is so.
    fn end_near_limit(self, session: &SessionId) -> bool {
        let limit = self.near_limit().filter(|_| self.holds_session(session));
        if let Some(limit) = limit {
            self.end(limit.into());
        }
        limit.is_some()
    }

    fn leave_in_all_tabs(self, session: SessionId) {
        broadcast(&TabMessage::SessionEnded { session: session.clone() });
        self.leave_ended_session(&session);
    }

    /// Leaves a session that has ended, where this tab holds it: guarded pages sign in again. Drafts stay in storage,
    /// encrypted.
    pub(super) fn leave_ended_session(self, session: &SessionId) {
        if self.holds_session(session) && !self.end_near_limit(session) {
            self.set_unknown();
        }
    }

    /// Drafts stay in storage, encrypted, unless the person signed out.
    fn show_signed_out(self, ended_by: EndedBy) {
        let path = return_to::current_url();
        self.set_signed_out();
        match ended_by {
            EndedBy::Person => SESSION_STORAGE.clear(),
            EndedBy::Inactivity | EndedBy::Lifetime => sign_out_reason::set(&Reason { ended_by, path }),
        }
    }
}
