//! Bad input at every endpoint: the right status, the right kind, and never a 5xx.

use axum::{
    body::{Body, Bytes},
    http::{Method, StatusCode, header, request},
};
use oracle_ai::server::auth::access_token::GuardSettings;
use serde_json::json;

use crate::support::{
    app::{TestResponse, request},
    browser::Browser,
};

/// An endpoint that takes a JSON body, and a good body.
struct Endpoint {
    path: &'static str,
    required: &'static [&'static str],
    good: serde_json::Value,
}

fn endpoints() -> [Endpoint; 17] {
    [
        Endpoint { path: "/api/token", required: &["state"], good: json!({ "state": "s", "code": "c" }) },
        Endpoint { path: "/api/refresh", required: &["session"], good: json!({ "session": "s" }) },
        Endpoint { path: "/api/logout", required: &["session"], good: json!({ "session": "s" }) },
        Endpoint {
            path: "/api/chat",
            required: &["conversation", "message", "idempotency_key"],
            good: json!({ "conversation": "c", "message": "m", "idempotency_key": "k" }),
        },
        Endpoint { path: "/api/chat/follow", required: &["answer"], good: json!({ "answer": "a" }) },
        Endpoint { path: "/api/chat/stop", required: &["answer"], good: json!({ "answer": "a" }) },
        Endpoint {
            path: "/api/chat/feedback",
            required: &["answer"],
            good: json!({ "answer": "a", "feedback": { "value": "up" } }),
        },
        Endpoint { path: "/api/notice/accept", required: &["version"], good: json!({ "version": "1" }) },
        Endpoint {
            path: "/api/conversation/rename",
            required: &["id", "title"],
            good: json!({ "id": "c", "title": "t" }),
        },
        Endpoint {
            path: "/api/conversation/choose",
            required: &["id", "version"],
            good: json!({ "id": "c", "version": "v" }),
        },
        Endpoint { path: "/api/sessions/end", required: &["session"], good: json!({ "session": "s" }) },
        Endpoint { path: "/api/operator/sessions", required: &["sub"], good: json!({ "sub": "s" }) },
        Endpoint {
            path: "/api/operator/sessions/end",
            required: &["sub", "session"],
            good: json!({ "sub": "s", "session": "s" }),
        },
        Endpoint { path: "/api/operator/sessions/end-all", required: &["sub"], good: json!({ "sub": "s" }) },
        Endpoint { path: "/api/conversation/delete", required: &["id"], good: json!({ "id": "c" }) },
        Endpoint {
            path: "/api/conversation/pin",
            required: &["id", "pinned"],
            good: json!({ "id": "c", "pinned": true }),
        },
        Endpoint { path: "/api/conversations/delete", required: &["confirmed"], good: json!({ "confirmed": true }) },
    ]
}

const PATHS: [(&str, &[&str]); 26] = [
    ("/api/operator/sessions", &["POST"]),
    ("/api/operator/sessions/end", &["POST"]),
    ("/api/operator/sessions/end-all", &["POST"]),
    ("/api/sessions", &["GET"]),
    ("/api/sessions/end", &["POST"]),
    ("/api/sessions/end-all", &["POST"]),
    ("/api/authorize", &["GET"]),
    ("/api/token", &["POST"]),
    ("/api/refresh", &["POST"]),
    ("/api/logout", &["POST"]),
    ("/api/chat", &["GET", "POST"]),
    ("/api/chat/follow", &["POST"]),
    ("/api/chat/stop", &["POST"]),
    ("/api/chat/options", &["GET"]),
    ("/api/chat/feedback", &["POST"]),
    ("/api/notice/accept", &["POST"]),
    ("/api/conversations", &["GET"]),
    ("/api/conversation", &["GET"]),
    ("/api/conversation/attachment", &["GET"]),
    ("/api/conversation/choose", &["POST"]),
    ("/api/conversation/rename", &["POST"]),
    ("/api/conversation/delete", &["POST"]),
    ("/api/conversation/export", &["GET"]),
    ("/api/conversation/pin", &["POST"]),
    ("/api/conversations/delete", &["POST"]),
    ("/api/conversations/export", &["GET"]),
];

/// Somebody who is let in everywhere, so that what is refused is the input.
struct SignedIn {
    browser: Browser,
    access_token: String,
}

impl SignedIn {
    async fn start() -> Self {
        let operator_roles = vec!["operators".to_owned()];
        let browser = Browser::with_guard(GuardSettings { operator_roles, ..GuardSettings::default() });
        browser.set(json!({ "roles": ["operators"] })).await;
        let access_token = browser.sign_in().await.access_token;
        Self { browser, access_token }
    }

