//! The application without a socket: its endpoints, a clock that can be advanced, and direct access to its records.

use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header, request},
    response::IntoResponse,
};
use oracle_ai::{
    server::{
        auth::{
            access_token::GuardSettings,
            oidc::{OidcClient, ProviderHttp, ProviderSettings},
            sessions::{Records, Session, SessionLimits, Sessions, Storage},
        },
        chat::{ChatSettings, answer_log::AnswerLog, models::Models, upstream::SharedUpstream},
        conversations::ConversationStore,
        environment::{Clock, Environment},
        http::{Services, ingress::EdgeSettings, router},
        store::{KeyRing, MemorySessionEnds, MemoryStore, Store},
    },
    wire::auth::SessionId,
};
use serde_json::Value;

use crate::support::dpop;

/// Keeps a failing test from hanging; far more than anything takes, even on a busy machine.
pub const MAX_WAIT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(5);

#[derive(Clone)]
pub struct TestApp {
    router: Router,
    pub services: Services,
    /// What the endpoints of login, refresh and logout call.
    pub sessions: Arc<Sessions>,
    pub clock: TestClock,
    /// The records in its store.
    pub records: Records,
}

/// The system time plus an offset. It does not stand still, as providers sign with the system time.
#[derive(Clone, Default)]
pub struct TestClock(Arc<Mutex<Duration>>);

/// A response with its body.
#[derive(Clone, Debug, PartialEq)]
pub struct TestResponse {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl TestApp {
    pub fn new(settings: ProviderSettings) -> Self {
        Self::with(settings, ProviderHttp::new().unwrap(), Arc::new(MemoryStore::new()))
    }

    /// With `ALLOW_BEARER_TOKENS`.
    pub fn with_bearer_tokens_allowed(settings: ProviderSettings) -> Self {
        Self::with_guard(settings, GuardSettings { bearer_tokens_allowed: true, ..GuardSettings::default() })
    }

    /// With these settings for access tokens.
    pub fn with_guard(settings: ProviderSettings, guard: GuardSettings) -> Self {
        Self::with_guarded_services(settings, guard, |services, _| services)
    }

    /// With these limits of sessions.
    pub fn with_session_limits(settings: ProviderSettings, limits: SessionLimits) -> Self {
        let (http, storage) = (ProviderHttp::new().unwrap(), storage(Arc::new(MemoryStore::new())));
        Self::start_with(settings, http, storage, (GuardSettings::default(), limits), |services, _| services)
    }

    /// With these settings of proxies and rate limits.
    pub fn with_edge(settings: ProviderSettings, edge: EdgeSettings) -> Self {
        Self::with_services(settings, |services, environment| services.with_edge(edge, environment))
    }

    /// With these services in place of the default ones.
    pub fn with_services(settings: ProviderSettings, change: impl FnOnce(Services, Environment) -> Services) -> Self {
        Self::with_guarded_services(settings, GuardSettings::default(), change)
    }

    /// The same, behind this guard.
    pub fn with_guarded_services(
        settings: ProviderSettings,
        guard: GuardSettings,
        change: impl FnOnce(Services, Environment) -> Services,
    ) -> Self {
        let (http, storage) = (ProviderHttp::new().unwrap(), storage(Arc::new(MemoryStore::new())));
        Self::start(settings, http, storage, guard, change)
    }

    /// With conversations kept in this store and answered by this upstream.
    pub fn with_chat(
        settings: ProviderSettings,
        conversations: Arc<dyn ConversationStore>,
        upstream: SharedUpstream,
        chat: ChatSettings,
    ) -> Self {
        Self::with_shared_chat(settings, conversations, upstream, chat, None)
    }

    /// The same, with answers that other servers can follow.
    pub fn with_shared_chat(
        settings: ProviderSettings,
        conversations: Arc<dyn ConversationStore>,
        upstream: SharedUpstream,
        chat: ChatSettings,
        log: Option<Arc<dyn AnswerLog>>,
    ) -> Self {
        let (http, storage) = (ProviderHttp::new().unwrap(), storage(Arc::new(MemoryStore::new())));
        Self::start(settings, http, storage, GuardSettings::default(), |services, environment| {
            let services = services.with_chat(conversations, Models::one(upstream), chat, environment);
            match log {
                Some(log) => Services { chat: services.chat.sharing(log), ..services },
                None => services,
            }
        })
    }

