//! oracle-ai: a chat application guarded by OpenID Connect. One crate builds the axum server and the WASM client.
//!
//! # The pattern
//!
//! A *token-mediating backend* (RFC 10017 §6.2) without cookies. The server is the confidential client: it builds the
//! authorization request, exchanges the code, refreshes and logs out. Refresh token, ID token, code verifier and client
//! secret never leave it. The browser holds the access token in memory only, and does no OpenID Connect beyond its
//! `/auth/callback` page.
//!
//! A *DPoP key* replaces the cookie: a key pair that the browser makes and can't export. It signs a proof (RFC 9449) for
//! every request that uses a session; logins, sessions and access tokens are bound to its thumbprint (`dpop_jkt`).
//!
//! # The layers
//!
//! Dependencies point down only; `tests/it/layers` fails on any other import.
//!
//! | layer | holds | may import |
//! |---|---|---|
//! | [`wire`] | types that cross the network | nothing of ours |
//! | [`api`] | the endpoints: server functions, with their signatures on both targets | `wire`; `server` inside bodies and attributes |
//! | [`client`] | the browser: session, chat, pages | `wire`, `api` |
//! | `server` | the services behind the endpoints, on four floors | `wire`; `mock` from `server::embedded` |
//! | `mock` | an identity provider and a model, for development and tests | nothing of ours |
//!
//! The server's floors, from the top; each imports itself and those below:
//!
//! | floor | modules |
//! |---|---|
//! | 4 | `app`, `command`, `config`: build everything from the configuration |
//! | 3 | `http`: the only one that names axum |
//! | 2 | `auth`, `chat`, `conversations`: the rules |
//! | 1 | `store`, `observe`, `outbound`, `certificates`, `environment`: storage, logs and metrics, HTTP clients, TLS, clock and randomness |
//!
//! # One login, all the way down
//!
//! 1. `RequireSession` finds no session to resume and calls [`api::auth::authorize`] with the DPoP key's thumbprint.
//!    `Sessions::begin_authorization` stores a `PendingAuthorization` with it under the hash of a new `state`;
//!    `OidcClient::authorization_url` puts `state`, `nonce` and the PKCE challenge into the URL.
//! 2. The provider redirects the browser to `/auth/callback`. The authorization response is removed from the address bar
//!    before the page is rendered; the page passes it to [`api::auth::exchange_code`].
//! 3. `server::http::extract` verifies the request's proof, and `Sessions::exchange_code` checks that it was made by the
//!    key that began the login. It takes the pending authorization, which works once; `OidcClient::exchange_code` exchanges
//!    the code and verifies the ID token; the session is sealed and stored under the hash of a new id.
//! 4. The [`wire::auth::TokenResponse`] becomes `AuthState::SignedIn`, and the person is on the page they asked for.
//!
//! Refresh and logout read the same way, and nothing calls upward.
//!
//! # One answer, all the way down
//!
//! 1. [`api::chat::send_message`] passes the message to `Chat::answer`, which reserves one of the person's running answers,
//!    subscribes to its log, and spawns the task that writes it.
//! 2. `server::chat::writing` stores the question in the `ConversationStore`, once for each idempotency key. Only then it
//!    sends the conversation, as much of it as fits, to the upstream. What comes back is appended to `server::chat::log` as
//!    numbered [`wire::chat::ChatEvent`]s, and is in the store within a second.
//! 3. A reader of the log (this request, or [`api::chat::follow_answer`] after a reload) gets every event after the last one
//!    it has, up to the one end. [`api::chat::stop_answer`] ends the answer at once; without readers, it ends after a grace
//!    period.

pub mod api;
pub mod client;
pub mod wire;

#[cfg(feature = "fuzzing")]
pub mod fuzzing;

// The server and its dependencies are not part of the browser's build.
#[cfg(feature = "server")]
pub mod server;

// The mocks run in the server's process, in builds for development and tests.
#[cfg(all(feature = "mock", feature = "server"))]
pub mod mock;
