//! The test client: a browser that signs in.
//!
//! ```ignore
//! let browser = Browser::start();
//! let signed_in = browser.sign_in().await;
//! assert!(browser.is_accepted(&signed_in.access_token).await);
//! browser.logout(&signed_in.session).await.assert_ok();
//! ```
//!
//! A [`Browser`] is one user with one DPoP key at one application and one provider. [`Browser::start`] gives it a new
//! application without a socket ([`TestApp`]), the shared mock provider, and a user of its own, so that tests that run at
//! the same time do not affect each other. From it a test gets
//!
//! - another user at the same application: [`Browser::other_user`],
//! - the same user in another browser, with a key of its own: [`Browser::with_new_key`],
//! - the same user and key at another application: [`Browser::with_app`].
//!
//! A login has steps that can be taken one by one: [`Browser::start_login`] (`GET /api/authorize`), [`Browser::authorize`]
//! (the user signs in at the provider, which sends back the authorization response) and [`Browser::exchange`]
//! (`POST /api/token`). [`Browser::login`] takes all of them, and [`Browser::sign_in`] also checks that they succeed.
//!
//! Every request has a DPoP proof. If the server asks for another nonce, it is sent again, as browsers do
//! ([`dpop::send`]). No code of the server is used for keys and proofs.
//!
//! What the provider does for the user is set with [`Browser::set`], such as
//! `browser.set(json!({ "refresh_faults": [{ "kind": "unavailable" }] }))`.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{Method, StatusCode, header, request},
};
use futures_util::StreamExt;
use oracle_ai::server::auth::{
    access_token::GuardSettings,
    dpop::VerifiedProof,
    sessions::{REPLAY_WINDOW, SessionLimits},
};
use serde_json::{Value, json};
use url::Url;

use crate::support::{
    app::{TestApp, TestResponse, request},
    dpop::{self, DpopKey, ProofClaims},
    provider::MockProvider,
};

/// One user with one DPoP key.
#[derive(Clone)]
pub struct Browser {
    pub app: TestApp,
    pub key: DpopKey,
    pub provider: MockProvider,
    pub user: String,
}

/// A login that was started and not yet completed.
#[derive(Clone, Debug)]
pub struct PendingLogin {
    pub authorize_url: Url,
    pub state: String,
}

/// What a browser holds while its user is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub access_token: String,
    pub session: String,
}

impl Browser {
    /// With a new application and the shared provider.
    pub fn start() -> Self {
        let provider = MockProvider::shared();
        Self::at(TestApp::new(provider.settings()), provider)
    }

    /// With sessions that last for eight hours, even without use.
    pub fn with_long_sessions() -> Self {
        let day = Duration::from_secs(8 * 60 * 60);
        Self::with_session_limits(SessionLimits { idle_timeout: day, lifetime: day })
    }

    /// With these limits of sessions.
    pub fn with_session_limits(limits: SessionLimits) -> Self {
        let provider = MockProvider::shared();
        Self::at(TestApp::with_session_limits(provider.settings(), limits), provider)
    }

    pub fn at(app: TestApp, provider: MockProvider) -> Self {
        static PEOPLE: AtomicU32 = AtomicU32::new(0);
        let user = format!("person-{}", PEOPLE.fetch_add(1, Ordering::Relaxed));
        Self { app, key: DpopKey::new(), provider, user }
    }

    /// With these settings for access tokens.
    pub fn with_guard(guard: GuardSettings) -> Self {
        let provider = MockProvider::shared();
        Self::at(TestApp::with_guard(provider.settings(), guard), provider)
    }

    /// The same user and key at another application.
    pub fn with_app(&self, app: TestApp) -> Self {
        Self { app, ..self.clone() }
    }

    /// The same user in another browser. A key has one session at a time.
    pub fn with_new_key(&self) -> Self {
        Self { key: DpopKey::new(), ..self.clone() }
    }

