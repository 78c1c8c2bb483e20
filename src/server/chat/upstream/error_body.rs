//! The errors of an upstream, in a response or in a stream: what they mean, and whether a retry may succeed.

use std::time::Duration;

use reqwest::{StatusCode, header::HeaderMap};
use serde_json::Value;

use super::{UpstreamError, sent::SentRequest};

/// The error object: `{message, type, param, code}` at OpenAI, with variations at other servers.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ErrorBody {
    code: String,
    kind: String,
    param: String,
    message: String,
    /// `innererror.code` at Azure, such as `ResponsibleAIPolicyViolation`.
    inner_code: String,
    /// The name of the status at Google, such as `RESOURCE_EXHAUSTED`, or its number at others.
    status: String,
}

/// How servers without a code for it say that a conversation is too long, in lower case: vLLM, LiteLLM, llama.cpp,
/// Anthropic, Gemini and Bedrock.
const TOO_LONG: [&str; 7] = [
    "context length",
    "context window",
    "contextwindowexceeded",
    "context size",
    "prompt is too long",
    "input token count",
    "input is too long",
];

impl ErrorBody {
    /// Reads the body of an error response. All members are empty if it holds no error object.
    pub fn parse(body: &[u8]) -> Self {
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        let json = first(&json);
        Self::of(json.get("error").filter(|error| !error.is_null()).unwrap_or(json))
    }

    /// Reads an error: an object, a list with one, or a text.
    pub fn of(error: &Value) -> Self {
        let error = first(error);
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        let member = |names: &[&str]| names.iter().find_map(|name| error.get(name)).map(text).unwrap_or_default();
        let inner = error.get("innererror").or_else(|| error.get("inner_error"));
        Self {
            code: member(&["code"]),
            kind: member(&["type"]),
            param: member(&["param"]),
            message: if error.is_string() { text(error) } else { member(&["message", "detail"]) },
            inner_code: inner.and_then(|inner| inner.get("code")).map(text).unwrap_or_default(),
            status: member(&["status", "status_code", "statusCode"]),
        }
    }

    /// Logs the error; nothing else does. The message is logged at debug level only, since some upstreams put the
    /// person's text into it.
    pub fn log_and_classify(&self, answer: Option<(StatusCode, &HeaderMap)>, sent: &SentRequest) -> UpstreamError {
        let status = answer.map(|(status, _)| status.as_u16());
        let request_id = answer.and_then(|(_, headers)| text_of(headers, "x-request-id")).map(|id| sent.excerpt(id));
        let [code, kind, param, inner_code, named] =
            [&self.code, &self.kind, &self.param, &self.inner_code, &self.status].map(|text| sent.excerpt(text));
        tracing::warn!(status, request_id, code, kind, param, inner_code, named, "the upstream refused");
        tracing::debug!(reason = sent.excerpt(&self.message), "the upstream's reason");
        self.classify(status, answer.and_then(|(_, headers)| retry_after(headers)))
    }

