//! The edge: what is known of a request, and judged, before any door or page sees it.
//!
//! | file | holds |
//! |---|---|
//! | `client_address` | who calls, through proxies that are trusted |
//! | `forwarded` | what a proxy says of that (RFC 7239) |
//! | `request_id` | the name of one request, in logs and answers |
//! | `stray_headers` | a warning where an unnamed proxy says it |
//! | `host` | which host a request is for |
//! | `origin` | which pages may call the endpoints |
//! | `call` | what a call has shown of its caller |
//! | `known_keys` | keys that people have signed in with |
//! | `limits`, `streams` | how often, and how much at a time |

mod call;
mod client_address;
mod forwarded;
mod host;
mod known_keys;
mod limits;
mod origin;
mod request_id;
mod stray_headers;
mod streams;

use std::{net::SocketAddr, num::NonZeroU32};

use axum::{
    extract::{ConnectInfo, Request},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};

pub use call::Call;
pub use client_address::{ClientAddress, ClientAddressHeader, TrustedProxies, WrongHeader, WrongNetwork};
pub use known_keys::Person;
pub use limits::{LimitSettings, TooMany};
pub use request_id::{REQUEST_ID, RequestId};
pub use streams::OpenStream;

use call::Shown;
use known_keys::KnownKeys;
use limits::Limits;
use request_id::RequestIds;
use stray_headers::StrayHeaders;
use streams::Streams;

use crate::{
    server::{
        audit::{self, Event},
        environment::Environment,
        proof::Thumbprint,
        sessions::SecretHash,
        traces,
    },
    wire::{
        auth::{AccessToken, UserClaims},
        error::ApiError,
    },
};

/// What the operator says of it.
#[derive(Clone, Debug, Default)]
pub struct EdgeSettings {
    /// `TRUSTED_PROXIES`
    pub trusted_proxies: TrustedProxies,
    /// `CLIENT_ADDRESS_HEADER`
    pub address_header: ClientAddressHeader,
    pub limits: LimitSettings,
}

/// Judges requests before the endpoints do.
pub struct Edge {
    /// As browsers write it in `Origin`.
    front_origin: String,
    trusted_proxies: TrustedProxies,
    address_header: ClientAddressHeader,
    stray_headers: StrayHeaders,
    limits: Limits,
    sessions_per_person: Option<NonZeroU32>,
    streams: Streams,
    known_keys: KnownKeys,
    request_ids: RequestIds,
}

impl Edge {
    /// `front_origin` is where browsers see us.
    pub fn new(front_origin: String, settings: EdgeSettings, environment: Environment) -> Self {
        let EdgeSettings { trusted_proxies, address_header, limits } = settings;
        Self {
            front_origin,
            trusted_proxies,
            address_header,
            stray_headers: StrayHeaders::default(),
            limits: Limits::new(limits),
            sessions_per_person: limits.sessions_per_person,
            streams: Streams::new(limits.streams_per_person),
            known_keys: KnownKeys::new(),
            request_ids: RequestIds::new(environment),
        }
    }

    /// Outermost: finds out who calls, and names the request.
    pub fn identify(&self, mut request: Request) -> Request {
        // Without a peer, `dx serve` stands between, on this machine.
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        let peer = peer.unwrap_or(std::net::Ipv4Addr::LOCALHOST.into());
        let address = self.trusted_proxies.client_behind(peer, self.address_header, request.headers());
        let named = match self.trusted_proxies.contains(peer) {
            true => RequestId::named_by_proxy(request.headers()),
            false => {
                self.stray_headers.look_at(peer, request.headers());
                // Nobody else says to which trace a request belongs, nor whether that is told of.
                for name in traces::HEADERS {
                    request.headers_mut().remove(name);
                }
                None
            }
        };
        let id = named.unwrap_or_else(|| self.request_ids.next());
        let call = Call::new(address, request.uri());
        let extensions = request.extensions_mut();
        extensions.insert(call);
        extensions.insert(address);
        extensions.insert(id);
        request
    }

    /// Lets in what names its host, and may call the endpoints: pages of ours. Or gives the refusal.
    ///
    /// A call of an endpoint that brings neither proof nor token is refused in any case, there or, where its address sends
    /// too many of them, here: before anything is looked up for it.
    pub async fn admit(&self, request: &Parts) -> Result<(), Response> {
        host::check(request).map_err(|error| {
            let reason = error.to_string();
            ApiError::MalformedRequest { reason }.into_response()
        })?;
        if !crate::server::http::router::is_door(request.uri.path()) {
            return Ok(());
        }
        if let Err(foreign) = origin::check(&request.headers, &self.front_origin) {
            audit::record(Event::RequestCrossSite, None, Some(&foreign));
            return Err(ApiError::Forbidden.into_response());
        }
        let call = Call::of(&request.extensions).ok_or_else(|| ApiError::Internal.into_response())?;
        if !["dpop", "authorization"].iter().any(|name| request.headers.contains_key(*name)) {
            call.show(Shown::Charged);
            self.limits.allow_unproven(call.address()).await.map_err(IntoResponse::into_response)?;
        }
        Ok(())
    }

