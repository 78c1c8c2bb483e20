//! The guard of the API doors: no good access token, no entry; and no entry with a token that was made for another
//! browser.
//!
//! | file | holds |
//! |---|---|
//! | `presented` | the access token of a request |
//! | `access_token` | whose it is, judged in one of three ways |
//! | `introspections` | what the provider said of it a moment ago |
//! | `permission` | scopes and roles that a caller needs |

mod access_token;
mod introspections;
mod permission;
mod presented;

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};

pub use access_token::{AccessTokenCheck, AccessTokenGuard, GuardSettings};
pub use introspections::{GOOD_FOR, REFUSED_FOR};
pub use permission::RequiredPermissions;

use presented::Presented;

use super::{
    Services,
    audit::{self, Event},
    http::ingress::{Call, Edge, OpenStream, TooMany},
    oidc::AccessTokenError,
    proof::{Proof, ProofChallenge, Proofs},
    sessions::{SecretHash, SessionEnd, Sessions, StoreError},
};
use crate::wire::{
    auth::{AccessToken, UserClaims},
    error::ApiError,
};

/// Whoever called a guarded door with a good access token. A door that takes one can't be entered without.
pub struct Caller {
    pub user: UserClaims,
    /// The session that the access token was issued to, if it was issued here.
    pub session: Option<SecretHash>,
    sessions: Arc<Sessions>,
    edge: Arc<Edge>,
}

/// The last step of a call whose token is good: it is charged, and its proof is consumed.
struct Entry<'a> {
    edge: &'a Edge,
    proofs: &'a Proofs,
    parts: &'a Parts,
    by: By<'a>,
}

enum By<'a> {
    Key(Proof),
    BearerToken(&'a AccessToken),
}

impl Caller {
    /// To be held as long as a stream of events is open.
    pub fn open_stream(&self) -> Result<OpenStream, ApiError> {
        self.edge.open_stream(&self.user)
    }

    /// Tells when the caller's session has ended.
    pub fn session_end(&self) -> SessionEnd {
        self.session.as_ref().map_or_else(SessionEnd::never, |session| self.sessions.watch(session))
    }
}

/// Why a call was not let in (RFC 6750 §3, RFC 9449 §7.1).
pub enum Refusal {
    /// No `Authorization`: the challenge carries no error code (RFC 6750 §3.1).
    NoToken,
    /// Malformed, unknown, expired, or of a session that has ended. With the reason for the log.
    InvalidToken(String),
    /// Made for another browser: to whoever calls, the same.
    OtherBrowser,
    Proof(ProofChallenge),
    /// The token is good, but not for this; with the scopes that would be. Refreshing does not help.
    InsufficientScope(String),
    /// The token could not be judged, for this reason. Nothing fails open.
    Unavailable(String),
    TooMany(TooMany),
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    /// Each step costs more than the one before, and only a token of this key's makes us remember its proof.
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        Self::of(parts, state).await.inspect_err(Refusal::record)
    }
}

impl Caller {
    async fn of<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let presented = Presented::in_headers(&parts.headers)?;
        let Services { guard, proofs, sessions, edge, .. } = Services::from_request_parts(parts, state)
            .await
            .map_err(|error| Refusal::Unavailable(error.to_string()))?;
        let parts = &*parts;
        let entry = |by| Entry { edge: &edge, proofs: &proofs, parts, by };
        let identity = match &presented {
            Presented::WithProof(access_token) => {
                let proof = proofs.verify(parts, Some(access_token.secret()))?;
                let key = proof.thumbprint.clone();
                edge.saw_key(parts, &key).await;
                guard.identify(access_token, Some(&key), entry(By::Key(proof))).await?
            }
            Presented::Bearer(access_token) => {
                guard.identify(access_token, None, entry(By::BearerToken(access_token))).await?
            }
        };
        guard.required().check(&identity.permissions).inspect_err(|_| {
            audit::record(Event::AccessDenied, Some(&identity.user), Some(&"a scope or a role is lacking"));
        })?;
        Ok(Self { user: identity.user, session: identity.session, sessions, edge })
    }
}

impl Entry<'_> {
    /// For this person, whose token it is. The limits come first: a proof that is consumed takes room in the store.
    async fn admit(self, user: &UserClaims) -> Result<(), Refusal> {
        match self.by {
            By::Key(proof) => {
                self.edge.allows_person(self.parts, &proof.thumbprint, user).await?;
                self.proofs.consume(&proof).await?;
            }
            By::BearerToken(token) => self.edge.allows_bearer(self.parts, token, user).await?,
        }
        if let Some(call) = self.parts.extensions.get::<Call>() {
            call.prove();
        }
        Ok(())
    }
}

impl From<TooMany> for Refusal {
    fn from(too_many: TooMany) -> Self {
        Self::TooMany(too_many)
    }
}

impl Refusal {
    fn record(&self) {
        match self {
            // Whoever sends no token has not tried to get in with one; the others were recorded where they were seen.
            Self::NoToken | Self::Proof(_) | Self::InsufficientScope(_) | Self::TooMany(_) => {}
            Self::InvalidToken(reason) => audit::record(Event::AccessTokenRefused, None, Some(reason)),
            Self::OtherBrowser => audit::record(Event::AccessOtherBrowser, None, None),
            Self::Unavailable(reason) => audit::record(Event::AccessFailed, None, Some(reason)),
        }
    }

    fn invalid_token(reason: &str) -> Self {
        Self::InvalidToken(reason.to_owned())
    }
}

impl From<ProofChallenge> for Refusal {
    fn from(challenge: ProofChallenge) -> Self {
        Self::Proof(challenge)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<AccessTokenError> for Refusal {
    fn from(error: AccessTokenError) -> Self {
        match error {
            AccessTokenError::Unavailable(_) => Self::Unavailable(error.to_string()),
            _ => Self::InvalidToken(error.to_string()),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let challenge = match self {
            Self::NoToken => HeaderValue::from_static(r#"DPoP algs="ES256""#),
            Self::InvalidToken(_) | Self::OtherBrowser => {
                HeaderValue::from_static(r#"DPoP error="invalid_token", algs="ES256""#)
            }
            Self::Proof(challenge) => return challenge.into_response(),
            Self::InsufficientScope(scope) => return insufficient_scope(&scope),
            Self::Unavailable(_) => return ApiError::Unavailable.into_response(),
            Self::TooMany(too_many) => return too_many.into_response(),
        };
        ([(header::WWW_AUTHENTICATE, challenge)], ApiError::Unauthenticated).into_response()
    }
}

/// RFC 6750 §3.1. Where a role is lacking, there may be no scope to name.
fn insufficient_scope(scope: &str) -> Response {
    let scope = if scope.is_empty() { String::new() } else { format!(r#", scope="{scope}""#) };
    let challenge = format!(r#"DPoP error="insufficient_scope"{scope}, algs="ES256""#);
    ([(header::WWW_AUTHENTICATE, challenge)], ApiError::Forbidden).into_response()
}
