//! One error per operation, one variant per way to fail. The texts are for the log. None contains a token, a code or
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
use crate::{server::auth::jose::Malformed, wire::auth::AccessToken};

/// Why no request to the provider could be made: it is unreachable, or its metadata is not usable.
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

/// Why the exchange of a code failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The provider did not respond, or the response could not be interpreted. It has not refused the code.
    #[error("provider unavailable: {0}")]
    Unavailable(String),
    /// `iss` of the authorization response is another issuer, or absent although the metadata announces it (RFC 9207
    /// §2.4).
    #[error("the authorization response is not from the issuer")]
    WrongIssuer,
    /// The token endpoint returned an error that is final.
    #[error("the token endpoint refused the code: {0}")]
    Refused(String),
    #[error("ID token refused: {0}")]
    InvalidIdToken(String),
    #[error("{}", too_long(.0))]
    AccessTokenTooLong(usize),
}

/// Why a refresh failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RefreshError {
    /// The provider has ended the grant: `invalid_grant` (RFC 6749 §5.2), or what providers send in its place.
    #[error("the provider ended the grant: {0}")]
    InvalidGrant(String),
    /// The refreshed ID token is another person's, or did not pass verification (OpenID Connect Core §12.2). A refresh
    /// token in the same response is to be revoked.
    #[error("refreshed ID token refused: {reason}")]
    InvalidIdToken { refresh_token: Option<RefreshToken>, reason: String },
    /// The provider refreshed the grant, but the access token can't be used: its type is unknown, or the ID token can't
    /// be verified until newer keys can be fetched. The session continues. A new refresh token in the response must be
    /// stored, as the old one may be invalid now.
    #[error("the answer's access token can't be used: {reason}")]
    Unusable { refresh_token: Option<RefreshToken>, reason: String },
    /// The provider refreshed the grant with an access token of this many bytes. The session continues, and a new
    /// refresh token must be stored, as for `Unusable`.
    #[error("{}", too_long(.length))]
    AccessTokenTooLong { refresh_token: Option<RefreshToken>, length: usize },
    /// The provider has not refused the refresh token, which may still be valid.
    #[error("provider unavailable: {0}")]
    Unavailable(String),
}

/// Why an access token is not valid here.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AccessTokenError {
    #[error("it is no JWT: {0}")]
    NotAJwt(#[from] Malformed),
    #[error("its header has `crit`")]
    CriticalExtension,
    /// Another or an unknown `typ`. In the latter case `ACCESS_TOKEN_TYP` may have to be set.
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
    /// The token could not be checked.
    #[error("provider unavailable: {0}")]
    Unavailable(String),
}

/// Why a logout token was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogoutTokenError {
    #[error("it is too long")]
    TooLong,
    #[error("it is no JWT: {0}")]
    NotAJwt(#[from] Malformed),
    #[error("its header has `crit`")]
    CriticalExtension,
    /// If `typ` is absent or `JWT`, `ALLOW_UNTYPED_LOGOUT_TOKENS` may have to be set.
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
    /// If `exp` is missing, `ALLOW_LOGOUT_TOKENS_WITHOUT_EXP` may have to be set.
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
    /// The token could not be checked.
    #[error("it is signed by none of the provider's known keys, and they can't be fetched again yet")]
    UnknownKey,
    /// The token could not be checked.
    #[error("provider unavailable: {0}")]
    Unavailable(String),
}

impl AccessTokenError {
    /// Always `Unavailable`: for an invalid token the provider returns `active: false`, not an error (RFC 7662 §2.2).
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

/// For the administrator, who finds the person by the audit event.
fn too_long(length: &usize) -> String {
    let max = AccessToken::MAX_LENGTH;
    format!(
        "the provider's access token has {length} bytes, and calls can carry {max}: have it list fewer groups or claims"
    )
}

/// The meaning of a failed token request.
pub(super) enum TokenRequestFailure {
    /// The provider refused the grant. Another try would fail too.
    Refused(String),
    /// The provider has not refused the grant. Another try may succeed.
    Unavailable(String),
}

/// Classifies a failed token request by the HTTP `status` (0 without a response) and the OAuth error code.
///
/// An error code is a refusal, unless it is about the client's own credentials or means "try later" (RFC 6749 §4.1.2.1
/// and RFC 8628 §3.5 define such codes, and providers send them here too). Without a readable code, 400 and 401 are
/// refusals, as some providers send them without a body. Any other status may come from a proxy.
///
/// `excerpt` prepares the provider's text for the log.
pub(super) fn classify(
    error: &CoreRequestTokenError<HttpError>,
    status: u16,
    excerpt: impl Fn(&str) -> String,
) -> TokenRequestFailure {
    let text = describe(error, status, excerpt);
    let is_refused = match oauth_error(error) {
        // A rate limit, a timeout or a missing endpoint is not a refusal, even with an error code.
        _ if !matches!(status, 400 | 401 | 403) => false,
        Some(CoreErrorResponseType::InvalidClient | CoreErrorResponseType::UnauthorizedClient) => false,
        Some(CoreErrorResponseType::Extension(code)) => is_refusal(code),
        Some(_) => true,
        None => status != 403,
    };
    if is_refused { TokenRequestFailure::Refused(text) } else { TokenRequestFailure::Unavailable(text) }
}

/// Whether a code that `openidconnect` does not know is a refusal. OAuth codes are in lower case; gateways send texts
/// such as "Forbidden" in the same member.
fn is_refusal(code: &str) -> bool {
    code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        && !["temporarily_unavailable", "server_error", "slow_down", "too_many_requests"].contains(&code)
}

fn oauth_error(error: &CoreRequestTokenError<HttpError>) -> Option<&CoreErrorResponseType> {
    match error {
        RequestTokenError::ServerResponse(response) => Some(response.error()),
        _ => None,
    }
}

/// For the log. The text of a parse error could quote the response, so only its position is given.
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
mod tests;
