//! The errors of an upstream, in a response or in a stream: what they mean, and whether a retry may succeed.

use std::time::Duration;

use reqwest::{StatusCode, header::HeaderMap};
use serde_json::Value;

use super::{UpstreamError, chunk::Chunk, sent::SentRequest};

/// The error object: `{message, type, param, code}` at OpenAI, with variations at other servers.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ErrorBody {
    code: String,
    kind: String,
    param: String,
    message: String,
    /// `innererror.code` at Azure, such as `ResponsibleAIPolicyViolation`.
    inner_code: String,
}

impl ErrorBody {
    /// Reads the body of an error response. All members are empty if it holds no error object.
    pub fn parse(body: &[u8]) -> Self {
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        Self::of(json.get("error").filter(|error| !error.is_null()).unwrap_or(&json))
    }

    /// The error in a chunk, or the chunk itself if it is an error object.
    pub fn from_chunk(chunk: &Chunk, data: &str) -> Option<Self> {
        match chunk.error() {
            Some(error) => Some(Self::of(error)),
            None => chunk.is_error().then(|| Self::parse(data.as_bytes())),
        }
    }

    fn of(error: &Value) -> Self {
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        let member = |name: &str| error.get(name).map(text).unwrap_or_default();
        let inner = error.get("innererror").or_else(|| error.get("inner_error"));
        Self {
            code: member("code"),
            kind: member("type"),
            param: member("param"),
            message: if error.is_string() { text(error) } else { member("message") },
            inner_code: inner.and_then(|inner| inner.get("code")).map(text).unwrap_or_default(),
        }
    }

    /// Logs the error; nothing else does. The message is logged at debug level only, since some upstreams put the
    /// person's text into it.
    pub fn log_and_classify(&self, answer: Option<(StatusCode, &HeaderMap)>, sent: &SentRequest) -> UpstreamError {
        let status = answer.map(|(status, _)| status.as_u16());
        let request_id = answer.and_then(|(_, headers)| text_of(headers, "x-request-id")).map(|id| sent.excerpt(id));
        let [code, kind, param, inner_code] =
            [&self.code, &self.kind, &self.param, &self.inner_code].map(|text| sent.excerpt(text));
        tracing::warn!(status, request_id, code, kind, param, inner_code, "the upstream refused");
        tracing::debug!(reason = sent.excerpt(&self.message), "the upstream's reason");
        self.classify(status, answer.and_then(|(_, headers)| retry_after(headers)))
    }

    fn classify(&self, status: Option<u16>, retry_after: Option<Duration>) -> UpstreamError {
        let codes_in_body = [&self.code, &self.kind, &self.inner_code].map(String::as_str);
        let has_code =
            |codes: &[&str]| codes.iter().any(|code| codes_in_body.iter().any(|it| it.eq_ignore_ascii_case(code)));
        // vLLM has no codes for the first two errors, and LiteLLM drops them: there, only the message is specific.
        let mentions = |phrases: &[&str]| phrases.iter().any(|phrase| self.message.contains(phrase));
        if has_code(&["content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"])
            || mentions(&["ContentPolicyViolation", "content management policy"])
        {
            return UpstreamError::Filtered;
        }
        if has_code(&["context_length_exceeded", "exceed_context_size_error"])
            || mentions(&["ContextWindowExceeded", "context length"])
        {
            return UpstreamError::TooLong;
        }
        if has_code(&["insufficient_quota", "billing_hard_limit_reached", "rate_limit_exceeded", "rate_limit_error"]) {
            return UpstreamError::Limit { retry_after };
        }
        if has_code(&["invalid_api_key", "authentication_error", "permission_error"]) {
            return UpstreamError::Auth;
        }
        if has_code(&["overloaded", "overloaded_error", "server_overloaded"]) {
            return UpstreamError::Busy { retry_after };
        }
        // In a stream, where the status was sent long before, OpenRouter puts it into `code`.
        match status.or_else(|| self.code.parse().ok()).unwrap_or_default() {
            401 | 403 => UpstreamError::Auth,
            402 | 429 => UpstreamError::Limit { retry_after },
            408 => UpstreamError::Timeout,
            409 | 503 | 529 => UpstreamError::Busy { retry_after },
            413 => UpstreamError::TooLong,
            _ => UpstreamError::Upstream,
        }
    }

    /// Whether a retry may succeed. An exhausted quota is not transient.
    pub fn is_transient(&self, status: StatusCode, headers: &HeaderMap) -> bool {
        match text_of(headers, "x-should-retry") {
            Some("true") => true,
            Some("false") => false,
            _ if [&self.code, &self.kind].into_iter().any(|it| it == "insufficient_quota") => false,
            _ => matches!(status.as_u16(), 408 | 409 | 429 | 500..),
        }
    }
}

