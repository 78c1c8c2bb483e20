//! Exchanges a refresh token for a new access token (RFC 6749 §6, OpenID Connect Core §12).

use std::time::{Duration, SystemTime};

use openidconnect::{OAuth2TokenResponse, SubjectIdentifier};

use super::{
    client::OidcClient,
    error::{RefreshError, TokenRequestFailure, classify},
    id_token::{Expected, IdTokenError, LoginClaims},
    session_expiry::session_expiry,
    values::{IdToken, RefreshToken},
};
use crate::{
    server::{auth::dpop::ProofKey, excerpt::excerpt, observe::metrics::ProviderEndpoint},
    wire::auth::{AccessToken, UserClaims},
};

/// The verified result of a refresh.
#[derive(Clone, Debug)]
pub struct Refreshed {
    pub access_token: AccessToken,
    /// The lifetime of the access token, from now.
    pub expires_in: Duration,
    /// The new refresh token, if the provider issued one. Otherwise the old one stays valid (RFC 6749 §6).
    pub refresh_token: Option<RefreshToken>,
    /// Optional in the response (OpenID Connect Core §12.2).
    pub id_token: Option<IdToken>,
    /// The granted scope; `None` if it is unchanged (RFC 6749 §5.1, §6).
    pub scope: Option<Vec<String>>,
    /// From a new ID token, or from where they are looked up; `None` if they are unchanged.
    pub roles: Option<Vec<String>>,
    /// `session_expiry` of a new ID token; `None` if it is unchanged.
    pub session_expiry: Option<SystemTime>,
    /// The key that the access token is bound to at the provider, if it is.
    pub proof_key: Option<ProofKey>,
}

impl OidcClient {
    /// Fetches the provider's metadata unless it is cached, so that a refresh token is sent without delay.
    pub async fn prepare_refresh(&self) -> Result<(), RefreshError> {
        self.relying_party().await?;
        Ok(())
    }

    /// Requests a new access token for `user`. `login` are the claims that an ID token in the response must repeat. If
    /// that can't be verified, the access token is not returned either. `proof_key` is that of the session.
    pub async fn refresh_access_token(
        &self,
        refresh_token: &RefreshToken,
        user: &UserClaims,
        login: &LoginClaims,
        proof_key: Option<&ProofKey>,
    ) -> Result<Refreshed, RefreshError> {
        let relying_party = self.relying_party().await?;
        let proof_key = self.proof_key(proof_key)?;
        let http = self.client_http_proving(ProviderEndpoint::Refresh, proof_key.as_ref()).await?;
        let refresh_token = openidconnect::RefreshToken::new(refresh_token.secret().to_owned());
        let mut request = relying_party
            .exchange_refresh_token(&refresh_token)
            .map_err(|error| RefreshError::Unavailable(error.to_string()))?;
        for resource in &self.settings.requests.resources {
            request = request.add_extra_param("resource", resource);
        }
        let excerpt = |text: &str| http.excerpt(text).to_string();
        let response = request.request_async(&http).await.map_err(|error| match classify(&error, &http, excerpt) {
            TokenRequestFailure::Refused(text) => RefreshError::InvalidGrant(text),
            // The session's key is lost, as where a server of an earlier release has stored the session: its person signs
            // in again.
            TokenRequestFailure::ClientRefused(text) if self.demands_lost_key(&http, proof_key.as_ref()) => {
                RefreshError::InvalidGrant(text)
            }
            TokenRequestFailure::ClientRefused(text) => RefreshError::ClientRefused(text),
            TokenRequestFailure::Unavailable(text) => RefreshError::Unavailable(text),
        })?;

        let refresh_token = response.refresh_token().map(|token| RefreshToken::new(token.secret().to_owned()));
        if let Some(reason) = response.unusable_reason() {
            return Err(RefreshError::Unusable { refresh_token, reason: reason.into() });
        }
        let proof_key = match self.bound_to(&response, proof_key.clone()) {
            Ok(proof_key) => proof_key,
            Err(error) => {
                return Err(RefreshError::NotBound { access_token: response.browser_token(), refresh_token, error });
            }
        };
        let access_token = match response.usable_access_token() {
            Ok(access_token) => access_token,
            Err(length) => return Err(RefreshError::AccessTokenTooLong { refresh_token, length }),
        };
        if let Some(id_token) = response.id_token() {
            let expected = Expected::Refresh(user, login);
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
        let sub = SubjectIdentifier::new(user.sub.clone());
        let stated = self.stated_roles(&relying_party, response.access_token(), &sub, proof_key.as_ref()).await;
        let stated = match stated {
            Ok(stated) => stated,
            Err(error) => return Err(RefreshError::Unusable { refresh_token, reason: error.to_string() }),
        };
        let in_id_token = response.id_token().and_then(|verified| self.settings.claims.roles.of_id_token(verified));
        let (scope, roles) = stated.permissions(response.granted_scope(), in_id_token);
        Ok(Refreshed {
            session_expiry,
            access_token,
            expires_in: response.lifetime(),
            refresh_token,
            scope,
            roles,
            id_token: response.id_token().cloned(),
            proof_key,
        })
    }
}

/// An excerpt, as the error may quote the token.
fn in_log(error: &IdTokenError) -> String {
    excerpt(&error.to_string()).to_string()
}
