//! The relying party: every request to the OpenID Connect provider.
//!
//! The crate `openidconnect` implements the protocol. This module configures it, accepts common deviations of real
//! providers, and classifies failures: whether the provider refused, or was only unavailable.
//!
//! | file | holds |
//! |---|---|
//! | `settings`, `claim_names`, `credentials`, `profile` | the configuration of the provider and of this client |
//! | `discovery`, `document` | the provider's metadata and keys: cached, fetched, validated |
//! | `authorize`, `pushed`, `exchange`, `userinfo`, `refresh`, `logout`, `introspection` | one request each |
//! | `client_authentication`, `client_key`, `http` | client authentication, and HTTP to the provider |
//! | `dpop` | the proofs of requests to the provider, and its nonces |
//! | `authentication` | how and when a person has authenticated, and what is asked of that |
//! | `id_token`, `access_token`, `logout_token`, `signature` | verification of each kind of token |
//! | `signals` | security events, and requests to revoke all of a user's tokens |
//! | `standard_claims`, `token_claims`, `permissions`, `current_roles`, `session_expiry`, `token_response`, `values` | what is read from tokens and responses |
//! | `deviations` | what is accepted against the specifications: counted, and logged once |
//! | `diagnostics` | checks for `oracle-ai doctor` |
//! | `error_response` | what the provider's error responses mean |
//! | `error` | one error per operation |

mod access_token;
mod authentication;
mod authorize;
mod claim_names;
mod client;
mod client_authentication;
mod client_key;
mod credentials;
mod current_roles;
mod deviations;
mod diagnostics;
mod discovery;
mod document;
mod dpop;
mod error;
mod error_response;
mod exchange;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod http;
mod id_token;
mod introspection;
mod logout;
mod logout_token;
mod permissions;
mod profile;
mod pushed;
mod refresh;
mod session_expiry;
mod settings;
mod signals;
mod signature;
mod standard_claims;
mod token_claims;
mod token_response;
mod userinfo;
mod values;

pub use access_token::{AccessTokenTyp, JwtProfile};
pub use authentication::{AskedAuthentication, Authentication};
pub use authorize::LoginRequest;
pub use claim_names::{ClaimNames, ClaimPath, claims_of};
pub use client::OidcClient;
pub use client_authentication::ClientAuthentication;
pub use client_key::{ClientKey, ClientKeyError, SigningError};
pub use credentials::{ActiveCredentials, Credentials, CredentialsError};
pub use diagnostics::{
    AuthorizationAnswer, AuthorizationProbe, ClientAnswer, ClientRequest, ClockSkew, DiagnosticError, DpopReport,
    EndpointReport, FapiReport, IntrospectionAnswer, MetadataReport, Named, PushedRequests, SigningReport,
};
pub use discovery::MetadataStatus;
pub use document::{MetadataSettings, UnusableEndpoint};
pub use dpop::{DpopPolicy, NotBound};
pub use error::{AccessTokenError, ExchangeError, LogoutTokenError, ProviderError, RefreshError};
pub use exchange::{Login, RefusedExchange};
pub use http::ProviderHttp;
pub use id_token::{DEFAULT_CLOCK_TOLERANCE, IdTokenPolicy, LoginClaims, SIGNING_ALGORITHMS, signing_algorithm};
pub use logout::Revoked;
pub use logout_token::{LogoutTarget, LogoutToken};
pub use permissions::{Permissions, PermissionsSource, RolesClaim};
pub use profile::{FAPI_ALGORITHMS, SecurityProfile};
pub use refresh::Refreshed;
pub use settings::{CommonSettings, LogoutSettings, ProviderSettings, RequestSettings};
pub use signals::{
    EventKind, SecurityEvent, SignalError, SignalId, SignalIssuer, SignalSettings, SignalSubject, SubjectError,
    SubjectUser,
};
pub use token_claims::VerifiedToken;
pub use values::{ClientSecret, CodeVerifier, IdToken, Nonce, RefreshToken};
