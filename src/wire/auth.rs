//! Requests and responses of the session endpoints: authorize, token, refresh, logout.

use serde::{Deserialize, Serialize};

use super::secret::secret;

secret! {
    /// The provider's access token, passed on to the browser, which holds it in memory only and never parses it
    /// (RFC 9068 §6).
    AccessToken
}

impl AccessToken {
    /// The maximum length in bytes. Every call carries the token in a header, and proxies limit the size of headers: a
    /// longer one is refused where the provider issues it, so that no page holds a token that it can't use. The limits
    /// that belong together are in docs/operations.md, under "Sizes".
    pub const MAX_LENGTH: usize = 16 * 1024;

    pub fn is_too_long(&self) -> bool {
        self.secret().len() > Self::MAX_LENGTH
    }
}

secret! {
    /// Identifies a session to the session endpoints: 256 random bits in unpadded base64url. It differs from the
    /// `state`, and the server stores only its hash.
    SessionId
}

secret! {
    /// The key that encrypts this person's drafts in the browser's storage: 256 bits in unpadded base64url. It is the
    /// same at each sign-in of the same person; the browser holds it in memory only.
    DraftKey
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
    /// The `state` inside that URL, by which the browser recognises the response to its own request.
    pub state: State,
    /// The origin of the redirect URI. A page that was opened under another name of the same server (127.0.0.1 for
    /// localhost) goes there before it begins the login, as browser storage and the DPoP key belong to an origin.
    pub front_url: String,
}

/// `POST /api/token`: the parameters that the provider sent to `/auth/callback`, unchanged (RFC 6749 §4.1.2,
/// RFC 9207 §2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationResponse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<AuthorizationCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_description: Option<String>,
    /// Some providers leave it out of an error, against RFC 6749 §4.1.2.1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// Whether the tab remembers that it began a login with this `state`. The server begins it again if it does not know
    /// the `state` any more.
    #[serde(default)]
    pub begun_here: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// The session that this browser still held when it came back from the provider. The server ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_session: Option<SessionId>,
}

/// The response to `POST /api/token`: a session has begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenResponse {
    pub access_token: AccessToken,
    /// Always `DPoP`: every use needs a proof by the DPoP key (RFC 9449 §5).
    pub token_type: String,
    /// Seconds until the access token expires, counted from this response.
    pub expires_in: u64,
    pub session: SessionId,
    pub user: UserClaims,
    /// Seconds without input of the person after which the session ends.
    pub idle_timeout: u64,
    /// Seconds until the session ends even if it is used, counted from this response.
    pub session_expires_in: u64,
    pub draft_key: DraftKey,
    /// See [`RefreshRequest::session_revision`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_revision: Option<u64>,
}

/// `POST /api/refresh`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshRequest {
    pub session: SessionId,
    /// Seconds since the person's last input in any tab of this browser. Without it, the request counts as activity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_seconds: Option<u64>,
    /// The highest `session_revision` that this browser has received for the session. If the server's record is older, its
    /// store has lost later ones, and the session ends: the provider must not get a refresh token that was used before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_revision: Option<u64>,
}

/// The response to `POST /api/refresh`: a new access token for the same session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshResponse {
    pub access_token: AccessToken,
    /// Always `DPoP`: every use needs a proof by the DPoP key (RFC 9449 §5).
    pub token_type: String,
    /// Seconds until the access token expires, counted from this response.
    pub expires_in: u64,
    pub user: UserClaims,
    /// Seconds without input of the person after which the session ends.
    pub idle_timeout: u64,
    /// Seconds until the session ends even if it is used, counted from this response.
    pub session_expires_in: u64,
    pub draft_key: DraftKey,
    /// See [`RefreshRequest::session_revision`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_revision: Option<u64>,
}

/// `POST /api/logout`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutRequest {
    pub session: SessionId,
}

/// The response to `POST /api/logout`, also where the session had ended already.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutResponse {
    /// Where to send the browser to end the provider's own session, if the provider or the operator names a URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_session_url: Option<String>,
    /// Set where the URL is the provider's end session endpoint, which returns it (OpenID Connect RP-Initiated Logout
    /// §3): by it the page recognises the end of the sign-out that it began.
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
    /// A claim named by the operator, for providers whose `sub` changes when a person moves within a directory. Where
    /// it is set, `iss` and this are the identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
}

impl UserClaims {
    /// A user of whom only the identity is known.
    pub fn known_by(iss: String, sub: String) -> Self {
        Self { iss, sub, name: None, preferred_username: None, email: None, user_id: None }
    }

    /// Whether both are the same person.
    pub fn is_same(&self, other: &Self) -> bool {
        let is_same_id = match (&self.user_id, &other.user_id) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => self.sub == other.sub,
        };
        self.iss == other.iss && is_same_id
    }

    /// The name to show for this person.
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
            draft_key: DraftKey::new("dk-secret"),
            session_revision: Some(0),
        };
        let printed = format!("{response:?}");
        assert!(!printed.contains("at-secret"), "{printed}");
        assert!(!printed.contains("sid-secret"), "{printed}");
        assert!(!printed.contains("dk-secret"), "{printed}");
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
