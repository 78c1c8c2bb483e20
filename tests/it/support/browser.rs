//! Plays the person and their browser, and nothing of what the server does.

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
    app::{Answer, TestApp, request},
    dpop::{self, Prover, Signed},
    provider::MockProvider,
};

/// A person with a name of their own at the mock provider, so that tests don't meet.
#[derive(Clone)]
pub struct Browser {
    pub app: TestApp,
    pub key: Prover,
    pub provider: MockProvider,
    pub user: String,
}

/// A login that was begun.
#[derive(Clone, Debug)]
pub struct Begun {
    pub authorize_url: Url,
    pub state: String,
}

/// What the browser holds while somebody is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub access_token: String,
    pub session: String,
}

impl Browser {
    /// At an application of its own and the shared provider.
    pub fn start() -> Self {
        let provider = MockProvider::shared();
        Self::at(TestApp::new(provider.settings()), provider)
    }

    /// Whose sessions last for a working day, used or not.
    pub fn all_day() -> Self {
        let day = Duration::from_secs(8 * 60 * 60);
        Self::limited(SessionLimits { idle_timeout: day, lifetime: day })
    }

    /// Whose sessions last as long.
    pub fn limited(limits: SessionLimits) -> Self {
        let provider = MockProvider::shared();
        Self::at(TestApp::limited(provider.settings(), limits), provider)
    }

    pub fn at(app: TestApp, provider: MockProvider) -> Self {
        static PEOPLE: AtomicU32 = AtomicU32::new(0);
        let user = format!("person-{}", PEOPLE.fetch_add(1, Ordering::Relaxed));
        Self { app, key: Prover::new(), provider, user }
    }

    /// At an application of its own with such a guard, and the shared provider.
    pub fn guarded(guard: GuardSettings) -> Self {
        let provider = MockProvider::shared();
        Self::at(TestApp::guarded(provider.settings(), guard), provider)
    }

    /// The same person with the same key, who asks another application.
    pub fn elsewhere(&self, app: TestApp) -> Self {
        Self { app, ..self.clone() }
    }

    /// The same person at another computer: a key holds one session at a time.
    pub fn at_another_computer(&self) -> Self {
        Self { key: Prover::new(), ..self.clone() }
    }

    /// Somebody else at another computer, who asks the same application.
    pub fn another(&self) -> Self {
        Self::at(self.app.clone(), self.provider.clone())
    }

    /// What a good proof for this request claims; as long as the latest nonce is good.
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

    /// A request with a new proof for it, and with this access token. [`dpop::send`] makes it once more where the server
    /// asks for another nonce, as every client does.
    pub fn request(&self, method: Method, path: &str, access_token: Option<&str>) -> request::Builder {
        let request = self.proven(method, path, access_token);
        match access_token {
            Some(access_token) => request.header(header::AUTHORIZATION, format!("DPoP {access_token}")),
            None => request,
        }
    }

    /// A request with a new proof for it, and for this access token, which does not go along.
    fn proven(&self, method: Method, path: &str, access_token: Option<&str>) -> request::Builder {
        let claims = self.claims(&method, path, access_token);
        request(method, path).header("DPoP", self.key.sign(&claims)).extension(Signed::new(&self.key, claims))
    }

    /// The proof of a call of this session door, as the server hands it on once it is verified.
    pub async fn verified_proof(&self, path: &str) -> VerifiedProof {
        let services = Arc::new(self.app.services.clone());
        let request = self.request(Method::POST, path, None).extension(services.clone()).body(Body::empty()).unwrap();
        let (mut head, _) = services.edge.identify(request).into_parts();
        VerifiedProof::from_request_parts(&mut head, &()).await.unwrap()
    }

    /// A call of a session door.
    pub async fn post(&self, path: &str, json: &Value) -> Answer {
        let request = self.request(Method::POST, path, None).header(header::CONTENT_TYPE, "application/json");
        self.app.send(request.body(Body::from(json.to_string())).unwrap()).await
    }

    /// `GET /api/authorize`, whatever comes of it.
    pub async fn ask_to_begin(&self) -> Answer {
        let path = format!("/api/authorize?dpop_jkt={}", self.key.thumbprint());
        self.get(&path).await
    }

    /// With a proof and no access token.
    pub async fn get(&self, path: &str) -> Answer {
        self.app.send(self.request(Method::GET, path, None).body(Body::empty()).unwrap()).await
    }

