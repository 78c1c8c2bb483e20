//! Client authentication at the provider: with every token, refresh, introspection, revocation and pushed authorization
//! request (OpenID Connect Core §9).

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
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{
    client::OidcClient, client_key::ClientKey, credentials::Credentials, dpop::NonceIssuer, error::ProviderError,
    http::ClientHttp, values::ClientSecret,
};
use crate::server::{auth::dpop::ProofKey, observe::metrics::ProviderEndpoint};

/// The lifetime of a client assertion, as FAPI 2.0 §5.3.3.1 limits it.
const ASSERTION_LIFETIME: Duration = Duration::from_secs(60);

/// Form parameters whose values may appear in the log. All others are treated as secrets.
const PUBLIC_PARAMETERS: [&str; 12] = [
    "client_assertion_type",
    "client_id",
    "code_challenge_method",
    "grant_type",
    "prompt",
    "redirect_uri",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "token_type_hint",
    "ui_locales",
];

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// `CLIENT_AUTH`: the client authentication method (OpenID Connect Core §9).
#[derive(Clone, Debug)]
pub enum ClientAuthentication {
    ClientSecretBasic(Arc<Credentials<ClientSecret>>),
    ClientSecretPost(Arc<Credentials<ClientSecret>>),
    PrivateKeyJwt {
        keys: Arc<Credentials<ClientKey>>,
        /// `aud` of the assertion, if it is not the issuer. The issuer is the safer value: an assertion for an endpoint
        /// that an attacker named could be replayed at the real provider (RFC 9700 §2.5, T60).
        audience: Option<String>,
    },
}

/// The client authentication to add to one request.
pub(super) enum ClientCredential {
    Basic {
        header: HeaderValue,
        secret: ClientSecret,
    },
    Secret(ClientSecret),
    /// `client_assertion_type` and `client_assertion`, form-encoded.
    Assertion(String),
}

/// The credentials for one request, in the order to try them, each with its index. The next request begins with the one
/// that was accepted.
pub(super) struct RequestCredentials {
    indexed: Vec<(usize, ClientCredential)>,
    /// Called with the index of the credential that the provider accepted.
    on_accepted: Box<dyn Fn(usize) + Send + Sync>,
}

impl ClientAuthentication {
    pub fn basic(secret: ClientSecret) -> Self {
        Self::ClientSecretBasic(Arc::new(Credentials::fixed(secret)))
    }

    pub fn post(secret: ClientSecret) -> Self {
        Self::ClientSecretPost(Arc::new(Credentials::fixed(secret)))
    }

    pub fn signed(key: ClientKey, audience: Option<String>) -> Self {
        Self::PrivateKeyJwt { keys: Arc::new(Credentials::fixed(key)), audience }
    }

    /// The algorithms of client assertions by the current keys, as FAPI 2.0 allows them.
    pub(super) fn assertion_algorithms(&self) -> Vec<&'static str> {
        match self {
            Self::ClientSecretBasic(_) | Self::ClientSecretPost(_) => vec![],
            Self::PrivateKeyJwt { keys, .. } => {
                keys.active().in_order().map(|(_, key)| key.strong_algorithm()).collect()
            }
        }
    }

    /// How `openidconnect` builds requests. `ClientHttp` adds the credentials later.
    pub(super) fn auth_type(&self) -> AuthType {
        match self {
            Self::ClientSecretBasic(_) => AuthType::BasicAuth,
            // As `openidconnect` has no secret, it sends only the client id.
            Self::ClientSecretPost(_) | Self::PrivateKeyJwt { .. } => AuthType::RequestBody,
        }
    }

    /// An empty secret, which makes `openidconnect` leave the client id out of the body. `ClientHttp` replaces it.
    pub(super) fn placeholder_secret(&self) -> Option<openidconnect::ClientSecret> {
        matches!(self, Self::ClientSecretBasic(_)).then(|| openidconnect::ClientSecret::new(String::new()))
    }
}

