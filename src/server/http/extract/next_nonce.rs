//! The next nonce for a client, on its way to the response's `DPoP-Nonce` header (RFC 9449 §8.2).

use std::sync::{Arc, OnceLock};

use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue};

const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// A slot in a request's extensions. It is filled once the proof's signature has been verified, and the router sends its
/// content with the response of any status. So a client in use always has a valid nonce, and no endpoint has to do anything
/// for it.
#[derive(Clone, Debug, Default)]
pub struct NextNonce(Arc<OnceLock<String>>);

impl NextNonce {
    /// An empty slot, for a request.
    pub fn insert_into(extensions: &mut Extensions) -> Self {
        let slot = Self::default();
        extensions.insert(slot.clone());
        slot
    }

    /// The nonce, where the request had a proof whose signature is good.
    pub fn get(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }

    pub fn add_to(&self, headers: &mut HeaderMap) {
        // A nonce is base64url.
        if let Some(nonce) = self.get().and_then(|nonce| HeaderValue::from_str(nonce).ok()) {
            headers.insert(DPOP_NONCE, nonce);
        }
    }

    pub(super) fn set(&self, nonce: String) {
        // A request may be verified twice: either nonce is good.
        let _ = self.0.set(nonce);
    }
}
