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
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{
    client::OidcClient, client_key::ClientKey, credentials::Credentials, error::ProviderError, http::ClientHttp,
    values::ClientSecret,
};
use crate::server::observe::metrics::ProviderEndpoint;

/// No assertion is good for longer (FAPI 2.0 §5.3.3.1).
const ASSERTION_LIFETIME: Duration = Duration::from_secs(60);

/// What a form says that is no secret; all else is.
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

/// OpenID Connect Core §9.
#[derive(Clone, Debug)]
pub enum ClientAuthentication {
    ClientSecretBasic(Arc<Credentials<ClientSecret>>),
    ClientSecretPost(Arc<Credentials<ClientSecret>>),
    PrivateKeyJwt {
        keys: Arc<Credentials<ClientKey>>,
        /// In place of the issuer, which is the safer one: whoever gets an assertion for an endpoint of their own
        /// naming could use it elsewhere (RFC 9700 §2.5, T60).
        audience: Option<String>,
    },
}

/// Who we are, as one request says it.
pub(super) enum ClientProof {
    Basic {
        header: HeaderValue,
        secret: ClientSecret,
    },
    Secret(ClientSecret),
    /// Form-encoded.
    Assertion(String),
}

/// In the order to try them. Where one is taken that was not the first, the next request begins with it.
pub(super) struct ClientProofs {
    numbered: Vec<(usize, ClientProof)>,
    taken: Box<dyn Fn(usize) + Send + Sync>,
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

    /// How `openidconnect` shapes requests. `ClientHttp` puts in who we are, whatever was there.
    pub(super) fn auth_type(&self) -> AuthType {
        match self {
            Self::ClientSecretBasic(_) => AuthType::BasicAuth,
            // Without a secret, this sends the client id alone.
            Self::ClientSecretPost(_) | Self::PrivateKeyJwt { .. } => AuthType::RequestBody,
        }
    }

    /// Only with a secret is the client id left out of the body.
    pub(super) fn shaping_secret(&self) -> Option<openidconnect::ClientSecret> {
        matches!(self, Self::ClientSecretBasic(_)).then(|| openidconnect::ClientSecret::new(String::new()))
    }
}

impl OidcClient {
    /// For one request that says who we are; an assertion is good for one.
    pub(super) async fn client_http(&self, endpoint: ProviderEndpoint) -> Result<ClientHttp, ProviderError> {
        let proofs = match &self.settings.client_authentication {
            ClientAuthentication::ClientSecretBasic(secrets) => {
                let client_id = self.settings.client_id.as_str();
                ClientProofs::of(secrets, |secret| {
                    Ok(ClientProof::Basic { header: basic(client_id, secret)?, secret: secret.clone() })
                })
            }
            ClientAuthentication::ClientSecretPost(secrets) => {
                ClientProofs::of(secrets, |secret| Ok(ClientProof::Secret(secret.clone())))
            }
            ClientAuthentication::PrivateKeyJwt { keys, audience } => {
                let known = self.discovery.known().await?;
                let taken = known.metadata.token_endpoint_auth_signing_alg_values_supported();
                ClientProofs::of(keys, |key| {
                    let claims = self.assertion_claims(audience.as_deref())?;
                    Ok(ClientProof::Assertion(form_of(&key.sign(&claims, taken).map_err(failed)?)))
                })
            }
        };
        Ok(ClientHttp::new(self.http.at(endpoint), proofs?))
    }

    /// A form for an endpoint that `openidconnect` does not know. The parameters name the client already.
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

impl ClientProofs {
    fn of<T: Send + Sync + 'static>(
        credentials: &Credentials<T>,
        proof: impl Fn(&T) -> Result<ClientProof, ProviderError>,
    ) -> Result<Self, ProviderError> {
        let live = credentials.live();
        let numbered = live.in_turn().map(|(number, credential)| Ok((number, proof(credential)?)));
        Ok(Self {
            numbered: numbered.collect::<Result<_, ProviderError>>()?,
            taken: Box::new(move |n| live.was_taken(n)),
        })
    }

    pub(super) fn in_turn(&self) -> impl ExactSizeIterator<Item = &(usize, ClientProof)> {
        self.numbered.iter()
    }

    pub(super) fn was_taken(&self, number: usize) {
        (self.taken)(number);
    }

    /// All that the provider reads in this form, or beside it, and nobody else may.
    pub(super) fn secrets(&self, request: &HttpRequest) -> Vec<String> {
        let mut secrets: Vec<String> = self.numbered.iter().flat_map(|(_, proof)| proof.secrets()).collect();
        secrets.extend(secret_values(request.body()));
        secrets
    }
}

impl ClientProof {
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

    /// In the place of what may be there.
    pub(super) fn put_into(&self, request: &mut HttpRequest) {
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

fn form_of(assertion: &str) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair("client_assertion_type", ASSERTION_TYPE)
        .append_pair("client_assertion", assertion)
        .finish()
}

/// RFC 6749 §2.3.1: each half is form-encoded first.
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

/// What this form says, but for what anybody may read.
fn secret_values(form: &[u8]) -> impl Iterator<Item = String> {
    let said = form_urlencoded::parse(form).filter(|(name, _)| !PUBLIC_PARAMETERS.contains(&&**name));
    said.map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_a_request_says_is_secret_but_for_what_anybody_may_know() {
        // T101
        let secret = ClientSecret::new("a b");
        let proofs = [
            ClientProof::Basic { header: basic("us", &secret).unwrap(), secret: secret.clone() },
            ClientProof::Secret(ClientSecret::new("second")),
            ClientProof::Assertion(form_of("header.claims.signature")),
        ];
        let numbered = proofs.into_iter().enumerate().collect();
        let proofs = ClientProofs { numbered, taken: Box::new(|_| {}) };
        let form = "grant_type=refresh_token&refresh_token=r%2Ft&client_id=us&scope=openid&of_the_providers_own=x";
        let request = Request::builder().uri("https://sso.example.com/token").body(form.as_bytes().to_vec()).unwrap();
        let basic = BASE64_STANDARD.encode("us:a+b");
        assert_eq!(proofs.secrets(&request), [&basic, "a b", "second", "header.claims.signature", "r/t", "x"]);
    }
}
