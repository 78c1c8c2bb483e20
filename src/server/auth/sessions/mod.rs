//! Sessions: login, refresh, logout.
//!
//! [`Sessions`] implements the rules. Its store, the provider's client, the clock and randomness are passed in.
//!
//! | file | holds |
//! |---|---|
//! | `pending`, `session`, `limits` | the records, and the limits of a session's duration |
//! | `login`, `replaced` | the end of a login, and the session that it replaces |
//! | `authorization_error` | the errors of authorization responses, and what follows from each |
//! | `refresh`, `store_refreshed` | refresh, and storing what it returned |
//! | `refresh_lock`, `refreshes_in_flight` | one refresh at a time, among replicas and in this process |
//! | `rolled_back` | records of a store that has lost later ones |
//! | `logout`, `scope` | logout by the person and by the provider; the indexes by which sessions are found and ended |
//! | `late_revocation` | the refresh token of a session that was ended without its id |
//! | `signals` | the end of sessions by security events and by global token revocation |
//! | `summary`, `browser_name` | a person's list of their sessions |
//! | `operators` | operators find and end the sessions of others |
//! | `max_sessions` | the maximum number of sessions of a person |
//! | `draft_key` | the key for drafts in the browser |
//! | `watch` | notification when a session ends |
//! | `records`, `stored` | typed access to the store, serialization |
//! | `tokens` | the records of access tokens |
//! | `layout`, `attached` | the parts of a session's record, and the records that are removed with it |

mod attached;
mod authorization_error;
mod browser_name;
mod draft_key;
mod error;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod late_revocation;
mod layout;
mod limits;
mod login;
mod logout;
mod max_sessions;
mod operators;
mod pending;
mod records;
mod refresh;
mod refresh_lock;
mod refreshes_in_flight;
mod replaced;
mod rolled_back;
mod scope;
mod session;
mod signals;
mod store_refreshed;
mod stored;
mod summary;
mod tokens;
mod watch;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

pub use browser_name::BrowserName;
pub use error::{LoginError, LogoutError, RefreshFailure};
pub use limits::SessionLimits;
pub use logout::BackChannelError;
pub use pending::{PENDING_LIFETIME, PendingAuthorization, StepUp};
pub use records::{Records, Storage};
pub use scope::SessionScope;
pub use session::{Expiry, IssuedToken, LastRefresh, REPLAY_WINDOW, Session};
pub use signals::SignalFailure;
pub use watch::SessionEnd;

use attached::AttachedToken;
use error::SessionKeyError;
use refreshes_in_flight::RefreshesInFlight;
use tokens::Lookup;

use crate::{
    server::{
        auth::{
            dpop::{ProofKey, Thumbprint, VerifiedProof},
            oidc::{Authentication, CodeVerifier, LoginRequest, MetadataStatus, Nonce, OidcClient, Permissions},
        },
        environment::Environment,
        observe::audit,
        store::{SecretHash, SessionCount, StoreError},
    },
    wire::auth::{AccessToken, AuthorizationRequest, SessionId, State, UserClaims},
};

/// Access tokens are bound to the DPoP key of their session (RFC 9449 §5), even if the provider's `token_type` is `Bearer`.
const TOKEN_TYPE: &str = "DPoP";

/// The maximum `expires_in` that browsers are sent. So they refresh at least hourly, which tells the server that a session
/// is in use.
const MAX_EXPIRES_IN: Duration = Duration::from_secs(60 * 60);

/// Whether this server issued an access token, and whether it has expired.
pub enum TokenStatus {
    /// It was issued here, and has not expired. It is valid only while its session is live: see
    /// [`Sessions::session_lives`].
    Issued(Box<TokenInfo>),
    /// It was issued here and has expired, or its record can't be opened any more.
    Ended,
    /// It was not issued here.
    Unknown,
}

