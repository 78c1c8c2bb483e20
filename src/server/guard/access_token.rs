//! Whose an access token is, judged in the way that is configured.

use std::sync::Arc;

use futures_util::future::join;
use tokio::sync::Semaphore;

use super::{Entry, Refusal, RequiredPermissions, introspections::Introspections};
use crate::{
    server::{
        environment::Environment,
        oidc::{AccessTokenError, JwtProfile, OidcClient, Permissions, VerifiedToken},
        proof::Thumbprint,
        sessions::{SecretHash, Sessions, TokenInfo, TokenStatus},
    },
    wire::auth::{AccessToken, UserClaims},
};

/// What the guarded doors want.
#[derive(Clone, Debug, Default)]
pub struct GuardSettings {
    pub check: AccessTokenCheck,
    /// `ALLOW_BEARER_TOKENS`: whether access tokens are taken without a proof.
    pub bearer_tokens_allowed: bool,
    pub required: RequiredPermissions,
}

/// `ACCESS_TOKEN_CHECK`: what makes an access token good, besides that no session it was issued to has ended.
#[derive(Clone, Debug, Default)]
pub enum AccessTokenCheck {
    /// That this server issued it to a session that lives.
    #[default]
    Issued,
    /// That it is a JWT of the issuer's for us (RFC 9068 §4).
    Jwt(JwtProfile),
    /// That the provider says so (RFC 7662).
    Introspection {
        /// `API_AUDIENCE`: who the token must be for. Without it, only tokens issued here are known to be for us.
        audience: Option<String>,
    },
}

/// So many questions about tokens from elsewhere are under way at a time: anybody can make tokens up, and must not make
/// us flood the provider.
const MAX_QUESTIONS_FROM_ELSEWHERE: usize = 16;

/// With its session, an access token that was issued here is forgotten.
const NOT_KNOWN: &str = "it was not issued here, or its session has ended";

/// Judges access tokens.
pub struct AccessTokenGuard {
    settings: GuardSettings,
    sessions: Arc<Sessions>,
    oidc: Arc<OidcClient>,
    introspections: Introspections,
    questions_from_elsewhere: Semaphore,
}

/// Whose an access token is, and what it is good for.
pub(super) struct Identity {
    pub user: UserClaims,
    pub permissions: Permissions,
    pub session: Option<SecretHash>,
}

/// Who gave the access token to whoever calls.
#[derive(Clone, Copy)]
enum Origin {
    Here,
    Elsewhere,
}

impl GuardSettings {
    /// Whether a token that was not issued here may be good.
    pub fn takes_tokens_from_elsewhere(&self) -> bool {
        match &self.check {
            AccessTokenCheck::Issued => false,
            AccessTokenCheck::Jwt(_) => true,
            AccessTokenCheck::Introspection { audience } => audience.is_some(),
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
        Self {
            settings,
            sessions,
            oidc,
            introspections: Introspections::new(environment),
            questions_from_elsewhere: Semaphore::new(MAX_QUESTIONS_FROM_ELSEWHERE),
        }
    }

    pub(super) fn required(&self) -> &RequiredPermissions {
        &self.settings.required
    }

    /// `proven` is the key whose proof came along; without one it is a bearer token. `entry` lets the caller in, and spends
    /// that proof: once the token is known to be good, and for a token that was issued here, once it is known to be this
    /// key's. Nobody else can make us remember a proof, nor use up a limit that is not theirs.
    pub(super) async fn identify(
        &self,
        access_token: &AccessToken,
        proven: Option<&Thumbprint>,
        entry: Entry<'_>,
    ) -> Result<Identity, Refusal> {
        if proven.is_none() && !self.settings.bearer_tokens_allowed {
            return Err(Refusal::invalid_token("it came without a proof"));
        }
        // The session comes first: what was ended here is over at once, whatever the token or the provider says.
        match self.sessions.token_status(access_token, proven).await? {
            TokenStatus::Issued(token) if proven.is_some_and(|key| !token.dpop_jkt.matches(key)) => {
                Err(Refusal::OtherBrowser)
            }
            TokenStatus::Issued(token) => {
                // Both ask the store, and neither needs the other's answer: one journey for the two.
                let (lives, admitted) = join(self.sessions.session_lives(&token), entry.admit(&token.user)).await;
                if !lives? {
                    return Err(Refusal::invalid_token("its session has ended"));
                }
                admitted?;
                self.issued_here(access_token, *token, proven).await
            }
            TokenStatus::Ended => Err(Refusal::invalid_token("it has expired")),
            TokenStatus::Unknown => {
                let identity = self.issued_elsewhere(access_token, proven).await?;
                entry.admit(&identity.user).await?;
                Ok(identity)
            }
        }
    }

    /// Of a session that lives, and of this key's.
    async fn issued_here(
        &self,
        access_token: &AccessToken,
        issued: TokenInfo,
        proven: Option<&Thumbprint>,
    ) -> Result<Identity, Refusal> {
        let permissions = match self.verify(access_token, Origin::Here).await {
            None => issued.permissions,
            Some(Ok(token)) if is_bound_to_another(&token, proven) => return Err(Refusal::OtherBrowser),
            Some(Ok(token)) => token.permissions,
            Some(Err(error)) => {
                if matches!(error, AccessTokenError::Inactive) {
                    self.sessions.expire_access_token(access_token, &issued.dpop_jkt).await?;
                }
                return Err(error.into());
            }
        };
        Ok(Identity { user: issued.user, permissions, session: Some(issued.session) })
    }

    /// Nobody vouches for these but the token itself, so a key must be named in it (RFC 9449 §6), or none at all.
    async fn issued_elsewhere(
        &self,
        access_token: &AccessToken,
        proven: Option<&Thumbprint>,
    ) -> Result<Identity, Refusal> {
        // Before anybody is asked: made-up tokens must not become calls of the provider.
        if matches!(self.settings.check, AccessTokenCheck::Introspection { audience: None }) {
            return Err(Refusal::invalid_token(NOT_KNOWN));
        }
        let token =
            self.verify(access_token, Origin::Elsewhere).await.ok_or_else(|| Refusal::invalid_token(NOT_KNOWN))??;
        if is_bound_to_another(&token, proven) || token.bound_to.is_some() != proven.is_some() {
            return Err(Refusal::OtherBrowser);
        }
        let user = token.user.ok_or_else(|| Refusal::invalid_token("it names nobody"))?;
        Ok(Identity { user, permissions: token.permissions, session: None })
    }

    /// What the issuer says of the token; `None` where nobody is to be asked. The questions are boxed, as they are large:
    /// a call that asks none has no room to make for them.
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
                let question = self.ask(access_token, audience.as_deref(), origin);
                Some(Box::pin(self.introspections.get(access_token, question)).await)
            }
        }
    }

    async fn ask(
        &self,
        access_token: &AccessToken,
        audience: Option<&str>,
        origin: Origin,
    ) -> Result<VerifiedToken, AccessTokenError> {
        let too_many = |_| AccessTokenError::Unavailable("too many questions under way".into());
        let _turn = match origin {
            Origin::Here => None,
            Origin::Elsewhere => Some(self.questions_from_elsewhere.try_acquire().map_err(too_many)?),
        };
        self.oidc.introspect(access_token, audience).await
    }
}

/// RFC 9449 §7.1: a token that names a key is worth nothing without a proof by it, as a bearer token neither.
fn is_bound_to_another(token: &VerifiedToken, proven: Option<&Thumbprint>) -> bool {
    token.bound_to.as_ref().is_some_and(|key| proven.is_none_or(|proven| !key.matches(proven)))
}
