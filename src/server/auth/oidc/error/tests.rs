use super::*;
use crate::server::excerpt::excerpt;

fn with_code(code: CoreErrorResponseType) -> CoreRequestTokenError<HttpError> {
    RequestTokenError::ServerResponse(StandardErrorResponse::new(code, None, None))
}

fn is_refused(error: &CoreRequestTokenError<HttpError>, status: u16) -> bool {
    matches!(classify(error, status, str::to_owned), TokenRequestFailure::Refused(_))
}

#[test]
fn an_error_code_is_a_refusal_unless_it_is_about_our_credentials_or_means_try_later() {
    // T45
    assert!(is_refused(&with_code(CoreErrorResponseType::InvalidGrant), 400));
    assert!(is_refused(&with_code(CoreErrorResponseType::Extension("invalid_code".into())), 403));
    assert!(!is_refused(&with_code(CoreErrorResponseType::InvalidClient), 401));
    assert!(!is_refused(&with_code(CoreErrorResponseType::Extension("temporarily_unavailable".into())), 400));
    for status in [404, 408, 425, 429, 500, 503] {
        assert!(!is_refused(&with_code(CoreErrorResponseType::InvalidGrant), status), "{status}");
    }
    for (gateways, status) in
        [("too_many_requests", 429), ("Not Found", 404), ("Forbidden", 403), ("Unauthorized", 401)]
    {
        assert!(!is_refused(&with_code(CoreErrorResponseType::Extension(gateways.into())), status), "{gateways}");
    }
}

#[test]
fn without_a_code_only_400_and_401_are_refusals() {
    // T45: 403, 404 and others may come from a proxy.
    let bare = RequestTokenError::Other("empty".into());
    for status in [400, 401] {
        assert!(is_refused(&bare, status), "{status}");
    }
    for status in [0, 403, 404, 407, 408, 421, 429, 500, 502, 503] {
        assert!(!is_refused(&bare, status), "{status}");
    }
}

#[test]
fn the_log_gets_the_code_and_an_excerpt_of_the_description() {
    // T101: the whole description was once logged: 100 KB, with the refresh token.
    let description = format!("could not look up refresh token rt-0123456789 {}", "x ".repeat(50_000));
    let response = StandardErrorResponse::new(CoreErrorResponseType::InvalidGrant, Some(description), None);
    let error = RequestTokenError::ServerResponse(response);
    let words = describe(&error, 400, |text| excerpt(text).without(["rt-0123456789"]).to_string());
    assert!(words.starts_with("status 400, invalid_grant: could not look up refresh token [redacted] x x"), "{words}");
    assert!(words.len() < 300, "{words}");
}