/// The record of an access token that was issued here.
pub struct TokenInfo {
    pub user: UserClaims,
    /// The thumbprint of the browser's DPoP key, which it is bound to at this server.
    pub dpop_jkt: Thumbprint,
    pub permissions: Permissions,
    pub session: SecretHash,
    /// The thumbprint of the server's key that the provider has bound it to, if it has.
    pub provider_jkt: Option<Thumbprint>,
    /// How and when its person authenticated at the provider.
    pub authentication: Authentication,
}

/// Settings of sessions, which depend on the configuration and on the guard.
#[derive(Clone, Copy, Debug, Default)]
pub struct SessionSettings {
    pub limits: SessionLimits,
    /// Whether records of access tokens outlast their session. Needed by a guard that also accepts tokens that were not
    /// issued here: without the record, it would take a token of an ended session for one of those.
    pub keeps_ended_tokens: bool,
}

pub struct Sessions {
    records: Records,
    oidc: Arc<OidcClient>,
    environment: Environment,
    settings: SessionSettings,
    refreshes: RefreshesInFlight,
}

impl Sessions {
    pub fn new(records: Records, oidc: Arc<OidcClient>, environment: Environment, settings: SessionSettings) -> Self {
        Self { records, oidc, environment, settings, refreshes: RefreshesInFlight::default() }
    }

    /// Reads the provider's metadata before a login needs it.
    pub async fn read_provider_metadata(self: Arc<Self>) {
        self.oidc.read_metadata().await;
    }

    /// Begins a login that is bound to this DPoP key, and returns where to send the browser. `step_up` is why, if an action
    /// asks for it. With `reauthenticate`, the provider asks for the password again.
    pub async fn begin_authorization(
        &self,
        dpop_jkt: Thumbprint,
        step_up: Option<StepUp>,
        reauthenticate: bool,
    ) -> Result<AuthorizationRequest, LoginError> {
        let [state, nonce, code_verifier] = self.environment.random_texts()?;
        let (state, nonce, code_verifier) = (State::new(state), Nonce::new(nonce), CodeVerifier::new(code_verifier));

        let proof_key = self.oidc.new_proof_key().await?;
        let request = LoginRequest {
            state: &state,
            nonce: &nonce,
            code_verifier: &code_verifier,
            proof_key: proof_key.as_ref(),
            asked: step_up.as_ref().map(|step_up| &step_up.asked),
            reauthenticate,
        };
        let authorize_url = self.oidc.authorization_url(request).await?;
        let expires_at = self.environment.after(PENDING_LIFETIME);
        let pending = PendingAuthorization { nonce, code_verifier, dpop_jkt, expires_at, proof_key, step_up };
        self.records.put_pending(&state, &pending).await?;
        Ok(AuthorizationRequest { authorize_url, state, front_url: self.oidc.front_url() })
    }

    /// The status of the access token as issued to `key`, or else as issued to another key. The provider is not called.
    pub async fn token_status(
        &self,
        access_token: &AccessToken,
        key: Option<&Thumbprint>,
    ) -> Result<TokenStatus, StoreError> {
        let issued = match self.records.find_token(access_token, key).await? {
            Lookup::Found(issued) => issued,
            // It was issued here, so it must not be treated as a token of unknown origin.
            Lookup::Unreadable => return Ok(TokenStatus::Ended),
            Lookup::NotFound => return Ok(TokenStatus::Unknown),
        };
        audit::set_subject(&issued.user, &issued.session, &issued.dpop_jkt);
        if issued.expires_at <= self.environment.now() {
            return Ok(TokenStatus::Ended);
        }
        let IssuedToken { session, user, dpop_jkt, permissions, provider_jkt, auth_time, acr, .. } = issued;
        let authentication = Authentication { acr, time: auth_time };
        let info = TokenInfo { user, dpop_jkt, permissions, session, provider_jkt, authentication };
        Ok(TokenStatus::Issued(Box::new(info)))
    }

    /// Whether the session of this access token is live.
    pub async fn session_lives(&self, token: &TokenInfo) -> Result<bool, StoreError> {
        self.records.session_lives(&token.session).await
    }

