//! Checks the access token of a request in the configured way, and returns the user.

use std::sync::Arc;

use futures_util::future::join;
use tokio::sync::Semaphore;

use super::{AuthError, RequiredPermissions, StepUpSettings, introspections::IntrospectionCache, step_up};
use crate::{
    server::{
        auth::{
            dpop::Thumbprint,
            oidc::{AccessTokenError, Authentication, JwtProfile, OidcClient, Permissions, VerifiedToken},
            sessions::{Sessions, StepUp, TokenInfo, TokenStatus},
        },
        environment::Environment,
        observe::audit::{self, Event},
        store::SecretHash,
    },
    wire::{
        auth::{AccessToken, UserClaims},
        error::ApiError,
        step_up::GuardedAction,
    },
};

/// What the guarded endpoints require.
#[derive(Clone, Debug, Default)]
pub struct GuardSettings {
    pub check: AccessTokenCheck,
    /// `ALLOW_BEARER_TOKENS`: whether access tokens are accepted without a proof.
    pub bearer_tokens_allowed: bool,
    pub required: RequiredPermissions,
    /// `OPERATOR_ROLE`: those who have one of these may find and end the sessions of others. Without them, nobody may.
    pub operator_roles: Vec<String>,
    pub step_up: StepUpSettings,
    /// `EXPORT_ROLE`: those who have one of these may export. Without them, everybody may.
    pub export_roles: Vec<String>,
}

/// `ACCESS_TOKEN_CHECK`: how access tokens are checked, in addition to the check that their session has not ended.
#[derive(Clone, Debug, Default)]
pub enum AccessTokenCheck {
    /// That this server issued it to a session that is live.
    #[default]
    Issued,
    /// That it is a JWT of the issuer with this server as audience (RFC 9068 §4).
    Jwt(JwtProfile),
    /// That the provider's introspection endpoint reports it as active (RFC 7662).
    Introspection {
        /// `API_AUDIENCE`: the audience that the token must have. Without it, only tokens issued here are accepted.
        audience: Option<String>,
    },
}

/// The maximum number of concurrent introspections of tokens that were not issued here. Anybody can make up tokens, which
/// must not flood the provider with requests.
const MAX_FOREIGN_INTROSPECTIONS: usize = 16;

/// The record of an access token that was issued here is removed with its session.
const NOT_KNOWN: &str = "it was not issued here, or its session has ended";

/// Checks access tokens.
pub struct AccessTokenGuard {
    settings: GuardSettings,
    sessions: Arc<Sessions>,
    oidc: Arc<OidcClient>,
    introspections: IntrospectionCache,
    foreign_introspections: Semaphore,
    environment: Environment,
}

/// The user and the permissions of an access token.
pub struct Identity {
    pub user: UserClaims,
    pub permissions: Permissions,
    /// The name of its session in the store, for a token that was issued here.
    pub session: Option<SecretHash>,
    pub authentication: Authentication,
}

/// The last step for a valid token: the caller's rate limits are charged, and the proof is consumed.
pub trait Admission {
    fn admit(self, user: &UserClaims) -> impl Future<Output = Result<(), AuthError>> + Send;
}

/// Who issued the access token to the client.
#[derive(Clone, Copy)]
enum Origin {
    Here,
    Elsewhere,
}

impl GuardSettings {
    /// Whether tokens that were not issued here may be valid.
    pub fn accepts_foreign_tokens(&self) -> bool {
        match &self.check {
            AccessTokenCheck::Issued => false,
            AccessTokenCheck::Jwt(_) => true,
            AccessTokenCheck::Introspection { audience } => audience.is_some(),
        }
    }

    /// Logs at every start which settings weaken the default checks, for auditors.
    fn warn_of_exceptions(&self) {
        if self.bearer_tokens_allowed {
            audit::record(Event::CheckWeakened, None, Some(&"ALLOW_BEARER_TOKENS"));
            tracing::warn!("ALLOW_BEARER_TOKENS: access tokens are accepted without a proof with the DPoP key");
        }
    }
}

impl AccessTokenGuard {
    pub fn new(
        settings: GuardSettings,
        sessions: Arc<Sessions>,
        oidc: Arc<OidcClient>,
        environment: Environment,
    ) -> Self {
        settings.warn_of_exceptions();
        Self {
            settings,
            sessions,
            oidc,
            introspections: IntrospectionCache::new(environment.clone()),
            foreign_introspections: Semaphore::new(MAX_FOREIGN_INTROSPECTIONS),
            environment,
        }
    }

    pub fn operator_roles(&self) -> &[String] {
        &self.settings.operator_roles
    }

    pub fn export_roles(&self) -> &[String] {
        &self.settings.export_roles
    }

    pub fn required(&self) -> &RequiredPermissions {
        &self.settings.required
    }

    /// Refuses an action that asks for a more recent or a stronger authentication than this one (RFC 9470 §3). The error
    /// says what it asks for.
    pub fn check_step_up(&self, action: GuardedAction, authentication: &Authentication) -> Result<(), ApiError> {
        let Some(asked) = self.settings.step_up.asked(action) else { return Ok(()) };
        match asked.is_met_by(authentication, self.environment.now(), self.oidc.clock_tolerance()) {
            true => Ok(()),
            false => Err(step_up::refusal(action, asked)),
        }
    }

    /// The login to begin where an action was refused for that.
    pub fn step_up(&self, action: GuardedAction) -> Option<StepUp> {
        self.settings.step_up.login(action)
    }