    pub async fn begin(&self) -> Begun {
        let answer = self.ask_to_begin().await;
        answer.assert_ok();
        let answer = answer.json();
        Begun {
            authorize_url: answer["authorize_url"].as_str().unwrap().parse().unwrap(),
            state: answer["state"].as_str().unwrap().to_owned(),
        }
    }

    /// Goes to the provider and comes back with its answer.
    pub async fn authorize(&self, begun: &Begun) -> Value {
        json!(self.provider.authorize(&begun.authorize_url, &self.user).await)
    }

    /// A login up to the provider's answer.
    pub async fn authorized(&self) -> Value {
        self.authorize(&self.begin().await).await
    }

    pub async fn exchange(&self, authorization_response: &Value) -> Answer {
        self.post("/api/token", authorization_response).await
    }

    /// A whole login, whatever comes of it.
    pub async fn login(&self) -> Answer {
        self.exchange(&self.authorized().await).await
    }

    pub async fn sign_in(&self) -> SignedIn {
        let answer = self.login().await;
        answer.assert_ok();
        let answer = answer.json();
        SignedIn { access_token: text(&answer, "access_token"), session: text(&answer, "session") }
    }

    pub async fn refresh(&self, session: &str) -> Answer {
        self.post("/api/refresh", &json!({ "session": session })).await
    }

    /// A refresh of a page whose person has last done something as many seconds ago.
    pub async fn refresh_idle(&self, session: &str, idle_seconds: u64) -> Answer {
        self.post("/api/refresh", &json!({ "session": session, "idle_seconds": idle_seconds })).await
    }

    /// A refresh that must give an access token, when the last one's answer is not given again any more.
    pub async fn refreshed(&self, session: &str) -> String {
        self.app.clock.jump(REPLAY_WINDOW);
        let answer = self.refresh(session).await;
        answer.assert_ok();
        text(&answer.json(), "access_token")
    }

    pub async fn logout(&self, session: &str) -> Answer {
        self.post("/api/logout", &json!({ "session": session })).await
    }

    /// `GET /api/chat` with these `Authorization` headers, and a proof for the token in the first.
    pub async fn check_chat(&self, authorizations: &[&str]) -> Answer {
        let token = authorizations.first().and_then(|first| first.split_once(' ')).map(|(_, token)| token.trim());
        let mut request = self.proven(Method::GET, "/api/chat", token);
        for authorization in authorizations {
            request = request.header(header::AUTHORIZATION, *authorization);
        }
        self.app.send(request.body(Body::empty()).unwrap()).await
    }

    /// `GET /api/chat` with a bearer token: no proof.
    pub async fn check_chat_as_bearer(&self, access_token: &str) -> Answer {
        let authorization = format!("Bearer {access_token}");
        let request = request(Method::GET, "/api/chat").header(header::AUTHORIZATION, authorization);
        self.app.send(request.body(Body::empty()).unwrap()).await
    }

    /// The first piece of the answer's stream; the rest is dropped.
    pub async fn first_event(&self, access_token: &str, chat_request: &Value) -> String {
        let request = self
            .request(Method::POST, "/api/chat", Some(access_token))
            .header(header::CONTENT_TYPE, "application/json");
        let body = self.app.open(request.body(Body::from(chat_request.to_string())).unwrap()).await;
        let first = body.into_data_stream().next().await.unwrap().unwrap();
        String::from_utf8(first.to_vec()).unwrap()
    }

    pub async fn is_let_in_as_bearer(&self, access_token: &str) -> bool {
        let answer = self.check_chat_as_bearer(access_token).await;
        if answer.status != StatusCode::OK {
            answer.assert_refused(401, "unauthenticated");
        }
        answer.status == StatusCode::OK
    }

    pub async fn is_let_in(&self, access_token: &str) -> bool {
        let answer = self.check_chat(&[&format!("DPoP {access_token}")]).await;
        if answer.status != StatusCode::OK {
            // For the token, and not for its proof.
            answer.assert_refused(401, "unauthenticated");
        }
        answer.status == StatusCode::OK
    }

    /// What the provider is to do with this person.
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

impl Begun {
    /// The parameters of the authorization request; none of them twice, but for `resource`, which may be (RFC 8707 §2).
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
