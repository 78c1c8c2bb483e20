//! How [`ApiError`] leaves the server, and how it arrives.
//!
//! Dioxus answers an error of its own kinds with 500 and not with the status it carries; an error with `AsStatusCode` keeps its
//! status. It gives such an error no way to set headers and no place for the request's id, so `server::http::errors`
//! writes the response instead.

use dioxus::fullstack::{
    AsStatusCode, FullstackContext, RequestError, ServerFnError, StatusCode,
    response::{IntoResponse, Response},
};

use crate::wire::{
    error::{ApiError, RETRY_AFTER_SECONDS},
    returned_error::ReturnedError,
};

impl AsStatusCode for ApiError {
    /// Dioxus calls this when a server function has returned the error, and at no other time: the one moment to note it.
    fn as_status_code(&self) -> StatusCode {
        let returned = FullstackContext::current().and_then(|context| context.extension::<ReturnedError>());
        if let Some(returned) = returned {
            returned.set(self.clone());
        }
        self.status()
    }
}

/// For errors of extractors and layers. The body is written by `server::http::errors`.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// For failures of Dioxus' own, and for answers that are not from our server but from a proxy before it. An answer whose
/// `data` is an [`ApiError`] does not come here: Dioxus has decoded it.
impl From<ServerFnError> for ApiError {
    fn from(error: ServerFnError) -> Self {
        let status = match &error {
            ServerFnError::ServerError { code, .. } => Some(*code),
            ServerFnError::Request(RequestError::Status(_, code)) => Some(*code),
            _ => None,
        };
        match status {
            Some(400) => Self::MalformedRequest { reason: error.to_string() },
            Some(401) => Self::Unauthenticated,
            Some(403) => Self::Forbidden,
            Some(409) => Self::Conflict,
            Some(413) => Self::BodyTooLarge,
            Some(429) => Self::TooManyRequests { retry_after: RETRY_AFTER_SECONDS },
            Some(502..=504) => Self::Unavailable,
            Some(500) => Self::Internal,
            _ => Self::Unreachable,
        }
    }
}

#[cfg(test)]
mod tests {
    use dioxus::fullstack::{RequestDecodeErr, ServerFnDecoder};

    use super::*;
    use crate::api::transport::json::parse_error;

    /// As the client half of a server function decodes it.
    async fn decoded(error: ServerFnError) -> ApiError {
        let decoder = &&&&&ServerFnDecoder::<Result<(), ApiError>>::new();
        decoder.decode_client_err(Ok(Err(error))).await.unwrap_err()
    }

    #[tokio::test]
    async fn an_answer_is_the_error_that_was_returned_or_else_what_its_status_says() {
        let answered = |code, details| ServerFnError::ServerError { message: "m".into(), code, details };
        let ours = serde_json::to_value(ApiError::SessionEnded).unwrap();
        let no_answer = ServerFnError::Request(RequestError::Request("no network".into()));
        for (error, expected) in [
            (answered(401, Some(ours)), ApiError::SessionEnded),
            (answered(401, None), ApiError::Unauthenticated),
            (answered(502, None), ApiError::Unavailable),
            (ServerFnError::Deserialization("half of it".into()), ApiError::Unreachable),
            (no_answer, ApiError::Unreachable),
        ] {
            assert_eq!(decoded(error).await, expected);
        }
    }

    #[tokio::test]
    async fn of_a_newer_servers_error_the_status_counts() {
        let body = |data| format!(r#"{{"message":"m","code":401,"data":{data}}}"#);
        for (data, expected) in [
            (r#"{"kind":"session_ended"}"#, ApiError::SessionEnded),
            (r#"{"kind":"of_the_next_release"}"#, ApiError::Unauthenticated),
            (r#"{"kind":"limit_reached","limit":"of_the_next_release"}"#, ApiError::Unauthenticated),
            ("null", ApiError::Unauthenticated),
        ] {
            let (error, carried) = parse_error(401, &body(data));
            assert_eq!(carried.unwrap_or(ApiError::Unauthenticated), expected, "{data}");
            assert_eq!(decoded(error).await, expected, "{data}");
        }
    }
}