    /// `proven` is the key of the request's DPoP proof, or `None` for a bearer token. `admission` runs when the token is
    /// known to be valid and, if it was issued here, bound to this key. So other callers can't fill the store with `jti`s,
    /// or use up another person's limits.
    pub async fn identify(
        &self,
        access_token: &AccessToken,
        proven: Option<&Thumbprint>,
        admission: impl Admission,
    ) -> Result<Identity, AuthError> {
        if proven.is_none() && !self.settings.bearer_tokens_allowed {
            return Err(AuthError::invalid_token("it came without a proof"));
        }
        // Our session comes first: once it has ended, the token is invalid at once, even if the provider still accepts it.
        match self.sessions.token_status(access_token, proven).await? {
            TokenStatus::Issued(token) if proven.is_some_and(|key| !token.dpop_jkt.matches(key)) => {
                Err(AuthError::OtherKey)
            }
            TokenStatus::Issued(token) => {
                // Both use the store and neither needs the other's result, so they run together.
                let (is_live, admitted) = join(self.sessions.session_lives(&token), admission.admit(&token.user)).await;
                if !is_live? {
                    return Err(AuthError::invalid_token("its session has ended"));
                }
                admitted?;
                self.issued_here(access_token, *token, proven).await
            }
            TokenStatus::Ended => Err(AuthError::invalid_token("it has expired")),
            TokenStatus::Unknown => {
                let identity = self.issued_elsewhere(access_token, proven).await?;
                admission.admit(&identity.user).await?;
                Ok(identity)
            }
        }
    }

    /// For a token of a live session that is bound to this key.
    async fn issued_here(
        &self,
        access_token: &AccessToken,
        issued: TokenInfo,
        proven: Option<&Thumbprint>,
    ) -> Result<Identity, AuthError> {
        let permissions = match self.verify(access_token, Origin::Here).await {
            None => issued.permissions,
            Some(Ok(token)) => {
                check_binding(&token, &issued, proven)?;
                token.permissions
            }
            Some(Err(error)) => {
                if matches!(error, AccessTokenError::Inactive) {
                    self.sessions.expire_access_token(access_token, &issued.dpop_jkt).await?;
                }
                return Err(error.into());
            }
        };
        let TokenInfo { user, session, authentication, .. } = issued;
        Ok(Identity { user, permissions, session: Some(session), authentication })
    }

    /// Only the token itself says which key it is bound to. That must be the key of the proof (RFC 9449 §6); a bearer token
    /// must not be bound.
    async fn issued_elsewhere(
        &self,
        access_token: &AccessToken,
        proven: Option<&Thumbprint>,
    ) -> Result<Identity, AuthError> {
        // Checked before the provider is called: made-up tokens must not cause requests to it.
        if matches!(self.settings.check, AccessTokenCheck::Introspection { audience: None }) {
            return Err(AuthError::invalid_token(NOT_KNOWN));
        }
        let token =
            self.verify(access_token, Origin::Elsewhere).await.ok_or_else(|| AuthError::invalid_token(NOT_KNOWN))??;
        if is_bound_to_another(&token, proven) || token.bound_to.is_some() != proven.is_some() {
            return Err(AuthError::OtherKey);
        }
        let user = token.user.ok_or_else(|| AuthError::invalid_token("it names nobody"))?;
        Ok(Identity { user, permissions: token.permissions, session: None, authentication: token.authentication })
    }

    /// The issuer's result for the token; `None` if only this server's records are used. Boxed, as the futures are large.
    async fn verify(
        &self,
        access_token: &AccessToken,
        origin: Origin,
    ) -> Option<Result<VerifiedToken, AccessTokenError>> {
        match &self.settings.check {
            AccessTokenCheck::Issued => None,
            AccessTokenCheck::Jwt(profile) => {
                Some(Box::pin(self.oidc.verify_access_token(access_token, profile)).await)
            }
            AccessTokenCheck::Introspection { audience } => {
                let introspection = self.introspect(access_token, audience.as_deref(), origin);
                Some(Box::pin(self.introspections.get(access_token, introspection)).await)
            }
        }
    }

    async fn introspect(
        &self,
        access_token: &AccessToken,
        audience: Option<&str>,
        origin: Origin,
    ) -> Result<VerifiedToken, AccessTokenError> {
        let too_many = |_| AccessTokenError::Unavailable("too many questions under way".into());
        let _permit = match origin {
            Origin::Here => None,
            Origin::Elsewhere => Some(self.foreign_introspections.try_acquire().map_err(too_many)?),
        };
        self.oidc.introspect(access_token, audience).await
    }
}

/// The binding of a token that was issued here: to this server's key of its session, if the provider said that it has
/// bound the token (RFC 9449 §6), or else to the key of the proof.
fn check_binding(token: &VerifiedToken, issued: &TokenInfo, proven: Option<&Thumbprint>) -> Result<(), AuthError> {
    match (&issued.provider_jkt, &token.bound_to) {
        (None, _) if is_bound_to_another(token, proven) => Err(AuthError::OtherKey),
        (None, _) => Ok(()),
        // RFC 9449 §7.1: a bound token is no bearer token.
        (Some(_), _) if proven.is_none() => Err(AuthError::OtherKey),
        (Some(session_key), Some(key)) if key.matches(session_key) => Ok(()),
        (Some(_), Some(_)) => Err(AuthError::invalid_token("its `cnf` names another key than that of its session")),
        (Some(_), None) => Err(AuthError::invalid_token("it was issued as bound to a key, and its `cnf` names none")),
    }
}

/// Whether the token is bound to a key that did not sign the proof. Without a proof, every bound token is (RFC 9449 §7.1).
fn is_bound_to_another(token: &VerifiedToken, proven: Option<&Thumbprint>) -> bool {
    token.bound_to.as_ref().is_some_and(|key| proven.is_none_or(|proven| !key.matches(proven)))
}
