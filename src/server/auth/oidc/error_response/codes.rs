//! The error codes with another meaning than that the request is refused. All other codes refuse it, known or not:
//! `invalid_grant`, `invalid_request`, `unsupported_grant_type` and `invalid_scope` of RFC 6749 §5.2, and those of products,
//! such as GitHub's `bad_refresh_token`.

use openidconnect::http::StatusCode;

use super::Meaning::{self, ClientRefused, Unavailable};

const CODES: [(&str, Meaning); 19] = [
    // RFC 6749 §5.2
    ("invalid_client", ClientRefused),
    // RFC 6749 §5.2; Keycloak has sent it for wrong credentials, too.
    ("unauthorized_client", ClientRefused),
    // RFC 8707 §2: a configured `resource`.
    ("invalid_target", ClientRefused),
    // RFC 9449 §5, §8: the provider demands proofs and this client sent none, it refused one, or it demands another nonce
    // for the repeated request too.
    ("invalid_dpop_proof", ClientRefused),
    ("use_dpop_nonce", ClientRefused),
    // GitHub, with status 200.
    ("incorrect_client_credentials", ClientRefused),
    // Slack and Zoho, with status 200.
    ("invalid_client_id", ClientRefused),
    ("bad_client_secret", ClientRefused),
    ("invalid_client_secret", ClientRefused),
    // Google
    ("deleted_client", ClientRefused),
    ("disabled_client", ClientRefused),
    // RFC 6749 §4.1.2.1 defines these for the authorization endpoint, as it has no status to send.
    ("server_error", Unavailable),
    ("temporarily_unavailable", Unavailable),
    // RFC 8628 §3.5
    ("slow_down", Unavailable),
    ("authorization_pending", Unavailable),
    // Slack and others
    ("ratelimited", Unavailable),
    ("rate_limited", Unavailable),
    ("rate_limit_exceeded", Unavailable),
    ("internal_error", Unavailable),
];

/// `None` for a code that is not in the table.
pub(in super::super) fn meaning(code: &str) -> Option<Meaning> {
    CODES.iter().find(|(listed, _)| listed.eq_ignore_ascii_case(code)).map(|(_, meaning)| *meaning)
}

/// The status whose reason phrase this is, as frameworks and gateways send it for a code: "Forbidden",
/// `too_many_requests`.
pub(super) fn status_named(code: &str) -> Option<StatusCode> {
    let phrase = code.replace('_', " ");
    let statuses = (400..600).filter_map(|status| StatusCode::from_u16(status).ok());
    statuses
        .into_iter()
        .find(|status| status.canonical_reason().is_some_and(|named| named.eq_ignore_ascii_case(&phrase)))
}
