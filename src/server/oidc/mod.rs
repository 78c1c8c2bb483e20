//! The relying party: everything that speaks OpenID Connect with the provider.
//!
//! `openidconnect` does the protocol; this room chooses its settings, tolerates what real providers send, and tells
//! failures apart by what they mean for the person. One file per request, named by what it does.

mod authorize;
mod client;
mod discovery;
mod error;
mod exchange;
mod http;
mod id_token;
mod refresh;
mod token_response;
mod values;

pub use client::{ClientAuthentication, OidcClient, ProviderSettings};
pub use error::{ExchangeError, ProviderError, RefreshError};
pub use exchange::Login;
pub use http::ProviderHttp;
pub use refresh::Refreshed;
pub use values::{ClientSecret, CodeVerifier, IdToken, Nonce, RefreshToken};
