//! The actions for which a person may have to sign in again, more recently or more strongly (RFC 9470).

use serde::{Deserialize, Serialize};

/// What an endpoint does that may want such a sign-in. The server's settings say whether it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardedAction {
    /// Save a conversation as a file.
    Export,
    /// End all sessions, or all others.
    EndAllSessions,
    /// Delete a conversation.
    Delete,
    /// Send a message.
    Chat,
    /// Send a message to a model that asks for it.
    Model,
}

impl GuardedAction {
    pub const ALL: [Self; 5] = [Self::Export, Self::EndAllSessions, Self::Delete, Self::Chat, Self::Model];

    /// As in JSON and in queries.
    pub fn name(self) -> &'static str {
        match self {
            Self::Export => "export",
            Self::EndAllSessions => "end_all_sessions",
            Self::Delete => "delete",
            Self::Chat => "chat",
            Self::Model => "model",
        }
    }

    /// The action with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_has_the_same_name_in_json_and_in_queries() {
        for action in GuardedAction::ALL {
            assert_eq!(serde_json::to_value(action).unwrap(), action.name());
            assert_eq!(GuardedAction::named(action.name()), Some(action));
        }
        assert_eq!(GuardedAction::named("Export"), None);
    }
}
