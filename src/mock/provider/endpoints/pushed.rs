//! The pushed authorization request endpoint: `POST /par` (RFC 9126).

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Extension, Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::mock::provider::{
    endpoints::{authorize, token::authenticate, token_error::TokenError},
    params::Params,
    shared::Shared,
    state::{calls::OpenCall, secret::Secret},
};

const LIFETIME: Duration = Duration::from_secs(60);

/// What a `request_uri` begins with (RFC 9126 §2.2).
const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

/// Requests that were pushed and not begun yet.
#[derive(Debug, Default)]
pub struct PushedRequests(HashMap<String, (String, Instant)>);

impl PushedRequests {
    fn push(&mut self, request: String, now: Instant) -> String {
        self.0.retain(|_, (_, expires)| now < *expires);
        let uri = format!("{PREFIX}{}", Secret::random().expose());
        self.0.insert(uri.clone(), (request, now + LIFETIME));
        uri
    }

    /// The request, once (RFC 9126 §7.3).
    pub fn take(&mut self, request_uri: &str, now: Instant) -> Option<String> {
        self.0.remove(request_uri).filter(|(_, expires)| now < *expires).map(|(request, _)| request)
    }

    /// As if their time had come.
    pub fn expire(&mut self) {
        self.0.clear();
    }
}

pub async fn push(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Arc<OpenCall>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let params = Params::parse(&body);
    let accepted = authenticate(&shared, &headers, &params).and_then(|()| {
        // RFC 9126 §2.1
        match params.get("request_uri") {
            Some(_) => Err(TokenError::InvalidRequest("request_uri can't be pushed".into())),
            None => authorize::check(&shared, &params).map_err(|words| TokenError::InvalidRequest(words.into())),
        }
    });
    if let Err(error) = accepted {
        call.outcome(error.code());
        return error.into_response();
    }
    let request_uri = shared.pushed_requests().push(String::from_utf8_lossy(&body).into_owned(), Instant::now());
    let answer = json!({ "request_uri": request_uri, "expires_in": LIFETIME.as_secs() });
    (StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pushed_request_is_good_once_and_for_a_minute() {
        let now = Instant::now();
        let mut requests = PushedRequests::default();
        let uri = requests.push("a=b".into(), now);
        assert_eq!(requests.take(&uri, now).as_deref(), Some("a=b"));
        assert_eq!(requests.take(&uri, now), None);
        let uri = requests.push("a=b".into(), now);
        assert_eq!(requests.take(&uri, now + LIFETIME), None);
    }
}