    /// With conversations that are kept for so many days.
    pub fn keeping_conversations_for(settings: ProviderSettings, days: NonZeroU32) -> Self {
        let (http, storage) = (ProviderHttp::new().unwrap(), storage(Arc::new(MemoryStore::new())));
        Self::start(settings, http, storage, GuardSettings::default(), |services, _| {
            services.keeping_conversations_for(Some(days))
        })
    }

    pub fn with(settings: ProviderSettings, http: ProviderHttp, store: Arc<dyn Store>) -> Self {
        Self::start(settings, http, storage(store), GuardSettings::default(), |services, _| services)
    }

    /// A server process on this machine, which uses this storage.
    pub fn remote(port: u16, settings: ProviderSettings, storage: Storage) -> Self {
        Self { router: forward_to(port), ..Self::with_storage(settings, storage) }
    }

    /// With this storage.
    pub fn with_storage(settings: ProviderSettings, storage: Storage) -> Self {
        let http = ProviderHttp::new().unwrap();
        Self::start(settings, http, storage, GuardSettings::default(), |services, _| services)
    }

    fn start(
        settings: ProviderSettings,
        http: ProviderHttp,
        storage: Storage,
        guard: GuardSettings,
        equip: impl FnOnce(Services, Environment) -> Services,
    ) -> Self {
        Self::start_with(settings, http, storage, (guard, SessionLimits::default()), equip)
    }

    fn start_with(
        settings: ProviderSettings,
        http: ProviderHttp,
        storage: Storage,
        (guard, limits): (GuardSettings, SessionLimits),
        equip: impl FnOnce(Services, Environment) -> Services,
    ) -> Self {
        link_the_endpoints();
        let clock = TestClock::default();
        let environment = Environment { clock: Arc::new(clock.clone()), ..Environment::system() };
        let records = Records::new(storage.clone(), environment.clone());
        let oidc = OidcClient::new(settings, http, environment.clone());
        let services = Services::new(oidc, storage, environment.clone(), guard, limits).unwrap();
        let services = equip(services, environment);
        let sessions = services.sessions.clone();
        Self { router: router::endpoints(services.clone()), services, sessions, clock, records }
    }

