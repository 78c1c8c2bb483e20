//! Sessions: from the first click on "sign in" to the last sign-out.
//!
//! [`Sessions`] holds the rules; it takes its store, the provider's client, the clock and randomness from outside.
//!
//! | file | holds |
//! |---|---|
//! | `pending`, `session`, `limits` | the records, and how long sessions last |
//! | `login`, `replaced` | a login finished, and the session that it takes the place of |
//! | `refresh`, `refresh_lock`, `refreshes_in_flight` | refresh, whose turn it is, and who waits for one |
//! | `logout`, `ends` | logout, here and from elsewhere |
//! | `card`, `browser_name` | what a person is told of their sessions |
//! | `limit` | how many there may be of one person |
//! | `draft_key` | what a person's drafts are encrypted with in the browser |
//! | `watch` | who is told when a session ends |
//! | `records`, `stored` | records on their way into the store: written, and sealed |
//! | `tokens` | the records of access tokens |
//! | `head`, `attached` | of a session's record: when it ends, and what ends with it |

mod attached;
mod browser_name;
mod card;
mod draft_key;
mod ends;
mod error;
mod head;
mod limit;
mod limits;
mod login;
mod logout;
mod pending;
mod records;
mod refresh;
mod refresh_lock;
mod refreshes_in_flight;
mod replaced;
mod session;
mod stored;
mod tokens;
mod watch;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

pub use browser_name::BrowserName;
pub use ends::Ended;
pub use error::{LoginError, LogoutError, RefreshFailure};
pub use limits::SessionLimits;
pub use logout::BackChannelError;
pub use pending::{PENDING_LIFETIME, PendingAuthorization};
pub use records::{Records, Storage};
pub use session::{Expiry, IssuedToken, LastRefresh, REPLAY_WINDOW, Session};
pub use watch::SessionEnd;

use attached::AttachedToken;
use error::SessionKeyError;
use refreshes_in_flight::RefreshesInFlight;
use tokens::Found;
use watch::Watches;

use crate::{
    server::{
        auth::{
            dpop::{Thumbprint, VerifiedKey, VerifiedProof},
            oidc::{CodeVerifier, MetadataStatus, Nonce, OidcClient, Permissions},
        },
        environment::Environment,
        observe::audit,
        store::{SecretHash, SessionCount, StoreError},
    },
    wire::auth::{AccessToken, AuthorizationRequest, SessionId, State, UserClaims},
};

/// Access tokens are good for the browser key of their session only (RFC 9449 §5), whatever the provider called them.
const TOKEN_TYPE: &str = "DPoP";

/// The longest `expires_in` that a browser gets, so that it refreshes at least this often: by that the server knows which
/// sessions are in use.
const MAX_EXPIRES_IN: Duration = Duration::from_secs(60 * 60);

/// What this server knows of an access token.
pub enum TokenStatus {
    /// It was issued here, and has not expired. Whether its session lives is still to be asked: [`Sessions::lives`].
    Issued(Box<TokenInfo>),
    /// It was issued here, and has expired, or its record does not open any more.
    Ended,
    /// It was not issued here.
    Unknown,
}

/// Which calls this server can answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    Ready,
    /// The store is away: access tokens in use are good, and nobody signs in. To send everybody elsewhere would help
    /// nobody, as the store is everybody's.
    Degraded,
    /// The store was never there.
    Unavailable,
}

/// Whose an access token is.
pub struct TokenInfo {
    pub user: UserClaims,
    /// Only the browser with this key may use it.
    pub browser_key: Thumbprint,
    pub permissions: Permissions,
    pub session: SecretHash,
}

/// What the operator says of sessions, and what the guard needs of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct SessionSettings {
    pub limits: SessionLimits,
    /// Access tokens of sessions that have ended stay known until they expire. For a guard that also takes the word of a
    /// token's issuer: to it, a token that is not known here would be one from elsewhere, and good.
    pub keeps_ended_tokens: bool,
}

pub struct Sessions {
    records: Records,
    oidc: Arc<OidcClient>,
    environment: Environment,
    settings: SessionSettings,
    refreshes: RefreshesInFlight,
    watches: Watches,
}

impl Sessions {
    pub fn new(records: Records, oidc: Arc<OidcClient>, environment: Environment, settings: SessionSettings) -> Self {
        Self {
            records,
            oidc,
            environment,
            settings,
            refreshes: RefreshesInFlight::default(),
            watches: Watches::default(),
        }
    }

    /// Remembers a login in flight, for the browser with this key, and tells where to send the browser.
    pub async fn begin_authorization(&self, browser_key: Thumbprint) -> Result<AuthorizationRequest, LoginError> {
        let [state, nonce, code_verifier] = self.environment.random_texts()?;
        let (state, nonce, code_verifier) = (State::new(state), Nonce::new(nonce), CodeVerifier::new(code_verifier));

        let authorize_url = self.oidc.authorization_url(&state, &nonce, &code_verifier).await?;
        let expires_at = self.environment.after(PENDING_LIFETIME);
        let pending = PendingAuthorization { nonce, code_verifier, browser_key, expires_at };
        self.records.put_pending(&state, &pending).await?;
        Ok(AuthorizationRequest { authorize_url, state, front_url: self.oidc.front_url() })
    }

