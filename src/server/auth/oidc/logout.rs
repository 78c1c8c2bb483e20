//! Logout at the provider when a session ends here: revocation of the refresh token (RFC 7009), and the URL by which the
//! browser ends the provider's own session (OpenID Connect RP-Initiated Logout §2).

use std::time::Duration;

use openidconnect::{AsyncHttpClient, http::StatusCode};
use url::Url;

use super::{
    client::OidcClient,
    error::ProviderError,
    error_response::ErrorResponse,
    values::{IdToken, RefreshToken},
};
use crate::{
    server::observe::metrics::ProviderEndpoint,
    wire::auth::{AccessToken, State},
};

/// The maximum length of `id_token_hint`, in bytes, as servers refuse very long URLs. A longer one is left out, and the
/// provider then has to ask the person for confirmation.
const MAX_HINT_LENGTH: usize = 6_000;

/// The pauses between tries to revoke a token.
const RETRY_AFTER: [Duration; 3] = [Duration::from_secs(3), Duration::from_secs(20), Duration::from_secs(120)];

/// A token that the provider is to revoke.
#[derive(Clone, Debug)]
pub enum Revoked {
    /// With the grant, and all that was issued for it (RFC 7009 §2.1).
    Refresh(RefreshToken),
    /// This one alone, or with its grant, as the provider likes.
    Access(AccessToken),
}

/// The outcome of one try to revoke a token.
#[derive(Debug, PartialEq, Eq)]
enum Revocation {
    /// Also if the token was unknown to the provider (RFC 7009 §2.2).
    Done,
    /// `unsupported_token_type`, wrong client credentials, or another final refusal (§2.2.1), with its cause.
    Refused(String),
    /// A temporary failure such as 503, with its cause.
    Retry(String),
}

impl OidcClient {
    /// The provider's end session endpoint, with the parameters of a logout request. `None` if it has none.
    pub async fn end_session_url(&self, hint: &IdToken, state: &State) -> Result<Option<Url>, ProviderError> {
        let fetched = self.discovery.current().await?;
        let Some(mut url) = fetched.metadata.additional_metadata().end_session_endpoint() else { return Ok(None) };
        let mut query = url.query_pairs_mut();
        // Providers should accept an expired ID token here (§2), and that of most sessions has expired.
        match hint.secret().len() {
            ..=MAX_HINT_LENGTH => _ = query.append_pair("id_token_hint", hint.secret()),
            length => tracing::info!(length, "the ID token is too long for `id_token_hint`, which is left out"),
        }
        query
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("post_logout_redirect_uri", self.settings.logout.redirect_uri.as_str())
            .append_pair("state", state.secret());
        drop(query);
        Ok(Some(url))
    }

    /// `LOGOUT_URL`
    pub fn logout_url(&self) -> Option<&Url> {
        self.settings.logout.url.as_ref()
    }

    /// Has the provider revoke the token, with retries. Failures are only logged. Does nothing if the provider has no
    /// revocation endpoint.
    pub async fn revoke(&self, token: &Revoked) {
        let mut pauses = RETRY_AFTER.into_iter();
        loop {
            let cause = match self.try_to_revoke(token).await {
                Ok(None) => return,
                Ok(Some(Revocation::Done)) => return tracing::debug!("{} was revoked", token.name()),
                Ok(Some(Revocation::Refused(cause))) => {
                    return tracing::warn!(cause, "the provider refused to revoke {}", token.name());
                }
                Ok(Some(Revocation::Retry(cause))) => cause,
                Err(error) => error.to_string(),
            };
            let Some(pause) = pauses.next() else {
                return tracing::warn!(cause, "{} could not be revoked; it ends by its lifetime", token.name());
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn try_to_revoke(&self, token: &Revoked) -> Result<Option<Revocation>, ProviderError> {
        let fetched = self.discovery.current().await?;
        let Some(endpoint) = fetched.metadata.additional_metadata().revocation_endpoint() else { return Ok(None) };
        // RFC 7009 §2.1
        let params = [
            ("client_id", self.settings.client_id.as_str()),
            ("token", token.secret()),
            ("token_type_hint", token.hint()),
        ];
        let params = params.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let request = self.client_form(endpoint.as_str(), &params)?;
        let http = self.client_http(ProviderEndpoint::Revocation).await?;
        let excerpt = |text: &str| http.excerpt(text).to_string();
        Ok(Some(match http.call(request).await {
            Ok(answer) => classify(answer.status(), http.error_response(), excerpt),
            Err(error) => Revocation::Retry(error.to_string()),
        }))
    }
}

impl Revoked {
    fn secret(&self) -> &str {
        match self {
            Self::Refresh(token) => token.secret(),
            Self::Access(token) => token.secret(),
        }
    }

    /// For the log.
    fn name(&self) -> &'static str {
        match self {
            Self::Refresh(_) => "a refresh token",
            Self::Access(_) => "an access token",
        }
    }

    /// `token_type_hint` (RFC 7009 §2.1).
    fn hint(&self) -> &'static str {
        match self {
            Self::Refresh(_) => "refresh_token",
            Self::Access(_) => "access_token",
        }
    }
}

fn classify(status: StatusCode, error: Option<&ErrorResponse>, excerpt: impl Fn(&str) -> String) -> Revocation {
    match error {
        Some(error) if error.is_temporary() => Revocation::Retry(error.describe(excerpt)),
        Some(error) => Revocation::Refused(error.describe(excerpt)),
        None if status.is_success() => Revocation::Done,
        None => Revocation::Refused(format!("status {status}")),
    }
}

#[cfg(test)]
mod tests {
    use openidconnect::HttpResponse;

    use super::*;

    fn classified(status: u16, body: &str) -> Revocation {
        let status = StatusCode::from_u16(status).unwrap();
        let mut response = HttpResponse::new(body.into());
        *response.status_mut() = status;
        classify(status, ErrorResponse::of(&response).as_ref(), str::to_owned)
    }

    #[test]
    fn a_revocation_is_retried_after_a_temporary_failure_and_not_after_a_refusal() {
        // T79
        assert_eq!(classified(200, ""), Revocation::Done);
        assert_eq!(classified(200, "{}"), Revocation::Done);
        assert_eq!(classified(204, ""), Revocation::Done);
        for status in [302, 400, 401, 403, 404] {
            assert!(matches!(classified(status, ""), Revocation::Refused(_)), "{status}");
        }
        for status in [429, 500, 503, 504] {
            assert!(matches!(classified(status, ""), Revocation::Retry(_)), "{status}");
        }
    }

    #[test]
    fn the_error_code_of_a_revocation_counts_in_any_status() {
        // T79
        for (status, code) in [(200, "unsupported_token_type"), (200, "invalid_client"), (403, "invalid_client")] {
            let refused = Revocation::Refused(format!("status {status}, {code}"));
            assert_eq!(classified(status, &format!(r#"{{"error":"{code}"}}"#)), refused);
        }
        let later = Revocation::Retry("status 400, temporarily_unavailable".into());
        assert_eq!(classified(400, r#"{"error":"temporarily_unavailable"}"#), later);
    }
}
