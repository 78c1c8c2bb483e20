//! The services without a socket, with the provider of `external`.

use std::sync::Arc;

use openidconnect::{ClientId, IssuerUrl, RedirectUrl};
use oracle_ai::server::{
    auth::oidc::{
        ClaimNames, ClientAuthentication, ClientSecret, IdTokenPolicy, LogoutSettings, MetadataSettings, OidcClient,
        ProviderHttp, ProviderSettings, RequestSettings,
    },
    environment::Environment,
};
use tokio::runtime::Runtime;

use crate::external::{
    FRONT_URL,
    provider::{CLIENT_ID, CLIENT_SECRET, Provider},
};

pub fn runtime() -> Runtime {
    Runtime::new().unwrap()
}

/// A client of that provider, which ends with the runtime.
pub async fn client() -> Arc<OidcClient> {
    let provider = Provider::start().await;
    let settings = ProviderSettings {
        issuer: IssuerUrl::new(provider.issuer).unwrap(),
        client_id: ClientId::new(CLIENT_ID.into()),
        client_authentication: ClientAuthentication::basic(ClientSecret::new(CLIENT_SECRET)),
        redirect_uri: RedirectUrl::new(format!("{FRONT_URL}/auth/callback")).unwrap(),
        scopes: vec!["profile".into(), "email".into()],
        requests: RequestSettings::default(),
        id_tokens: IdTokenPolicy::default(),
        claims: ClaimNames::default(),
        metadata: MetadataSettings::default(),
        authorities: Default::default(),
        logout: LogoutSettings::of(&FRONT_URL.parse().unwrap()),
    };
    Arc::new(OidcClient::new(settings, ProviderHttp::new().unwrap(), Environment::system()))
}
