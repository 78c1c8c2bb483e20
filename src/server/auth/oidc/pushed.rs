//! PushedResponse authorization requests (RFC 9126): the server sends the parameters to the provider, and the browser carries
//! only a reference to them.

use openidconnect::{AsyncHttpClient, http::StatusCode};
use serde::Deserialize;
use url::Url;

use super::{
    client::OidcClient,
    discovery::{FetchedMetadata, Metadata},
    error::ProviderError,
};
use crate::server::observe::metrics::ProviderEndpoint;

/// The successful response (RFC 9126 §2.2). `expires_in` is not read, as the browser is redirected at once.
#[derive(Deserialize)]
struct PushedResponse {
    request_uri: String,
}

/// The error response (RFC 6749 §5.2). The description may quote the request, whose secrets are redacted in its excerpt.
#[derive(Deserialize)]
struct ErrorResponse {
    error: String,
    #[serde(default)]
    error_description: Option<String>,
}

impl OidcClient {
    /// The URL to send the browser to. That is `url`, which has all parameters, unless the provider requires pushed
    /// requests (RFC 9126 §5) or they are configured: then it refers to the pushed ones.
    pub(super) async fn pushed(&self, fetched: &FetchedMetadata, url: Url) -> Result<String, ProviderError> {
        let more = fetched.metadata.additional_metadata();
        if !self.settings.requests.pushed && !more.requires_pushed_authorization_requests() {
            return Ok(url.into());
        }
        // Boxed, as the future is large and seldom needed.
        Box::pin(self.push(fetched, &url)).await
    }

    async fn push(&self, fetched: &FetchedMetadata, url: &Url) -> Result<String, ProviderError> {
        let more = fetched.metadata.additional_metadata();
        let endpoint = more
            .pushed_authorization_request_endpoint()
            .ok_or(ProviderError::MissingEndpoint("pushed_authorization_request_endpoint"))?;
        let refused = |text: String| ProviderError::PushedRequest(text);
        let request = self.client_form(endpoint, &request_params(&fetched.metadata, url))?;
        let http = self.client_http(ProviderEndpoint::PushedAuthorization).await?;
        let answer = http.call(request).await.map_err(|error| refused(error.to_string()))?;
        let status = answer.status();
        if !matches!(status, StatusCode::CREATED | StatusCode::OK) {
            let error =
                serde_json::from_slice(answer.body()).map_or(
                    "no error code".into(),
                    |error: ErrorResponse| match error.error_description {
                        Some(description) => format!("{}: {description}", error.error),
                        None => error.error,
                    },
                );
            return Err(refused(format!("status {status}, {}", http.excerpt(&error))));
        }
        let PushedResponse { request_uri } = serde_json::from_slice(answer.body())
            .map_err(|_| refused(format!("status {status}, no request_uri in the answer")))?;
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
