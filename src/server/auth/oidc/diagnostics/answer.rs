//! What the answer to a made-up code or token means: whether it is about the client, about the code, or about something
//! else. By RFC 6749 §5.2 it is `invalid_client` (401 or 400) or `invalid_grant` (400); providers send much else.

use openidconnect::http::StatusCode;

use super::error_words;
use crate::server::{
    auth::oidc::error_response::{self, ErrorBody},
    excerpt::Excerpt,
};

/// The meaning of an answer, with the provider's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientAnswer {
    /// The code was refused. Most providers look at it only after they have accepted the client.
    CodeRefused(String),
    /// The client is unknown, its credentials are wrong, or it may not use this endpoint or grant.
    ClientRefused(String),
    /// The redirect URI is not one of the client's.
    RedirectUriRefused(String),
    /// The client is registered for sender-constrained tokens (RFC 9449 §5, RFC 8705 §3), which this server does not request.
    ProofRequired(String),
    /// Anything else.
    Unclear(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Code,
    Client,
    RedirectUri,
    Proof,
    Unclear,
}

/// What error codes mean for a made-up code, where [`error_response::meaning`] says less or something else. With any status;
/// compared in lower case.
const MEANINGS: [(&str, Meaning); 12] = [
    // RFC 6749 §5.2
    ("invalid_grant", Meaning::Code),
    ("unsupported_grant_type", Meaning::Client),
    // RFC 9449 §5, §8
    ("invalid_dpop_proof", Meaning::Proof),
    ("use_dpop_nonce", Meaning::Proof),
    // Auth0, for wrong credentials
    ("access_denied", Meaning::Client),
    // One provider with status 403; Slack and Zoho with status 200
    ("invalid_code", Meaning::Code),
    ("code_already_used", Meaning::Code),
    ("bad_redirect_uri", Meaning::RedirectUri),
    ("invalid_redirect_uri", Meaning::RedirectUri),
    // GitHub with status 200
    ("bad_verification_code", Meaning::Code),
    ("redirect_uri_mismatch", Meaning::RedirectUri),
    // RFC 8707 §2: a wrong configuration, but the client's credentials are not.
    ("invalid_target", Meaning::Unclear),
];

impl ClientAnswer {
    /// `excerpt` removes what was sent from the provider's text.
    pub(super) fn of(status: u16, body: &[u8], excerpt: impl Fn(&str) -> Excerpt) -> Self {
        let Some(ErrorBody { code: Some(code), description }) = ErrorBody::read(body) else {
            let words = format!("status {status}, no error code");
            // RFC 6749 §5.2: the status of a client that could not be authenticated.
            return if status == StatusCode::UNAUTHORIZED.as_u16() {
                Self::ClientRefused(words)
            } else {
                Self::Unclear(words)
            };
        };
        let words = error_words(&code, description.as_deref(), excerpt);
        let words = format!("status {status}, {words}");
        match meaning(&code) {
            Meaning::Code => Self::CodeRefused(words),
            Meaning::Client => Self::ClientRefused(words),
            Meaning::RedirectUri => Self::RedirectUriRefused(words),
            Meaning::Proof => Self::ProofRequired(words),
            Meaning::Unclear => Self::Unclear(words),
        }
    }

    pub fn words(&self) -> &str {
        match self {
            Self::CodeRefused(words)
            | Self::ClientRefused(words)
            | Self::RedirectUriRefused(words)
            | Self::ProofRequired(words)
            | Self::Unclear(words) => words,
        }
    }
}

fn meaning(code: &str) -> Meaning {
    let code = code.trim().to_ascii_lowercase();
    match MEANINGS.iter().find(|(known, _)| *known == code) {
        Some((_, meaning)) => *meaning,
        None if error_response::meaning(&code) == Some(error_response::Meaning::ClientRefused) => Meaning::Client,
        None => Meaning::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::excerpt::excerpt;

    fn answer(status: u16, body: &str) -> ClientAnswer {
        ClientAnswer::of(status, body.as_bytes(), excerpt)
    }

    #[test]
    fn an_error_about_the_code_is_distinguished_from_one_about_the_client() {
        for (status, body) in [
            (400, r#"{"error":"invalid_grant","error_description":"unknown code"}"#),
            (401, r#"{"error":"invalid_grant"}"#),
            (403, r#"{"error":"invalid_code"}"#),
            (
                200,
                r#"{"error":"bad_verification_code","error_description":"The code passed is incorrect or expired."}"#,
            ),
            (200, r#"{"ok":false,"error":"invalid_code"}"#),
            (200, "error=bad_verification_code&error_description=The+code"),
            (400, r#"{"error":{"code":"invalid_grant","message":"no such code"}}"#),
            (400, r#"{"errorCode":"invalid_grant"}"#),
        ] {
            assert!(matches!(answer(status, body), ClientAnswer::CodeRefused(_)), "{body}");
        }
        for (status, body) in [
            (401, r#"{"error":"invalid_client"}"#),
            (400, r#"{"error":"Invalid_Client","error_description":"wrong secret"}"#),
            (401, r#"{"error":"unauthorized_client"}"#),
            (200, r#"{"error":"incorrect_client_credentials"}"#),
            (200, r#"{"ok":false,"error":"bad_client_secret"}"#),
            (400, r#"{"error":"invalid_client_id"}"#),
            (200, r#"{"error":"invalid_client_secret"}"#),
            (400, r#"{"error":"disabled_client"}"#),
            (401, ""),
            (401, "<html>"),
        ] {
            assert!(matches!(answer(status, body), ClientAnswer::ClientRefused(_)), "{body}");
        }
    }

    #[test]
    fn a_missing_proof_and_a_wrong_redirect_uri_are_neither() {
        let proof = answer(400, r#"{"error":"invalid_dpop_proof","error_description":"DPoP proof required"}"#);
        assert!(matches!(proof, ClientAnswer::ProofRequired(_)));
        let redirect = answer(200, r#"{"error":"redirect_uri_mismatch"}"#);
        assert!(matches!(redirect, ClientAnswer::RedirectUriRefused(_)));
    }

    #[test]
    fn an_answer_that_says_neither_is_unclear() {
        for (status, body) in [
            (400, ""),
            (500, "<html>error</html>"),
            (
                400,
                r#"{"type":"https://tools.ietf.org/html/rfc9110#section-15.5.1","title":"Bad Request","status":400}"#,
            ),
            (400, r#"{"error":"invalid_request"}"#),
            (200, r#"{"access_token":"a"}"#),
            (200, "[]"),
        ] {
            assert!(matches!(answer(status, body), ClientAnswer::Unclear(_)), "{body}");
        }
    }

    #[test]
    fn each_code_is_in_the_table_once_and_in_lower_case() {
        for (index, (code, _)) in MEANINGS.iter().enumerate() {
            assert_eq!(*code, code.to_lowercase());
            assert!(MEANINGS[..index].iter().all(|(other, _)| other != code), "{code}");
        }
    }
}