    /// Marks the access token as expired, as the provider has revoked it. The next refresh issues another one.
    pub async fn expire_access_token(&self, access_token: &AccessToken, key: &Thumbprint) -> Result<(), StoreError> {
        let Some((name, issued)) = self.records.issued_token(access_token, key).await? else { return Ok(()) };
        let expired = IssuedToken { expires_at: self.environment.now(), ..issued };
        self.records.put_issued_token_as(&name, access_token, &expired).await
    }

    /// The origin that browsers use.
    pub fn front_url(&self) -> String {
        self.oidc.front_url()
    }

    /// Whether sessions can be read now.
    pub async fn check_store(&self) -> Result<(), StoreError> {
        self.records.store().check().await
    }

    /// Whether a session could be stored now.
    pub async fn check_store_writes(&self) -> Result<(), StoreError> {
        self.records.store().check_writes().await
    }

    /// Whether this process has ever reached the store.
    pub fn store_has_worked(&self) -> bool {
        self.records.store().has_worked()
    }

    /// The number of sessions, as far as it is known without a call to the store.
    pub fn count(&self) -> SessionCount {
        self.records.store().sessions(self.environment.now())
    }

    /// The state of the provider's metadata. The provider is not called.
    pub fn metadata_status(&self) -> MetadataStatus {
        self.oidc.metadata_status()
    }

    /// Returns once no refresh is in flight, so that tokens that the provider has issued are stored.
    pub async fn finished(&self) {
        self.refreshes.finished().await;
    }

    /// Verifies that the proof was made with the session's DPoP key, and returns the session. It may have expired, so that
    /// its browser can still have the refresh token revoked.
    async fn verify_key(&self, id: &SessionId, proof: VerifiedProof) -> Result<Session, SessionKeyError> {
        let Some(session) = self.records.stored_session(id).await? else {
            self.revoke_ended(id, proof).await?;
            return Err(SessionKeyError::NoSession);
        };
        proof.accept(&session.dpop_jkt).await?;
        Ok(session)
    }

    /// Adds the access token to the session, which the caller stores next, so that the two end together. `expires_in`
    /// is that sent to the browser. Returns the name for the token's record.
    async fn attach_access_token(
        &self,
        session: &mut Session,
        access_token: &AccessToken,
        expires_in: Duration,
    ) -> SecretHash {
        let name = self.records.token_name(access_token, &session.dpop_jkt).await;
        if !self.settings.keeps_ended_tokens {
            let token = AttachedToken { name: name.clone(), expires_at: self.environment.after(expires_in) };
            if let Some(replaced) = session.attach(token, self.environment.now()) {
                self.records.remove_token(&replaced).await;
            }
        }
        name
    }

    /// Stores the record of the access token, which the provider may have bound to a key of this server. It expires after
    /// `expires_in`, or with the session if that is sooner.
    async fn store_access_token(
        &self,
        id: &SessionId,
        session: &Session,
        name: &SecretHash,
        (access_token, bound_to): (&AccessToken, Option<&ProofKey>),
        expires_in: Duration,
    ) -> Result<(), StoreError> {
        let expires_at = self.environment.after(expires_in).min(session.expires_at());
        let provider_jkt = bound_to.map(ProofKey::thumbprint);
        let issued = IssuedToken::of(session, SecretHash::of(id.secret()), expires_at, provider_jkt);
        self.records.put_issued_token_as(name, access_token, &issued).await
    }
}

/// The `expires_in` that the browser is sent: at most until the session's end. With a refresh token, also at most
/// [`MAX_EXPIRES_IN`] and half of the idle timeout: the browser reports the person's activity when it refreshes, so a
/// session in use does not end.
fn client_expires_in(session: &Session, expires_in: Duration, now: SystemTime) -> Duration {
    let bounded = match session.refresh_token {
        Some(_) => expires_in.min(MAX_EXPIRES_IN).min(session.idle_timeout / 2),
        None => expires_in,
    };
    bounded.min(session.expires_at().duration_since(now).unwrap_or_default())
}
