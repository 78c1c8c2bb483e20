//! One error per operation, one variant per way to fail. The texts are for the log. None contains a token, a code or
//! another secret.

use openidconnect::{RequestTokenError, core::CoreRequestTokenError};

use super::{
    document::UnusableEndpoint,
    dpop::NotBound,
    error_response::{ErrorResponse, Meaning},
    http::{ClientHttp, HttpError},
    signature::SignatureError,
    values::RefreshToken,
};
use crate::{
    server::auth::{dpop::ProofKeyError, jose::Malformed},
    wire::auth::AccessToken,
};

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
    #[error(transparent)]
    ProofKey(#[from] ProofKeyError),
    #[error("the authorization request was not taken: {0}")]
    PushedRequest(String),
    /// The provider refused the pushed request (RFC 9126 §2.3). The next one would be refused, too.
    #[error("the authorization request was refused: {0}")]
    PushedRequestRefused(String),
}

/// Why the exchange of a code failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The provider did not respond, or the response could not be interpreted. It has not refused the code.
    #[error("provider unavailable: {0}")]
    Unavailable(String),
    /// The provider refused this client, and has decided nothing about the code.
    #[error("the provider refused this client: {0}")]
    ClientRefused(String),
    /// `iss` of the authorization response is another issuer, or absent although the metadata announces it (RFC 9207
    /// §2.4).
    #[error("the authorization response is not from the issuer")]
    WrongIssuer,
    /// The token endpoint returned an error that is final.
    #[error("the token endpoint refused the code: {0}")]
    Refused(String),
    #[error("ID token refused: {0}")]
    InvalidIdToken(String),
    /// The person has authenticated in another way, or longer ago, than was asked for. Everything else is good, or was not
    /// looked at.
    #[error("the person did not authenticate as was asked for: {0}")]
    AuthenticationUnmet(String),
    /// The ID token can't be verified until newer keys can be fetched. A login succeeds then.
    #[error("ID token not verified yet: {0}")]
    Undecided(String),
    #[error("{}", too_long(.0))]
    AccessTokenTooLong(usize),
    #[error(transparent)]
    NotBound(#[from] NotBound),
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
    /// The provider refreshed the grant, but the access token can't be used: its type is unknown, the ID token can't be
    /// verified until newer keys can be fetched, or the permissions can't be looked up. The session continues. A new refresh token in the response must be
    /// stored, as the old one may be invalid now.
    #[error("the answer's access token can't be used: {reason}")]
    Unusable { refresh_token: Option<RefreshToken>, reason: String },
    /// The provider refused this client, and has decided nothing about the refresh token.
    #[error("the provider refused this client: {0}")]
    ClientRefused(String),
    /// The provider refreshed the grant with an access token of this many bytes. The session continues, and a new
    /// refresh token must be stored, as for `Unusable`.
    #[error("{}", too_long(.length))]
    AccessTokenTooLong { refresh_token: Option<RefreshToken>, length: usize },
    /// The provider refreshed the grant with a bearer token, which is to be revoked. The session continues, and a new
    /// refresh token must be stored, as for `Unusable`.
    #[error("{error}")]
    NotBound { access_token: AccessToken, refresh_token: Option<RefreshToken>, error: NotBound },
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
    /// For an invalid token the provider returns `active: false`, not an error (RFC 7662 §2.2). Some return
    /// `invalid_token` (RFC 6750 §3.1), which can mean no other token: this client authenticates without one.
    pub(super) fn introspection_failed(error: &CoreRequestTokenError<HttpError>, http: &ClientHttp) -> Self {
        match http.error_response() {
            Some(response) if response.meaning() == Meaning::Refused && response.has_code("invalid_token") => {
                Self::Inactive
            }
            _ => Self::Unavailable(describe(error, http, |text| http.excerpt(text).to_string())),
        }
    }
}

impl LogoutTokenError {
    /// Whether the same token may be accepted later.
    pub fn is_undecided(&self) -> bool {
        matches!(self, Self::UnknownKey | Self::Unavailable(_))
    }
}

impl From<SignatureError> for AccessTokenError {
    fn from(error: SignatureError) -> Self {
        match error {
            SignatureError::Algorithm(_) => Self::UnsupportedAlgorithm,
            SignatureError::Refused => Self::BadSignature,
            SignatureError::Undecided => Self::Unavailable(error.to_string()),
            SignatureError::Provider(error) => error.into(),
        }
    }
}

impl From<SignatureError> for LogoutTokenError {
    fn from(error: SignatureError) -> Self {
        match error {
            SignatureError::Algorithm(_) => Self::UnsupportedAlgorithm,
            SignatureError::Refused => Self::BadSignature,
            SignatureError::Undecided => Self::UnknownKey,
            SignatureError::Provider(error) => error.into(),
        }
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

impl From<ProofKeyError> for ExchangeError {
    fn from(error: ProofKeyError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<ProofKeyError> for RefreshError {
    fn from(error: ProofKeyError) -> Self {
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
    /// The provider refused this client, not the grant.
    ClientRefused(String),
    /// The provider has not refused the grant. Another try may succeed.
    Unavailable(String),
}

/// Classifies a failed token request by the error response, if `http` has received one. `excerpt` prepares the provider's
/// text for the log.
pub(super) fn classify(
    error: &CoreRequestTokenError<HttpError>,
    http: &ClientHttp,
    excerpt: impl Fn(&str) -> String,
) -> TokenRequestFailure {
    let text = describe(error, http, excerpt);
    match http.error_response().map(ErrorResponse::meaning) {
        Some(Meaning::Refused) => TokenRequestFailure::Refused(text),
        Some(Meaning::ClientRefused) => TokenRequestFailure::ClientRefused(text),
        Some(Meaning::Unavailable) | None => TokenRequestFailure::Unavailable(text),
    }
}

/// For the log. The text of a parse error could quote the response, so only its position is given.
fn describe(error: &CoreRequestTokenError<HttpError>, http: &ClientHttp, excerpt: impl Fn(&str) -> String) -> String {
    if let Some(response) = http.error_response() {
        return response.describe(excerpt);
    }
    let status = http.status();
    match error {
        RequestTokenError::Request(cause) => cause.to_string(),
        RequestTokenError::Parse(cause, _) => {
            format!("status {status}, unreadable answer at `{}`", excerpt(&cause.path().to_string()))
        }
        RequestTokenError::ServerResponse(response) => {
            format!("status {status}, {}", excerpt(response.error().as_ref()))
        }
        RequestTokenError::Other(text) => format!("status {status}, {}", excerpt(text)),
    }
}
