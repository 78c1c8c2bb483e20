//! Sessions: from the first click on "sign in" to the last sign-out.
//!
//! [`Sessions`] holds the rules; it takes its store, the provider's client, the clock and randomness from outside.

mod error;
mod memory;
mod pending;
mod refresh;
mod session;
mod store;

use std::{sync::Arc, time::Duration};

pub use error::{LoginError, LogoutError, RefreshFailure};
pub use memory::MemoryStore;
pub use pending::{PENDING_LIFETIME, PendingAuthorization};
pub use session::{ABSOLUTE_LIFETIME, IDLE_LIFETIME, IssuedToken, SecretHash, Session};
pub use store::{SessionStore, StoreError};

use refresh::RefreshesInFlight;

use crate::{
    server::{
        environment::Environment,
        oidc::{CodeVerifier, Nonce, OidcClient, Permissions},
        proof::{BrowserKey, Thumbprint},
    },
    wire::{
        auth::{
            AccessToken, AuthorizationCode, AuthorizationRequest, AuthorizationResponse, LogoutResponse, SessionId,
            State, TokenResponse, UserClaims,
        },
        error::LoginRefusal,
    },
};

/// Access tokens are good for the browser key of their session only (RFC 9449 §5), whatever the provider called them.
const TOKEN_TYPE: &str = "DPoP";

/// Longest authorization code taken, in bytes. Real ones reach some hundreds.
const MAX_CODE_LENGTH: usize = 4096;

const MAX_LOGGED_CHARS: usize = 200;

/// What this server knows of an access token.
pub enum Standing {
    /// Issued here, to a session that lives.
    Issued(Holder),
    /// Issued here, and good no more, whoever else says that it is.
    Ended,
    /// Never issued here.
    Unknown,
}

/// Whose an access token is.
pub struct Holder {
    pub user: UserClaims,
    /// Only the browser with this key may use it.
    pub browser_key: Thumbprint,
    pub permissions: Permissions,
}

pub struct Sessions {
    store: Arc<dyn SessionStore>,
    oidc: Arc<OidcClient>,
    environment: Environment,
    refreshes: RefreshesInFlight,
}

impl Sessions {
    pub fn new(store: Arc<dyn SessionStore>, oidc: Arc<OidcClient>, environment: Environment) -> Self {
        Self { store, oidc, environment, refreshes: RefreshesInFlight::default() }
    }

    /// Remembers a login in flight, for the browser with this key, and tells where to send the browser.
    pub async fn begin_authorization(&self, browser_key: Thumbprint) -> Result<AuthorizationRequest, LoginError> {
        let state = State::new(self.environment.random_text()?);
        let nonce = Nonce::new(self.environment.random_text()?);
        let code_verifier = CodeVerifier::new(self.environment.random_text()?);

        let authorize_url = self.oidc.authorization_url(&state, &nonce, &code_verifier).await?;
        let expires_at = self.environment.after(PENDING_LIFETIME);
        let pending = PendingAuthorization { nonce, code_verifier, browser_key, expires_at };
        self.store.put_pending(SecretHash::of(state.secret()), pending).await?;
        Ok(AuthorizationRequest { authorize_url, state, front_url: self.oidc.front_url() })
    }

