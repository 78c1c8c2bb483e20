//! Error responses of the endpoints that authenticate the client: token, pushed authorization request, introspection and
//! revocation. RFC 6749 §5.2 has status 400 or 401, and JSON with `error`; what providers send instead is read in `body`.

mod body;
mod codes;

use openidconnect::{
    HttpResponse,
    http::{StatusCode, header::WWW_AUTHENTICATE},
};

pub(super) use self::{body::ErrorBody, codes::meaning};

/// What an error response says about the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The code, the refresh token, or another part of the request is refused. The same request would fail again.
    Refused,
    /// This client is refused: its credentials, or what it is registered for. The same request may succeed once the
    /// configuration is correct, here or at the provider, so it says nothing about the code or the refresh token.
    ClientRefused,
    /// The provider, or a gateway in front of it, can't answer now. The same request may succeed later.
    Unavailable,
}

/// RFC 9449 §5
pub(super) const INVALID_PROOF: &str = "invalid_dpop_proof";

/// RFC 9449 §8
pub(super) const USE_NONCE: &str = "use_dpop_nonce";

/// An error response, with status 200 too.
#[derive(Clone, Debug)]
pub(super) struct ErrorResponse {
    status: StatusCode,
    /// Whether it has a challenge (RFC 9110 §11.6.1).
    has_challenge: bool,
    body: ErrorBody,
}

impl ErrorResponse {
    /// `None` for a success, a redirect, and a response with status 2xx that is neither a success nor an error.
    pub(super) fn of(response: &HttpResponse) -> Option<Self> {
        let status = response.status();
        let body = ErrorBody::read(response.body());
        let body = match (status.is_success(), body) {
            (true, body) => body?,
            (false, body) if status.is_client_error() || status.is_server_error() => body.unwrap_or_default(),
            (false, _) => return None,
        };
        Some(Self { status, has_challenge: response.headers().contains_key(WWW_AUTHENTICATE), body })
    }

    /// By the code first, as providers send the same code with different statuses. But no code makes a refusal of a status
    /// that asks to repeat the request, or of a failed server (T45).
    pub(super) fn meaning(&self) -> Meaning {
        if self.is_temporary() {
            return Meaning::Unavailable;
        }
        match &self.body.code {
            Some(_) if self.is_about_proof() => Meaning::ClientRefused,
            Some(code) => match codes::meaning(code) {
                Some(meaning) => meaning,
                // A gateway's text, such as "Forbidden", says no more than its status.
                None if codes::status_named(code) == Some(self.status) => self.by_status(true),
                None => Meaning::Refused,
            },
            None => self.by_status(self.has_challenge),
        }
    }

    /// Whether the DPoP proof is missing or not accepted. Keycloak has `invalid_request` in place of RFC 9449's
    /// `invalid_dpop_proof`, with a description such as "DPoP HTTP URL mismatch" or "DPoP proof is missing".
    pub(super) fn refuses_proof(&self) -> bool {
        let names_dpop = || self.body.description.as_deref().is_some_and(|text| text.contains("DPoP"));
        self.has_code(INVALID_PROOF) || (self.has_code("invalid_request") && names_dpop())
    }

    /// Other credentials don't help against these.
    fn is_about_proof(&self) -> bool {
        self.refuses_proof() || self.has_code(USE_NONCE)
    }

    /// The meaning without a code: 400 is a refusal, as some providers send it without a body, and so is 401. But a 401
    /// that asks for credentials means those of this client (RFC 6749 §5.2). Any other status may come from a gateway.
    fn by_status(&self, asks_for_credentials: bool) -> Meaning {
        match self.status.as_u16() {
            401 if asks_for_credentials => Meaning::ClientRefused,
            // 2xx: it has an `error` without a readable code.
            200..=299 | 400 | 401 => Meaning::Refused,
            _ => Meaning::Unavailable,
        }
    }

    /// Whether another try may succeed without a change to the configuration.
    pub(super) fn is_temporary(&self) -> bool {
        let code = self.body.code.as_deref();
        is_temporary(self.status)
            || code.and_then(codes::meaning) == Some(Meaning::Unavailable)
            || code.and_then(codes::status_named).is_some_and(is_temporary)
    }

    /// Whether other credentials of this client may be accepted: during a rotation, the provider knows only one of two.
    /// A 401 without a code is taken for that, too, as trying another credential does no harm.
    pub(super) fn may_be_about_credentials(&self) -> bool {
        let is_bare_401 = self.status == StatusCode::UNAUTHORIZED && self.body.code.is_none();
        is_bare_401 || (self.meaning() == Meaning::ClientRefused && !self.is_about_proof())
    }

    pub(super) fn has_code(&self, code: &str) -> bool {
        self.body.code.as_deref().is_some_and(|sent| sent.eq_ignore_ascii_case(code))
    }

    /// For the log. `excerpt` prepares the provider's texts.
    pub(super) fn describe(&self, excerpt: impl Fn(&str) -> String) -> String {
        let code = self.body.code.as_deref().map_or_else(|| "no error code".to_owned(), &excerpt);
        match &self.body.description {
            Some(description) => format!("status {}, {code}: {}", self.status.as_u16(), excerpt(description)),
            None => format!("status {}, {code}", self.status.as_u16()),
        }
    }
}

/// A failed server, or a status after which the same request may be repeated: RFC 9110 §15.5.8, §15.5.9, §15.5.20,
/// RFC 8470 §5.2, RFC 6585 §4.
fn is_temporary(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status.as_u16(), 407 | 408 | 421 | 425 | 429)
}

#[cfg(test)]
mod tests;
