//! What the tabs of this browser send each other: a session that ends in one tab ends in all, and all share an access
//! token.
//!
//! The token goes from memory to memory, to pages of the same origin only (T49, T57). That reveals nothing: a script that
//! could receive it could as well use the DPoP key.

use serde::{Deserialize, Serialize};

use super::state::EndedBy;
use crate::{
    client::platform::broadcast::{self, Receiver},
    wire::auth::{RefreshResponse, SessionId},
};

const CHANNEL: &str = "oracle-ai";

/// After an update, tabs with the former version may still be open. So these variants and their fields must not change; the
/// response inside grows by optional fields (see [`crate::wire`]).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum TabMessage {
    /// The session was left in the sending tab, which has the server end it.
    SignedOut { session: SessionId, ended_by: EndedBy },
    /// The session has ended.
    SessionEnded { session: SessionId },
    /// A page was opened that needs an access token of this session.
    #[serde(rename = "asked")]
    TokenRequested { session: SessionId },
    /// There is a new access token, or one for the page that requested it.
    Refreshed {
        session: SessionId,
        /// Its times are what is left of them.
        #[serde(rename = "answer")]
        response: Box<RefreshResponse>,
    },
}

/// The messages that arrive, from this tab too.
pub struct TabMessages(Option<Receiver>);

/// Sends a message to all tabs.
pub fn broadcast(message: &TabMessage) {
    if let Ok(json) = serde_json::to_string(message) {
        broadcast::post(CHANNEL, &json);
    }
}

impl TabMessages {
    pub fn receive() -> Self {
        Self(Receiver::new(CHANNEL))
    }

    /// `None` where the browser has no `BroadcastChannel`.
    pub async fn next(&mut self) -> Option<TabMessage> {
        loop {
            let json = self.0.as_mut()?.next().await?;
            // A tab with another version may send a message that this one does not know.
            if let Ok(message) = serde_json::from_str(&json) {
                return Some(message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::auth::{AccessToken, DraftKey, UserClaims};

    #[test]
    fn tabs_with_the_former_version_understand_the_messages() {
        let session = SessionId::new("s");
        let response = RefreshResponse {
            access_token: AccessToken::new("t"),
            token_type: "DPoP".into(),
            expires_in: 300,
            user: UserClaims::known_by("https://provider.example".into(), "alice".into()),
            idle_timeout: 1800,
            session_expires_in: 36_000,
            draft_key: DraftKey::new("k"),
            session_revision: None,
        };
        let answer = serde_json::to_value(&response).unwrap();
        for (message, json) in [
            (
                TabMessage::SignedOut { session: session.clone(), ended_by: EndedBy::Inactivity },
                serde_json::json!({ "signed_out": { "session": "s", "ended_by": "inactivity" } }),
            ),
            (
                TabMessage::SessionEnded { session: session.clone() },
                serde_json::json!({ "session_ended": { "session": "s" } }),
            ),
            (
                TabMessage::TokenRequested { session: session.clone() },
                serde_json::json!({ "asked": { "session": "s" } }),
            ),
            (
                TabMessage::Refreshed { session, response: Box::new(response) },
                serde_json::json!({ "refreshed": { "session": "s", "answer": answer } }),
            ),
        ] {
            assert_eq!(serde_json::to_value(&message).unwrap(), json);
            assert_eq!(serde_json::from_value::<TabMessage>(json).unwrap(), message);
        }
    }
}