    /// With all that it takes to be let in.
    fn request(&self, method: Method, path: &str) -> request::Builder {
        self.browser.request(method, path, Some(&self.access_token))
    }

    async fn post(&self, path: &str, content_type: Option<&str>, body: impl Into<Body>) -> TestResponse {
        let mut request = self.request(Method::POST, path);
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        self.browser.app.send(request.body(body.into()).unwrap()).await
    }

    async fn assert_not_found(&self, path: &str) {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let request = self.request(method, path);
            self.browser.app.send(request.body(Body::empty()).unwrap()).await.assert_refused(404, "not_found");
        }
    }
}

#[tokio::test]
async fn a_body_that_is_not_json_is_malformed() {
    let caller = SignedIn::start().await;
    for endpoint in endpoints() {
        let whole = endpoint.good.to_string();
        let half = &whole.as_bytes()[..whole.len() / 2];
        let twice = format!("{whole} {whole}");
        let bodies: [&[u8]; 6] = [b"", b"{", b"hello", b"{\"state\": \xff}", half, twice.as_bytes()];
        for body in bodies {
            let answer = caller.post(endpoint.path, Some("application/json"), Bytes::copy_from_slice(body)).await;
            answer.assert_refused(400, "malformed_request");
        }
        // So deep that a careless parser runs out of stack; it begins as a list, which is no object.
        let deep = "[".repeat(100_000);
        caller.post(endpoint.path, Some("application/json"), deep).await.assert_refused(422, "invalid_field");
    }
}

#[tokio::test]
async fn without_a_proof_nobody_learns_what_is_wrong_with_the_input() {
    let caller = SignedIn::start().await;
    for endpoint in endpoints() {
        for content_type in ["application/json", "text/plain"] {
            for body in ["", "{", "null", "{}", &endpoint.good.to_string(), &"x".repeat(1024 * 1024)] {
                let request = request(Method::POST, endpoint.path)
                    .header(header::AUTHORIZATION, format!("DPoP {}", caller.access_token))
                    .header(header::CONTENT_TYPE, content_type);
                let request = request.body(Body::from(body.to_owned())).unwrap();
                caller.browser.app.send(request).await.assert_refused(401, "invalid_proof");
            }
        }
    }
}

#[tokio::test]
async fn a_missing_or_mistyped_field_is_named() {
    let caller = SignedIn::start().await;
    for endpoint in endpoints() {
        for field in endpoint.required {
            let mut body = endpoint.good.clone();
            body.as_object_mut().unwrap().remove(*field);
            caller.post(endpoint.path, Some("application/json"), body.to_string()).await.assert_field_refused(field);
            let is_switch = endpoint.good[*field].is_boolean();
            for mistyped in [json!(7), json!(null), json!("true"), json!([]), json!({})] {
                // A text is right where it is no switch.
                body[*field] = if is_switch || !mistyped.is_string() { mistyped } else { json!(true) };
                caller
                    .post(endpoint.path, Some("application/json"), body.to_string())
                    .await
                    .assert_field_refused(field);
            }
        }
    }
}

#[tokio::test]
async fn a_field_that_came_twice_is_refused() {
    // T18
    let caller = SignedIn::start().await;
    for endpoint in endpoints() {
        let members = endpoint.good.to_string();
        let members = &members[1..members.len() - 1];
        let twice = format!("{{{members},{members}}}");
        let answer = caller.post(endpoint.path, Some("application/json"), twice).await;
        answer.assert_refused(422, "invalid_field");
    }
}

