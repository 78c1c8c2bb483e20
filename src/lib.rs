//! oracle-ai: a chat application guarded by OpenID Connect. One crate builds the axum server and the WASM client.
//!
//! # The pattern
//!
//! A *token-mediating backend* (RFC 10017 §6.2) without cookies. The server is the confidential client: it builds the
//! authorization request, exchanges the code, refreshes and logs out; refresh token, ID token, code verifier and
//! client secret never leave it. The browser holds the access token in memory only, and does no OpenID Connect beyond
//! its `/auth/callback` page.
//!
//! What takes the place of a cookie is a *browser key*: a key pair that the browser makes and can't export. It signs a
//! proof (RFC 9449) for every call that spends a session; logins, sessions and access tokens are bound to it.
//!
//! # The rooms
//!
//! | room | holds | may import |
//! |---|---|---|
//! | [`wire`] | values that cross the network | nothing of ours |
//! | [`api`] | the doors: server-function signatures on both targets | `wire`; `server` inside bodies and attributes |
//! | [`client`] | the browser: signals, pages, components | `wire`, `api` |
//! | `server` | the services behind the doors | `wire`; `mock` from one place |
//! | `mock` | the other parties, for development and tests | nothing of ours |
//!
//! `tests/it/rooms.rs` fails on any other arrow.
//!
//! # One login, all the way down
//!
//! 1. `client::ui::components::RequireSession` finds nobody signed in, and no session to resume, and calls
//!    [`api::auth::authorize`] with the browser key's thumbprint. `Sessions::begin_authorization` stores a
//!    `PendingAuthorization` with it under the hash of a new `state`;
//!    `OidcClient::authorization_url` puts `state`, `nonce` and the PKCE challenge into the URL.
//! 2. The provider sends the browser back to `/auth/callback`. `client::session::callback_url` takes the answer out of the
//!    address bar before the page is shown; `client::ui::pages::Callback` hands it to [`api::auth::exchange_code`].
//! 3. `server::proof` checks that call's proof, and `Sessions::exchange_code` that the key is the one that began; it
//!    takes the pending authorization (once), `OidcClient::exchange_code` exchanges the code
//!    and verifies the ID token, and the session is sealed and stored under the hash of a new id.
//! 4. The [`wire::auth::TokenResponse`] becomes `AuthState::SignedIn`, and the person is where they wanted to be.
//!
//! Refresh and logout read the same way, and nobody calls upward.
//!
//! # One answer, all the way down
//!
//! 1. [`api::chat::send_message`] hands the message to `Chat::answer`, which makes room for an answer, begins to read its
//!    log, and starts the task that writes it.
//! 2. `server::chat::writing` has the `ConversationStore` keep the question, once for each idempotency key, and only then
//!    asks the upstream, with as much of the conversation as fits. What comes is told in `server::chat::log`, as
//!    numbered [`wire::chat::ChatEvent`]s, and is in the store within a second.
//! 3. Whoever reads the log (the call itself, or [`api::chat::follow_answer`] after a reload) gets every event after
//!    the one they have, up to the one end. [`api::chat::stop_answer`] ends it at once; nobody reading ends it after a
//!    grace.

pub mod api;
pub mod client;
pub mod wire;

// The server's room, and its dependencies, are not in the browser's build.
#[cfg(feature = "server")]
pub mod server;

// The other parties run in the server's process, in builds for development and tests.
#[cfg(all(feature = "mock", feature = "server"))]
pub mod mock;