    /// Finishes a login. The pending authorization is taken first, whatever the answer says: a `state` is good once.
    pub async fn exchange_code(
        &self,
        response: AuthorizationResponse,
        key: &BrowserKey,
    ) -> Result<TokenResponse, LoginError> {
        let state = SecretHash::of(response.state.secret());
        let pending = self.store.take_pending(&state, self.environment.now()).await?.ok_or(LoginError::UnknownState)?;
        // Before the code goes anywhere: an answer carried to another browser is not followed (login CSRF, RFC 9700
        // §4.7; code injection, §4.5).
        if !pending.browser_key.matches(&key.0) {
            return Err(LoginError::OtherBrowser);
        }
        self.oidc.check_response_issuer(response.iss.as_deref()).await?;
        let code = accepted_code(response)?;
        let login = self.oidc.exchange_code(&code, &pending.code_verifier, &pending.nonce).await?;

        // A name of its own, never the `state`: that one travels in URLs, histories and other people's logs.
        let id = SessionId::new(self.environment.random_text()?);
        let now = self.environment.now();
        let mut ends_at = now + ABSOLUTE_LIFETIME;
        if login.refresh_token.is_none() {
            ends_at = ends_at.min(now + login.expires_in);
        }
        let session = Session {
            user: login.user.clone(),
            browser_key: pending.browser_key,
            refresh_token: login.refresh_token,
            permissions: login.permissions,
            id_token: login.id_token,
            login: login.claims,
            last_used_at: now,
            ends_at,
        };
        let key = SecretHash::of(id.secret());
        self.store.put_session(key.clone(), session).await?;
        self.remember_access_token(key, &login.access_token, login.expires_in).await?;
        tracing::info!("signed in");
        Ok(TokenResponse {
            access_token: login.access_token,
            token_type: TOKEN_TYPE.into(),
            expires_in: login.expires_in.as_secs(),
            session: id,
            user: login.user,
        })
    }

    /// Ends the session, if it still is there: logging out twice is success (OpenID Connect RP-Initiated Logout §4).
    pub async fn logout(&self, id: &SessionId, key: &BrowserKey) -> Result<LogoutResponse, LogoutError> {
        let name = SecretHash::of(id.secret());
        if let Some(session) = self.store.session(&name, self.environment.now()).await? {
            if !session.browser_key.matches(&key.0) {
                return Err(LogoutError::OtherBrowser);
            }
            self.store.remove_session(&name).await?;
            tracing::info!("signed out");
        }
        Ok(LogoutResponse::default())
    }

    /// What this server knows of an access token.
    pub async fn standing(&self, access_token: &AccessToken) -> Result<Standing, StoreError> {
        let now = self.environment.now();
        let token = SecretHash::of(access_token.secret());
        let Some(issued) = self.store.issued_token(&token, now).await? else { return Ok(Standing::Unknown) };
        let session = self.store.session(&issued.session, now).await?;
        Ok(session.map_or(Standing::Ended, |Session { user, browser_key, permissions, .. }| {
            Standing::Issued(Holder { user, browser_key, permissions })
        }))
    }

    /// The provider has ended this access token before its time.
    pub async fn forget_access_token(&self, access_token: &AccessToken) -> Result<(), StoreError> {
        let token = SecretHash::of(access_token.secret());
        let now = self.environment.now();
        let Some(issued) = self.store.issued_token(&token, now).await? else { return Ok(()) };
        self.store.put_issued_token(token, IssuedToken { expires_at: now, ..issued }).await
    }

    async fn remember_access_token(
        &self,
        session: SecretHash,
        access_token: &AccessToken,
        expires_in: Duration,
    ) -> Result<(), StoreError> {
        let expires_at = self.environment.after(expires_in);
        self.store.put_issued_token(SecretHash::of(access_token.secret()), IssuedToken { session, expires_at }).await
    }
}

/// The code, if the provider sent one.
fn accepted_code(response: AuthorizationResponse) -> Result<AuthorizationCode, LoginError> {
    match (response.code, response.error) {
        (Some(code), None) if code.secret().len() <= MAX_CODE_LENGTH => Ok(code),
        (Some(_), None) => Err(LoginError::CodeTooLong),
        (None, Some(error)) => Err(LoginError::Refused {
            refusal: LoginRefusal::from_error_code(&error),
            error: shortened(&error),
            description: response.error_description.as_deref().map(shortened),
        }),
        _ => Err(LoginError::NeitherCodeNorError),
    }
}

/// The provider's texts go to the log, but not by the page.
fn shortened(text: &str) -> String {
    text.chars().take(MAX_LOGGED_CHARS).collect()
}