    /// After the answer is made: charges the address for a call that was refused and has shown nobody. Of an address that
    /// sends too many of them, each is told so.
    pub async fn settle(&self, call: &Call, answer: Response) -> Response {
        if !is_refusal(&answer) {
            return answer;
        }
        let allowed = match call.shown() {
            Shown::Nothing => self.limits.allow_unproven(call.address()).await,
            Shown::Key => self.limits.allow_unknown_key(call.address()).await,
            // Whoever has signed in and plays a stranger is charged as who they are.
            Shown::KnownKey => self.allow_person_with(call.key()).await,
            Shown::Charged | Shown::Caller => Ok(()),
        };
        allowed.map_or_else(IntoResponse::into_response, |()| answer)
    }

    /// The proof of this call is good. Whether its key is the right one for what it wants is not known yet.
    pub async fn saw_key(&self, parts: &Parts, key: &Thumbprint) {
        self.person_with(parts, key).await;
    }

    /// Whether one more call of this kind may be made with this key, by a proof that is good.
    pub async fn allows_key(&self, parts: &Parts, key: &Thumbprint) -> Result<(), TooMany> {
        let person = self.person_with(parts, key).await;
        self.limits.allow_browser(&parts.method, parts.uri.path(), &key.to_string()).await?;
        match (person, Call::of(&parts.extensions)) {
            (Some(person), _) => self.limits.allow_person(person).await,
            (None, Some(call)) if call.begins_login() => self.limits.allow_login(call.address()).await,
            (None, _) => Ok(()),
        }
    }

    /// Whether this person may make one more call with this key, which is theirs.
    pub async fn allows_person(&self, parts: &Parts, key: &Thumbprint, user: &UserClaims) -> Result<(), TooMany> {
        self.limits.allow_browser(&parts.method, parts.uri.path(), &key.to_string()).await?;
        let person = self.known_keys.person(user);
        self.known_keys.learn(key, person).await;
        self.limits.allow_person(person).await
    }

    /// The same for a caller without a key, who has this access token.
    pub async fn allows_bearer(&self, parts: &Parts, token: &AccessToken, user: &UserClaims) -> Result<(), TooMany> {
        let token = SecretHash::of(token.secret()).to_string();
        self.limits.allow_browser(&parts.method, parts.uri.path(), &token).await?;
        self.limits.allow_person(self.known_keys.person(user)).await
    }

    /// This person has signed in with the key of this call, or still is.
    pub async fn learn(&self, call: &Call, user: &UserClaims) {
        if let Some(key) = call.key() {
            self.known_keys.learn(key, self.known_keys.person(user)).await;
        }
    }

    /// One more stream of events for this person.
    pub fn open_stream(&self, user: &UserClaims) -> Result<OpenStream, ApiError> {
        self.streams.open(self.known_keys.person(user))
    }

    pub fn sessions_per_person(&self) -> Option<NonZeroU32> {
        self.sessions_per_person
    }

    async fn allow_person_with(&self, key: Option<&Thumbprint>) -> Result<(), TooMany> {
        let Some(key) = key else { return Ok(()) };
        match self.known_keys.person_with(key).await {
            Some(person) => self.limits.allow_person(person).await,
            None => Ok(()),
        }
    }

    async fn person_with(&self, parts: &Parts, key: &Thumbprint) -> Option<Person> {
        let person = self.known_keys.person_with(key).await;
        if let Some(call) = Call::of(&parts.extensions) {
            call.show_key(key, person.is_some());
        }
        person
    }
}

/// Of what the caller sent, and not for want of a nonce, which an honest client gets this way (RFC 9449 §8); or because
/// there were too many, which has been charged.
fn is_refusal(answer: &Response) -> bool {
    let wants_nonce = || {
        let challenges = answer.headers().get_all(header::WWW_AUTHENTICATE).iter();
        challenges.filter_map(|challenge| challenge.to_str().ok()).any(|text| text.contains("use_dpop_nonce"))
    };
    answer.status().is_client_error() && answer.status() != StatusCode::TOO_MANY_REQUESTS && !wants_nonce()
}

impl From<TooMany> for ApiError {
    fn from(too_many: TooMany) -> Self {
        Self::TooManyRequests { retry_after: too_many.retry_after }
    }
}

impl IntoResponse for TooMany {
    fn into_response(self) -> Response {
        let headers = [(header::RETRY_AFTER, HeaderValue::from(self.retry_after))];
        (headers, ApiError::from(self)).into_response()
    }
}
