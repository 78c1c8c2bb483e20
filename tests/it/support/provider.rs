//! A client of the mock provider: our settings for it, its control plane and its login page.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, OnceLock, mpsc},
};

use openidconnect::{ClientId, IssuerUrl, RedirectUrl};
use oracle_ai::{
    mock::provider::{Client, Profile, Provider},
    server::auth::oidc::{
        ClaimNames, ClientAuthentication, ClientSecret, IdTokenPolicy, LogoutSettings, MetadataSettings,
        ProviderSettings, RequestSettings,
    },
};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use url::Url;

use crate::support::app::wait_until;

pub const CLIENT_ID: &str = "oracle-ai";
/// Every letter of it needs encoding in `client_secret_basic`.
pub const CLIENT_SECRET: &str = "s:cr&t =%+é";
/// The origin at which browsers see us.
pub const FRONT_URL: &str = "http://localhost:8080";
pub const SIGNED_OUT: &str = "http://localhost:8080/signed-out";
pub const CALLBACK: &str = "http://localhost:8080/auth/callback";

#[derive(Clone)]
pub struct MockProvider {
    pub issuer: String,
    http: reqwest::Client,
    /// `None` for the shared one, which runs until the process ends.
    running: Option<Arc<Provider>>,
}

/// Our registration at a provider.
pub fn settings(issuer: &str) -> ProviderSettings {
    ProviderSettings {
        issuer: IssuerUrl::new(issuer.to_owned()).unwrap(),
        client_id: ClientId::new(CLIENT_ID.into()),
        client_authentication: ClientAuthentication::basic(ClientSecret::new(CLIENT_SECRET)),
        redirect_uri: RedirectUrl::new(CALLBACK.into()).unwrap(),
        scopes: vec!["profile".into(), "email".into()],
        requests: RequestSettings::default(),
        id_tokens: IdTokenPolicy::default(),
        claims: ClaimNames::default(),
        metadata: MetadataSettings::default(),
        authorities: Default::default(),
        logout: LogoutSettings::of(&FRONT_URL.parse().unwrap()),
    }
}

