//! One error per operation, one variant per way to fail. The texts are for the log; none holds a token, a code or
//! another secret.

use openidconnect::{
    RequestTokenError, StandardErrorResponse,
    core::{CoreErrorResponseType, CoreRequestTokenError},
};

use super::{
    document::UnusableEndpoint,
    http::{ClientHttp, HttpError},
    values::RefreshToken,
};
use crate::server::auth::jose::Malformed;

/// The provider can't be spoken to: it is unreachable, or its metadata is not usable.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ProviderError {
    #[error("discovery failed: {0}")]
    Discovery(String),
    #[error("the provider's metadata names no {0}")]
    MissingEndpoint(&'static str),
    #[error("the provider's metadata can't be used for its {member}: {reason}")]
    UnusableEndpoint { member: &'static str, reason: UnusableEndpoint },
    #[error("we can't prove who we are: {0}")]
    ClientAssertion(String),
    #[error("the authorization request was not taken: {0}")]
    PushedRequest(String),
}

/// Why a code did not become tokens.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ExchangeError {
    /// Nothing was decided: the provider did not answer, or not in a way that makes sense.
    #[error("provider unavailable: {0}")]
    Unavailable(String),
    /// The authorization response is from another issuer, or does not say from which although it should (RFC 9207 §2.4).
    #[error("the authorization response is not from the issuer")]
    WrongIssuer,
    /// The token endpoint said no.
    #[error("the token endpoint refused the code: {0}")]
    Refused(String),
    /// The ID token did not pass verification.
    #[error("ID token refused: {0}")]
    InvalidIdToken(String),
}

/// Why a refresh token did not become an access token.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RefreshError {
    /// The session is over for the provider (RFC 6749 §5.2 `invalid_grant`, and what providers send in its place).
    #[error("the provider ended the grant: {0}")]
    InvalidGrant(String),
    /// A refreshed ID token that is not this person's, or not the provider's (OpenID Connect Core §12.2).
    /// Beside it there may have been a refresh token, which nobody is to keep.
    #[error("refreshed ID token refused: {reason}")]
    InvalidIdToken { refresh_token: Option<RefreshToken>, reason: String },
    /// The provider refreshed the grant, but the access token of its answer can't be used: it is of an unknown kind, or
    /// the ID token beside it can't be verified until newer keys can be fetched. Nothing was decided about the session.
    /// The old refresh token may be spent: where the answer had a new one, it must be kept in its place.
    #[error("the answer's access token can't be used: {reason}")]
    Unusable { refresh_token: Option<RefreshToken>, reason: String },
    /// Nothing was decided; the refresh token may still be good.
    #[error("provider unavailable: {0}")]
    Unavailable(String),
}

