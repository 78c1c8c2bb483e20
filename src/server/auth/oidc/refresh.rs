//! Refresh token for access token (RFC 6749 §6, OpenID Connect Core §12).

use std::time::{Duration, SystemTime};

use openidconnect::OAuth2TokenResponse;

use super::{
    client::OidcClient,
    error::{RefreshError, TokenRequestFailure, judge},
    id_token::{Expected, IdTokenError, LoginClaims},
    session_expiry::session_expiry,
    values::{IdToken, RefreshToken},
};
use crate::{
    server::{excerpt::excerpt, observe::metrics::ProviderEndpoint},
    wire::auth::{AccessToken, UserClaims},
};

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
    /// When the provider wants the session to end, where a new ID token says so; otherwise the same as before.
    pub session_expiry: Option<SystemTime>,
}

impl OidcClient {
    /// Asks for a new access token in the name of `user`, whose login's ID token had these claims. An access token whose
    /// ID token can't be verified is not given out.
    pub async fn refresh_access_token(
        &self,
        refresh_token: &RefreshToken,
        user: &UserClaims,
        login: &LoginClaims,
    ) -> Result<Refreshed, RefreshError> {
        let relying_party = self.relying_party().await?;
        let http = self.client_http(ProviderEndpoint::Refresh).await?;
        let refresh_token = openidconnect::RefreshToken::new(refresh_token.secret().to_owned());
        let mut request = relying_party
            .exchange_refresh_token(&refresh_token)
            .map_err(|error| RefreshError::Unavailable(error.to_string()))?;
        for resource in &self.settings.requests.resources {
            request = request.add_extra_param("resource", resource);
        }
        let words = |text: &str| http.excerpt(text).to_string();
        let response =
            request.request_async(&http).await.map_err(|error| match judge(&error, http.status(), words) {
                TokenRequestFailure::Refused(text) => RefreshError::InvalidGrant(text),
                TokenRequestFailure::Unavailable(text) => RefreshError::Unavailable(text),
            })?;

        let refresh_token = response.refresh_token().map(|token| RefreshToken::new(token.secret().to_owned()));
        if let Some(reason) = response.unusable() {
            return Err(RefreshError::Unusable { refresh_token, reason: reason.into() });
        }
        if let Some(id_token) = response.id_token() {
            let expected = Expected::OfRefresh(user, login);
            match self.verified_claims(id_token, expected, response.access_token()).await {
                Ok(_) => {}
                Err(error @ (IdTokenError::Undecided(_) | IdTokenError::Provider(_))) => {
                    return Err(RefreshError::Unusable {
                        refresh_token,
                        reason: format!("its ID token: {}", in_log(&error)),
                    });
                }
                Err(error) => {
                    return Err(RefreshError::InvalidIdToken { refresh_token, reason: in_log(&error) });
                }
            }
        }
        let session_expiry = response.id_token().map(session_expiry).transpose();
        let session_expiry = match session_expiry {
            Ok(expiry) => expiry.flatten(),
            Err(error) => return Err(RefreshError::InvalidIdToken { refresh_token, reason: error.to_string() }),
        };
        Ok(Refreshed {
            session_expiry,
            access_token: AccessToken::new(response.access_token().secret().to_owned()),
            expires_in: response.lifetime(),
            refresh_token,
            scope: response.granted_scope(),
            roles: response.id_token().and_then(|verified| self.settings.claims.roles.of_id_token(verified)),
            id_token: response.id_token().cloned(),
        })
    }
}

/// It may quote what the token says.
fn in_log(error: &IdTokenError) -> String {
    excerpt(&error.to_string()).to_string()
}
