//! What the provider is told when a session ends here: to revoke its refresh token (RFC 7009), and, by way of the
//! browser, to end its own session (OpenID Connect RP-Initiated Logout §2).

use std::time::Duration;

use openidconnect::{AsyncHttpClient, http::StatusCode};
use url::Url;

use super::{
    client::OidcClient,
    error::ProviderError,
    values::{IdToken, RefreshToken},
};
use crate::{server::observe::metrics::ProviderEndpoint, wire::auth::State};

/// A hint longer than this is left out: servers refuse URLs that are much longer. The provider then has to ask.
const LONGEST_HINT: usize = 6_000;

/// Waits between two tries to revoke a token.
const TRY_AGAIN_AFTER: [Duration; 3] = [Duration::from_secs(3), Duration::from_secs(20), Duration::from_secs(120)];

/// What became of one try to revoke a token.
#[derive(Debug, PartialEq, Eq)]
enum Revocation {
    /// Also where the provider did not know it (RFC 7009 §2.2).
    Done,
    /// `unsupported_token_type`, our credentials, or another refusal that another try does not change (§2.2.1).
    Refused(StatusCode),
    /// 503 and the like.
    Later(String),
}

impl OidcClient {
    /// Where to send the browser when it has signed out here: the provider's end session endpoint, or else the
    /// configured page; nowhere where there is neither.
    pub async fn end_session_url(&self, hint: &IdToken, state: &State) -> Result<Option<Url>, ProviderError> {
        let known = self.discovery.known().await?;
        let Some(mut url) = known.metadata.additional_metadata().end_session_endpoint() else { return Ok(None) };
        let mut query = url.query_pairs_mut();
        // An expired one is as good (§2), and is all that most sessions have.
        if hint.secret().len() <= LONGEST_HINT {
            query.append_pair("id_token_hint", hint.secret());
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

    /// Has the provider revoke the token, whatever it answers and however long that takes; without an endpoint for it,
    /// the token only ends where it is forgotten.
    pub async fn revoke(&self, refresh_token: &RefreshToken) {
        let mut pauses = TRY_AGAIN_AFTER.into_iter();
        loop {
            let cause = match self.try_to_revoke(refresh_token).await {
                Ok(None) => return,
                Ok(Some(Revocation::Done)) => return tracing::debug!("refresh token revoked"),
                Ok(Some(Revocation::Refused(status))) => {
                    return tracing::warn!(%status, "the provider refused to revoke a refresh token");
                }
                Ok(Some(Revocation::Later(cause))) => cause,
                Err(error) => error.to_string(),
            };
            let Some(pause) = pauses.next() else {
                return tracing::warn!(cause, "a refresh token could not be revoked; it ends by its lifetime");
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn try_to_revoke(&self, refresh_token: &RefreshToken) -> Result<Option<Revocation>, ProviderError> {
        let known = self.discovery.known().await?;
        let Some(endpoint) = known.metadata.additional_metadata().revocation_endpoint() else { return Ok(None) };
        // RFC 7009 §2.1
        let params = [
            ("client_id", self.settings.client_id.as_str()),
            ("token", refresh_token.secret()),
            ("token_type_hint", "refresh_token"),
        ];
        let params = params.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let request = self.client_form(endpoint.as_str(), &params)?;
        Ok(Some(match self.client_http(ProviderEndpoint::Revocation).await?.call(request).await {
            Ok(answer) => judged(answer.status()),
            Err(error) => Revocation::Later(error.to_string()),
        }))
    }
}

fn judged(status: StatusCode) -> Revocation {
    match status.as_u16() {
        200..=299 => Revocation::Done,
        408 | 425 | 429 | 500..=599 => Revocation::Later(format!("status {status}")),
        _ => Revocation::Refused(status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_is_told_from_a_refusal_and_from_a_provider_that_is_away() {
        // T79
        let judged = |status| judged(StatusCode::from_u16(status).unwrap());
        assert_eq!(judged(200), Revocation::Done);
        assert_eq!(judged(204), Revocation::Done);
        for status in [302, 400, 401, 403, 404] {
            assert!(matches!(judged(status), Revocation::Refused(_)), "{status}");
        }
        for status in [429, 500, 503, 504] {
            assert!(matches!(judged(status), Revocation::Later(_)), "{status}");
        }
    }
}