    /// What this server knows of the access token: as it was issued to `key`, or else to another key. No call to the
    /// provider is made.
    pub async fn token_status(
        &self,
        access_token: &AccessToken,
        key: Option<&Thumbprint>,
    ) -> Result<TokenStatus, StoreError> {
        let issued = match self.records.found_token(access_token, key).await? {
            Found::Opened(issued) => issued,
            // It was issued here all the same: nobody else's word for it counts.
            Found::Closed => return Ok(TokenStatus::Ended),
            Found::Nothing => return Ok(TokenStatus::Unknown),
        };
        audit::concerns(&issued.user, &issued.session, &issued.browser_key);
        if issued.expires_at <= self.environment.now() {
            return Ok(TokenStatus::Ended);
        }
        let IssuedToken { session, user, browser_key, permissions, .. } = issued;
        Ok(TokenStatus::Issued(Box::new(TokenInfo { user, browser_key, permissions, session })))
    }

    /// Whether the session of this access token is live: the token is valid only while it is.
    pub async fn lives(&self, token: &TokenInfo) -> Result<bool, StoreError> {
        self.records.session_lives(&token.session).await
    }

    /// The provider has revoked this access token before its expiry: it is invalid from now on, and the next refresh brings
    /// another.
    pub async fn expire_access_token(&self, access_token: &AccessToken, key: &Thumbprint) -> Result<(), StoreError> {
        let Some((name, issued)) = self.records.issued_token(access_token, key).await? else { return Ok(()) };
        let ended = IssuedToken { expires_at: self.environment.now(), ..issued };
        self.records.put_issued_token_as(&name, access_token, &ended).await
    }

    /// Where browsers see us.
    pub fn front_url(&self) -> String {
        self.oidc.front_url()
    }

    /// Which requests the server can answer now.
    pub async fn readiness(&self) -> Readiness {
        let store = self.records.store();
        match store.check().await {
            Ok(()) => Readiness::Ready,
            Err(error) => {
                tracing::warn!(%error, "not ready");
                if store.has_worked() { Readiness::Degraded } else { Readiness::Unavailable }
            }
        }
    }

    /// How many sessions there are, as far as that is known without a request to the store.
    pub fn count(&self) -> SessionCount {
        self.records.store().sessions(self.environment.now())
    }

    /// Whether the provider's metadata could be fetched. Makes no request.
    pub fn metadata_status(&self) -> MetadataStatus {
        self.oidc.metadata_status()
    }

    /// Returns once no refresh is under way: what the provider has given is stored by then.
    pub async fn finished(&self) {
        self.refreshes.finished().await;
    }

    /// The key that this session is bound to, if it made the proof of the request. An error for any other key, and for an
    /// unknown session: nobody gets a [`VerifiedKey`] for a session of another key. A session that has expired still has its
    /// key: its browser may have the refresh token revoked.
    async fn verify_key(&self, id: &SessionId, proof: VerifiedProof) -> Result<VerifiedKey, SessionKeyError> {
        let session = self.records.stored_session(id).await?.ok_or(SessionKeyError::NoSession)?;
        Ok(proof.accept(&session.browser_key).await?)
    }

    /// Names the access token in the session, which is stored next, so that the two end together. `told` is for how long
    /// the browser may use it.
    async fn attach_access_token(
        &self,
        session: &mut Session,
        access_token: &AccessToken,
        told: Duration,
    ) -> SecretHash {
        let name = self.records.token_name(access_token, &session.browser_key).await;
        if !self.settings.keeps_ended_tokens {
            let token = AttachedToken { name: name.clone(), expires_at: self.environment.after(told) };
            if let Some(ending) = session.attach(token, self.environment.now()) {
                self.records.remove_token(&ending).await;
            }
        }
        name
    }

    /// Good for as long as the browser was told, and no longer than the session.
    async fn remember_access_token(
        &self,
        id: &SessionId,
        session: &Session,
        name: &SecretHash,
        access_token: &AccessToken,
        told: Duration,
    ) -> Result<(), StoreError> {
        let expires_at = self.environment.after(told).min(session.expires_at());
        let issued = IssuedToken::of(session, SecretHash::of(id.secret()), expires_at);
        self.records.put_issued_token_as(name, access_token, &issued).await
    }
}

/// What the browser is told of the access token's life: no longer than the session lasts unused. Where there is a refresh
/// token, no longer than [`MAX_EXPIRES_IN`] and half of the idle timeout either: by then the browser reports what the person
/// did, so that a session in use does not end.
fn told_lifetime(session: &Session, expires_in: Duration, now: SystemTime) -> Duration {
    let told = match session.refresh_token {
        Some(_) => expires_in.min(MAX_EXPIRES_IN).min(session.idle_timeout / 2),
        None => expires_in,
    };
    told.min(session.expires_at().duration_since(now).unwrap_or_default())
}