    /// Another user with another key at the same application.
    pub fn other_user(&self) -> Self {
        Self::at(self.app.clone(), self.provider.clone())
    }

    /// The claims of a valid proof for this request, with the latest nonce.
    pub fn claims(&self, method: &Method, path: &str, access_token: Option<&str>) -> Value {
        let mut claims = dpop::claims(method, path, self.app.clock.now());
        if let Some(access_token) = access_token {
            claims["ath"] = dpop::token_hash(access_token).into();
        }
        if let Some(nonce) = self.key.nonce() {
            claims["nonce"] = nonce.into();
        }
        claims
    }

    /// A request with a new proof, and with this access token.
    pub fn request(&self, method: Method, path: &str, access_token: Option<&str>) -> request::Builder {
        let request = self.request_with_proof(method, path, access_token);
        match access_token {
            Some(access_token) => request.header(header::AUTHORIZATION, format!("DPoP {access_token}")),
            None => request,
        }
    }

    /// A request with a new proof for this access token, but without the token itself.
    fn request_with_proof(&self, method: Method, path: &str, access_token: Option<&str>) -> request::Builder {
        let claims = self.claims(&method, path, access_token);
        request(method, path).header("DPoP", self.key.sign(&claims)).extension(ProofClaims::new(&self.key, claims))
    }

    /// The verified proof of a request to this endpoint, as the endpoint gets it from the server.
    pub async fn verified_proof(&self, path: &str) -> VerifiedProof {
        let services = Arc::new(self.app.services.clone());
        let request = self.request(Method::POST, path, None).extension(services.clone()).body(Body::empty()).unwrap();
        let (mut head, _) = services.edge.identify(request).into_parts();
        VerifiedProof::from_request_parts(&mut head, &()).await.unwrap()
    }

    /// `POST` with a proof and no access token.
    pub async fn post(&self, path: &str, json: &Value) -> TestResponse {
        let request = self.request(Method::POST, path, None).header(header::CONTENT_TYPE, "application/json");
        self.app.send(request.body(Body::from(json.to_string())).unwrap()).await
    }

    /// `GET /api/authorize`, which may fail.
    pub async fn request_authorize(&self) -> TestResponse {
        let path = format!("/api/authorize?dpop_jkt={}", self.key.thumbprint());
        self.get(&path).await
    }

    /// `GET` with a proof and no access token.
    pub async fn get(&self, path: &str) -> TestResponse {
        self.app.send(self.request(Method::GET, path, None).body(Body::empty()).unwrap()).await
    }

    pub async fn start_login(&self) -> PendingLogin {
        let answer = self.request_authorize().await;
        answer.assert_ok();
        let answer = answer.json();
        PendingLogin {
            authorize_url: answer["authorize_url"].as_str().unwrap().parse().unwrap(),
            state: answer["state"].as_str().unwrap().to_owned(),
        }
    }

    /// Signs in at the provider, and returns the authorization response.
    pub async fn authorize(&self, begun: &PendingLogin) -> Value {
        json!(self.provider.authorize(&begun.authorize_url, &self.user).await)
    }

    /// A login up to the authorization response.
    pub async fn authorization_response(&self) -> Value {
        self.authorize(&self.start_login().await).await
    }

    pub async fn exchange(&self, authorization_response: &Value) -> TestResponse {
        self.post("/api/token", authorization_response).await
    }

    /// A whole login, which may fail.
    pub async fn login(&self) -> TestResponse {
        self.exchange(&self.authorization_response().await).await
    }

    pub async fn sign_in(&self) -> SignedIn {
        let answer = self.login().await;
        answer.assert_ok();
        let answer = answer.json();
        SignedIn { access_token: text(&answer, "access_token"), session: text(&answer, "session") }
    }

    pub async fn refresh(&self, session: &str) -> TestResponse {
        self.post("/api/refresh", &json!({ "session": session })).await
    }

