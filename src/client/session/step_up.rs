//! Signing in again for what the person was doing, where the server asks for a more recent or a stronger sign-in (RFC 9470).
//!
//! It begins with a click, never automatically, so it can't loop where the provider does not do what was asked for. The
//! session stays until the new one has begun. What was interrupted is stored with the login, and done once it has succeeded.

use dioxus::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    auth::Auth,
    loop_breaker, return_to,
    sign_in::{Cause, SignInFailure},
};
use crate::wire::{chat::ConversationId, conversations::ExportFormat, step_up::GuardedAction};

/// What the person was doing. In the session storage while the tab is at the provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Interrupted {
    Export {
        id: ConversationId,
        format: ExportFormat,
    },
    ExportAll,
    EndOtherSessions,
    EndAllSessions,
    Delete {
        id: ConversationId,
    },
    DeleteAll,
    /// The message is stored like any that was not delivered.
    Message {
        /// What asked for the sign-in: all messages do, or its model.
        action: GuardedAction,
    },
}

impl Interrupted {
    /// The action that the server asked for it at.
    pub fn action(&self) -> GuardedAction {
        match self {
            Self::Export { .. } | Self::ExportAll => GuardedAction::Export,
            Self::EndOtherSessions | Self::EndAllSessions => GuardedAction::EndAllSessions,
            Self::Delete { .. } | Self::DeleteAll => GuardedAction::Delete,
            Self::Message { action } => *action,
        }
    }
}

impl Auth {
    /// The person signs in again for this: redirects to the provider, to come back to this page. Returns only where that
    /// does not work.
    pub async fn step_up(self, interrupted: Interrupted) -> Result<(), SignInFailure> {
        loop_breaker::reset();
        self.begin_login(return_to::path_after_sign_in(), Cause::StepUp(interrupted)).await
    }

    /// What was interrupted for the sign-in that has just succeeded: once, to be done now.
    pub fn take_interrupted(mut self) -> Option<Interrupted> {
        self.interrupted.take()
    }
}
