//! The caller of a guarded endpoint.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};

use super::{credentials::Credentials, proof::verify};
use crate::{
    server::{
        auth::{
            access_token::{AccessTokenGuard, Admission, AuthError, Identity},
            dpop::{NonceRule, Proof, Proofs},
            oidc::{Authentication, Permissions},
            sessions::{SessionEnd, Sessions},
        },
        http::Services,
        http::ingress::{Call, Edge, OpenStream},
        observe::audit::{self, Event},
        secret_hash::SecretHash,
    },
    wire::{
        auth::{AccessToken, UserClaims},
        error::ApiError,
        step_up::GuardedAction,
    },
};

/// Somebody with a valid access token. An endpoint that takes a `Caller` can't be entered without one.
pub struct Caller {
    pub user: UserClaims,
    /// The session that the access token was issued to, if this server issued it.
    pub session: Option<SecretHash>,
    pub permissions: Permissions,
    authentication: Authentication,
    guard: Arc<AccessTokenGuard>,
    sessions: Arc<Sessions>,
    edge: Arc<Edge>,
}

/// The last step for a valid token: rate limits are charged, and the proof is consumed.
struct Entry<'a> {
    edge: &'a Edge,
    proofs: &'a Proofs,
    parts: &'a Parts,
    credential: Credential<'a>,
}

enum Credential<'a> {
    Proof(Proof),
    BearerToken(&'a AccessToken),
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = AuthError;

    /// The cheapest checks come first. The `jti` is stored only once the token is known to be bound to this key.
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, AuthError> {
        Self::authenticate(parts, state).await.inspect_err(AuthError::record)
    }
}

impl Caller {
    /// To be held as long as an event stream is open.
    pub fn open_stream(&self) -> Result<OpenStream, ApiError> {
        self.edge.open_stream(&self.user)
    }

    /// Refuses the call if exports need a role (`EXPORT_ROLE`) that the caller does not have.
    pub fn check_may_export(&self) -> Result<(), ApiError> {
        let needed = self.guard.export_roles();
        match needed.is_empty() || self.permissions.roles.iter().any(|role| needed.contains(role)) {
            true => Ok(()),
            false => {
                audit::record(Event::AccessDenied, Some(&self.user), Some(&"exports need a role of EXPORT_ROLE"));
                Err(ApiError::Forbidden)
            }
        }
    }

    /// Refuses the call if the action asks for a more recent or a stronger sign-in than the caller's (RFC 9470 §3).
    pub fn check_step_up(&self, action: GuardedAction) -> Result<(), ApiError> {
        self.guard.check_step_up(action, &self.authentication).inspect_err(|_| {
            audit::record(Event::StepUpRequired, Some(&self.user), Some(&action.name()));
        })
    }

    /// Resolves when the caller's session has ended.
    pub fn session_end(&self) -> SessionEnd {
        self.session.as_ref().map_or_else(SessionEnd::never, |session| self.sessions.watch(session))
    }

    async fn authenticate<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<Self, AuthError> {
        let credentials = Credentials::in_headers(&parts.headers)?;
        let Services { guard, proofs, sessions, edge, .. } = Services::from_request_parts(parts, state)
            .await
            .map_err(|error| AuthError::Unavailable(error.to_string()))?;
        let parts = &*parts;
        let entry = |credential| Entry { edge: &edge, proofs: &proofs, parts, credential };
        let identity = match &credentials {
            Credentials::WithProof(access_token) => {
                let proof = verify(&proofs, parts, Some(access_token.secret()), NonceRule::Required)?;
                let key = proof.thumbprint.clone();
                edge.saw_key(parts, &key);
                guard.identify(access_token, Some(&key), entry(Credential::Proof(proof))).await?
            }
            Credentials::Bearer(access_token) => {
                guard.identify(access_token, None, entry(Credential::BearerToken(access_token))).await?
            }
        };
        guard.required().check(&identity.permissions).inspect_err(|error| {
            let reason = match error {
                AuthError::RolesLeftOut => {
                    "a role is needed, and the provider has left them out, as there are too many"
                }
                _ => "a scope or a role is lacking",
            };
            audit::record(Event::AccessDenied, Some(&identity.user), Some(&reason));
        })?;
        let Identity { user, session, permissions, authentication } = identity;
        Ok(Self { user, session, permissions, authentication, guard, sessions, edge })
    }
}

impl Admission for Entry<'_> {
    /// The limits come first, as a consumed proof takes space in the store.
    async fn admit(self, user: &UserClaims) -> Result<(), AuthError> {
        match self.credential {
            Credential::Proof(proof) => {
                self.edge.allows_person(self.parts, &proof.thumbprint, user).await?;
                self.proofs.consume(&proof).await?;
            }
            Credential::BearerToken(token) => self.edge.allows_bearer(self.parts, token, user).await?,
        }
        if let Some(call) = self.parts.extensions.get::<Call>() {
            call.prove();
        }
        Ok(())
    }
}