    /// A refresh of a page whose user was last active as many seconds ago.
    pub async fn refresh_idle(&self, session: &str, idle_seconds: u64) -> TestResponse {
        self.post("/api/refresh", &json!({ "session": session, "idle_seconds": idle_seconds })).await
    }

    /// A refresh that must succeed, after the time in which the last response is replayed.
    pub async fn refresh_access_token(&self, session: &str) -> String {
        self.app.clock.jump(REPLAY_WINDOW);
        let answer = self.refresh(session).await;
        answer.assert_ok();
        text(&answer.json(), "access_token")
    }

    pub async fn logout(&self, session: &str) -> TestResponse {
        self.post("/api/logout", &json!({ "session": session })).await
    }

    /// `GET /api/chat` with these `Authorization` headers, and a proof for the token in the first.
    pub async fn check_chat(&self, authorizations: &[&str]) -> TestResponse {
        let token = authorizations.first().and_then(|first| first.split_once(' ')).map(|(_, token)| token.trim());
        let mut request = self.request_with_proof(Method::GET, "/api/chat", token);
        for authorization in authorizations {
            request = request.header(header::AUTHORIZATION, *authorization);
        }
        self.app.send(request.body(Body::empty()).unwrap()).await
    }

    /// `GET /api/chat` with a bearer token and no proof.
    pub async fn check_chat_as_bearer(&self, access_token: &str) -> TestResponse {
        let authorization = format!("Bearer {access_token}");
        let request = request(Method::GET, "/api/chat").header(header::AUTHORIZATION, authorization);
        self.app.send(request.body(Body::empty()).unwrap()).await
    }

    /// The first chunk of the answer's stream; the rest is dropped.
    pub async fn first_event(&self, access_token: &str, chat_request: &Value) -> String {
        let request = self
            .request(Method::POST, "/api/chat", Some(access_token))
            .header(header::CONTENT_TYPE, "application/json");
        let body = self.app.open(request.body(Body::from(chat_request.to_string())).unwrap()).await;
        let first = body.into_data_stream().next().await.unwrap().unwrap();
        String::from_utf8(first.to_vec()).unwrap()
    }

    pub async fn is_accepted_as_bearer(&self, access_token: &str) -> bool {
        let answer = self.check_chat_as_bearer(access_token).await;
        if answer.status != StatusCode::OK {
            answer.assert_refused(401, "unauthenticated");
        }
        answer.status == StatusCode::OK
    }

    pub async fn is_accepted(&self, access_token: &str) -> bool {
        let answer = self.check_chat(&[&format!("DPoP {access_token}")]).await;
        if answer.status != StatusCode::OK {
            // Because of the token, not because of its proof.
            answer.assert_refused(401, "unauthenticated");
        }
        answer.status == StatusCode::OK
    }

    /// Settings of the mock provider for this user.
    pub async fn set(&self, settings: Value) {
        self.provider.set(&self.user, settings).await;
    }

    pub async fn exchanges_seen(&self) -> usize {
        self.provider.token_calls(&self.user, "authorization_code").await.len()
    }

    pub async fn introspections_seen(&self) -> usize {
        self.provider.calls_for(&self.user, "introspect").await
    }

    pub async fn refreshes_seen(&self) -> usize {
        self.provider.token_calls(&self.user, "refresh_token").await.len()
    }
}

impl PendingLogin {
    /// The parameters of the authorization request. Only `resource` may be repeated (RFC 8707 §2).
    pub fn params(&self) -> HashMap<String, String> {
        let pairs = self.authorize_url.query_pairs().into_owned();
        let pairs: Vec<_> = pairs.filter(|(name, _)| name != "resource").collect();
        let params: HashMap<_, _> = pairs.iter().cloned().collect();
        assert_eq!(params.len(), pairs.len(), "a parameter came twice: {}", self.authorize_url);
        params
    }
}

fn text(json: &Value, member: &str) -> String {
    json[member].as_str().unwrap().to_owned()
}
