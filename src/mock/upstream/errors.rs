//! Responses that are no stream: errors, a redirect, a page.

use axum::{
    Json,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use serde_json::{Value, json};

use super::scenario::{Name, Scenario};

const DEFAULT_RETRY_AFTER: u64 = 7;

/// The response of a scenario; `None` for scenarios that stream.
pub fn response(scenario: Scenario) -> Option<Response> {
    let retry_after = scenario.number.unwrap_or(DEFAULT_RETRY_AFTER);
    Some(match scenario.name {
        Name::Unauthorized => unauthorized(),
        Name::RateLimited => after("retry-after", retry_after, error(429, "requests", "rate_limit_exceeded")),
        Name::RateLimitedMs => after("retry-after-ms", retry_after, error(429, "requests", "rate_limit_exceeded")),
        Name::Quota => error(429, "insufficient_quota", "insufficient_quota"),
        Name::TooLong => error(400, "invalid_request_error", "context_length_exceeded"),
        Name::PolicyViolation => policy_violation(),
        Name::NoModel => error(404, "invalid_request_error", "model_not_found"),
        Name::ServerError => (StatusCode::INTERNAL_SERVER_ERROR, page()).into_response(),
        Name::Unavailable => after("retry-after", retry_after, error(503, "server_error", "unavailable")),
        Name::Redirect => Redirect::temporary("/v1/chat/completions?elsewhere").into_response(),
        Name::Page => page().into_response(),
        _ => return None,
    })
}

pub fn unauthorized() -> Response {
    error(401, "invalid_request_error", "invalid_api_key")
}

/// Repeats the credential and the question, as careless servers do.
pub fn echo(credential: Option<&str>, question: &str) -> Response {
    let text = format!("Incorrect API key provided: {}. You asked: {question}", credential.unwrap_or_default());
    with_status(401, &json!({ "message": text, "type": text, "param": question, "code": text }))
}

/// Azure answers 404 if the query has no `api-version`.
pub fn no_version() -> Response {
    error(404, "invalid_request_error", "404")
}

pub fn not_json(reason: &str) -> Response {
    let error = json!({ "message": reason, "type": "invalid_request_error", "param": null, "code": null });
    (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response()
}

/// As older servers answer.
pub fn unknown_stream_options() -> Response {
    let message = "Unrecognized request argument supplied: stream_options";
    with_status(400, &json!({ "message": message, "type": "invalid_request_error", "param": null, "code": null }))
}

fn error(status: u16, kind: &str, code: &str) -> Response {
    let message = format!("The mock upstream is set to answer {code}.");
    with_status(status, &json!({ "message": message, "type": kind, "param": null, "code": code }))
}

fn policy_violation() -> Response {
    let inner =
        json!({ "code": "ResponsibleAIPolicyViolation", "content_filter_result": { "hate": { "filtered": true } } });
    with_status(
        400,
        &json!({
            "message": "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
            "type": null, "param": "prompt", "code": "content_filter", "status": 400, "innererror": inner,
        }),
    )
}

fn with_status(status: u16, error: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or_default();
    let request_id = [("x-request-id", "req_mock")];
    (status, request_id, Json(json!({ "error": error }))).into_response()
}

fn after(name: &'static str, wait: u64, response: Response) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(name, HeaderValue::from(wait));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    (headers, response).into_response()
}

fn page() -> Html<&'static str> {
    Html("<!doctype html><title>Sorry</title><h1>Something else answers here</h1>")
}