impl OidcClient {
    /// An HTTP client for one authenticated request. Not reusable, as a client assertion has a single-use `jti`.
    pub(super) async fn client_http(&self, endpoint: ProviderEndpoint) -> Result<ClientHttp<'_>, ProviderError> {
        self.client_http_proving(endpoint, None).await
    }

    /// The same with a proof by this key.
    pub(super) async fn client_http_proving<'c>(
        &'c self,
        endpoint: ProviderEndpoint,
        key: Option<&'c ProofKey>,
    ) -> Result<ClientHttp<'c>, ProviderError> {
        let credentials = self.request_credentials().await?;
        let proofs = self.proofs(key, NonceIssuer::AuthorizationServer);
        Ok(ClientHttp::new(self.http.at(endpoint), credentials, proofs, self))
    }

    pub(super) async fn request_credentials(&self) -> Result<RequestCredentials, ProviderError> {
        match &self.settings.client_authentication {
            ClientAuthentication::ClientSecretBasic(secrets) => {
                let client_id = self.settings.client_id.as_str();
                RequestCredentials::of(secrets, |secret| {
                    Ok(ClientCredential::Basic { header: basic(client_id, secret)?, secret: secret.clone() })
                })
            }
            ClientAuthentication::ClientSecretPost(secrets) => {
                RequestCredentials::of(secrets, |secret| Ok(ClientCredential::Secret(secret.clone())))
            }
            ClientAuthentication::PrivateKeyJwt { keys, audience } => {
                let fetched = self.discovery.current().await?;
                let supported = self.settings.requests.profile.assertion_algorithms(&fetched.metadata);
                RequestCredentials::of(keys, |key| {
                    let claims = self.assertion_claims(audience.as_deref())?;
                    Ok(ClientCredential::Assertion(assertion_form(&key.sign(&claims, supported).map_err(failed)?)))
                })
            }
        }
    }

    /// The same with credentials that are made up in the configured form, for diagnostics.
    pub(super) async fn client_http_with_wrong_credentials(&self) -> Result<ClientHttp<'_>, ProviderError> {
        let wrong = ClientSecret::new(self.environment.random_text().map_err(failed)?);
        let credential = match &self.settings.client_authentication {
            ClientAuthentication::ClientSecretBasic(_) => {
                ClientCredential::Basic { header: basic(&self.settings.client_id, &wrong)?, secret: wrong }
            }
            ClientAuthentication::ClientSecretPost(_) => ClientCredential::Secret(wrong),
            // Our own assertion with other bytes in place of its signature.
            ClientAuthentication::PrivateKeyJwt { keys, audience } => {
                let fetched = self.discovery.current().await?;
                let supported = self.settings.requests.profile.assertion_algorithms(&fetched.metadata);
                let claims = self.assertion_claims(audience.as_deref())?;
                let active = keys.active();
                let (_, key) = active.in_order().next().ok_or_else(|| failed("there is no key"))?;
                let signed = key.sign(&claims, supported).map_err(failed)?;
                let (unsigned, _) = signed.rsplit_once('.').unwrap_or_default();
                ClientCredential::Assertion(assertion_form(&format!("{unsigned}.{}", wrong.secret())))
            }
        };
        let credentials = RequestCredentials { indexed: vec![(0, credential)], on_accepted: Box::new(|_| {}) };
        Ok(ClientHttp::new(self.http.at(ProviderEndpoint::Diagnostics), credentials, None, self))
    }

    /// A form request to an endpoint that `openidconnect` does not support. `params` include the client id.
    pub(super) fn client_form(&self, url: &str, params: &[(String, String)]) -> Result<HttpRequest, ProviderError> {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
        let wrong = |error: openidconnect::http::Error| ProviderError::Discovery(error.to_string());
        Request::builder()
            .uri(url)
            .method(Method::POST)
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .header(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))
            .body(form.into_bytes())
            .map_err(wrong)
    }

    fn assertion_claims(&self, audience: Option<&str>) -> Result<Value, ProviderError> {
        let now = self.environment.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let client_id = self.settings.client_id.as_str();
        Ok(json!({
            "iss": client_id,
            "sub": client_id,
            "aud": audience.unwrap_or(self.issuer()),
            "jti": self.environment.random_text().map_err(failed)?,
            "iat": now.as_secs(),
            "exp": (now + ASSERTION_LIFETIME).as_secs(),
        }))
    }
}