#[tokio::test]
async fn an_authorization_response_with_a_parameter_twice_is_refused() {
    // T18
    let caller = SignedIn::start().await;
    for twice in ["code", "state", "iss", "error", "error_description"] {
        let body = format!(r#"{{"state":"s","code":"c","{twice}":"1","{twice}":"2"}}"#);
        let answer = caller.post("/api/token", Some("application/json"), body).await;
        answer.assert_refused(422, "invalid_field");
    }
}

#[tokio::test]
async fn json_that_is_no_object_is_refused() {
    let caller = SignedIn::start().await;
    for endpoint in endpoints() {
        for body in ["null", "7", "\"text\"", "true"] {
            let answer = caller.post(endpoint.path, Some("application/json"), body).await;
            answer.assert_refused(422, "invalid_field");
        }
    }
}

#[tokio::test]
async fn anything_but_declared_json_is_an_unsupported_media_type() {
    // T10, in part: a page of another origin can send these without asking first.
    let caller = SignedIn::start().await;
    for endpoint in endpoints() {
        for content_type in [
            None,
            Some(""),
            Some("text/plain"),
            Some("application/x-www-form-urlencoded"),
            Some("multipart/form-data; boundary=x"),
            Some("text/plain; application/json"),
            Some("application/jsonp"),
        ] {
            let answer = caller.post(endpoint.path, content_type, endpoint.good.to_string()).await;
            answer.assert_refused(415, "unsupported_media_type");
        }
        for content_type in ["application/json", "Application/JSON ; charset=utf-8"] {
            let answer = caller.post(endpoint.path, Some(content_type), endpoint.good.to_string()).await;
            assert_ne!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{content_type}");
        }
    }
}

#[tokio::test]
async fn a_body_of_a_megabyte_is_too_large_whether_or_not_it_says_so() {
    let caller = SignedIn::start().await;
    for endpoint in endpoints() {
        // A message may have files of eight megabytes.
        let megabytes = if endpoint.path == "/api/chat" { 9 } else { 1 };
        let body = format!("{{\"padding\": \"{}\"}}", "x".repeat(megabytes * 1024 * 1024));
        let answer = caller.post(endpoint.path, Some("application/json"), body.clone()).await;
        answer.assert_refused(413, "body_too_large");
        let chunks: Vec<_> = body.into_bytes().chunks(64 * 1024).map(Bytes::copy_from_slice).collect();
        let chunks = futures_util::stream::iter(chunks.into_iter().map(Ok::<_, std::io::Error>));
        let answer = caller.post(endpoint.path, Some("application/json"), Body::from_stream(chunks)).await;
        answer.assert_refused(413, "body_too_large");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_malformed() {
    let caller = SignedIn::start().await;
    for endpoint in endpoints() {
        let broken = futures_util::stream::iter([Ok(Bytes::from_static(b"{\"s")), Err(std::io::Error::other("gone"))]);
        let answer = caller.post(endpoint.path, Some("application/json"), Body::from_stream(broken)).await;
        answer.assert_refused(400, "malformed_request");
    }
}

#[tokio::test]
async fn unknown_fields_are_ignored() {
    let caller = SignedIn::start().await;
    let body = json!({ "session": "unknown", "state": [1], "later": { "a": 1 } }).to_string();
    caller.post("/api/logout", Some("application/json"), body).await.assert_ok();
}

#[tokio::test]
async fn an_unknown_endpoint_is_not_found() {
    let caller = SignedIn::start().await;
    for path in ["/api/nothing", "/api/chat/", "/api/chat/1", "/api//chat", "/api/Chat", "/api/%ff"] {
        caller.assert_not_found(path).await;
    }
}

#[tokio::test]
async fn the_path_of_the_endpoints_without_an_endpoint_is_not_found() {
    SignedIn::start().await.assert_not_found("/api/").await;
}

#[tokio::test]
async fn a_wrong_method_is_not_allowed_and_the_right_ones_are_named() {
    // RFC 9110 §15.5.6 for `Allow`.
    let caller = SignedIn::start().await;
    for (path, allowed) in PATHS {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"] {
            if allowed.contains(&method) {
                continue;
            }
            let request = caller.request(method.parse().unwrap(), path);
            let answer = caller.browser.app.send(request.body(Body::empty()).unwrap()).await;
            answer.assert_refused(405, "method_not_allowed");
            let named: Vec<_> = answer.header(header::ALLOW).split(',').map(str::trim).collect();
            assert!(allowed.iter().all(|method| named.contains(method)), "{method} {path}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_query_that_can_not_be_decoded_is_not_our_fault() {
    let caller = SignedIn::start().await;
    let key = caller.browser.key.thumbprint();
    for (path, methods) in PATHS {
        for method in methods {
            for query in ["a=%ff", "%c3%28=1", "a=%zz", "&&=&", "a", "a=1&a=2", "a[b=1", "a[b][c]=1&a=2"] {
                let request = caller
                    .request(method.parse().unwrap(), &format!("{path}?dpop_jkt={key}&{query}"))
                    .header(header::CONTENT_TYPE, "application/json");
                let answer = caller.browser.app.send(request.body(Body::empty()).unwrap()).await;
                assert!(!answer.status.is_server_error(), "{method} {path}?{query}: {answer:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_query_that_no_endpoint_asks_for_changes_nothing() {
    let caller = SignedIn::start().await;
    let key = caller.browser.key.thumbprint();
    let path = format!("/api/authorize?dpop_jkt={key}&redirect_uri=https://evil.example");
    let begun = caller.browser.get(&path).await;
    begun.assert_ok();
    assert!(!begun.text.contains("evil"), "{}", begun.text);
}
