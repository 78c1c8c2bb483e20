//! Pushed authorization requests (RFC 9126): the server sends the parameters to the provider, and the browser carries
//! only a reference to them.

use openidconnect::{AsyncHttpClient, http::StatusCode};
use serde::Deserialize;
use url::Url;

use super::{
    client::OidcClient,
    discovery::{FetchedMetadata, Metadata},
    error::ProviderError,
    error_response::Meaning,
};
use crate::server::{auth::dpop::ProofKey, observe::metrics::ProviderEndpoint};

/// The successful response (RFC 9126 §2.2). `expires_in` is not read, as the browser is redirected at once.
#[derive(Deserialize)]
struct PushedResponse {
    request_uri: String,
}

impl OidcClient {
    /// The URL to send the browser to. That is `url`, which has all parameters, unless the provider requires pushed
    /// requests (RFC 9126 §5) or they are configured: then it refers to the pushed ones.
    pub(super) async fn pushed(
        &self,
        fetched: &FetchedMetadata,
        url: Url,
        proof_key: Option<&ProofKey>,
    ) -> Result<String, ProviderError> {
        let more = fetched.metadata.additional_metadata();
        if !self.settings.requests.pushed && !more.requires_pushed_authorization_requests() {
            return Ok(url.into());
        }
        // Boxed, as the future is large and seldom needed.
        Box::pin(self.push(fetched, &url, proof_key)).await
    }

    async fn push(
        &self,
        fetched: &FetchedMetadata,
        url: &Url,
        proof_key: Option<&ProofKey>,
    ) -> Result<String, ProviderError> {
        let more = fetched.metadata.additional_metadata();
        let endpoint = more
            .pushed_authorization_request_endpoint()
            .ok_or(ProviderError::MissingEndpoint("pushed_authorization_request_endpoint"))?;
        let failed = |text: String| ProviderError::PushedRequest(text);
        let request = self.client_form(endpoint, &request_params(&fetched.metadata, url))?;
        let http = self.client_http_proving(ProviderEndpoint::PushedAuthorization, proof_key).await?;
        let answer = http.call(request).await.map_err(|error| failed(error.to_string()))?;
        if let Some(response) = http.error_response() {
            let text = response.describe(|text| http.excerpt(text).to_string());
            return Err(match response.meaning() {
                Meaning::Refused => ProviderError::PushedRequestRefused(text),
                Meaning::ClientRefused | Meaning::Unavailable => failed(text),
            });
        }
        let status = answer.status();
        if !matches!(status, StatusCode::CREATED | StatusCode::OK) {
            return Err(failed(format!("status {status}")));
        }
        let PushedResponse { request_uri } = serde_json::from_slice(answer.body())
            .map_err(|_| failed(format!("status {status}, no request_uri in the answer")))?;
        let mut url = fetched.metadata.authorization_endpoint().url().clone();
        url.query_pairs_mut()
            .append_pair("client_id", self.settings.client_id.as_str())
            .append_pair("request_uri", &request_uri);
        Ok(url.into())
    }
}

/// The parameters of the request, without those that are part of the endpoint's own URL (RFC 6749 §3.1).
fn request_params(metadata: &Metadata, url: &Url) -> Vec<(String, String)> {
    let own_params = metadata.authorization_endpoint().url().query_pairs().count();
    url.query_pairs().into_owned().skip(own_params).collect()
}
