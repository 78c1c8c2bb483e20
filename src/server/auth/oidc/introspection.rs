//! Access tokens judged by the provider itself (RFC 7662), for those that nobody else can read.

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

/// The members as they came: `openidconnect`'s own type takes no time as text, and no scope as an array.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct IntrospectionResponse(Map<String, Value>);

impl OidcClient {
    /// Asks the provider about an access token. Where `audience` is given, it must be among the token's.
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
        self.judge(response, audience)
    }

    fn judge(
        &self,
        response: IntrospectionResponse,
        audience: Option<&str>,
    ) -> Result<VerifiedToken, AccessTokenError> {
        if !response.active() {
            return Err(AccessTokenError::Inactive);
        }
        let claims = TokenClaims(response.0);
        // RFC 7662 §2.1: the endpoint is asked about refresh tokens too, and some providers know ID tokens there.
        claims.check_kind()?;
        // RFC 7662 §4: what the answer says besides is for us to check.
        let now = self.environment.now();
        if claims.time("exp")?.is_some_and(|expires_at| expires_at <= now) {
            return Err(AccessTokenError::Expired);
        }
        claims.check_begun(now + self.settings.id_tokens.clock_tolerance)?;
        if audience.is_some_and(|audience| !claims.is_for(audience)) {
            return Err(AccessTokenError::OtherAudience);
        }
        let is_ours = claims.text("iss").is_none_or(|iss| iss == self.issuer());
        let mut token = claims.into_verified(self.issuer(), &self.settings.claims)?;
        // Another issuer's subjects are other people.
        token.user = token.user.filter(|_| is_ours);
        Ok(token)
    }

    async fn introspection_url(&self) -> Result<IntrospectionUrl, ProviderError> {
        let known = self.discovery.known().await?;
        let named = known.metadata.additional_metadata().introspection_endpoint();
        named.ok_or(ProviderError::MissingEndpoint("introspection_endpoint"))
    }
}

impl TokenIntrospectionResponse for IntrospectionResponse {
    type TokenType = CoreTokenType;

    /// Literally `true`, and nothing that could pass for it.
    fn active(&self) -> bool {
        self.0.get("active") == Some(&Value::Bool(true))
    }

    // Everything else is read as `TokenClaims`.

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
    fn a_token_is_active_only_where_the_answer_says_so_in_so_many_words() {
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