/// Why an access token is not good for us, by what it says itself or the provider says of it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AccessTokenError {
    #[error("it is no JWT: {0}")]
    NotAJwt(#[from] Malformed),
    #[error("its header has `crit`")]
    CriticalExtension,
    /// Or of none that we know: then `ACCESS_TOKEN_TYP` may have to be set.
    #[error("it is a token of another kind, by its type or its claims")]
    OtherKind,
    #[error("it is signed with an algorithm that we don't take")]
    UnsupportedAlgorithm,
    #[error("it is signed by none of the provider's keys")]
    BadSignature,
    #[error("its `iss` is not the issuer of access tokens")]
    OtherIssuer,
    #[error("its `aud` does not name us")]
    OtherAudience,
    #[error("it has expired")]
    Expired,
    #[error("its `{0}` is in the future")]
    NotYet(&'static str),
    #[error("its `{0}` is missing, or no time")]
    NoTime(&'static str),
    #[error("its `cnf` binds it in a way that can't be checked here")]
    UnknownBinding,
    #[error("it is not active")]
    Inactive,
    /// Nothing was decided.
    #[error("provider unavailable: {0}")]
    Unavailable(String),
}

/// Why a logout token ends nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogoutTokenError {
    #[error("it is too long")]
    TooLong,
    #[error("it is no JWT: {0}")]
    NotAJwt(#[from] Malformed),
    #[error("its header has `crit`")]
    CriticalExtension,
    /// Where there is no `typ` at all, `ALLOW_UNTYPED_LOGOUT_TOKENS` may have to be set.
    #[error("its `typ` is not logout+jwt")]
    OtherKind,
    #[error("it is signed with an algorithm that we don't take")]
    UnsupportedAlgorithm,
    #[error("it is signed by none of the provider's keys")]
    BadSignature,
    #[error("its `iss` is not the issuer")]
    OtherIssuer,
    #[error("its `aud` does not name us")]
    OtherAudience,
    #[error("its `{0}` is missing, or no time")]
    NoTime(&'static str),
    #[error("it has expired")]
    Expired,
    #[error("its `{0}` is in the future")]
    NotYet(&'static str),
    #[error("it was issued too long ago")]
    TooOld,
    #[error("it has neither `sub` nor `sid`")]
    NobodyNamed,
    #[error("its `events` has no back-channel logout")]
    NoEvent,
    #[error("it has a `nonce`")]
    Nonce,
    #[error("it has no `jti`")]
    NoJti,
    /// Nothing was decided.
    #[error("it is signed by none of the provider's known keys, and they can't be fetched again yet")]
    UnknownKey,
    /// Nothing was decided.
    #[error("provider unavailable: {0}")]
    Unavailable(String),
}

impl AccessTokenError {
    /// Whatever went wrong, the provider decided nothing: for a token that is not good it says `active: false`.
    pub(super) fn introspection_failed(error: &CoreRequestTokenError<HttpError>, http: &ClientHttp) -> Self {
        Self::Unavailable(describe(error, http.status(), |text| http.excerpt(text).to_string()))
    }
}

impl LogoutTokenError {
    /// Whether the same token may be accepted later.
    pub fn is_undecided(&self) -> bool {
        matches!(self, Self::UnknownKey | Self::Unavailable(_))
    }
}

impl From<ProviderError> for AccessTokenError {
    fn from(error: ProviderError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<ProviderError> for LogoutTokenError {
    fn from(error: ProviderError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<ProviderError> for ExchangeError {
    fn from(error: ProviderError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<ProviderError> for RefreshError {
    fn from(error: ProviderError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// What a failed token request means.
pub(super) enum TokenRequestFailure {
    /// The provider decided against this grant.
    Refused(String),
    /// The provider decided nothing about this grant.
    Unavailable(String),
}

/// Judges a failed token request by the answer's `status` (0: there was no answer) and its OAuth error code.
///
/// A code decides, unless it is about *our own* credentials or says "later" (RFC 6749 §4.1.2.1 and RFC 8628 §3.5 have
/// such codes; providers send them here too). Without a readable code, 400 and 401 decide, as some providers send them
/// bare; every other status may be a proxy's on the way.
///
/// `excerpt` makes the provider's words fit for the log.
pub(super) fn judge(
    error: &CoreRequestTokenError<HttpError>,
    status: u16,
    excerpt: impl Fn(&str) -> String,
) -> TokenRequestFailure {
    let text = describe(error, status, excerpt);
    let is_decided = match oauth_error(error) {
        // Whatever it says: a limit, a time-out or a place that is not there decides nothing.
        _ if !matches!(status, 400 | 401 | 403) => false,
        Some(CoreErrorResponseType::InvalidClient | CoreErrorResponseType::UnauthorizedClient) => false,
        Some(CoreErrorResponseType::Extension(code)) => is_code_of_a_refusal(code),
        Some(_) => true,
        None => status != 403,
    };
    if is_decided { TokenRequestFailure::Refused(text) } else { TokenRequestFailure::Unavailable(text) }
}

/// Gateways name their own errors in the same member, by words such as "Forbidden".
fn is_code_of_a_refusal(code: &str) -> bool {
    code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        && !["temporarily_unavailable", "server_error", "slow_down", "too_many_requests"].contains(&code)
}

fn oauth_error(error: &CoreRequestTokenError<HttpError>) -> Option<&CoreErrorResponseType> {
    match error {
        RequestTokenError::ServerResponse(response) => Some(response.error()),
        _ => None,
    }
}

/// For the log. A parse error's own text could quote the answer, so only the place is told.
fn describe(error: &CoreRequestTokenError<HttpError>, status: u16, excerpt: impl Fn(&str) -> String) -> String {
    match error {
        RequestTokenError::ServerResponse(response) => describe_response(response, status, excerpt),
        RequestTokenError::Request(cause) => cause.to_string(),
        RequestTokenError::Parse(cause, _) => {
            format!("status {status}, unreadable answer at `{}`", excerpt(&cause.path().to_string()))
        }
        RequestTokenError::Other(text) => format!("status {status}, {}", excerpt(text)),
    }
}

fn describe_response(
    response: &StandardErrorResponse<CoreErrorResponseType>,
    status: u16,
    excerpt: impl Fn(&str) -> String,
) -> String {
    let code = excerpt(response.error().as_ref());
    match response.error_description() {
        Some(description) => format!("status {status}, {code}: {}", excerpt(description)),
        None => format!("status {status}, {code}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::excerpt::excerpt;

    fn with_code(code: CoreErrorResponseType) -> CoreRequestTokenError<HttpError> {
        RequestTokenError::ServerResponse(StandardErrorResponse::new(code, None, None))
    }

    fn is_decided(error: &CoreRequestTokenError<HttpError>, status: u16) -> bool {
        matches!(judge(error, status, str::to_owned), TokenRequestFailure::Refused(_))
    }

    #[test]
    fn an_error_code_decides_unless_it_is_about_us_or_says_later() {
        // T45
        assert!(is_decided(&with_code(CoreErrorResponseType::InvalidGrant), 400));
        assert!(is_decided(&with_code(CoreErrorResponseType::Extension("invalid_code".into())), 403));
        assert!(!is_decided(&with_code(CoreErrorResponseType::InvalidClient), 401));
        assert!(!is_decided(&with_code(CoreErrorResponseType::Extension("temporarily_unavailable".into())), 400));
        for status in [404, 408, 425, 429, 500, 503] {
            assert!(!is_decided(&with_code(CoreErrorResponseType::InvalidGrant), status), "{status}");
        }
        for (gateways, status) in
            [("too_many_requests", 429), ("Not Found", 404), ("Forbidden", 403), ("Unauthorized", 401)]
        {
            assert!(!is_decided(&with_code(CoreErrorResponseType::Extension(gateways.into())), status), "{gateways}");
        }
    }

    #[test]
    fn without_a_code_only_a_bare_400_or_401_decides() {
        // T45: 403, 404 and the like may be a proxy's on the way.
        let bare = RequestTokenError::Other("empty".into());
        for status in [400, 401] {
            assert!(is_decided(&bare, status), "{status}");
        }
        for status in [0, 403, 404, 407, 408, 421, 429, 500, 502, 503] {
            assert!(!is_decided(&bare, status), "{status}");
        }
    }

    #[test]
    fn the_log_gets_the_code_and_an_excerpt_of_the_description() {
        // T101: it was logged whole, 100 KB and the refresh token with it.
        let description = format!("could not look up refresh token rt-0123456789 {}", "x ".repeat(50_000));
        let response = StandardErrorResponse::new(CoreErrorResponseType::InvalidGrant, Some(description), None);
        let error = RequestTokenError::ServerResponse(response);
        let words = describe(&error, 400, |text| excerpt(text).without(["rt-0123456789"]).to_string());
        assert!(
            words.starts_with("status 400, invalid_grant: could not look up refresh token [redacted] x x"),
            "{words}"
        );
        assert!(words.len() < 300, "{words}");
    }
}
