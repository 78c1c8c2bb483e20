//! Error responses: every one has the same body, `{code, message, data, request_id}`, and the headers that belong to it.

use axum::{
    Json,
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::ingress::RequestId;
use crate::wire::{
    error::{ApiError, RETRY_AFTER_SECONDS},
    returned_error::ReturnedError,
};

const CHALLENGE: HeaderValue = HeaderValue::from_static(r#"DPoP algs="ES256""#);
const INVALID_PROOF: HeaderValue = HeaderValue::from_static(r#"DPoP error="invalid_dpop_proof", algs="ES256""#);

#[derive(Serialize)]
struct ErrorBody<'a> {
    code: u16,
    message: String,
    data: &'a ApiError,
    request_id: Option<&'a str>,
}

/// Writes the response to every [`ApiError`], which is in the extensions of a response without a body (T104).
pub async fn write_error(request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<ApiError>() {
        Some(error) => error_response(response, &error, id.as_ref()),
        None => response,
    }
}

/// Around the server functions: what they answer to an error becomes an [`ApiError`] in the response's extensions, like the
/// errors of extractors and layers.
pub async fn take_returned_error(mut request: Request, next: Next) -> Response {
    let returned = ReturnedError::default();
    request.extensions_mut().insert(returned.clone());
    let mut response = next.run(request).await;
    if response.extensions().get::<ApiError>().is_some() {
        return response;
    }
    let error = match returned.get() {
        Some(error) => error.clone(),
        // Dioxus catches the panic and answers with its text.
        None if response.status() == StatusCode::INTERNAL_SERVER_ERROR => {
            tracing::error!("a server function panicked");
            ApiError::Internal
        }
        None => return response,
    };
    response.extensions_mut().insert(error);
    response
}

/// The status and the other headers stay.
fn error_response(response: Response, error: &ApiError, id: Option<&RequestId>) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_TYPE);
    add_headers(&mut parts.headers, parts.status, error);
    let body = ErrorBody {
        code: parts.status.as_u16(),
        message: error.to_string(),
        data: error,
        request_id: id.map(RequestId::as_str),
    };
    let mut response = (parts.status, Json(body)).into_response();
    response.headers_mut().extend(parts.headers);
    response
}

fn add_headers(headers: &mut HeaderMap, status: StatusCode, error: &ApiError) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    match status {
        // RFC 9110 §15.5.2: every 401 has a challenge. The guard, which knows more, has set its own.
        StatusCode::UNAUTHORIZED => {
            let challenge = match error {
                ApiError::InvalidProof => INVALID_PROOF,
                ApiError::StepUpRequired { acr_values, max_age, .. } => step_up_challenge(acr_values, *max_age),
                _ => CHALLENGE,
            };
            headers.entry(header::WWW_AUTHENTICATE).or_insert(challenge);
        }
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
            let seconds = match error.retry_after() {
                0 => RETRY_AFTER_SECONDS,
                seconds => seconds,
            };
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        _ => {}
    }
}

/// RFC 9470 §3. The settings take only values that may stand in it.
fn step_up_challenge(acr_values: &[String], max_age: Option<u64>) -> HeaderValue {
    let mut challenge = String::from(
        r#"DPoP error="insufficient_user_authentication", error_description="sign in again, as this action asks for""#,
    );
    if !acr_values.is_empty() {
        challenge += &format!(r#", acr_values="{}""#, acr_values.join(" "));
    }
    if let Some(max_age) = max_age {
        challenge += &format!(r#", max_age="{max_age}""#);
    }
    challenge += r#", algs="ES256""#;
    HeaderValue::try_from(challenge).unwrap_or(CHALLENGE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::step_up::GuardedAction;

    fn headers_of(error: ApiError) -> HeaderMap {
        error_response(error.clone().into_response(), &error, None).headers().clone()
    }

    #[test]
    fn a_401_has_a_challenge_that_says_whether_the_proof_was_refused() {
        assert_eq!(headers_of(ApiError::SessionEnded)[header::WWW_AUTHENTICATE], CHALLENGE);
        assert_eq!(headers_of(ApiError::InvalidProof)[header::WWW_AUTHENTICATE], INVALID_PROOF);
    }

    #[test]
    fn a_challenge_for_a_step_up_says_what_is_asked_for() {
        // T73
        let challenge = |acr_values: &[&str], max_age| {
            let acr_values = acr_values.iter().map(|acr| (*acr).to_owned()).collect();
            let error = ApiError::StepUpRequired { action: GuardedAction::Export, acr_values, max_age };
            headers_of(error)[header::WWW_AUTHENTICATE].to_str().unwrap().to_owned()
        };
        let begin = r#"DPoP error="insufficient_user_authentication", error_description="sign in again, as this action asks for""#;
        assert_eq!(challenge(&["phr", "urn:x"], None), format!(r#"{begin}, acr_values="phr urn:x", algs="ES256""#));
        assert_eq!(challenge(&[], Some(300)), format!(r#"{begin}, max_age="300", algs="ES256""#));
    }

    #[test]
    fn a_challenge_that_is_set_already_stays() {
        let theirs = HeaderValue::from_static(r#"DPoP error="use_dpop_nonce""#);
        let response = ([(header::WWW_AUTHENTICATE, theirs.clone())], ApiError::InvalidProof).into_response();
        let response = error_response(response, &ApiError::InvalidProof, None);
        assert_eq!(response.headers()[header::WWW_AUTHENTICATE], theirs);
    }

    #[test]
    fn an_error_that_may_pass_says_when_to_try_again() {
        assert_eq!(headers_of(ApiError::Unavailable)[header::RETRY_AFTER], "5");
        assert_eq!(headers_of(ApiError::TooManyRequests { retry_after: 42 })[header::RETRY_AFTER], "42");
        assert!(!headers_of(ApiError::NotFound).contains_key(header::RETRY_AFTER));
    }
}
