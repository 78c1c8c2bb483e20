//! How the error of a server function reaches the layer that writes error responses.

use std::sync::{Arc, OnceLock};

use super::error::ApiError;

/// In the extensions of a request. Dioxus writes the response to a returned error itself, without headers and without the
/// request's id; so the error is put here (`api::transport::error`) for `server::http::errors`, which writes that response
/// as it writes all others.
#[derive(Clone, Debug, Default)]
pub struct ReturnedError(Arc<OnceLock<ApiError>>);

impl ReturnedError {
    pub fn set(&self, error: ApiError) {
        // One request has one response.
        let _ = self.0.set(error);
    }

    pub fn get(&self) -> Option<&ApiError> {
        self.0.get()
    }
}
