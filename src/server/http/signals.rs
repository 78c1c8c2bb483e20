//! `POST /security-events` (RFC 8935) and `POST /global-token-revocation`: signals that a person's sessions must end. A signed
//! token alone authenticates each of them. Both exist only where they are switched on.

use axum::{
    Json, Router,
    body::Bytes,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Map, Value, json};

use super::Services;
use crate::{
    server::{
        auth::{
            oidc::{SignalError, SignalSettings, SubjectError},
            sessions::SignalFailure,
        },
        observe::audit::{self, Event},
    },
    wire::error::RETRY_AFTER_SECONDS,
};

pub const SECURITY_EVENTS: &str = "/security-events";
pub const GLOBAL_REVOCATION: &str = "/global-token-revocation";

pub fn routes(settings: &SignalSettings) -> Router {
    let mut routes = Router::new();
    if settings.security_events {
        routes = routes.route(SECURITY_EVENTS, post(receive_event));
    }
    if settings.global_revocation {
        routes = routes.route(GLOBAL_REVOCATION, post(revoke));
    }
    routes
}

/// 202 says that the event was taken (RFC 8935 §2.2), also one that was taken before.
async fn receive_event(services: Services, headers: HeaderMap, body: Bytes) -> Response {
    if !is(&headers, "application/secevent+jwt") {
        return refused_event("invalid_request", "the body must be application/secevent+jwt");
    }
    // Some transmitters end it with a line break.
    let Ok(token) = str::from_utf8(&body) else { return refused_event("invalid_request", "it is not text") };
    match services.sessions.receive_security_event(token.trim_ascii()).await {
        Ok(()) | Err(SignalFailure::Replayed) => no_store(StatusCode::ACCEPTED),
        Err(failure) => match recorded(&failure) {
            None => try_later(),
            Some(error) => refused_event(event_error(error), &failure.to_string()),
        },
    }
}

/// 204, also where nobody was signed in.
async fn revoke(services: Services, headers: HeaderMap, body: Bytes) -> Response {
    let Some(authorization) = bearer(&headers) else { return unauthorized("a signed JWT is needed") };
    let body = is(&headers, "application/json").then(|| serde_json::from_slice::<Map<String, Value>>(&body).ok());
    // `subject` is the name of earlier drafts.
    let body = body.flatten().unwrap_or_default();
    let subject = body.get("sub_id").or_else(|| body.get("subject"));
    match services.sessions.revoke_globally(authorization, subject).await {
        Ok(()) => no_store(StatusCode::NO_CONTENT),
        Err(failure @ SignalFailure::Replayed) => {
            audit::record(Event::SignalRefused, None, Some(&failure));
            unauthorized("the JWT was used before")
        }
        Err(failure) => match recorded(&failure) {
            None => try_later(),
            Some(SignalError::Subject(SubjectError::OtherIssuer)) => no_store(StatusCode::NOT_FOUND),
            Some(SignalError::Subject(error)) => {
                let body = json!({ "error": "invalid_request", "error_description": error.to_string() });
                (StatusCode::BAD_REQUEST, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
            }
            Some(error) => unauthorized(&error.to_string()),
        },
    }
}

/// Recorded here, once, at the boundary. `None` if the same signal may be accepted later.
fn recorded(failure: &SignalFailure) -> Option<&SignalError> {
    match failure {
        SignalFailure::Refused(error) if !error.is_undecided() => {
            audit::record(Event::SignalRefused, None, Some(failure));
            Some(error)
        }
        _ => {
            audit::record(Event::SignalFailed, None, Some(failure));
            None
        }
    }
}

/// RFC 8935 §2.4.
fn event_error(error: &SignalError) -> &'static str {
    match error {
        SignalError::BadSignature => "invalid_key",
        SignalError::OtherIssuer => "invalid_issuer",
        SignalError::OtherAudience => "invalid_audience",
        _ => "invalid_request",
    }
}

fn refused_event(err: &'static str, description: &str) -> Response {
    let headers = [(header::CACHE_CONTROL, "no-store"), (header::CONTENT_LANGUAGE, "en")];
    (StatusCode::BAD_REQUEST, headers, Json(json!({ "err": err, "description": description }))).into_response()
}

/// RFC 6750 §3.
fn unauthorized(description: &str) -> Response {
    let challenge = HeaderValue::from_static(r#"Bearer error="invalid_token""#);
    let body = json!({ "error": "invalid_token", "error_description": description });
    let headers =
        [(header::CACHE_CONTROL, HeaderValue::from_static("no-store")), (header::WWW_AUTHENTICATE, challenge)];
    (StatusCode::UNAUTHORIZED, headers, Json(body)).into_response()
}

fn try_later() -> Response {
    let mut response = no_store(StatusCode::SERVICE_UNAVAILABLE);
    response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS.into());
    response
}

fn no_store(status: StatusCode) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")]).into_response()
}

fn is(headers: &HeaderMap, media_type: &str) -> bool {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(media_type)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
