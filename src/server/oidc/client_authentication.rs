//! How we prove at the provider who we are: with every token, refresh, introspection, revocation and pushed
//! authorization request (OpenID Connect Core §9).

use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use openidconnect::{
    AuthType, HttpRequest,
    http::{
        HeaderValue, Method, Request,
        header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
    },
};
use serde_json::json;
use url::form_urlencoded;

use super::{client::OidcClient, client_key::ClientKey, error::ProviderError, http::ClientHttp, values::ClientSecret};
use crate::server::metrics::ProviderEndpoint;

/// No assertion is good for longer (FAPI 2.0 §5.3.3.1).
const ASSERTION_LIFETIME: Duration = Duration::from_secs(60);

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// OpenID Connect Core §9.
#[derive(Clone, Debug)]
pub enum ClientAuthentication {
    ClientSecretBasic(ClientSecret),
    ClientSecretPost(ClientSecret),
    PrivateKeyJwt {
        key: Arc<ClientKey>,
        /// In place of the issuer, which is the safer one: whoever gets an assertion for an endpoint of their own
        /// naming could use it elsewhere (RFC 9700 §2.5, T60).
        audience: Option<String>,
    },
}

impl ClientAuthentication {
    pub(super) fn auth_type(&self) -> AuthType {
        match self {
            Self::ClientSecretBasic(_) => AuthType::BasicAuth,
            // Without a secret, this sends the client id alone; `ClientHttp` adds the assertion.
            Self::ClientSecretPost(_) | Self::PrivateKeyJwt { .. } => AuthType::RequestBody,
        }
    }

    pub(super) fn secret(&self) -> Option<&ClientSecret> {
        match self {
            Self::ClientSecretBasic(secret) | Self::ClientSecretPost(secret) => Some(secret),
            Self::PrivateKeyJwt { .. } => None,
        }
    }
}

impl OidcClient {
    /// For one request that says who we are; an assertion is good for one.
    pub(super) async fn client_http(&self, endpoint: ProviderEndpoint) -> Result<ClientHttp, ProviderError> {
        let ClientAuthentication::PrivateKeyJwt { key, audience } = &self.settings.client_authentication else {
            return Ok(ClientHttp::new(self.http.at(endpoint), None));
        };
        let failed = |error: &dyn std::fmt::Display| ProviderError::ClientAssertion(error.to_string());
        let now = self.environment.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let client_id = self.settings.client_id.as_str();
        let claims = json!({
            "iss": client_id,
            "sub": client_id,
            "aud": audience.as_deref().unwrap_or(self.issuer()),
            "jti": self.environment.random_text().map_err(|error| failed(&error))?,
            "iat": now.as_secs(),
            "exp": (now + ASSERTION_LIFETIME).as_secs(),
        });
        let known = self.discovery.known().await?;
        let taken = known.metadata.token_endpoint_auth_signing_alg_values_supported();
        let assertion = key.sign(&claims, taken).map_err(|error| failed(&error))?;
        let added = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_assertion_type", ASSERTION_TYPE)
            .append_pair("client_assertion", &assertion)
            .finish();
        Ok(ClientHttp::new(self.http.at(endpoint), Some(added)))
    }

    /// A form for an endpoint that `openidconnect` does not know, with our secret as `openidconnect` sends it. The
    /// parameters name the client already.
    pub(super) fn client_form(&self, url: &str, params: &[(String, String)]) -> Result<HttpRequest, ProviderError> {
        let mut request = Request::builder()
            .uri(url)
            .method(Method::POST)
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .header(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(params);
        match &self.settings.client_authentication {
            ClientAuthentication::ClientSecretBasic(secret) => {
                request = request.header(AUTHORIZATION, basic(self.settings.client_id.as_str(), secret));
            }
            ClientAuthentication::ClientSecretPost(secret) => {
                form.append_pair("client_secret", secret.secret());
            }
            ClientAuthentication::PrivateKeyJwt { .. } => {}
        }
        let wrong = |error: openidconnect::http::Error| ProviderError::Discovery(error.to_string());
        request.body(form.finish().into_bytes()).map_err(wrong)
    }
}

/// RFC 6749 §2.3.1: each half is form-encoded first.
fn basic(client_id: &str, secret: &ClientSecret) -> String {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", BASE64_STANDARD.encode(format!("{}:{}", encoded(client_id), encoded(secret.secret()))))
}
