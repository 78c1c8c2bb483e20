//! Sessions: from the first click on "sign in" to the last sign-out.
//!
//! [`Sessions`] holds the rules; it takes its store, the provider's client, the clock and randomness from outside.

//!
//! | file | holds |
//! |---|---|
//! | `pending`, `session` | the records |
//! | `refresh`, `refresh_lock` | refresh, and whose turn it is |
//! | `logout`, `ends` | logout, here and from elsewhere |
//! | `card`, `browser_name` | what a person is told of their sessions |
//! | `limit` | how many there may be of one person |
//! | `draft_key` | what a person's drafts are encrypted with in the browser |
//! | `watch` | who is told when a session ends |
//! | `records`, `stored`, `sealing` | records on their way into the store: written, and sealed |
//! | `store` | where they are kept |

mod browser_name;
mod card;
mod draft_key;
mod ends;
mod error;
mod limit;
mod logout;
mod pending;
mod records;
mod refresh;
mod refresh_lock;
mod sealing;
mod session;
mod store;
mod stored;
mod watch;

use std::{sync::Arc, time::Duration};

pub use browser_name::BrowserName;
pub use ends::Ended;
pub use error::{LoginError, LogoutError, RefreshFailure};
pub use logout::BackChannelError;
pub use pending::{PENDING_LIFETIME, PendingAuthorization};
pub use records::{Records, Storage};
pub use sealing::{KeyRing, OpenError, SealError};
pub use session::{ABSOLUTE_LIFETIME, IDLE_LIFETIME, IssuedToken, LastRefresh, REPLAY_WINDOW, Session};
pub use store::{
    Kind, LockOwner, MAX_SPENT, MemoryStore, OutageStore, Record, RecordName, RedisAddress, RedisAddressError,
    RedisStore, SecretHash, SessionCount, Store, StoreError, TracedStore,
};

pub use watch::SessionEnd;

use error::SessionKeyError;
use records::Found;
use refresh::RefreshesInFlight;
use watch::Watches;

use crate::{
    server::{
        audit::{self, Event},
        environment::Environment,
        excerpt::excerpt,
        oidc::{CodeVerifier, MetadataStanding, Nonce, OidcClient, Permissions},
        proof::{BrowserKey, KeyRefusal, Thumbprint, VerifiedProof},
    },
    wire::{
        auth::{
            AccessToken, AuthorizationCode, AuthorizationRequest, AuthorizationResponse, SessionId, State,
            TokenResponse, UserClaims,
        },
        error::LoginRefusal,
    },
};

/// Access tokens are good for the browser key of their session only (RFC 9449 §5), whatever the provider called them.
const TOKEN_TYPE: &str = "DPoP";

/// Longest authorization code taken, in bytes. Real ones reach some hundreds.
const MAX_CODE_LENGTH: usize = 4096;

/// The browser is told to come for a new access token at least this often, however long the old one lives: by that
/// the server knows that its session is in use.
const LONGEST_TOLD: Duration = Duration::from_secs(60 * 60);

