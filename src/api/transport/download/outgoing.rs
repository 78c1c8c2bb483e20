//! The server's half of a download.

use axum::{
    BoxError,
    body::Body,
    http::header,
    response::{IntoResponse, Response},
};
use futures_util::Stream;

use super::Download;
use crate::wire::error::ApiError;

impl Download {
    /// A stream of pieces. Where one fails, the connection is closed, and the browser has no file.
    pub fn of<S, E>(media_type: &'static str, pieces: S) -> Self
    where
        S: Stream<Item = Result<Vec<u8>, E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        let sent = ([(header::CONTENT_TYPE, media_type)], Body::from_stream(pieces)).into_response();
        Self { sent: Some(sent), received: None }
    }
}

impl IntoResponse for Download {
    fn into_response(self) -> Response {
        // A file that was received is not sent.
        self.sent.unwrap_or_else(|| ApiError::Internal.into_response())
    }
}
