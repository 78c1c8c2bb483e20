//! What the endpoints call.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};
use tokio_util::sync::CancellationToken;

use crate::{
    server::{
        auth::{access_token::AccessTokenGuard, dpop::Proofs, sessions::Sessions},
        chat::{Chat, upstream::UserTokens},
        conversations::{Conversations, notice::Notices},
        http::{ingress::Edge, pages::Furnishing, readiness::Readiness},
        observe::audit::Pseudonyms,
    },
    wire::error::ApiError,
};

/// What the endpoints call. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    pub sessions: Arc<Sessions>,
    pub proofs: Arc<Proofs>,
    pub chat: Chat,
    pub guard: Arc<AccessTokenGuard>,
    pub conversations: Arc<Conversations>,
    pub edge: Arc<Edge>,
    /// For `/readyz`.
    pub readiness: Arc<Readiness>,
    /// For the audit.
    pub pseudonyms: Pseudonyms,
    /// What is to be accepted before the first question.
    pub notices: Notices,
    /// Identifies the user to the model's server, where the operator wants that.
    pub user_tokens: Option<UserTokens>,
    /// For the pages.
    pub furnishing: Furnishing,
    /// Cancelled when the server drains: no more requests should be sent here.
    pub draining: CancellationToken,
}

impl<S: Send + Sync> FromRequestParts<S> for Services {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Arc<Self>>().map(|services| Self::clone(services)).ok_or(ApiError::Internal)
    }
}
