use super::*;
use crate::server::excerpt::excerpt;

use Meaning::{ClientRefused, Refused, Unavailable};

fn response(status: u16, body: &str) -> HttpResponse {
    let mut response = HttpResponse::new(body.as_bytes().to_vec());
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

fn meaning(status: u16, body: &str) -> Option<Meaning> {
    ErrorResponse::of(&response(status, body)).map(|error| error.meaning())
}

fn with_code(status: u16, code: &str) -> Option<Meaning> {
    meaning(status, &format!(r#"{{"error":"{code}"}}"#))
}

#[test]
fn a_code_that_is_not_in_the_table_refuses_the_grant_in_any_status_but_a_temporary_one() {
    // T45
    for code in [
        "invalid_grant",
        "invalid_request",
        "invalid_scope",
        "unsupported_grant_type",
        "bad_refresh_token",
        "invalid_code",
        "InvalidRefreshToken",
        "token-expired",
        "E1001",
        "The refresh token has expired",
    ] {
        for status in [200, 201, 400, 401, 403, 404, 409, 410, 422] {
            assert_eq!(with_code(status, code), Some(Refused), "{status} {code}");
        }
        for status in [408, 425, 429, 500, 502, 503] {
            assert_eq!(with_code(status, code), Some(Unavailable), "{status} {code}");
        }
    }
}

#[test]
fn a_code_about_the_client_refuses_no_grant() {
    // T45: an operator's mistake must not end all sessions.
    for code in
        ["invalid_client", "unauthorized_client", "INVALID_CLIENT", "incorrect_client_credentials", "invalid_target"]
    {
        for status in [200, 400, 401, 403] {
            assert_eq!(with_code(status, code), Some(ClientRefused), "{status} {code}");
        }
        assert_eq!(with_code(503, code), Some(Unavailable), "{code}");
    }
}

#[test]
fn a_refused_proof_refuses_no_grant_whatever_code_the_provider_has_for_it() {
    // T45
    let keycloak = r#"{"error":"invalid_request","error_description":"DPoP HTTP URL mismatch"}"#;
    assert_eq!(meaning(400, keycloak), Some(ClientRefused));
    assert_eq!(with_code(400, "invalid_dpop_proof"), Some(ClientRefused));
    let other = r#"{"error":"invalid_request","error_description":"Missing parameter: grant_type"}"#;
    assert_eq!(meaning(400, other), Some(Refused));
}

#[test]
fn a_code_that_means_later_refuses_nothing() {
    // T45
    for code in ["temporarily_unavailable", "server_error", "slow_down", "too_many_requests", "service_unavailable"] {
        for status in [200, 400, 401, 403, 429, 500] {
            assert_eq!(with_code(status, code), Some(Unavailable), "{status} {code}");
        }
    }
}

#[test]
fn the_text_of_a_gateway_says_no_more_than_its_status() {
    // T45
    for (status, text, expected) in [
        (400, "Bad Request", Refused),
        (401, "Unauthorized", ClientRefused),
        (401, "unauthorized", ClientRefused),
        (403, "Forbidden", Unavailable),
        (404, "Not Found", Unavailable),
        (429, "Too Many Requests", Unavailable),
    ] {
        assert_eq!(with_code(status, text), Some(expected), "{status} {text}");
    }
}

#[test]
fn without_a_code_only_400_and_401_are_refusals() {
    // T45: 403, 404 and others may come from a proxy.
    for body in ["", "<html><a href='/?a=b&error=invalid_grant&c=d'>400</a></html>", "null", "[]", r#"{"status":400}"#]
    {
        for status in [400, 401] {
            assert_eq!(meaning(status, body), Some(Refused), "{status} {body}");
        }
        for status in [403, 404, 405, 407, 408, 421, 422, 429, 500, 502, 503] {
            assert_eq!(meaning(status, body), Some(Unavailable), "{status} {body}");
        }
    }
}

#[test]
fn a_401_that_asks_for_credentials_is_about_the_client() {
    // RFC 6749 §5.2
    let challenged = |body| {
        let mut response = response(401, body);
        response.headers_mut().insert(WWW_AUTHENTICATE, "Basic realm=\"provider\"".parse().unwrap());
        ErrorResponse::of(&response).unwrap()
    };
    assert_eq!(challenged("").meaning(), ClientRefused);
    assert_eq!(challenged("<html>").meaning(), ClientRefused);
    assert_eq!(challenged(r#"{"error":"invalid_grant"}"#).meaning(), Refused);
}

#[test]
fn other_credentials_are_tried_where_these_may_be_refused_and_not_where_the_grant_is() {
    // T61
    let tries_others = |status, body| ErrorResponse::of(&response(status, body)).unwrap().may_be_about_credentials();
    assert!(tries_others(401, ""));
    assert!(tries_others(401, "<html>"));
    assert!(tries_others(400, r#"{"error":"invalid_client"}"#));
    assert!(tries_others(200, r#"{"error":"incorrect_client_credentials"}"#));
    assert!(!tries_others(401, r#"{"error":"invalid_grant"}"#));
    assert!(!tries_others(400, ""));
    assert!(!tries_others(503, r#"{"error":"invalid_client"}"#));
}

#[test]
fn the_code_is_read_from_every_shape_that_providers_send() {
    for (body, code) in [
        (r#"{"error":"bad_refresh_token"}"#, "bad_refresh_token"),
        (r#"{"error":" bad_refresh_token\n"}"#, "bad_refresh_token"),
        ("\u{feff}{\"error\":\"bad_refresh_token\"}", "bad_refresh_token"),
        (r#"{"error":"invalid_grant","error_description":{"en":"expired"},"error_uri":7}"#, "invalid_grant"),
        (r#"{"error":"invalid_grant","error_description":null,"access_token":null}"#, "invalid_grant"),
        (r#"{"error":"invalid_grant","access_token":""}"#, "invalid_grant"),
        (r#"{"error":{"code":"invalid_grant","message":"expired"}}"#, "invalid_grant"),
        (r#"{"error":{"code":400,"type":"OAuthException"}}"#, "OAuthException"),
        (r#"{"error":[{"code":"invalid_grant"}]}"#, "invalid_grant"),
        (r#"{"ok":false,"error":"invalid_refresh_token"}"#, "invalid_refresh_token"),
        (r#"{"error_code":"invalid_grant"}"#, "invalid_grant"),
        (r#"{"ErrorCode":"invalid_client","Error":"The client is not valid"}"#, "invalid_client"),
        ("error=bad_refresh_token&error_description=expired%20token", "bad_refresh_token"),
        ("error_description=x&error=invalid_client", "invalid_client"),
    ] {
        for status in [200, 400] {
            let error = ErrorResponse::of(&response(status, body)).unwrap_or_else(|| panic!("{status} {body}"));
            assert_eq!(error.body.code.as_deref(), Some(code), "{status} {body}");
        }
    }
    let latin1 = b"{\"error\":\"invalid_grant\",\"error_description\":\"Jeton expir\xe9\"}";
    assert_eq!(ErrorBody::read(latin1).unwrap().code.as_deref(), Some("invalid_grant"));
    for body in [r#"{"error":true}"#, r#"{"error":400}"#, r#"{"error":{"code":400,"message":"expired"}}"#] {
        assert_eq!(meaning(200, body), Some(Refused), "{body}");
        assert_eq!(meaning(400, body), Some(Refused), "{body}");
    }
}

#[test]
fn a_success_is_no_error_response_and_neither_is_a_response_that_says_nothing() {
    for body in [
        r#"{"access_token":"a","error":"none"}"#,
        r#"{"access_token":"a","error":""}"#,
        r#"{"active":false,"error":"invalid_token"}"#,
        r#"{"request_uri":"urn:a","error":null}"#,
        r#"{"error":null}"#,
        r#"{"error":""}"#,
        r#"{"error":false}"#,
        r#"{"error":0}"#,
        "{}",
        "",
        "}{ not JSON",
        "<html>error=invalid_grant</html>",
        "access_token=a&error=none",
    ] {
        assert_eq!(meaning(200, body), None, "{body}");
    }
    assert_eq!(meaning(302, r#"{"error":"invalid_grant"}"#), None);
}

#[test]
fn the_log_gets_status_and_code_and_an_excerpt_of_the_description() {
    // T101: the whole description was once logged: 100 KB, with the refresh token.
    let description = format!("could not look up refresh token rt-0123456789 {}", "x ".repeat(50_000));
    let body = format!(r#"{{"error":"invalid_grant","error_description":"{description}"}}"#);
    let in_log = |text: &str| excerpt(text).without(["rt-0123456789"]).to_string();
    let words = ErrorResponse::of(&response(400, &body)).unwrap().describe(in_log);
    assert!(words.starts_with("status 400, invalid_grant: could not look up refresh token [redacted] x x"), "{words}");
    assert!(words.len() < 300, "{words}");
    let words = |status, body| ErrorResponse::of(&response(status, body)).unwrap().describe(str::to_owned);
    assert_eq!(words(200, r#"{"error":"bad_refresh_token"}"#), "status 200, bad_refresh_token");
    assert_eq!(words(400, r#"{"error":{"code":400,"message":"expired"}}"#), "status 400, no error code: expired");
    assert_eq!(words(403, ""), "status 403, no error code");
}