/// What this server knows of an access token.
pub enum Standing {
    /// It was issued here, and has not expired. Whether its session lives is still to be asked: [`Sessions::lives`].
    Issued(Box<Holder>),
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
pub struct Holder {
    pub user: UserClaims,
    /// Only the browser with this key may use it.
    pub browser_key: Thumbprint,
    pub permissions: Permissions,
    pub session: SecretHash,
}

pub struct Sessions {
    records: Records,
    oidc: Arc<OidcClient>,
    environment: Environment,
    refreshes: RefreshesInFlight,
    watches: Watches,
}

impl Sessions {
    pub fn new(records: Records, oidc: Arc<OidcClient>, environment: Environment) -> Self {
        Self { records, oidc, environment, refreshes: RefreshesInFlight::default(), watches: Watches::default() }
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

    /// Finishes a login. The pending authorization is taken first, whatever the answer says: a `state` is good once.
    pub async fn exchange_code(
        &self,
        response: AuthorizationResponse,
        proof: VerifiedProof,
        browser: BrowserName,
    ) -> Result<TokenResponse, LoginError> {
        // Before the code goes anywhere: an answer carried to another browser is not followed (login CSRF, RFC 9700
        // §4.7; code injection, §4.5).
        let pending = self.take_pending(&response.state, proof).await?;
        self.oidc.check_response_issuer(response.iss.as_deref()).await?;
        let code = accepted_code(response, &[pending.code_verifier.secret(), pending.nonce.secret()])?;
        let login = self.oidc.exchange_code(&code, &pending.code_verifier, &pending.nonce).await?;

        // A name of its own, never the `state`: that one travels in URLs, histories and other people's logs.
        let id = SessionId::new(self.environment.random_text()?);
        let now = self.environment.now();
        let mut ends_at = now + ABSOLUTE_LIFETIME;
        if login.refresh_token.is_none() {
            ends_at = ends_at.min(now + login.expires_in);
        }
        let begun_at = pending.begun_at();
        let mut session = Session {
            user: login.user.clone(),
            browser_key: pending.browser_key,
            refresh_token: login.refresh_token,
            permissions: login.permissions,
            id_token: login.id_token,
            login: login.claims,
            provider_session: login.provider_session,
            browser,
            last_used_at: now,
            ends_at,
            revision: 0,
            last_refresh: None,
        };
        let name = SecretHash::of(id.secret());
        audit::concerns(&session.user, &name, &session.browser_key);
        self.records.enlist(&session, &name).await?;
        self.records.put_session(&id, &session).await?;
        if self.records.was_ended_since(&session, begun_at).await? {
            self.records.remove_session(&name).await?;
            if let Some(refresh_token) = session.refresh_token.take() {
                self.revoke_in_background(refresh_token);
            }
            return Err(LoginError::EndedMeanwhile);
        }
        let expires_in = told_lifetime(&session, login.expires_in);
        self.remember_access_token(&id, &session, &login.access_token, expires_in).await?;
        audit::record(Event::LoginSucceeded, Some(&session.user), None);
        Ok(TokenResponse {
            access_token: login.access_token,
            token_type: TOKEN_TYPE.into(),
            expires_in: expires_in.as_secs(),
            session: id,
            idle_timeout: IDLE_LIFETIME.as_secs(),
            session_expires_in: session.remaining(now).as_secs(),
            draft_key: self.records.draft_key(&login.user)?,
            user: login.user,
        })
    }

    /// What this server knows of the access token. No call to the provider is made.
    pub async fn standing(&self, access_token: &AccessToken) -> Result<Standing, StoreError> {
        let issued = match self.records.found_token(access_token).await? {
            Found::Opened(issued) => issued,
            // It was issued here all the same: nobody else's word for it counts.
            Found::Closed => return Ok(Standing::Ended),
            Found::Nothing => return Ok(Standing::Unknown),
        };
        audit::concerns(&issued.user, &issued.session, &issued.browser_key);
        if issued.expires_at <= self.environment.now() {
            return Ok(Standing::Ended);
        }
        let IssuedToken { session, user, browser_key, permissions, .. } = issued;
        Ok(Standing::Issued(Box::new(Holder { user, browser_key, permissions, session })))
    }

    /// Whether the session of this access token's holder lives: the token is good while it does.
    pub async fn lives(&self, holder: &Holder) -> Result<bool, StoreError> {
        self.records.session_lives(&holder.session).await
    }

    /// The provider has ended this access token before its time: it is good no more, and the next refresh brings
    /// another.
    pub async fn forget_access_token(&self, access_token: &AccessToken) -> Result<(), StoreError> {
        let Some(issued) = self.records.issued_token(access_token).await? else { return Ok(()) };
        let ended = IssuedToken { expires_at: self.environment.now(), ..issued };
        self.records.put_issued_token(access_token, &ended).await
    }

    /// Where browsers see us.
    pub fn front_url(&self) -> String {
        self.oidc.front_url()
    }

    /// What would become of calls now.
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

    /// How many there are, as far as that is known without asking anybody.
    pub fn count(&self) -> SessionCount {
        self.records.store().sessions(self.environment.now())
    }

    /// What is known of the provider, without asking it.
    pub fn metadata_standing(&self) -> MetadataStanding {
        self.oidc.metadata_standing()
    }

    /// Returns once no refresh is under way: what the provider has given is stored by then.
    pub async fn finished(&self) {
        self.refreshes.finished().await;
    }

    /// The pending authorization of this login, whose browser's key made the proof. Nobody gets it twice, and after a try
    /// by another browser nobody gets it at all.
    async fn take_pending(&self, state: &State, proof: VerifiedProof) -> Result<PendingAuthorization, LoginError> {
        let pending = self.records.pending(state).await?.ok_or(LoginError::UnknownState)?;
        audit::bound_to(&pending.browser_key);
        match proof.accept(&pending.browser_key).await {
            Ok(_) => self.records.take_pending(state).await?.ok_or(LoginError::UnknownState),
            Err(KeyRefusal::OtherKey) => {
                self.records.take_pending(state).await?;
                Err(LoginError::OtherBrowser)
            }
            Err(KeyRefusal::Proof(challenge)) => Err(LoginError::Proof(challenge)),
        }
    }

    /// The key of this session's browser, which made the proof of the call. An error for any other key, and where there is
    /// no such session: nobody has a [`BrowserKey`] for a session that is not bound to it.
    async fn verify_key(&self, id: &SessionId, proof: VerifiedProof) -> Result<BrowserKey, SessionKeyError> {
        let session = self.records.session(id).await?.ok_or(SessionKeyError::NoSession)?;
        Ok(proof.accept(&session.browser_key).await?)
    }

    /// `expires_in` is the one that is sent to the browser: the token is accepted no longer.
    async fn remember_access_token(
        &self,
        id: &SessionId,
        session: &Session,
        access_token: &AccessToken,
        expires_in: Duration,
    ) -> Result<(), StoreError> {
        let expires_at = self.environment.after(expires_in).min(session.ends_at);
        let issued = IssuedToken::of(session, SecretHash::of(id.secret()), expires_at);
        self.records.put_issued_token(access_token, &issued).await
    }
}

/// What the browser is told of the access token's life: where there is a refresh token, no longer than
/// [`LONGEST_TOLD`].
fn told_lifetime(session: &Session, expires_in: Duration) -> Duration {
    match session.refresh_token {
        Some(_) => expires_in.min(LONGEST_TOLD),
        None => expires_in,
    }
}

/// The code, if the provider sent one.
fn accepted_code(response: AuthorizationResponse, held: &[&str]) -> Result<AuthorizationCode, LoginError> {
    let in_log = |text: &str| excerpt(text).without(held.iter().copied().chain([response.state.secret()])).to_string();
    match (response.code, response.error) {
        (Some(code), None) if code.secret().len() <= MAX_CODE_LENGTH => Ok(code),
        (Some(_), None) => Err(LoginError::CodeTooLong),
        (None, Some(error)) => Err(LoginError::Refused {
            refusal: LoginRefusal::from_error_code(&error),
            error: in_log(&error),
            description: response.error_description.as_deref().map(in_log),
        }),
        _ => Err(LoginError::NeitherCodeNorError),
    }
}
