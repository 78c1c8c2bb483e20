//! Checks of a request. Those of address, host and origin run before any endpoint or page sees it; limits of a key and its
//! user are charged by the endpoint's extractors, once the proof or the token is verified.
//!
//! | file | holds |
//! |---|---|
//! | `client_address` | the client's address, behind trusted proxies |
//! | `forwarded` | `X-Forwarded-For` and `Forwarded` (RFC 7239) |
//! | `request_id` | the id of a request, in logs and responses |
//! | `stray_headers` | a warning about a proxy that is not in `TRUSTED_PROXIES` |
//! | `host` | which host a request is for |
//! | `origin` | which pages may call the endpoints |
//! | `call` | how far the caller of an endpoint is identified |
//! | `known_keys` | keys that people have signed in with |
//! | `limits`, `streams` | how often, and how much at a time |

mod call;
mod client_address;
mod forwarded;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
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
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};

pub use call::Call;
pub use client_address::{ClientAddress, ClientAddressHeader, TrustedProxies, WrongHeader, WrongNetwork};
pub use known_keys::Person;
pub use limits::{LimitSettings, TooMany, declare_metrics};
pub use request_id::{REQUEST_ID, RequestId};
pub use streams::OpenStream;

use call::Identity;
use known_keys::KnownKeys;
use limits::Limits;
use request_id::RequestIds;
use stray_headers::StrayHeaders;
use streams::Streams;

use crate::{
    server::{
        auth::dpop::Thumbprint,
        environment::Environment,
        observe::{
            audit::{self, Event},
            traces,
        },
        store::SecretHash,
    },
    wire::{
        auth::{AccessToken, UserClaims},
        error::ApiError,
    },
};

#[derive(Clone, Debug, Default)]
pub struct EdgeSettings {
    /// `TRUSTED_PROXIES`
    pub trusted_proxies: TrustedProxies,
    /// `CLIENT_ADDRESS_HEADER`
    pub address_header: ClientAddressHeader,
    pub limits: LimitSettings,
}

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

    /// Finds the client's address, and gives the request an id.
    pub fn identify(&self, mut request: Request) -> Request {
        // Without a peer, `dx serve` stands between, on this machine.
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        let peer = peer.unwrap_or(std::net::Ipv4Addr::LOCALHOST.into());
        let address = self.trusted_proxies.client_behind(peer, self.address_header, request.headers());
        let named = match self.trusted_proxies.contains(peer) {
            true => RequestId::named_by_proxy(request.headers()),
            false => {
                self.stray_headers.look_at(peer, request.headers());
                // Only a trusted proxy says to which trace a request belongs, and whether that is sampled.
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

    /// Admits calls of endpoints from our own pages, and from clients that are no browsers.
    ///
    /// A call with neither proof nor token is refused in any case: by the endpoint or, where its address sends too many of
    /// them, here, before anything is looked up for it.
    pub async fn admit(&self, request: &Parts) -> Result<(), ApiError> {
        if let Err(foreign) = origin::check(&request.headers, &self.front_origin) {
            audit::record(Event::RequestCrossSite, None, Some(&foreign));
            return Err(ApiError::Forbidden);
        }
        let call = Call::of(&request.extensions).ok_or(ApiError::Internal)?;
        if !["dpop", "authorization"].iter().any(|name| request.headers.contains_key(*name)) {
            call.raise(Identity::Charged);
            self.limits.allow_unproven(call.address()).await?;
        }
        Ok(())
    }

    /// Charges the client's address for a call that was refused and has identified nobody. An address that sends too many
    /// of them gets 429 instead of the answer.
    pub async fn charge_refused(&self, call: &Call, answer: Response) -> Response {
        if !is_refusal(&answer) {
            return answer;
        }
        let allowed = match call.identity() {
            Identity::Unidentified => self.limits.allow_unproven(call.address()).await,
            Identity::UnknownKey => self.limits.allow_unknown_key(call.address()).await,
            // The user is charged even where the call pretends to be a stranger's.
            Identity::KnownKey => self.allow_person_with(call.key()).await,
            Identity::Charged | Identity::Authenticated => Ok(()),
        };
        allowed.map_or_else(IntoResponse::into_response, |()| answer)
    }

    /// Notes the key of a verified proof. Whether it is the right one for the call is not known yet.
    pub fn saw_key(&self, parts: &Parts, key: &Thumbprint) {
        self.person_with(parts, key);
    }

    /// Charges one more call of this kind to the key of a verified proof.
    pub async fn allows_key(&self, parts: &Parts, key: &Thumbprint) -> Result<(), TooMany> {
        let person = self.person_with(parts, key);
        self.limits.allow_browser(&parts.method, parts.uri.path(), *key.as_bytes()).await?;
        match (person, Call::of(&parts.extensions)) {
            (Some(person), _) => self.limits.allow_person(person).await,
            (None, Some(call)) if call.begins_login() => self.limits.allow_login(call.address()).await,
            (None, _) => Ok(()),
        }
    }

    /// Charges one more call to this user, whose key made the proof.
    pub async fn allows_person(&self, parts: &Parts, key: &Thumbprint, user: &UserClaims) -> Result<(), TooMany> {
        self.limits.allow_browser(&parts.method, parts.uri.path(), *key.as_bytes()).await?;
        let person = self.known_keys.person(user);
        self.known_keys.learn(key, person);
        self.limits.allow_person(person).await
    }

    /// The same for a caller with a bearer token.
    pub async fn allows_bearer(&self, parts: &Parts, token: &AccessToken, user: &UserClaims) -> Result<(), TooMany> {
        let token = SecretHash::of(token.secret());
        self.limits.allow_browser(&parts.method, parts.uri.path(), *token.as_bytes()).await?;
        self.limits.allow_person(self.known_keys.person(user)).await
    }

    /// Notes that this user is signed in with the key of this call.
    pub fn learn(&self, call: &Call, user: &UserClaims) {
        if let Some(key) = call.key() {
            self.known_keys.learn(key, self.known_keys.person(user));
        }
    }

    /// How many streams of events are open, of all people.
    pub fn open_streams(&self) -> u64 {
        self.streams.count()
    }

    /// Opens one more stream of events for this user.
    pub fn open_stream(&self, user: &UserClaims) -> Result<OpenStream, ApiError> {
        self.streams.open(self.known_keys.person(user))
    }

    pub fn sessions_per_person(&self) -> Option<NonZeroU32> {
        self.sessions_per_person
    }

    async fn allow_person_with(&self, key: Option<&Thumbprint>) -> Result<(), TooMany> {
        let Some(key) = key else { return Ok(()) };
        match self.known_keys.person_with(key) {
            Some(person) => self.limits.allow_person(person).await,
            None => Ok(()),
        }
    }

    fn person_with(&self, parts: &Parts, key: &Thumbprint) -> Option<Person> {
        let person = self.known_keys.person_with(key);
        if let Some(call) = Call::of(&parts.extensions) {
            call.note_key(key, person.is_some());
        }
        person
    }
}

pub fn check_host(request: &Parts) -> Result<(), ApiError> {
    host::check(request).map_err(|error| ApiError::MalformedRequest { reason: error.to_string() })
}

/// Whether a call was refused for what the caller sent. Not for a missing nonce, which an honest client gets this way
/// (RFC 9449 §8), and not with 429, which has been charged.
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
        ApiError::from(self).into_response()
    }
}
