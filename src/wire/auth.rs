//! What the session doors take and give.

use serde::{Deserialize, Serialize};

use super::secret::secret;

secret! {
    /// The provider's access token, passed on to the browser, which holds it in memory only and never parses it
    /// (RFC 9068 §6).
    AccessToken
}

secret! {
    /// Names a session to the session doors: 256 random bits in unpadded base64url. It is not the `state`, and the
    /// server stores only its hash.
    SessionId
}

secret! {
    /// One-time value that ties an authorization response to its request (RFC 6749 §4.1.1), in base64url.
    State
}

secret! {
    /// Authorization code (RFC 6749 §4.1.2), exchanged by the server only.
    AuthorizationCode
}

/// `GET /api/authorize`: where to send the browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// The provider's authorization endpoint with every parameter in place.
    pub authorize_url: String,
    /// The `state` inside that URL, by which the browser recognises its own answer.
    pub state: State,
    /// The origin at which the login will end. A page that was opened at another name of the same server (127.0.0.1
    /// for localhost) goes there before it begins: what it keeps for the login stays with its origin.
    pub front_url: String,
}

/// `POST /api/token`: the parameters that the provider sent to `/auth/callback`
/// (RFC 6749 §4.1.2, RFC 9207 §2), as they came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationResponse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<AuthorizationCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_description: Option<String>,
    pub state: State,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// The session that this browser still held when the login was finished: the server ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_session: Option<SessionId>,
}

/// `POST /api/token` answered: the session begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenResponse {
    pub access_token: AccessToken,
    /// Always `DPoP`: good only with a proof of the browser key (RFC 9449 §5).
    pub token_type: String,
    /// Seconds for which the access token is good, counted from this answer.
    pub expires_in: u64,
    pub session: SessionId,
    pub user: UserClaims,
    /// Seconds without any input of the person after which the session ends.
    pub idle_timeout: u64,
    /// Seconds after which the session ends whatever the person does, counted from this answer.
    pub session_expires_in: u64,
}

/// `POST /api/refresh`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshRequest {
    pub session: SessionId,
    /// Seconds since the person's last input in any tab of this browser; without it, the call counts as activity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_seconds: Option<u64>,
}

/// `POST /api/refresh` answered: a new access token for the same session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshResponse {
    pub access_token: AccessToken,
    /// Always `DPoP`: good only with a proof of the browser key (RFC 9449 §5).
    pub token_type: String,
    /// Seconds for which the access token is good, counted from this answer.
    pub expires_in: u64,
    pub user: UserClaims,
    /// Seconds without any input of the person after which the session ends.
    pub idle_timeout: u64,
    /// Seconds after which the session ends whatever the person does, counted from this answer.
    pub session_expires_in: u64,
}

/// `POST /api/logout`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutRequest {
    pub session: SessionId,
}

/// `POST /api/logout` answered. Logging out of an ended session is success too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutResponse {
    /// Where to send the browser to end the provider's own session; absent when there is no such place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_session_url: Option<String>,
    /// Comes back with the browser from there (OpenID Connect RP-Initiated Logout §3), where that place is the
    /// provider's end session endpoint: by this the page knows that its own sign-out has come to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
}

/// Who is signed in. `iss` and `sub` together are the identity (OpenID Connect Core §5.7); the rest is for display.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserClaims {
    pub iss: String,
    pub sub: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Where `sub` changes with a person's place in a directory and the operator named another claim, that claim: then
    /// `iss` and this are the identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
}

impl UserClaims {
    /// Somebody of whom no more is known than their identity.
    pub fn known_by(iss: String, sub: String) -> Self {
        Self { iss, sub, name: None, preferred_username: None, email: None, user_id: None }
    }

    /// What to call the person on the screen.
    pub fn display_name(&self) -> &str {
        [&self.name, &self.preferred_username, &self.email]
            .into_iter()
            .flatten()
            .map(|text| text.trim())
            .find(|text| !text.is_empty())
            .unwrap_or(&self.sub)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_print_redacted() {
        // T101
        let response = TokenResponse {
            access_token: AccessToken::new("at-secret"),
            token_type: "Bearer".into(),
            expires_in: 60,
            session: SessionId::new("sid-secret"),
            user: alice(),
            idle_timeout: 1800,
            session_expires_in: 3600,
        };
        let printed = format!("{response:?}");
        assert!(!printed.contains("at-secret"), "{printed}");
        assert!(!printed.contains("sid-secret"), "{printed}");
    }

    #[test]
    fn a_person_without_a_name_is_shown_by_the_next_best_claim() {
        let mut user = alice();
        assert_eq!(user.display_name(), "Alice");
        user.name = Some("  ".into());
        assert_eq!(user.display_name(), "alice");
        user.preferred_username = None;
        user.email = None;
        assert_eq!(user.display_name(), "uid=alice,ou=people");
    }

    fn alice() -> UserClaims {
        UserClaims {
            iss: "https://provider.example".into(),
            sub: "uid=alice,ou=people".into(),
            name: Some("Alice".into()),
            preferred_username: Some("alice".into()),
            email: Some("alice@example.com".into()),
            user_id: None,
        }
    }
}
