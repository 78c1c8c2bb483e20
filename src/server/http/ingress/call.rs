//! How far the caller of an endpoint is identified. The rate limits depend on it: an address is charged only for calls
//! that identify nobody.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use axum::{
    extract::FromRequestParts,
    http::{Extensions, Uri, request::Parts},
};

use super::ClientAddress;
use crate::{server::auth::dpop::Thumbprint, wire::error::ApiError};

/// In the extensions of each request. Those who verify a proof or a token note the result here.
#[derive(Clone, Debug)]
pub struct Call(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    address: ClientAddress,
    /// `GET /api/authorize`, the one call for which a key without a session is enough.
    begins_login: bool,
    identity: Mutex<Identity>,
    /// The key of its proof.
    key: OnceLock<Thumbprint>,
}

/// In ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Identity {
    /// No good proof and no good token.
    Unidentified,
    /// The same, and the address has been charged for it.
    Charged,
    /// A proof with a good signature, by a key that may be new.
    UnknownKey,
    /// A proof with a good signature, by a key that a user has signed in with.
    KnownKey,
    /// A proof by the key of the session, the login or the access token that the call is for.
    Authenticated,
}

impl Call {
    pub(super) fn new(address: ClientAddress, uri: &Uri) -> Self {
        let begins_login = uri.path() == "/api/authorize";
        let identity = Mutex::new(Identity::Unidentified);
        Self(Arc::new(Inner { address, begins_login, identity, key: OnceLock::new() }))
    }

    pub(super) fn of(extensions: &Extensions) -> Option<&Self> {
        extensions.get()
    }

    pub fn address(&self) -> ClientAddress {
        self.0.address
    }

    pub(super) fn begins_login(&self) -> bool {
        self.0.begins_login
    }

    pub(super) fn identity(&self) -> Identity {
        *self.lock()
    }

    /// Never lowers it.
    pub(super) fn raise(&self, identity: Identity) {
        let mut known = self.lock();
        *known = identity.max(*known);
    }

    pub(super) fn note_key(&self, key: &Thumbprint, is_known: bool) {
        // A call has one proof, so one key.
        let _ = self.0.key.set(key.clone());
        self.raise(if is_known { Identity::KnownKey } else { Identity::UnknownKey });
    }

    pub(super) fn key(&self) -> Option<&Thumbprint> {
        self.0.key.get()
    }

    /// The caller is authenticated: by a proof that was consumed, or by a token that is good without one.
    pub fn prove(&self) {
        self.raise(Identity::Authenticated);
    }

    fn lock(&self) -> MutexGuard<'_, Identity> {
        // A panic can't leave it half-written.
        self.0.identity.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Call {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Self::of(&parts.extensions).cloned().ok_or(ApiError::Internal)
    }
}
