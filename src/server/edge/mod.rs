//! The edge: what is known of a request, and judged, before any door or page sees it.
//!
//! | file | holds |
//! |---|---|
//! | `client_address` | who calls, through proxies that are trusted |
//! | `forwarded` | what a proxy says of that (RFC 7239) |
//! | `request_id` | the name of one request, in logs and answers |
//! | `origin` | which pages may call the doors |
//! | `limits` | how often |

mod client_address;
mod forwarded;
mod limits;
mod origin;
mod request_id;

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, Request},
    http::{HeaderValue, Method, header, request::Parts},
    response::{IntoResponse, Response},
};

pub use client_address::{ClientAddress, TrustedProxies, WrongNetwork};
pub use limits::{LimitSettings, TooMany};
pub use request_id::{REQUEST_ID, RequestId};

use limits::Limits;
use request_id::RequestIds;

use super::{
    audit::{self, Event},
    environment::Environment,
    proof::Thumbprint,
    sessions::SecretHash,
    traces,
};
use crate::wire::{auth::AccessToken, error::ApiError};

/// What the operator says of it.
#[derive(Clone, Debug, Default)]
pub struct EdgeSettings {
    /// `TRUSTED_PROXIES`
    pub trusted_proxies: TrustedProxies,
    pub limits: LimitSettings,
}

/// Judges requests before the doors do.
pub struct Edge {
    /// As browsers write it in `Origin`.
    front_origin: String,
    trusted_proxies: TrustedProxies,
    limits: Limits,
    request_ids: RequestIds,
}

impl Edge {
    /// `front_origin` is where browsers see us.
    pub fn new(front_origin: String, settings: EdgeSettings, environment: Environment) -> Self {
        Self {
            front_origin,
            trusted_proxies: settings.trusted_proxies,
            limits: Limits::new(settings.limits),
            request_ids: RequestIds::new(environment),
        }
    }

    /// Outermost: finds out who calls, and names the request.
    pub fn identify(&self, mut request: Request) -> Request {
        // Without a peer, `dx serve` stands between, on this machine.
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        let peer = peer.unwrap_or(std::net::Ipv4Addr::LOCALHOST.into());
        let address = self.trusted_proxies.client_behind(peer, request.headers());
        let named = match self.trusted_proxies.contains(peer) {
            true => RequestId::named_by_proxy(request.headers()),
            false => {
                // Nobody else says to which trace a request belongs, nor whether that is told of.
                for name in traces::HEADERS {
                    request.headers_mut().remove(name);
                }
                None
            }
        };
        let id = named.unwrap_or_else(|| self.request_ids.next());
        request.extensions_mut().insert(address);
        request.extensions_mut().insert(id);
        request
    }

    /// Lets in what may call the doors, pages of ours, and not too often; or gives the refusal.
    pub async fn admit(&self, request: &Parts) -> Result<(), Response> {
        let path = request.uri.path();
        if super::router::is_door(path)
            && let Err(foreign) = origin::check(&request.headers, &self.front_origin)
        {
            audit::record(Event::RequestCrossSite, None, Some(&foreign));
            return Err(ApiError::Forbidden.into_response());
        }
        let Some(address) = request.extensions.get::<ClientAddress>() else {
            return Err(ApiError::Internal.into_response());
        };
        let allowed = self.limits.allow_address(&request.method, path, *address).await;
        allowed.map_err(IntoResponse::into_response)
    }

    /// Whether this browser may call this door once more. To be asked once it is known that the
    /// key is the caller's, so that nobody spends what is somebody else's.
    pub async fn allows_browser(&self, method: &Method, path: &str, browser: &Thumbprint) -> Result<(), TooMany> {
        self.limits.allow_browser(method, path, &browser.to_string()).await
    }

    /// The same for a caller without a key, who has this access token.
    pub async fn allows_bearer(&self, method: &Method, path: &str, access_token: &AccessToken) -> Result<(), TooMany> {
        self.limits.allow_browser(method, path, &SecretHash::of(access_token.secret()).to_string()).await
    }
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
