//! Requests with the client's credentials and a made-up code or token. Nothing is issued, and nothing is ended.

use openidconnect::{AsyncHttpClient, HttpResponse};
use serde_json::Value;

use super::{ClientAnswer, DiagnosticError};
use crate::server::{
    auth::oidc::{
        client::OidcClient, client_authentication::ClientAuthentication, error::ProviderError, http::ClientHttp,
    },
    observe::metrics::ProviderEndpoint,
};

/// A request to an endpoint that authenticates clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// The exchange of a made-up code, as at a login.
    Token,
    /// The same with credentials that are made up, too, to see whether the provider refuses these.
    TokenWithWrongCredentials,
    /// The revocation of a made-up refresh token.
    Revocation,
}

/// What the introspection endpoint says of a made-up token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IntrospectionAnswer {
    /// `active` is `false` (RFC 7662 §2.2).
    Inactive,
    /// The client may not introspect tokens, or its credentials are wrong.
    ClientRefused(String),
    /// 200 with anything else: no access token could be checked.
    Wrong(String),
    /// Another status.
    Unclear(String),
}

/// A response, and the client that knows which of the texts in it are secret.
struct Answered<'c> {
    response: HttpResponse,
    http: ClientHttp<'c>,
}

impl OidcClient {
    /// `None` where the endpoint does not exist.
    pub async fn probe_client(&self, request: Request) -> Result<Option<ClientAnswer>, DiagnosticError> {
        // As at a login: a client may be registered for proofs (RFC 9449 §5.2).
        let key = self.new_proof_key().await?;
        let Answered { response, http } = match request {
            Request::Token => {
                let http = self.client_http_proving(ProviderEndpoint::Diagnostics, key.as_ref()).await?;
                self.send_token_request(http).await?
            }
            Request::TokenWithWrongCredentials => {
                self.send_token_request(self.client_http_with_wrong_credentials().await?).await?
            }
            Request::Revocation => {
                let fetched = self.discovery.current().await?;
                let Some(url) = fetched.metadata.additional_metadata().revocation_endpoint() else { return Ok(None) };
                self.send_with_token(url.as_str(), "refresh_token").await?
            }
        };
        // RFC 7009 §2.2: also for a token that the provider does not know.
        if request == Request::Revocation && response.status().is_success() {
            return Ok(Some(ClientAnswer::CodeRefused(format!("status {}", response.status().as_u16()))));
        }
        Ok(Some(ClientAnswer::of(http.status(), response.body(), |text| http.excerpt(text))))
    }

    /// Asks for the status of a made-up access token.
    pub async fn probe_introspection(&self) -> Result<IntrospectionAnswer, DiagnosticError> {
        let fetched = self.discovery.current().await?;
        let url = fetched.metadata.additional_metadata().introspection_endpoint();
        let url = url.ok_or(ProviderError::MissingEndpoint("introspection_endpoint"))?;
        let Answered { response, http } = self.send_with_token(url.as_str(), "access_token").await?;
        let status = response.status().as_u16();
        if response.status().is_success() {
            let active = serde_json::from_slice::<Value>(response.body()).ok().and_then(|it| it.get("active").cloned());
            return Ok(match active {
                Some(Value::Bool(false)) => IntrospectionAnswer::Inactive,
                Some(Value::Bool(true)) => IntrospectionAnswer::Wrong("a made-up token is called active".into()),
                _ => IntrospectionAnswer::Wrong(format!("status {status}, without `active`")),
            });
        }
        Ok(match ClientAnswer::of(http.status(), response.body(), |text| http.excerpt(text)) {
            ClientAnswer::ClientRefused(words) => IntrospectionAnswer::ClientRefused(words),
            answer if status == 403 => IntrospectionAnswer::ClientRefused(answer.words().to_owned()),
            answer => IntrospectionAnswer::Unclear(answer.words().to_owned()),
        })
    }

    /// The parameters of a login's token request (RFC 6749 §4.1.3, RFC 7636 §4.5).
    async fn send_token_request<'c>(&self, http: ClientHttp<'c>) -> Result<Answered<'c>, DiagnosticError> {
        let fetched = self.discovery.current().await?;
        let url = fetched.metadata.token_endpoint().ok_or(ProviderError::MissingEndpoint("token_endpoint"))?;
        let mut params = vec![
            ("grant_type".to_owned(), "authorization_code".to_owned()),
            ("code".into(), self.random()?),
            ("redirect_uri".into(), self.settings.redirect_uri.to_string()),
            ("code_verifier".into(), self.random()?),
        ];
        // With `client_secret_basic`, the id is in the header.
        if !matches!(self.settings.client_authentication, ClientAuthentication::ClientSecretBasic(_)) {
            params.push(("client_id".into(), self.settings.client_id.to_string()));
        }
        params.extend(self.settings.requests.resources.iter().map(|resource| ("resource".into(), resource.clone())));
        let response = http.call(self.client_form(url.as_str(), &params)?).await?;
        Ok(Answered { response, http })
    }

    /// RFC 7009 §2.1, RFC 7662 §2.1
    async fn send_with_token(&self, url: &str, hint: &str) -> Result<Answered<'_>, DiagnosticError> {
        let params = [
            ("client_id".to_owned(), self.settings.client_id.to_string()),
            ("token".into(), self.random()?),
            ("token_type_hint".into(), hint.into()),
        ];
        let http = self.client_http(ProviderEndpoint::Diagnostics).await?;
        let response = http.call(self.client_form(url, &params)?).await?;
        Ok(Answered { response, http })
    }
}
