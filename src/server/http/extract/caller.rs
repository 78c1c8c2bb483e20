//! The caller of a guarded endpoint.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};

use super::{credentials::Credentials, proof::verify};
use crate::{
    server::{
        auth::{
            access_token::{Admission, AuthError, Identity},
            dpop::{NonceRule, Proof, Proofs},
            oidc::Permissions,
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
    },
};

/// Somebody with a valid access token. An endpoint that takes a `Caller` can't be entered without one.
pub struct Caller {
    pub user: UserClaims,
    /// The session that the access token was issued to, if this server issued it.
    pub session: Option<SecretHash>,
    pub permissions: Permissions,
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
        guard.required().check(&identity.permissions).inspect_err(|_| {
            audit::record(Event::AccessDenied, Some(&identity.user), Some(&"a scope or a role is lacking"));
        })?;
        let Identity { user, session, permissions } = identity;
        Ok(Self { user, session, permissions, sessions, edge })
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
