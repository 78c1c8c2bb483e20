//! Exchanges an authorization code for tokens (RFC 6749 §4.1.3, RFC 7636 §4.5, OpenID Connect Core §3.1.3).

use std::time::{Duration, SystemTime};

use openidconnect::{AuthorizationCode as Code, ClaimsVerificationError, OAuth2TokenResponse, PkceCodeVerifier};
use serde_json::{Map, Value};

use super::{
    authentication::AskedAuthentication,
    claim_names::claims_of,
    client::{OidcClient, RelyingParty},
    current_roles::Stated,
    deviations::Document,
    error::{ExchangeError, ProviderError, TokenRequestFailure, classify},
    id_token::{Expected, IdTokenError, LoginClaims},
    permissions::Permissions,
    session_expiry::session_expiry,
    standard_claims,
    token_response::TokenResponse,
    values::{CodeVerifier, IdToken, Nonce, RefreshToken},
};
use crate::{
    server::{auth::dpop::ProofKey, excerpt::excerpt, observe::metrics::ProviderEndpoint},
    wire::auth::{AccessToken, AuthorizationCode, UserClaims},
};

/// The verified result of a login.
#[derive(Debug)]
pub struct Login {
    pub access_token: AccessToken,
    /// The lifetime of the access token, from now.
    pub expires_in: Duration,
    pub refresh_token: Option<RefreshToken>,
    pub id_token: IdToken,
    /// Claims that ID tokens of later refreshes must repeat.
    pub claims: LoginClaims,
    /// The ID token's `sid` (OpenID Connect Back-Channel Logout §2.1).
    pub provider_session: Option<String>,
    pub user: UserClaims,
    pub permissions: Permissions,
    /// The provider's `session_expiry`: when the session must have ended.
    pub session_expiry: Option<SystemTime>,
    /// The key that the access token is bound to at the provider, if it is.
    pub proof_key: Option<ProofKey>,
}

/// A code exchange that failed.
#[derive(Debug)]
pub struct RefusedExchange {
    pub error: ExchangeError,
    /// Issued with a response that was refused. To be revoked.
    pub refresh_token: Option<RefreshToken>,
    /// The same, for a token that this server does not accept as it is valid elsewhere without a proof.
    pub access_token: Option<AccessToken>,
}

impl OidcClient {
    /// RFC 9207 §2.4: `iss` of the authorization response must be the issuer. It may be absent only if the provider's
    /// metadata does not announce it, and no profile requires it.
    pub async fn check_response_issuer(&self, iss: Option<&str>) -> Result<(), ExchangeError> {
        let is_ours = match iss {
            Some(iss) => iss == self.issuer(),
            None => !self.settings.requests.profile.requires_iss() && !self.announces_iss().await?,
        };
        if is_ours { Ok(()) } else { Err(ExchangeError::WrongIssuer) }
    }

    /// Exchanges the code and verifies the ID token that comes with it. `proof_key` is that of the authorization request,
    /// and `asked` what it asked for as a step-up.
    pub async fn exchange_code(
        &self,
        code: &AuthorizationCode,
        code_verifier: &CodeVerifier,
        nonce: &Nonce,
        proof_key: Option<&ProofKey>,
        asked: Option<&AskedAuthentication>,
    ) -> Result<Login, RefusedExchange> {
        let relying_party = self.relying_party().await?;
        let proof_key = self.proof_key(proof_key).map_err(ExchangeError::from)?;
        let response = self.request_tokens(&relying_party, code, code_verifier, nonce, proof_key.as_ref()).await?;
        let login = self.verified_login(&relying_party, &response, (nonce, asked), proof_key).await;
        login.map_err(|error| RefusedExchange {
            refresh_token: refresh_token(&response),
            access_token: matches!(error, ExchangeError::NotBound(_)).then(|| response.browser_token()),
            error,
        })
    }

    async fn verified_login(
        &self,
        relying_party: &RelyingParty,
        response: &TokenResponse,
        (nonce, asked): (&Nonce, Option<&AskedAuthentication>),
        proof_key: Option<ProofKey>,
    ) -> Result<Login, ExchangeError> {
        if let Some(reason) = response.unusable_reason() {
            return Err(ExchangeError::Unavailable(reason.into()));
        }
        let proof_key = self.bound_to(response, proof_key)?;
        let access_token = response.usable_access_token().map_err(ExchangeError::AccessTokenTooLong)?;
        let id_token = response.id_token().ok_or_else(|| ExchangeError::InvalidIdToken("none was sent".into()))?;
        let expected = asked.map_or(Expected::Login(nonce), |asked| Expected::StepUp(nonce, asked));
        let claims = self.verified_claims(id_token, expected, response.access_token()).await?;

        let named = claims_of(id_token);
        let mut user = standard_claims::user(claims.issuer(), claims.subject(), &named);
        let mut roles = self.settings.claims.roles.read(&named);
        self.settings.claims.apply(&named, &mut user);
        self.settings.claims.record_other_types(Document::IdToken, &named);
        let (access, sub) = (response.access_token(), claims.subject());
        let stated = self.stated_roles(relying_party, access, sub, proof_key.as_ref()).await;
        let stated = stated.map_err(|error| ExchangeError::Unavailable(error.to_string()))?;
        if let Stated::Userinfo { claims, .. } = &stated {
            roles = self.add_userinfo(claims, &mut user, roles);
        } else if self.settings.claims.needs_userinfo(&user, &named)
            && let Some(claims) = self.userinfo(relying_party, access, sub, proof_key.as_ref()).await
        {
            roles = self.add_userinfo(&claims, &mut user, roles);
        }
        let (scope, roles) = stated.permissions(response.granted_scope(), roles);
        let roles_left_out = roles.is_none() && self.settings.claims.roles.is_left_out(&named);
        if roles_left_out {
            tracing::warn!(
                "the ID token does not list the person's groups, as there are too many: PERMISSIONS_FROM=userinfo, app roles, or \
                 groups assigned to the application help"
            );
        }
        if self.settings.claims.user_id.is_some() && user.user_id.is_none() {
            return Err(ExchangeError::InvalidIdToken("nothing says what USER_ID_CLAIM names".into()));
        }
        Ok(Login {
            access_token,
            expires_in: response.lifetime(),
            refresh_token: refresh_token(response),
            permissions: Permissions {
                // RFC 6749 §5.1: without `scope` in the response, the requested scope was granted.
                scope: scope.unwrap_or_else(|| self.settings.requested_scope()),
                roles: roles.unwrap_or_default(),
                roles_left_out,
            },
            id_token: id_token.clone(),
            provider_session: provider_session(id_token),
            claims: LoginClaims::of(&claims, nonce.clone()),
            session_expiry: self.future_session_expiry(id_token)?,
            proof_key,
            user,
        })
    }

