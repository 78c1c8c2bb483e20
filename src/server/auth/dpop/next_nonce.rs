//! The next nonce for a client, on its way to the answer's `DPoP-Nonce` header (RFC 9449 §8.2).

use std::sync::{Arc, OnceLock};

use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue};

const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// A slot in a request's extensions. [`super::Proofs`] fills it once it knows whose key signed the request's proof, and the
/// router sends what is in it with the answer, whatever that is: so a client that makes calls always has a good nonce, and
/// no endpoint has to do anything for it.
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
        // Full already where a request is looked at twice: one nonce is as good as the other.
        let _ = self.0.set(nonce);
    }
}