/// How long the upstream asks clients to wait.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let milliseconds = || text_of(headers, "retry-after-ms")?.parse().ok().map(|ms: f64| ms / 1000.0);
    let seconds = || text_of(headers, "retry-after")?.parse().ok();
    // By the upstream's clock, which may differ from ours (RFC 9110 §10.2.3).
    let until = || {
        let [until, now] = ["retry-after", "date"].map(|name| httpdate::parse_http_date(text_of(headers, name)?).ok());
        Some(until?.duration_since(now?).unwrap_or_default().as_secs_f64())
    };
    Duration::try_from_secs_f64(milliseconds().or_else(seconds).or_else(until)?).ok()
}

fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classified(status: u16, body: &str) -> UpstreamError {
        ErrorBody::parse(body.as_bytes()).classify(Some(status), None)
    }

    #[test]
    fn the_code_in_the_body_counts_more_than_the_status() {
        for (status, body, expected) in [
            (400, r#"{"error":{"code":"content_filter","status":400}}"#, UpstreamError::Filtered),
            (400, r#"{"error":{"innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#, UpstreamError::Filtered),
            (400, r#"{"error":{"code":"context_length_exceeded"}}"#, UpstreamError::TooLong),
            (400, r#"{"error":{"code":400,"type":"exceed_context_size_error"}}"#, UpstreamError::TooLong),
            (
                400,
                r#"{"object":"error","message":"This model's maximum context length is 4096 tokens.","code":400}"#,
                UpstreamError::TooLong,
            ),
            (
                400,
                r#"{"error":{"message":"litellm.ContextWindowExceededError: too much","type":null,"code":"400"}}"#,
                UpstreamError::TooLong,
            ),
            (
                400,
                r#"{"error":{"message":"litellm.BadRequestError: OpenAIException - The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","type":"invalid_request_error","param":"prompt","code":"400"}}"#,
                UpstreamError::Filtered,
            ),
            (429, r#"{"error":{"code":"insufficient_quota"}}"#, UpstreamError::Limit { retry_after: None }),
            (401, r#"{"error":{"code":"invalid_api_key"}}"#, UpstreamError::Auth),
            (403, "<html>forbidden", UpstreamError::Auth),
            (402, "", UpstreamError::Limit { retry_after: None }),
            (404, r#"{"error":"model not found"}"#, UpstreamError::Upstream),
            (503, r#"{"error":null}"#, UpstreamError::Busy { retry_after: None }),
            (413, "[]", UpstreamError::TooLong),
            (500, r#"{"detail":"x"}"#, UpstreamError::Upstream),
        ] {
            assert_eq!(classified(status, body), expected, "{status} {body}");
        }
    }

    #[test]
    fn the_wait_is_read_from_each_of_the_three_headers() {
        for (pairs, expected) in [
            (vec![("retry-after-ms", "1500"), ("retry-after", "9")], Some(1.5)),
            (vec![("retry-after", "7")], Some(7.0)),
            (vec![("retry-after", "0.25")], Some(0.25)),
            (
                vec![("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"), ("date", "Sun, 06 Nov 1994 08:49:27 GMT")],
                Some(10.0),
            ),
            (
                vec![("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"), ("date", "Sun, 06 Nov 1994 08:49:57 GMT")],
                Some(0.0),
            ),
            (vec![("retry-after", "-1")], None),
            (vec![("retry-after", "NaN")], None),
            (vec![("retry-after", "1e300")], None),
            (vec![("retry-after", "soon")], None),
            (vec![], None),
        ] {
            let headers: HeaderMap = pairs.iter().map(|(k, v)| (k.parse().unwrap(), v.parse().unwrap())).collect();
            assert_eq!(retry_after(&headers), expected.map(Duration::from_secs_f64), "{pairs:?}");
        }
    }

    #[test]
    fn only_transient_errors_are_retried() {
        let is_retried = |status: u16, body: &str, should_retry: &str| {
            let headers = [("x-should-retry".parse().unwrap(), should_retry.parse().unwrap())].into_iter().collect();
            ErrorBody::parse(body.as_bytes()).is_transient(StatusCode::from_u16(status).unwrap(), &headers)
        };
        for status in [408, 409, 429, 500, 502, 503, 504, 529] {
            assert!(is_retried(status, "", ""), "{status}");
            assert!(!is_retried(status, "", "false"), "{status}");
        }
        for status in [301, 400, 401, 403, 404, 413, 422] {
            assert!(!is_retried(status, "", ""), "{status}");
            assert!(is_retried(status, "", "true"), "{status}");
        }
        assert!(!is_retried(429, r#"{"error":{"code":"insufficient_quota"}}"#, ""));
    }
}