    /// Refuses a `session_expiry` in the past.
    fn future_session_expiry(&self, id_token: &IdToken) -> Result<Option<SystemTime>, ExchangeError> {
        let expiry = session_expiry(id_token).map_err(|error| ExchangeError::InvalidIdToken(error.to_string()))?;
        match expiry {
            Some(expiry) if expiry <= self.environment.now() => {
                Err(ExchangeError::InvalidIdToken("its `session_expiry` has passed".into()))
            }
            expiry => Ok(expiry),
        }
    }

    async fn request_tokens(
        &self,
        relying_party: &RelyingParty,
        code: &AuthorizationCode,
        code_verifier: &CodeVerifier,
        nonce: &Nonce,
        proof_key: Option<&ProofKey>,
    ) -> Result<TokenResponse, ExchangeError> {
        let http = self.client_http_proving(ProviderEndpoint::Token, proof_key).await?;
        let mut request = relying_party
            .exchange_code(Code::new(code.secret().to_owned()))
            .map_err(|error| ExchangeError::Unavailable(error.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(code_verifier.secret().to_owned()));
        for resource in &self.settings.requests.resources {
            request = request.add_extra_param("resource", resource);
        }
        let in_log = |text: &str| http.excerpt(text).without([nonce.secret()]).to_string();
        request.request_async(&http).await.map_err(|error| match classify(&error, &http, in_log) {
            TokenRequestFailure::Refused(text) => ExchangeError::Refused(text),
            TokenRequestFailure::ClientRefused(text) => ExchangeError::ClientRefused(text),
            TokenRequestFailure::Unavailable(text) => ExchangeError::Unavailable(text),
        })
    }

    /// Adds claims from the userinfo endpoint, as some providers leave names and roles out of the ID token. Claims of the
    /// ID token take precedence, and the login succeeds even if the request fails. Returns the roles.
    fn add_userinfo(
        &self,
        claims: &Map<String, Value>,
        user: &mut UserClaims,
        roles: Option<Vec<String>>,
    ) -> Option<Vec<String>> {
        standard_claims::record_other_types(Document::Userinfo, claims);
        self.settings.claims.record_other_types(Document::Userinfo, claims);
        let shown = standard_claims::user(&user.iss, &user.sub, claims);
        user.name = user.name.take().or(shown.name);
        user.preferred_username = user.preferred_username.take().or(shown.preferred_username);
        user.email = user.email.take().or(shown.email);
        self.settings.claims.apply(claims, user);
        roles.or_else(|| self.settings.claims.roles.read(claims))
    }
}

impl From<IdTokenError> for ExchangeError {
    fn from(error: IdTokenError) -> Self {
        match error {
            IdTokenError::Provider(error) => error.into(),
            IdTokenError::Refused(
                ClaimsVerificationError::InvalidAuthContext(reason) | ClaimsVerificationError::InvalidAuthTime(reason),
            ) => Self::AuthenticationUnmet(reason),
            error @ IdTokenError::Undecided(_) => Self::Undecided(excerpt(&error.to_string()).to_string()),
            error => Self::InvalidIdToken(excerpt(&error.to_string()).to_string()),
        }
    }
}

/// For errors before the response was received, so that there is no refresh token to revoke.
impl From<ExchangeError> for RefusedExchange {
    fn from(error: ExchangeError) -> Self {
        Self { error, refresh_token: None, access_token: None }
    }
}

impl From<ProviderError> for RefusedExchange {
    fn from(error: ProviderError) -> Self {
        ExchangeError::from(error).into()
    }
}

fn refresh_token(response: &TokenResponse) -> Option<RefreshToken> {
    response.refresh_token().map(|token| RefreshToken::new(token.secret().to_owned()))
}

/// `sid` of an ID token that was verified before.
fn provider_session(verified: &IdToken) -> Option<String> {
    claims_of(verified).get("sid")?.as_str().filter(|sid| !sid.is_empty()).map(str::to_owned)
}
