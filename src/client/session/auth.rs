//! [`Auth`]: holds the [`AuthState`] of this tab, and sets it. What leads to a change is in the other files of this
//! module.

use dioxus::prelude::*;
use futures_channel::oneshot;
use futures_util::future::{LocalBoxFuture, Shared};

use super::{
    dpop_key, failed_refreshes,
    lifetime::Moment,
    state::{AuthState, LogoutStatus, SignedIn, Warning},
    step_up::Interrupted,
};
use crate::wire::{
    auth::{AccessToken, DraftKey, RefreshResponse, SessionId},
    error::ApiError,
};

/// A context of the root component.
#[derive(Clone, Copy, PartialEq)]
pub struct Auth {
    state: Signal<AuthState>,
    pub(super) refresh_in_progress: CopyValue<Option<RefreshInProgress>>,
    pub(super) awaited_token: CopyValue<Option<AwaitedToken>>,
    /// Whether the page is being left for the provider.
    pub(super) is_leaving: CopyValue<bool>,
    /// The session that this tab has been asked to end.
    pub(super) session_to_end: CopyValue<Option<SessionId>>,
    pub(super) logout_status: Signal<LogoutStatus>,
    /// Whether pending logouts are being repeated.
    pub(super) is_repeating_logouts: CopyValue<bool>,
    pub(super) warning: Signal<Option<Warning>>,
    pub(super) lifetime_warning_dismissed: CopyValue<bool>,
    /// What a step-up has interrupted, and is to be done now.
    pub(super) interrupted: CopyValue<Option<Interrupted>>,
}

/// A refresh that all calls of this tab wait for.
#[derive(Clone)]
pub(super) struct RefreshInProgress {
    pub session: SessionId,
    pub outcome: Shared<LocalBoxFuture<'static, Result<AccessToken, ApiError>>>,
}

/// This tab waits for another one to send an access token of `session`.
pub(super) struct AwaitedToken {
    pub session: SessionId,
    pub received: oneshot::Sender<()>,
}

pub fn use_auth() -> Auth {
    use_context()
}

impl Auth {
    /// To be called in the root component.
    pub fn new() -> Self {
        Self {
            state: signal(AuthState::Unknown),
            refresh_in_progress: value(None),
            awaited_token: value(None),
            is_leaving: value(false),
            session_to_end: value(None),
            logout_status: signal(LogoutStatus::Unknown),
            is_repeating_logouts: value(false),
            warning: signal(None),
            lifetime_warning_dismissed: value(false),
            interrupted: value(None),
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

    /// Subscribes the caller.
    pub fn warning(self) -> Option<Warning> {
        *self.warning.read()
    }

    /// Subscribes the caller.
    pub fn logout_status(self) -> LogoutStatus {
        *self.logout_status.read()
    }

    // What follows does not subscribe the caller.

    /// The key that this person's drafts are encrypted with.
    pub fn draft_key(self) -> Option<DraftKey> {
        self.signed_in().map(|signed_in| signed_in.response.draft_key)
    }

    pub fn is_signed_out(self) -> bool {
        *self.state.peek() == AuthState::SignedOut
    }

    pub(super) fn is_unknown(self) -> bool {
        *self.state.peek() == AuthState::Unknown
    }

    pub(super) fn signed_in(self) -> Option<SignedIn> {
        match &*self.state.peek() {
            AuthState::SignedIn(signed_in) => Some(SignedIn::clone(signed_in)),
            AuthState::Unknown | AuthState::SignedOut => None,
        }
    }

    pub(super) fn holds_session(self, session: &SessionId) -> bool {
        self.signed_in().is_some_and(|signed_in| signed_in.session == *session)
    }

    pub(super) fn holds_token(self, access_token: &AccessToken) -> bool {
        self.signed_in().is_some_and(|signed_in| signed_in.access_token() == access_token)
    }

    /// Whether this tab is about to resume this session.
    pub(super) fn is_resuming(self, session: &SessionId) -> bool {
        self.is_unknown() && self.refresh_in_progress.peek().as_ref().is_some_and(|refresh| refresh.session == *session)
    }

    /// A login has finished, or the access token was refreshed.
    pub(super) fn set_signed_in(mut self, session: SessionId, response: RefreshResponse) {
        failed_refreshes::reset();
        let signed_in = SignedIn::new(session, response, Moment::now());
        self.state.set(AuthState::SignedIn(Box::new(signed_in)));
        self.refresh_ahead();
    }

    /// The session has ended: a guarded page signs in again.
    pub(super) fn set_unknown(mut self) {
        dpop_key::drop_key();
        self.warning.set(None);
        self.state.set(AuthState::Unknown);
    }

    /// The session was left, by the person or by a limit.
    pub(super) fn set_signed_out(mut self) {
        dpop_key::drop_key();
        self.logout_status.set(LogoutStatus::Unknown);
        self.warning.set(None);
        self.state.set(AuthState::SignedOut);
    }
}

/// In the root scope, which is above the root component: tasks that outlive every page run there, and Dioxus warns of state
/// that is used above the scope that owns it.
#[track_caller]
fn signal<T: 'static>(initial: T) -> Signal<T> {
    Signal::new_in_scope(initial, ScopeId::ROOT)
}

/// Like [`signal`], without subscribers.
#[track_caller]
fn value<T: 'static>(initial: T) -> CopyValue<T> {
    CopyValue::new_in_scope(initial, ScopeId::ROOT)
}
