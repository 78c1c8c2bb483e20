//! The relying party: everything that speaks OpenID Connect with the provider.
//!
//! `openidconnect` does the protocol; this room chooses its settings, tolerates what real providers send, and tells
//! failures apart by what they mean for the person. One file per request, named by what it does.

mod access_token;
mod authorize;
mod claim_names;
mod client;
mod client_authentication;
mod client_key;
mod credentials;
mod discovery;
mod document;
mod error;
mod examination;
mod exchange;
mod http;
mod id_token;
mod introspection;
mod logout;
mod logout_token;
mod permissions;
mod pushed;
mod refresh;
mod session_expiry;
mod settings;
mod token_claims;
mod token_response;
mod values;

pub use access_token::{AccessTokenTyp, JwtProfile};
pub use claim_names::{ClaimNames, ClaimPath, claims_of};
pub use client::OidcClient;
pub use client_authentication::ClientAuthentication;
pub use client_key::{ClientKey, ClientKeyError};
pub use credentials::{Credentials, CredentialsError};
pub use discovery::MetadataStatus;
pub use document::{MetadataSettings, UnusableEndpoint};
pub use error::{AccessTokenError, ExchangeError, LogoutTokenError, ProviderError, RefreshError};
pub use examination::{AuthorizationFinding, ClockSkew, CredentialsFinding, ExaminationError, MetadataFindings};
pub use exchange::{Login, RefusedExchange};
pub use http::ProviderHttp;
pub use id_token::{DEFAULT_CLOCK_TOLERANCE, IdTokenPolicy, LoginClaims, SIGNING_ALGORITHMS};
pub use logout_token::{Ends, LogoutToken};
pub use permissions::{Permissions, RolesClaim};
pub use refresh::Refreshed;
pub use settings::{CommonSettings, LogoutSettings, ProviderSettings, RequestSettings};
pub use token_claims::VerifiedToken;
pub use values::{ClientSecret, CodeVerifier, IdToken, Nonce, RefreshToken};
