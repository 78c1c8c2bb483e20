//! The authorization of a request for global token revocation: a JWT of the issuer's, as Okta's Universal Logout sends it.

use std::time::Duration;

use super::{Profile, SignalError, SignalId};
use crate::server::auth::oidc::client::OidcClient;

const PROFILE: Profile = Profile {
    max_length: 16 * 1024,
    typ: "global-token-revocation+jwt",
    path: "/global-token-revocation",
    max_age: Duration::from_secs(60 * 60),
    needs_exp: true,
};

impl OidcClient {
    /// Verifies it, except that its `jti` was not used before: the caller has to check that. Whose sessions are meant is in
    /// the request's body, not in the token.
    pub async fn verify_revocation_authorization(&self, token: &str) -> Result<SignalId, SignalError> {
        Ok(self.verify_signal(token, &PROFILE).await?.1)
    }
}
