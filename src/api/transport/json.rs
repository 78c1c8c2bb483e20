//! JSON bodies of requests and responses.
//!
//! Dioxus' own JSON arguments answer undecodable input with 500 and without our error type, and panic on a body that is
//! too large; its JSON answers panic in the browser when the connection drops half-way.

use std::cell::RefCell;

use dioxus::fullstack::{
    FromResponse, ServerFnError,
    body::Bytes,
    extract::{FromRequest, Request},
    http::{Method, StatusCode, header},
    response::{IntoResponse, Json, Response},
};
use futures_util::{FutureExt, future::LocalBoxFuture};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::fetch::Reply;
use crate::wire::error::ApiError;

/// A JSON request body as the server reads it. [`super::dpop`] sends it.
pub struct Body<T>(pub T);

/// A JSON response body.
pub struct Answer<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if request.method() == Method::GET {
            return decode(b"null");
        }
        // A page of another origin can send a form or plain text without asking first, but not JSON.
        if !is_json(&request) {
            return Err(ApiError::UnsupportedMediaType);
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => ApiError::BodyTooLarge,
            _ => ApiError::MalformedRequest { reason: "the body did not arrive whole".into() },
        })?;
        decode(&bytes)
    }
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        Json(self.0).into_response()
    }
}

impl<T: DeserializeOwned> FromResponse<Reply> for Answer<T> {
    async fn from_response(reply: Reply) -> Result<Self, ServerFnError> {
        let json = text_of(reply).await?;
        serde_json::from_str(&json).map(Self).map_err(|error| ServerFnError::Deserialization(error.to_string()))
    }
}

fn is_json(request: &Request) -> bool {
    request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json"))
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<Body<T>, ApiError> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let (path, cause) = (error.path().to_string(), error.inner());
        match cause.classify() {
            serde_json::error::Category::Data => {
                ApiError::InvalidField { field: missing_field(&path, &cause.to_string()), reason: cause.to_string() }
            }
            _ => ApiError::MalformedRequest { reason: cause.to_string() },
        }
    })?;
    json.end().map_err(|error| ApiError::MalformedRequest { reason: error.to_string() })?;
    Ok(Body(value))
}

/// The path of a missing field ends at its parent; only the message names the field itself.
fn missing_field(path: &str, message: &str) -> String {
    let Some(name) = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) else {
        return path.to_owned();
    };
    if path == "." { name.to_owned() } else { format!("{path}.{name}") }
}

/// Of an error response, what [`ServerFnError`] carries.
#[derive(Deserialize)]
struct ErrorBody {
    code: u16,
    message: String,
    data: Option<serde_json::Value>,
}

const REQUEST_ID: &str = "X-Request-Id";

thread_local! {
    /// The latest error response, with the id of its request.
    static LATEST_ERROR: RefCell<Option<(ApiError, String)>> = const { RefCell::new(None) };
}

/// The id of the request that was last answered with this error. The server's log has it in every line of that request.
pub fn request_refused_with(error: &ApiError) -> Option<String> {
    LATEST_ERROR.with_borrow(|latest| {
        let (latest, request_id) = latest.as_ref()?;
        (latest == error).then(|| request_id.clone())
    })
}

/// Not generic, so that it is compiled once for all endpoints: every visitor downloads it.
fn text_of(reply: Reply) -> LocalBoxFuture<'static, Result<String, ServerFnError>> {
    async move {
        match reply.status() {
            200..300 => Ok(reply.text().await?),
            _ => Err(error_of(reply).await),
        }
    }
    .boxed_local()
}

/// The error that a response with an error status carries.
pub(super) async fn error_of(reply: Reply) -> ServerFnError {
    let (status, request_id) = (reply.status(), reply.header(REQUEST_ID));
    let text = reply.text().await.unwrap_or_default();
    let (error, carried) = parse_error(status, &text);
    LATEST_ERROR.set(carried.zip(request_id));
    error
}

/// The error of such a response, and the [`ApiError`] in it. Without one, the status is all there is: the body is a proxy's
/// page or was cut short, or a newer server's error is unknown here. Dioxus would take details that are no [`ApiError`] for a
/// lost connection, so they are left out.
pub(super) fn parse_error(status: u16, body: &str) -> (ServerFnError, Option<ApiError>) {
    let Ok(ErrorBody { code, message, data }) = serde_json::from_str(body) else {
        return (ServerFnError::ServerError { message: "no details".into(), code: status, details: None }, None);
    };
    let carried = data.as_ref().and_then(|data| ApiError::deserialize(data).ok());
    let details = data.filter(|_| carried.is_some());
    (ServerFnError::ServerError { message, code, details }, carried)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::auth::RefreshRequest;

    fn error(json: &str) -> ApiError {
        decode::<RefreshRequest>(json.as_bytes()).err().unwrap()
    }

    #[test]
    fn broken_json_is_malformed_and_says_where() {
        assert!(matches!(error("{\"session\": "), ApiError::MalformedRequest { reason } if reason.contains("line 1")));
        assert!(matches!(error(""), ApiError::MalformedRequest { .. }));
        assert!(matches!(error("{\"session\": \"a\"} {}"), ApiError::MalformedRequest { .. }));
    }

    #[test]
    fn a_missing_or_mistyped_field_is_named() {
        assert!(matches!(error("{}"), ApiError::InvalidField { field, .. } if field == "session"));
        assert!(matches!(error("{\"session\": 7}"), ApiError::InvalidField { field, .. } if field == "session"));
    }
}