impl MockProvider {
    /// The one for all tests, in a runtime of its own. Settings per user do not affect other tests.
    pub fn shared() -> Self {
        static ISSUER: OnceLock<String> = OnceLock::new();
        let issuer = ISSUER.get_or_init(|| {
            let (started, issuer) = mpsc::channel();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                runtime.block_on(async {
                    let provider = start(SocketAddr::from(([127, 0, 0, 1], 0))).await;
                    started.send(provider.issuer().to_owned()).unwrap();
                    std::future::pending::<()>().await;
                });
            });
            issuer.recv().unwrap()
        });
        Self::of(issuer, None)
    }

    /// A new one, for settings that affect all users: outages and keys.
    pub async fn dedicated() -> Self {
        Self::at(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    pub async fn at(address: SocketAddr) -> Self {
        let provider = start(address).await;
        let issuer = provider.issuer().to_owned();
        Self::of(&issuer, Some(Arc::new(provider)))
    }

    /// One that behaves like another provider, with this registration of ours.
    pub async fn with_profile(profile: Profile, client: Client) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let provider = Provider::playing(profile, address, client).await.unwrap();
        let issuer = provider.issuer().to_owned();
        Self::of(&issuer, Some(Arc::new(provider)))
    }

    /// Without the issuer's path.
    pub fn origin(&self) -> String {
        Url::parse(&self.issuer).unwrap().origin().ascii_serialization()
    }

    /// Stops it, and returns its address.
    pub async fn stop(self) -> SocketAddr {
        let address = self.origin().trim_start_matches("http://").parse().unwrap();
        drop(self.http);
        Arc::into_inner(self.running.unwrap()).unwrap().stop().await;
        address
    }

    fn of(issuer: &str, running: Option<Arc<Provider>>) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { issuer: issuer.to_owned(), http, running }
    }

    pub fn settings(&self) -> ProviderSettings {
        settings(&self.issuer)
    }

    /// The user signs in as `user`: the parameters of the authorization response.
    pub async fn authorize(&self, authorize_url: &Url, user: &str) -> HashMap<String, String> {
        let mut url = authorize_url.clone();
        url.query_pairs_mut().append_pair("login_hint", user);
        let response = self.http.get(url).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        let location = Url::parse(response.headers()[header::LOCATION].to_str().unwrap()).unwrap();
        assert_eq!(location.as_str().split('?').next(), Some(CALLBACK));
        location.query_pairs().into_owned().collect()
    }

    pub async fn set(&self, user: &str, settings: Value) {
        self.control(Method::PUT, &format!("/users/{user}"), settings).await;
    }

    /// Revokes all grants of the user.
    pub async fn revoke(&self, user: &str) {
        self.control(Method::POST, &format!("/users/{user}/revoke"), json!({})).await;
    }

    /// The endpoints that answer 503, for everyone.
    pub async fn set_outage(&self, endpoints: &[&str]) {
        self.control(Method::POST, "/outage", json!({ "endpoints": endpoints })).await;
    }

    /// Ends the user's sessions at the provider, and returns the logout tokens that were sent, or are to be.
    pub async fn log_out(&self, user: &str, order: Value) -> Vec<String> {
        let sent = self.control(Method::POST, &format!("/users/{user}/backchannel-logout"), order).await;
        let sent: Vec<Value> = serde_json::from_str(&sent).unwrap();
        sent.iter().map(|sent| sent["logout_token"].as_str().unwrap().to_owned()).collect()
    }

    /// The response to a browser that is redirected there.
    pub async fn get(&self, url: &Url) -> reqwest::Response {
        self.http.get(url.clone()).send().await.unwrap()
    }

    /// The outcomes of all calls of an endpoint.
    pub async fn outcomes_of(&self, endpoint: &str) -> Vec<String> {
        let calls = self.control(Method::GET, "/calls", json!({})).await;
        let calls: Vec<Value> = serde_json::from_str(&calls).unwrap();
        let of = calls.iter().filter(|call| call["endpoint"] == endpoint);
        of.map(|call| call["outcome"].as_str().unwrap().to_owned()).collect()
    }

    /// A JWT with this header and these claims, signed with the current key.
    pub async fn sign(&self, header: Value, claims: Value) -> String {
        let signed = self.control(Method::POST, "/sign", json!({ "header": header, "claims": claims })).await;
        serde_json::from_str::<Value>(&signed).unwrap()["jwt"].as_str().unwrap().to_owned()
    }

    /// A new signing key: `{"same_kid": …, "remove_old": …}`.
    pub async fn rotate_keys(&self, how: Value) {
        self.control(Method::POST, "/rotate-keys", how).await;
    }

    /// What it does about DPoP, for everyone: `none`, `ignored`, `bound` or `nonce`. Its earlier nonces become invalid.
    pub async fn set_dpop(&self, support: &str) {
        self.control(Method::POST, "/dpop", json!({ "support": support })).await;
    }

    /// The outcomes of the calls of an endpoint for this user.
    pub async fn outcomes_for(&self, user: &str, endpoint: &str) -> Vec<String> {
        let calls = self.control(Method::GET, &format!("/calls?user={user}"), json!({})).await;
        let calls: Vec<Value> = serde_json::from_str(&calls).unwrap();
        let of = calls.iter().filter(|call| call["endpoint"] == endpoint);
        of.map(|call| call["outcome"].as_str().unwrap().to_owned()).collect()
    }

    /// The pushed authorization requests expire.
    pub async fn expire_pushed(&self) {
        self.control(Method::POST, "/expire-pushed", json!({})).await;
    }

    /// Calls of the token endpoint for this user.
    pub async fn token_calls(&self, user: &str, grant_type: &str) -> Vec<Value> {
        let calls = self.control(Method::GET, &format!("/calls?user={user}"), json!({})).await;
        let calls: Vec<Value> = serde_json::from_str(&calls).unwrap();
        calls.into_iter().filter(|call| call["endpoint"] == "token" && call["grant_type"] == grant_type).collect()
    }

    /// How often an endpoint was called for this user.
    pub async fn calls_for(&self, user: &str, endpoint: &str) -> usize {
        let calls = self.control(Method::GET, &format!("/calls?user={user}"), json!({})).await;
        let calls: Vec<Value> = serde_json::from_str(&calls).unwrap();
        calls.iter().filter(|call| call["endpoint"] == endpoint).count()
    }

    /// How often any endpoint was called.
    pub async fn all_calls(&self) -> usize {
        let calls = self.control(Method::GET, "/calls", json!({})).await;
        serde_json::from_str::<Vec<Value>>(&calls).unwrap().len()
    }

    /// How often an endpoint was called that has no user.
    pub async fn calls_of(&self, endpoint: &str) -> usize {
        let calls = self.control(Method::GET, "/calls", json!({})).await;
        let calls: Vec<Value> = serde_json::from_str(&calls).unwrap();
        calls.iter().filter(|call| call["endpoint"] == endpoint).count()
    }

    /// Waits until a refresh of this user has this outcome; `pending` means that it has no response yet.
    pub async fn wait_for_refresh(&self, user: &str, outcome: &str) {
        wait_until(&format!("a refresh is {outcome}"), async || {
            self.token_calls(user, "refresh_token").await.iter().any(|call| call["outcome"] == outcome)
        })
        .await;
    }

    async fn control(&self, method: Method, path: &str, body: Value) -> String {
        let url = format!("{}/__control{path}", self.origin());
        let response = self.http.request(method, url).body(body.to_string()).send().await.unwrap();
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert!(status.is_success(), "{status} {text}");
        text
    }
}

/// How we are registered there.
pub fn client() -> Client {
    Client {
        client_id: CLIENT_ID.into(),
        client_secret: CLIENT_SECRET.into(),
        redirect_uris: vec![CALLBACK.into()],
        post_logout_redirect_uris: vec![SIGNED_OUT.into()],
        ..Client::default()
    }
}

async fn start(address: SocketAddr) -> Provider {
    Provider::start(address, client()).await.unwrap()
}
