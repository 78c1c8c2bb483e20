//! Token introspection (RFC 7662), for access tokens that only the provider can read.

use chrono::{DateTime, Utc};
use openidconnect::{
    AccessToken as SentToken, ClientId, IntrospectionUrl, Scope, TokenIntrospectionResponse, core::CoreTokenType,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    client::{OidcClient, RelyingParty},
    error::{AccessTokenError, ProviderError},
    token_claims::{TokenClaims, VerifiedToken},
};
use crate::{server::observe::metrics::ProviderEndpoint, wire::auth::AccessToken};

/// All members as received. `openidconnect`'s own type rejects a time sent as text and a scope sent as an array.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct IntrospectionResponse(Map<String, Value>);

impl OidcClient {
    /// Requests the status of an access token. If `audience` is given, the token must have it.
    pub async fn introspect(
        &self,
        access_token: &AccessToken,
        audience: Option<&str>,
    ) -> Result<VerifiedToken, AccessTokenError> {
        let http = self.client_http(ProviderEndpoint::Introspection).await?;
        let token = SentToken::new(access_token.secret().to_owned());
        let relying_party = RelyingParty::clone(&*self.relying_party().await?);
        let response: IntrospectionResponse = relying_party
            .set_introspection_url(self.introspection_url().await?)
            .introspect(&token)
            .set_token_type_hint("access_token")
            .request_async(&http)
            .await
            .map_err(|error| AccessTokenError::introspection_failed(&error, &http))?;
        self.verify_introspection(response, audience)
    }

    fn verify_introspection(
        &self,
        response: IntrospectionResponse,
        audience: Option<&str>,
    ) -> Result<VerifiedToken, AccessTokenError> {
        if !response.active() {
            return Err(AccessTokenError::Inactive);
        }
        let claims = TokenClaims(response.0);
        // The endpoint accepts refresh tokens too (RFC 7662 §2.1), and with some providers ID tokens.
        claims.check_kind()?;
        // RFC 7662 §4: the other members must be checked here.
        let now = self.environment.now();
        if claims.time("exp")?.is_some_and(|expires_at| expires_at <= now) {
            return Err(AccessTokenError::Expired);
        }
        claims.check_not_before(now + self.settings.id_tokens.clock_tolerance)?;
        if audience.is_some_and(|audience| !claims.is_for(audience)) {
            return Err(AccessTokenError::OtherAudience);
        }
        let is_ours = claims.text("iss").is_none_or(|iss| iss == self.issuer());
        let mut token = claims.into_verified(self.issuer(), &self.settings.claims)?;
        // The same `sub` of another issuer is another person.
        token.user = token.user.filter(|_| is_ours);
        Ok(token)
    }

    async fn introspection_url(&self) -> Result<IntrospectionUrl, ProviderError> {
        let fetched = self.discovery.current().await?;
        let named = fetched.metadata.additional_metadata().introspection_endpoint();
        named.ok_or(ProviderError::MissingEndpoint("introspection_endpoint"))
    }
}

impl TokenIntrospectionResponse for IntrospectionResponse {
    type TokenType = CoreTokenType;

    /// Only JSON `true`, not a value that could be converted to it.
    fn active(&self) -> bool {
        self.0.get("active") == Some(&Value::Bool(true))
    }

    // All other members are read from `TokenClaims`.

    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }

    fn client_id(&self) -> Option<&ClientId> {
        None
    }

    fn username(&self) -> Option<&str> {
        None
    }

    fn token_type(&self) -> Option<&CoreTokenType> {
        None
    }

    fn exp(&self) -> Option<DateTime<Utc>> {
        None
    }

    fn iat(&self) -> Option<DateTime<Utc>> {
        None
    }

    fn nbf(&self) -> Option<DateTime<Utc>> {
        None
    }

    fn sub(&self) -> Option<&str> {
        None
    }

    fn aud(&self) -> Option<&Vec<String>> {
        None
    }

    fn iss(&self) -> Option<&str> {
        None
    }

    fn jti(&self) -> Option<&str> {
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_token_is_active_only_if_active_is_the_json_value_true() {
        // T71
        for (answer, is_active) in [
            (json!({ "active": true }), true),
            (json!({ "active": false }), false),
            (json!({ "active": "true" }), false),
            (json!({ "active": 1 }), false),
            (json!({ "active": null }), false),
            (json!({ "exp": 1 }), false),
            (json!({}), false),
        ] {
            let response: IntrospectionResponse = serde_json::from_value(answer.clone()).unwrap();
            assert_eq!(response.active(), is_active, "{answer}");
        }
    }
}