    pub async fn get(&self, path: &str) -> TestResponse {
        self.send(request(Method::GET, path).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, path: &str, json: &Value) -> TestResponse {
        self.post_body(path, "application/json", json.to_string()).await
    }

    pub async fn post_body(&self, path: &str, content_type: &str, body: impl Into<Body>) -> TestResponse {
        let request = request(Method::POST, path).header(header::CONTENT_TYPE, content_type);
        self.send(request.body(body.into()).unwrap()).await
    }

    /// Checks every response of every test for what all endpoints have in common.
    pub async fn send(&self, request: Request<Body>) -> TestResponse {
        let is_endpoint = request.uri().path().starts_with("/api/");
        let response = dpop::send(&self.router, request).await;
        let (head, body) = response.into_parts();
        let text = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
        let answer = TestResponse { status: head.status, headers: head.headers, text };
        if is_endpoint && answer.status != StatusCode::BAD_GATEWAY {
            answer.assert_common_headers();
        }
        answer
    }

    /// The body of a successful response, as a stream.
    pub async fn open(&self, request: Request<Body>) -> Body {
        let response = dpop::send(&self.router, request).await;
        assert_eq!(response.status(), StatusCode::OK);
        response.into_body()
    }

    /// The status of the response. Its body is dropped unread.
    pub async fn status(&self, request: Request<Body>) -> StatusCode {
        dpop::send(&self.router, request).await.status()
    }

    /// The server's record of a session.
    pub async fn session(&self, id: &str) -> Option<Session> {
        self.records.session(&SessionId::new(id)).await.unwrap()
    }
}

/// Forwards every request unchanged, as a proxy does.
fn forward_to(port: u16) -> Router {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    Router::new().fallback(async move |request: Request<Body>| {
        let (head, body) = request.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let url = format!("http://127.0.0.1:{port}{}", head.uri);
        match http.request(head.method, url).headers(head.headers).body(body).send().await {
            Ok(answer) => {
                let (status, headers) = (answer.status(), answer.headers().clone());
                (status, headers, Body::from_stream(answer.bytes_stream())).into_response()
            }
            Err(_) => StatusCode::BAD_GATEWAY.into_response(),
        }
    })
}

/// As every client of HTTP/1.1 does (RFC 9112 §3.2).
pub fn with_host(mut request: Request<Body>) -> Request<Body> {
    let host = header::HeaderValue::from_static("localhost:8080");
    request.headers_mut().entry(header::HOST).or_insert(host);
    request
}

/// This store with a new key.
pub fn storage(store: Arc<dyn Store>) -> Storage {
    let key = Environment::system().randomness.bytes().unwrap();
    Storage { store, ends: Arc::new(MemorySessionEnds::default()), ring: KeyRing::new(key, []) }
}

/// Server functions register themselves when their object code is linked, and nothing links what nothing names: one
/// function of each file of endpoints is named here.
fn link_the_endpoints() {
    std::hint::black_box(oracle_ai::api::auth::authorize as fn(_, _, _, _) -> _);
    std::hint::black_box(oracle_ai::api::chat::check_chat as fn(_) -> _);
    std::hint::black_box(oracle_ai::api::sessions::end_session as fn(_) -> _);
    std::hint::black_box(oracle_ai::api::conversations::rename_conversation as fn(_) -> _);
}

/// Polls until the condition holds, where there is no event to await.
pub async fn wait_until(what: &str, condition: impl AsyncFn() -> bool) {
    let held = async {
        while !condition().await {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    };
    assert!(tokio::time::timeout(MAX_WAIT, held).await.is_ok(), "not within {MAX_WAIT:?}: {what}");
}

pub fn request(method: Method, path: &str) -> request::Builder {
    Request::builder().method(method).uri(path)
}

impl TestClock {
    pub fn jump(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }

    pub fn now(&self) -> SystemTime {
        SystemTime::now() + *self.0.lock().unwrap()
    }
}

impl Clock for TestClock {
    fn now(&self) -> SystemTime {
        TestClock::now(self)
    }
}

impl TestResponse {
    /// The response without the request id and the nonce, for comparisons of two responses.
    pub fn without_request_id(mut self) -> Self {
        self.headers.remove("dpop-nonce");
        let id = self.headers.remove("x-request-id").unwrap();
        self.text = self.text.replace(id.to_str().unwrap(), "");
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The only value of this header; empty if there is none.
    #[track_caller]
    pub fn header(&self, name: header::HeaderName) -> &str {
        assert!(self.headers.get_all(&name).iter().count() <= 1, "{name} twice: {self:?}");
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub fn assert_ok(&self) {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
    }

    /// Checks for an error with this status, in HTTP and in the body, and this kind.
    #[track_caller]
    pub fn assert_refused(&self, status: u16, kind: &str) {
        assert_eq!(self.status, status, "{self:?}");
        let body = self.json();
        assert_eq!(body["data"]["kind"], kind, "{self:?}");
        assert_eq!(body["code"], status, "{self:?}");
        assert!(body["message"].is_string(), "{self:?}");
    }

    /// Checks for an error because of this field.
    #[track_caller]
    pub fn assert_field_refused(&self, field: &str) {
        self.assert_refused(422, "invalid_field");
        assert_eq!(self.json()["data"]["field"], field, "{self:?}");
    }

    #[track_caller]
    fn assert_common_headers(&self) {
        // T52
        assert_eq!(self.header(header::CACHE_CONTROL), "no-store", "{self:?}");
        // T97
        assert!(!self.headers.contains_key(header::SET_COOKIE), "{self:?}");
        // T93
        assert_eq!(self.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{self:?}");
        // T104
        let id = self.header(header::HeaderName::from_static("x-request-id"));
        assert!(!id.is_empty(), "{self:?}");
        if self.status.is_client_error() || self.status.is_server_error() {
            assert_eq!(self.json()["request_id"], id, "{self:?}");
        }
        if [StatusCode::SERVICE_UNAVAILABLE, StatusCode::TOO_MANY_REQUESTS].contains(&self.status) {
            let seconds = self.header(header::RETRY_AFTER).parse::<u64>();
            assert!(seconds.is_ok(), "without Retry-After: {self:?}");
        }
        assert_ne!(self.status, StatusCode::INTERNAL_SERVER_ERROR, "{self:?}");
    }
}