impl RequestCredentials {
    fn of<T: Send + Sync + 'static>(
        credentials: &Credentials<T>,
        to_request: impl Fn(&T) -> Result<ClientCredential, ProviderError>,
    ) -> Result<Self, ProviderError> {
        let active = credentials.active();
        let indexed = active.in_order().map(|(index, credential)| Ok((index, to_request(credential)?)));
        Ok(Self {
            indexed: indexed.collect::<Result<_, ProviderError>>()?,
            on_accepted: Box::new(move |index| active.set_accepted(index)),
        })
    }

    pub(super) fn in_order(&self) -> impl ExactSizeIterator<Item = &(usize, ClientCredential)> {
        self.indexed.iter()
    }

    pub(super) fn set_accepted(&self, index: usize) {
        (self.on_accepted)(index);
    }

    /// The secrets in this request and in all credentials, to redact them from logged responses.
    pub(super) fn secrets(&self, request: &HttpRequest) -> Vec<String> {
        let mut secrets: Vec<String> = self.indexed.iter().flat_map(|(_, credential)| credential.secrets()).collect();
        secrets.extend(secret_values(request.body()));
        secrets
    }
}

impl ClientCredential {
    fn secrets(&self) -> Vec<String> {
        match self {
            Self::Basic { header, secret } => {
                let header = header.to_str().unwrap_or_default();
                vec![header.trim_start_matches("Basic ").to_owned(), secret.secret().to_owned()]
            }
            Self::Secret(secret) => vec![secret.secret().to_owned()],
            Self::Assertion(form) => secret_values(form.as_bytes()).collect(),
        }
    }

    /// Adds the credential, and replaces an `Authorization` header.
    pub(super) fn add_to(&self, request: &mut HttpRequest) {
        match self {
            Self::Basic { header, .. } => _ = request.headers_mut().insert(AUTHORIZATION, header.clone()),
            Self::Secret(secret) => {
                let added = form_urlencoded::Serializer::new(String::new())
                    .append_pair("client_secret", secret.secret())
                    .finish();
                append(request, &added);
            }
            Self::Assertion(form) => append(request, form),
        }
    }
}

fn append(request: &mut HttpRequest, form: &str) {
    request.body_mut().push(b'&');
    request.body_mut().extend_from_slice(form.as_bytes());
}

fn assertion_form(assertion: &str) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair("client_assertion_type", ASSERTION_TYPE)
        .append_pair("client_assertion", assertion)
        .finish()
}

/// RFC 6749 §2.3.1: client id and secret are form-encoded before they are joined.
fn basic(client_id: &str, secret: &ClientSecret) -> Result<HeaderValue, ProviderError> {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let credentials = BASE64_STANDARD.encode(format!("{}:{}", encoded(client_id), encoded(secret.secret())));
    let mut header = HeaderValue::try_from(format!("Basic {credentials}")).map_err(failed)?;
    header.set_sensitive(true);
    Ok(header)
}

fn failed(error: impl std::fmt::Display) -> ProviderError {
    ProviderError::ClientAssertion(error.to_string())
}

/// The values of all form parameters that are not public.
fn secret_values(form: &[u8]) -> impl Iterator<Item = String> {
    let secret = form_urlencoded::parse(form).filter(|(name, _)| !PUBLIC_PARAMETERS.contains(&&**name));
    secret.map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_of_a_request_is_secret_unless_it_is_known_to_be_public() {
        // T101
        let secret = ClientSecret::new("a b");
        let credentials = [
            ClientCredential::Basic { header: basic("us", &secret).unwrap(), secret: secret.clone() },
            ClientCredential::Secret(ClientSecret::new("second")),
            ClientCredential::Assertion(assertion_form("header.claims.signature")),
        ];
        let indexed = credentials.into_iter().enumerate().collect();
        let credentials = RequestCredentials { indexed, on_accepted: Box::new(|_| {}) };
        let form = "grant_type=refresh_token&refresh_token=r%2Ft&client_id=us&scope=openid&of_the_providers_own=x";
        let request = Request::builder().uri("https://sso.example.com/token").body(form.as_bytes().to_vec()).unwrap();
        let basic = BASE64_STANDARD.encode("us:a+b");
        assert_eq!(credentials.secrets(&request), [&basic, "a b", "second", "header.claims.signature", "r/t", "x"]);
    }
}
