//! How we are registered at the provider, and what it is like.

use openidconnect::{ClientId, IssuerUrl, RedirectUrl};

use super::{
    claim_names::ClaimNames,
    client_authentication::ClientAuthentication,
    document::{MetadataSettings, MetadataSource},
    id_token::IdTokenPolicy,
};

/// How we are registered at the provider.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// Compared with the metadata and with ID tokens letter by letter (OpenID Connect Discovery §4.3).
    pub issuer: IssuerUrl,
    pub client_id: ClientId,
    pub client_authentication: ClientAuthentication,
    /// Sent the same with the authorization request and the code.
    pub redirect_uri: RedirectUrl,
    /// Asked for besides `openid`.
    pub scopes: Vec<String>,
    pub requests: RequestSettings,
    pub id_tokens: IdTokenPolicy,
    /// Where the provider says what about a person.
    pub claims: ClaimNames,
    pub metadata: MetadataSettings,
    /// Certificates of authorities in PEM, trusted besides the public ones.
    pub authorities: Option<Vec<u8>>,
}

/// What our requests have besides what the specifications ask for.
#[derive(Clone, Debug, Default)]
pub struct RequestSettings {
    /// `AUTHORIZE_PARAMETERS`, none of which is ours.
    pub authorize_parameters: Vec<(String, String)>,
    /// `RESOURCE`: for whom access tokens are (RFC 8707 §2).
    pub resources: Vec<String>,
    /// Whether authorization requests are pushed even where the provider does not ask for it (RFC 9126).
    pub pushed: bool,
}

impl ProviderSettings {
    pub(super) fn asked_scope(&self) -> Vec<String> {
        ["openid"].into_iter().map(str::to_owned).chain(self.scopes.iter().cloned()).collect()
    }

    pub(super) fn metadata_source(&self) -> MetadataSource {
        MetadataSource { issuer: self.issuer.clone(), settings: self.metadata.clone() }
    }

    /// What an auditor should find in the log of every start.
    pub(super) fn warn_of_exceptions(&self) {
        self.id_tokens.warn_of_exceptions();
        self.metadata.warn_of_exceptions();
        self.claims.warn_of_exceptions();
    }
}