    fn classify(&self, status: Option<u16>, retry_after: Option<Duration>) -> UpstreamError {
        let codes_in_body = [&self.code, &self.kind, &self.inner_code, &self.status].map(String::as_str);
        let has_code =
            |codes: &[&str]| codes.iter().any(|code| codes_in_body.iter().any(|it| it.eq_ignore_ascii_case(code)));
        // vLLM has no codes for the first two errors, and LiteLLM drops them: there, only the message is specific.
        let message = self.message.to_lowercase();
        let mentions = |phrases: &[&str]| phrases.iter().any(|phrase| message.contains(phrase));
        if has_code(&["content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"])
            || mentions(&["contentpolicyviolation", "content management policy"])
        {
            return UpstreamError::Filtered;
        }
        if has_code(&["context_length_exceeded", "exceed_context_size_error", "string_above_max_length"])
            || mentions(&TOO_LONG)
        {
            return UpstreamError::TooLong;
        }
        let limits = [
            "insufficient_quota",
            "billing_hard_limit_reached",
            "rate_limit_exceeded",
            "rate_limit_error",
            "resource_exhausted",
        ];
        if has_code(&limits) {
            return UpstreamError::Limit { retry_after };
        }
        let refusals =
            ["invalid_api_key", "authentication_error", "permission_error", "unauthenticated", "permission_denied"];
        if has_code(&refusals) {
            return UpstreamError::Auth;
        }
        if has_code(&["overloaded", "overloaded_error", "server_overloaded"]) {
            return UpstreamError::Busy { retry_after };
        }
        // In a stream, where the status was sent long before, it is in the error: OpenRouter puts it into `code`.
        let in_error = || {
            let numbers = [&self.code, &self.status].into_iter().filter_map(|text| text.trim().parse().ok());
            numbers.into_iter().find(|status| (400..600).contains(status))
        };
        match status.or_else(in_error).unwrap_or_default() {
            401 | 403 => UpstreamError::Auth,
            402 | 429 => UpstreamError::Limit { retry_after },
            408 => UpstreamError::Timeout,
            409 | 503 | 529 => UpstreamError::Busy { retry_after },
            413 => UpstreamError::TooLong,
            0 if has_code(&["unavailable"]) => UpstreamError::Busy { retry_after },
            0 if mentions(&["rate limit", "too many requests", "quota"]) => UpstreamError::Limit { retry_after },
            // The same request would be refused again, and so would any other.
            300..=407 | 410..=428 => UpstreamError::Misconfigured,
            _ => UpstreamError::Upstream,
        }
    }

    /// The upstream's own message.
    pub fn message(&self) -> &str {
        &self.message
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

/// Gemini puts its error object into a list.
fn first(error: &Value) -> &Value {
    error.as_array().and_then(|errors| errors.iter().find(|error| !error.is_null())).unwrap_or(error)
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
            (400, r#"{"error":{"message":"prompt is too long: 210000 tokens"}}"#, UpstreamError::TooLong),
            (404, r#"{"error":"model not found"}"#, UpstreamError::Misconfigured),
            (400, r#"{"error":{"type":"invalid_request_error","code":"400"}}"#, UpstreamError::Misconfigured),
            // LiteLLM without a database, for a wrong key.
            (
                400,
                r#"{"error":{"message":"No connected db.","type":"no_db_connection"}}"#,
                UpstreamError::Misconfigured,
            ),
            (422, r#"{"detail":[{"loc":["body","model"]}]}"#, UpstreamError::Misconfigured),
            (405, "", UpstreamError::Misconfigured),
            (307, "", UpstreamError::Misconfigured),
            (408, "", UpstreamError::Timeout),
            (409, "", UpstreamError::Busy { retry_after: None }),
            (503, r#"{"error":null}"#, UpstreamError::Busy { retry_after: None }),
            (413, "[]", UpstreamError::TooLong),
            (500, r#"{"detail":"x"}"#, UpstreamError::Upstream),
            (400, r#"[{"error":{"code":400,"status":"UNAUTHENTICATED"}}]"#, UpstreamError::Auth),
        ] {
            assert_eq!(classified(status, body), expected, "{status} {body}");
        }
    }

    #[test]
    fn an_error_in_a_stream_has_its_status_in_itself_and_any_form() {
        let limit = UpstreamError::Limit { retry_after: None };
        let busy = UpstreamError::Busy { retry_after: None };
        for (error, expected) in [
            (r#"{"code":429,"status":"RESOURCE_EXHAUSTED","message":"quota"}"#, limit),
            (r#"{"status":"RESOURCE_EXHAUSTED"}"#, limit),
            (r#"{"code":"429"}"#, limit),
            (r#"[{"statusCode":429}]"#, limit),
            (r#"[null,{"status":"503"}]"#, busy),
            (r#"{"status":"UNAVAILABLE"}"#, busy),
            (r#""Rate limit reached for requests""#, limit),
            (r#"{"message":"Too many requests"}"#, limit),
            (r#"{"detail":"out of memory"}"#, UpstreamError::Upstream),
            ("true", UpstreamError::Upstream),
            ("[]", UpstreamError::Upstream),
        ] {
            let error = ErrorBody::of(&serde_json::from_str(error).unwrap());
            assert_eq!(error.classify(None, None), expected, "{error:?}");
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
