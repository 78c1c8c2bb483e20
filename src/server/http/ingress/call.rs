//! What one call has shown of its caller. Limits are charged by it: an address only for calls that show nobody.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU8, Ordering},
};

use axum::{
    extract::FromRequestParts,
    http::{Extensions, Uri, request::Parts},
};

use super::ClientAddress;
use crate::{server::proof::Thumbprint, wire::error::ApiError};

/// In the extensions of each request; whoever verifies something says so here.
#[derive(Clone, Debug)]
pub struct Call(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    address: ClientAddress,
    /// `GET /api/authorize`, the one call for which a key without a session is enough.
    begins_login: bool,
    shown: AtomicU8,
    /// That its proof is by.
    key: OnceLock<Thumbprint>,
}

/// Each is more than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shown {
    /// No proof and no token, or none that is good.
    Nothing,
    /// Nothing good, and the address has been charged for it.
    Charged,
    /// A proof whose signature is good, by a key that anybody may have made just now.
    Key,
    /// The same by a key that somebody has signed in with.
    KnownKey,
    /// A proof by the key of the session, the login or the access token that it came for.
    Caller,
}

const SHOWN: [Shown; 5] = [Shown::Nothing, Shown::Charged, Shown::Key, Shown::KnownKey, Shown::Caller];

impl Call {
    pub(super) fn new(address: ClientAddress, uri: &Uri) -> Self {
        let begins_login = uri.path() == "/api/authorize";
        Self(Arc::new(Inner {
            address,
            begins_login,
            shown: AtomicU8::new(Shown::Nothing as u8),
            key: OnceLock::new(),
        }))
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

    pub(super) fn shown(&self) -> Shown {
        SHOWN.get(usize::from(self.0.shown.load(Ordering::Relaxed))).copied().unwrap_or(Shown::Nothing)
    }

    pub(super) fn show(&self, shown: Shown) {
        self.0.shown.fetch_max(shown as u8, Ordering::Relaxed);
    }

    pub(super) fn show_key(&self, key: &Thumbprint, is_known: bool) {
        // It has one proof, so one key.
        let _ = self.0.key.set(key.clone());
        self.show(if is_known { Shown::KnownKey } else { Shown::Key });
    }

    pub(super) fn key(&self) -> Option<&Thumbprint> {
        self.0.key.get()
    }

    /// The caller is who may make this call: by a proof that was consumed, or by a token that is good without one.
    pub fn prove(&self) {
        self.show(Shown::Caller);
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Call {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Self::of(&parts.extensions).cloned().ok_or(ApiError::Internal)
    }
}
