//! Refresh token for access token (RFC 6749 §6, OpenID Connect Core §12).

use std::time::Duration;

use openidconnect::{OAuth2TokenResponse, core::CoreIdToken};

use super::{
    client::{OidcClient, RelyingParty},
    error::{RefreshError, TokenRequestFailure, judge},
    id_token::{ExpectedNonce, NOT_READABLE},
    token_response::SentIdToken,
    values::{IdToken, Nonce, RefreshToken},
};
use crate::wire::auth::{AccessToken, UserClaims};

/// What a refresh brought.
#[derive(Clone, Debug)]
pub struct Refreshed {
    pub access_token: AccessToken,
    /// For how long the access token is good, from now.
    pub expires_in: Duration,
    /// The next refresh token, where the provider sent one; otherwise the old one stays good (RFC 6749 §6).
    pub refresh_token: Option<RefreshToken>,
    /// Providers need not send one (OpenID Connect Core §12.2).
    pub id_token: Option<IdToken>,
    /// What the access token is good for, where the provider says so; otherwise the same as before (RFC 6749 §5.1, §6).
    pub scope: Option<Vec<String>>,
    /// Where a new ID token says so; otherwise the same as before.
    pub roles: Option<Vec<String>>,
}

impl OidcClient {
    /// Asks for a new access token in the name of `user`, who signed in with `nonce`.
    pub async fn refresh_access_token(
        &self,
        refresh_token: &RefreshToken,
        user: &UserClaims,
        nonce: &Nonce,
    ) -> Result<Refreshed, RefreshError> {
        let relying_party = self.relying_party().await?;
        let http = self.http.for_token_endpoint();
        let response = relying_party
            .exchange_refresh_token(&openidconnect::RefreshToken::new(refresh_token.secret().to_owned()))
            .map_err(|error| RefreshError::Unavailable(error.to_string()))?
            .request_async(&http)
            .await
            .map_err(|error| match judge(&error, http.status()) {
                TokenRequestFailure::Refused(text) => RefreshError::InvalidGrant(text),
                TokenRequestFailure::Unavailable(text) => RefreshError::Unavailable(text),
            })?;

        if let Some(reason) = response.unusable() {
            return Err(RefreshError::Unavailable(reason.into()));
        }
        let mut roles = None;
        let id_token = match response.sent_id_token() {
            SentIdToken::Absent => None,
            SentIdToken::Malformed => return Err(RefreshError::InvalidIdToken(NOT_READABLE.into())),
            SentIdToken::Sent(id_token) => {
                let verified = self.verify_refreshed(&relying_party, id_token, user, nonce).await?;
                roles = self.settings.roles_claim.of_id_token(id_token);
                Some(verified)
            }
        };
        Ok(Refreshed {
            access_token: AccessToken::new(response.access_token().secret().to_owned()),
            expires_in: response.lifetime(),
            refresh_token: response.refresh_token().map(|token| RefreshToken::new(token.secret().to_owned())),
            id_token,
            scope: response.granted_scope(),
            roles,
        })
    }

    /// Same issuer (checked against the configured one), same `sub`, same `nonce` if any: OpenID Connect Core §12.2.
    async fn verify_refreshed(
        &self,
        relying_party: &RelyingParty,
        id_token: &CoreIdToken,
        user: &UserClaims,
        nonce: &Nonce,
    ) -> Result<IdToken, RefreshError> {
        let claims = self
            .verified_claims(relying_party, id_token, ExpectedNonce::AbsentOr(nonce))
            .await
            .map_err(|error| RefreshError::InvalidIdToken(error.to_string()))?;
        if claims.subject().as_str() != user.sub {
            return Err(RefreshError::InvalidIdToken("it is about somebody else".into()));
        }
        Ok(IdToken::new(id_token.to_string()))
    }
}
