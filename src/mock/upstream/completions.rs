//! The chat completions endpoint: checks the credential, and plays a scenario.

use std::{future::pending, sync::Arc};

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::{body, dialects, errors, scenario::Name, shared::Shared, transcripts::transcript};

pub async fn at_openai(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    answer(&shared, &uri, &headers, &body, false).await
}

pub async fn at_azure(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    answer(&shared, &uri, &headers, &body, true).await
}

async fn answer(shared: &Shared, uri: &Uri, headers: &HeaderMap, body: &[u8], is_azure: bool) -> Response {
    let body: Value = match serde_json::from_slice(body) {
        Ok(body) => body,
        Err(error) => return errors::not_json(&error.to_string()),
    };
    let bearer = header_text(headers, header::AUTHORIZATION.as_str()).and_then(|it| it.strip_prefix("Bearer "));
    let api_key = header_text(headers, "api-key");
    let credential = [("bearer", bearer), ("api-key", api_key)].into_iter().find(|(_, key)| key.is_some());
    let expected = if is_azure { ("api-key", api_key) } else { ("bearer", bearer) };
    let has_key = shared.api_key.as_deref().is_none_or(|key| expected.1 == Some(key));
    let has_version = uri.query().is_some_and(|query| query.starts_with("api-version="));

    let question = last_question(&body);
    let scenario = (has_key && has_version == is_azure).then(|| shared.scenario(&body, &question));
    let path = uri.path_and_query().map_or_else(String::new, ToString::to_string);
    let has_stream_options = !body["stream_options"].is_null();
    let reported = ["traceparent", "x-user-token"].map(|name| header_text(headers, name).map(str::to_owned));
    let request = shared.requests.begin(path, credential.map(|(name, _)| name), reported, body, scenario);
    let Some(scenario) = scenario else {
        request.played();
        return if has_key { errors::no_version() } else { errors::unauthorized() };
    };
    if scenario.name == Name::NoHead {
        // Dropping this future, when the connection closes, records that the client has gone.
        return pending().await;
    }
    if scenario.name == Name::NoStreamOptions && has_stream_options {
        request.played();
        return errors::unknown_stream_options();
    }
    if scenario.name == Name::Echo {
        request.played();
        return errors::echo(header_text(headers, header::AUTHORIZATION.as_str()).or(api_key), &question);
    }
    match transcript(scenario, &question, is_azure) {
        Some(parts) => (dialects::headers(scenario.name), body::body(parts, request)).into_response(),
        None => {
            request.played();
            errors::response(scenario).unwrap_or_default()
        }
    }
}

fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn last_question(body: &Value) -> String {
    let messages = body["messages"].as_array();
    let question = messages.into_iter().flatten().rfind(|message| message["role"] == "user");
    question.and_then(|question| question["content"].as_str()).unwrap_or_default().to_owned()
}
