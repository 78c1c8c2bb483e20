//! How a door's argument and answer travel.
//!
//! The framework's own JSON arguments answer undecodable input past our error type, panic on an oversized body and
//! send no body for `{}`; its own JSON answers panic in the browser when the connection drops half-way. These two
//! types do neither.

use std::cell::RefCell;

use dioxus::fullstack::{
    ClientResponse, FromResponse, ServerEvents, ServerFnError,
    body::Bytes,
    extract::{FromRequest, Request},
    http::{Method, StatusCode, header},
    response::{IntoResponse, Json, Response},
};
use futures_util::{FutureExt, future::LocalBoxFuture};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::wire::{chat::ChatEvent, error::ApiError};

/// Well below the half minute after which the most impatient proxies give up.
#[cfg(feature = "server")] // only the server sends events
const LONGEST_SILENCE: std::time::Duration = std::time::Duration::from_secs(9);

/// A JSON request body, as a door reads it; [`super::proof`] sends it.
pub struct Body<T>(pub T);

/// A JSON answer.
pub struct Answer<T>(pub T);

/// An answer that streams: `text/event-stream` of JSON events.
pub struct EventStream<T = ChatEvent>(pub ServerEvents<T>);

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

impl<T: DeserializeOwned> FromResponse for Answer<T> {
    async fn from_response(response: ClientResponse) -> Result<Self, ServerFnError> {
        let json = json_of(response).await?;
        serde_json::from_str(&json).map(Self).map_err(|error| ServerFnError::Deserialization(error.to_string()))
    }
}

// Only the server can send events; the browser's build of `ServerEvents` has no such constructor and no such
// conversion.
#[cfg(feature = "server")]
impl<T: Serialize + Send + Sync + 'static> EventStream<T> {
    /// A comment keeps it alive while it is silent: what lies between drops connections that seem idle.
    pub fn of<S>(events: S) -> Self
    where
        S: futures_util::TryStream<Ok = T, Error = axum::BoxError> + Send + 'static,
    {
        let keep_alive = axum::response::sse::KeepAlive::new().interval(LONGEST_SILENCE);
        Self(ServerEvents::from_stream(events).with_keep_alive(Some(keep_alive)))
    }
}

#[cfg(feature = "server")]
impl<T: Serialize + Send + Sync + 'static> IntoResponse for EventStream<T> {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

impl<T: DeserializeOwned + 'static> FromResponse for EventStream<T> {
    async fn from_response(response: ClientResponse) -> Result<Self, ServerFnError> {
        match response.status() {
            StatusCode::OK => ServerEvents::from_response(response).await.map(Self),
            _ => Err(refusal(response).await),
        }
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

/// The body of an error answer: the framework's envelope around our error.
#[derive(Deserialize)]
struct Refusal {
    code: u16,
    message: String,
    data: Option<serde_json::Value>,
    request_id: Option<String>,
}

thread_local! {
    /// The refusal that came last, with its request's name.
    static REFUSED: RefCell<Option<(ApiError, String)>> = const { RefCell::new(None) };
}

/// The name of the request that was last refused so: in the server's log, the lines about it have it.
pub fn request_refused_with(error: &ApiError) -> Option<String> {
    REFUSED.with_borrow(|refused| {
        let (last, request) = refused.as_ref()?;
        (last == error).then(|| request.clone())
    })
}

/// The same for all doors, so it is not made anew for each: every visitor downloads what is.
fn json_of(response: ClientResponse) -> LocalBoxFuture<'static, Result<String, ServerFnError>> {
    async move {
        match response.status().is_success() {
            true => Ok(response.text().await?),
            false => Err(refusal(response).await),
        }
    }
    .boxed_local()
}

async fn refusal(response: ClientResponse) -> ServerFnError {
    let code = response.status().as_u16();
    let text = response.text().await.unwrap_or_default();
    match serde_json::from_str(&text) {
        Ok(Refusal { code, message, data, request_id }) => {
            let error = data.clone().and_then(|data| serde_json::from_value::<ApiError>(data).ok());
            REFUSED.set(error.zip(request_id));
            ServerFnError::ServerError { message, code, details: data }
        }
        // A proxy's page, or a body cut short: the status is all there is.
        Err(_) => ServerFnError::ServerError { message: "no details".into(), code, details: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::auth::RefreshRequest;

    fn error(json: &str) -> ApiError {
        decode::<RefreshRequest>(json.as_bytes()).err().unwrap()
    }

    #[cfg(feature = "server")] // only the server sends events
    #[tokio::test(start_paused = true)]
    async fn a_silent_stream_says_every_ten_seconds_that_it_is_alive() {
        use futures_util::{StreamExt, stream};

        let silent = EventStream::of(stream::pending::<Result<ChatEvent, axum::BoxError>>()).into_response();
        let mut body = silent.into_body().into_data_stream();
        for _ in 0..3 {
            let next = tokio::time::timeout(std::time::Duration::from_secs(10), body.next()).await;
            let comment = next.unwrap().unwrap().unwrap();
            assert!(comment.starts_with(b":") && comment.ends_with(b"\n\n"), "{comment:?}");
        }
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
