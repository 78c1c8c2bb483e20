//! All integration tests in one binary: the server is linked once, the tests share one mock provider and run in
//! parallel, and a name filter reaches all of them.
//!
//! | module | drives |
//! |---|---|
//! | `app`, `browser`, `prover` | (support) the doors without a socket, a person, their browser's key |
//! | `provider`, `scripted_provider` | (support) two providers |
//! | `postgres`, `scripted_upstream`, `chatter` | (support) a database server, an upstream, a person who chats |
//! | `rooms` | the import rules of `src/` |
//! | `authorization_request`, `login`, `login_failures`, `id_token` | `GET /api/authorize`, `POST /api/token` |
//! | `signing_keys` | both of these and `POST /api/refresh`, while the provider's keys change |
//! | `refresh`, `refresh_failures` | `POST /api/refresh`, `POST /api/logout` |
//! | `browser_key`, `proof` | every door that wants a proof: what is bound to the browser key, and what proofs must be |
//! | `guard`, `permission`, `chat` | `GET` and `POST /api/chat` |
//! | `jwt_access_token`, `introspection` | the same where access tokens are judged in other ways |
//! | `chat_endings`, `chat_readers` | how answers end, and who reads them when: `/api/chat/follow`, `/api/chat/stop` |
//! | `conversations` | `/api/conversations`, `/api/conversation` and what is below |
//! | `bad_input`, `answers` | every door: what it refuses, and what all its answers have in common |
//! | `redis`, `server_process` | (support) real Redis servers, the server as it is run |
//! | `replicas` | several servers on one Redis, and what becomes of people when one of them fails |
//! | `store` | the contract of session stores |
//! | `conversation_store` | the contract of conversation stores |
//! | `mock_provider` | the mock provider by itself |
//! | `upstream` | any chat-completions endpoint, played by the mock upstream |

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in tests; clippy takes what is not itself a test for other code"
)]

mod answers;
mod app;
mod authorization_request;
mod bad_input;
mod browser;
mod browser_key;
mod chat;
mod chat_endings;
mod chat_readers;
mod chatter;
mod conversation_store;
mod conversations;
mod guard;
mod headers;
mod id_token;
mod introspection;
mod jwt_access_token;
mod login;
mod login_failures;
mod mock_provider;
mod nginx;
mod permission;
mod postgres;
mod proof;
mod prover;
mod provider;
mod redis;
mod refresh;
mod refresh_failures;
mod replicas;
mod rooms;
mod scripted_provider;
mod scripted_upstream;
mod server_process;
mod signing_keys;
mod store;
mod upstream;
