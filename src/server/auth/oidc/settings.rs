//! The provider, and this application's registration as its client.

use std::time::Duration;

use openidconnect::{ClientId, IssuerUrl, RedirectUrl};
use url::Url;

use super::{
    claim_names::ClaimNames,
    client_authentication::ClientAuthentication,
    document::{MetadataSettings, MetadataSource},
    dpop::DpopPolicy,
    id_token::IdTokenPolicy,
    profile::SecurityProfile,
    signals::SignalSettings,
};
use crate::server::{
    certificates::TrustedAuthorities,
    observe::audit::{self, Event},
};

/// The provider, and this application's registration as its client.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// Must equal `iss` of the metadata and of ID tokens character by character (OpenID Connect Discovery §4.3).
    pub issuer: IssuerUrl,
    pub client_id: ClientId,
    pub client_authentication: ClientAuthentication,
    /// Sent with the authorization request and again with the code (RFC 6749 §4.1.3).
    pub redirect_uri: RedirectUrl,
    /// Requested in addition to `openid`.
    pub scopes: Vec<String>,
    pub requests: RequestSettings,
    pub id_tokens: IdTokenPolicy,
    /// The names of the claims about a person.
    pub claims: ClaimNames,
    pub metadata: MetadataSettings,
    /// `OIDC_CA_FILE`
    pub authorities: TrustedAuthorities,
    pub logout: LogoutSettings,
}

/// The fields of [`ProviderSettings`] that are configured in the same way for a real provider and for the mock.
#[derive(Clone, Debug)]
pub struct CommonSettings {
    pub redirect_uri: RedirectUrl,
    pub scopes: Vec<String>,
    pub requests: RequestSettings,
    pub id_tokens: IdTokenPolicy,
    pub claims: ClaimNames,
    pub metadata: MetadataSettings,
    pub logout: LogoutSettings,
}

/// Logout by the person (RP-Initiated Logout) and by the provider (Back-Channel Logout).
#[derive(Clone, Debug)]
pub struct LogoutSettings {
    /// Where the provider redirects the browser after logout. Registered there as `post_logout_redirect_uri`.
    pub redirect_uri: Url,
    /// `LOGOUT_URL`: where the browser goes instead if the provider has no `end_session_endpoint`.
    pub url: Option<Url>,
    /// `ALLOW_UNTYPED_LOGOUT_TOKENS`: whether logout tokens without `typ`, or with `JWT`, are accepted.
    pub untyped_tokens_allowed: bool,
    /// `ALLOW_LOGOUT_TOKENS_WITHOUT_EXP`: whether logout tokens without `exp` are accepted. Their age is bounded by `iat`.
    pub tokens_without_exp_allowed: bool,
    pub signals: SignalSettings,
}

impl LogoutSettings {
    /// For an application at this origin.
    pub fn of(front_url: &Url) -> Self {
        let mut redirect_uri = front_url.clone();
        redirect_uri.set_path("/signed-out");
        Self {
            redirect_uri,
            url: None,
            untyped_tokens_allowed: false,
            tokens_without_exp_allowed: false,
            signals: SignalSettings::default(),
        }
    }

    /// Logs at every start which settings weaken the default checks, for auditors.
    fn warn_of_exceptions(&self) {
        if self.untyped_tokens_allowed {
            audit::record(Event::CheckWeakened, None, Some(&"ALLOW_UNTYPED_LOGOUT_TOKENS"));
            tracing::warn!(
                "ALLOW_UNTYPED_LOGOUT_TOKENS: logout tokens are accepted whose header does not say `logout+jwt`"
            );
        }
        if self.tokens_without_exp_allowed {
            audit::record(Event::CheckWeakened, None, Some(&"ALLOW_LOGOUT_TOKENS_WITHOUT_EXP"));
            tracing::warn!("ALLOW_LOGOUT_TOKENS_WITHOUT_EXP: logout tokens without `exp` are accepted by their `iat`");
        }
    }
}

/// The time limit of requests, and optional parameters of authorization and token requests.
#[derive(Clone, Debug)]
pub struct RequestSettings {
    /// `OIDC_TIMEOUT`: for a whole request and response.
    pub timeout: Duration,
    /// `AUTHORIZE_PARAMETERS`: added to authorization requests. The configuration refuses names that this client sets.
    pub authorize_parameters: Vec<(String, String)>,
    /// `RESOURCE`: the resource servers that access tokens are for (RFC 8707 §2).
    pub resources: Vec<String>,
    /// Whether authorization requests are always pushed (RFC 9126), even if the provider does not require it.
    pub pushed: bool,
    pub dpop: DpopPolicy,
    /// `OIDC_PROFILE`. The configuration has set the other fields accordingly.
    pub profile: SecurityProfile,
}

impl RequestSettings {
    /// A refresh may make three requests, one after the other: the metadata, the token, and the provider's keys. Other
    /// replicas wait 50 seconds for its lock, and its caller 60.
    pub const MAX_TIMEOUT: Duration = Duration::from_secs(15);
}

impl Default for RequestSettings {
    fn default() -> Self {
        Self {
            timeout: Self::MAX_TIMEOUT,
            authorize_parameters: vec![],
            resources: vec![],
            pushed: false,
            dpop: DpopPolicy::default(),
            profile: SecurityProfile::default(),
        }
    }
}

impl CommonSettings {
    /// The complete settings for this issuer and client.
    pub fn at(
        self,
        issuer: IssuerUrl,
        client_id: ClientId,
        client_authentication: ClientAuthentication,
        authorities: TrustedAuthorities,
    ) -> ProviderSettings {
        let Self { redirect_uri, scopes, requests, id_tokens, claims, metadata, logout } = self;
        ProviderSettings {
            issuer,
            client_id,
            client_authentication,
            redirect_uri,
            scopes,
            requests,
            id_tokens,
            claims,
            metadata,
            authorities,
            logout,
        }
    }
}

/// Of the scopes that OpenID Connect Core §5.4 defines, those whose claims this server reads only where it is configured to
/// (RFC 9700 §2.3). What others mean, only the provider knows.
const OPTIONAL_SCOPES: [(&str, &[&str]); 2] =
    [("address", &["address"]), ("phone", &["phone_number", "phone_number_verified"])];

impl ProviderSettings {
    pub(super) fn requested_scope(&self) -> Vec<String> {
        ["openid"].into_iter().map(str::to_owned).chain(self.scopes.iter().cloned()).collect()
    }

    /// Whether the issuer or a configured endpoint is an http URL, which the configuration allows on loopback only.
    pub(super) fn is_on_loopback(&self) -> bool {
        let endpoints = self.metadata.endpoints.values().map(String::as_str);
        endpoints.chain([self.issuer.as_str()]).any(|url| url.starts_with("http://"))
    }

    pub(super) fn metadata_source(&self) -> MetadataSource {
        MetadataSource { issuer: self.issuer.clone(), settings: self.metadata.clone() }
    }

    /// Logs at every start which settings weaken or change the default checks, for auditors.
    pub(super) fn warn_of_exceptions(&self) {
        self.id_tokens.warn_of_exceptions();
        self.metadata.warn_of_exceptions();
        self.claims.warn_of_exceptions();
        self.logout.warn_of_exceptions();
        let is_read = |claims: &[&str]| claims.iter().any(|claim| self.claims.reads(claim));
        for (scope, claims) in OPTIONAL_SCOPES {
            if self.scopes.iter().any(|asked| asked == scope) && !is_read(claims) {
                tracing::warn!(
                    scope,
                    "SCOPES: nothing here reads the claims of this scope, so it need not be asked for"
                );
            }
        }
    }
}
