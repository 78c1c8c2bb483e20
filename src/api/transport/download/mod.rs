//! A response that is a file. The browser keeps its bytes, which may be more than the page's memory.

// Only the server sends files.
#[cfg(feature = "server")]
mod outgoing;

use dioxus::fullstack::{FromResponse, ServerFnError, response::Response};
use web_sys::Blob;

use super::{fetch::Reply, json::error_of};

/// On the server the file to be sent, in the browser the one that has arrived whole.
pub struct Download {
    #[cfg_attr(not(feature = "server"), expect(dead_code, reason = "only the server sends files"))]
    sent: Option<Response>,
    received: Option<Blob>,
}

impl Download {
    /// The file, where this is the browser.
    pub fn file(self) -> Option<Blob> {
        self.received
    }
}

impl FromResponse<Reply> for Download {
    async fn from_response(reply: Reply) -> Result<Self, ServerFnError> {
        match reply.status() {
            200 => Ok(Self { sent: None, received: Some(reply.blob().await?) }),
            _ => Err(error_of(reply).await),
        }
    }
}
