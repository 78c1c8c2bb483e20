//! What the tests share.
//!
//! | module | |
//! |---|---|
//! | `app` | the application without a socket, with a clock that can be advanced |
//! | `browser` | the test client: a browser that signs in |
//! | `chat_client` | a signed-in user who chats |
//! | `dpop` | DPoP keys and proofs |
//! | `provider`, `scripted_provider` | the mock provider, and one whose responses a test writes |
//! | `scripted_upstream` | a chat upstream whose answers a test writes |
//! | `server_process` | the server as a process of its own |
//! | `redis`, `postgres`, `pgbouncer`, `lossy_proxy` | real databases, a connection pooler, and a proxy that drops responses |
//! | `replicas` | two servers, with a way to Redis each that can be cut |
//! | `haproxy` | HAProxy, with the operators' example |
//! | `trace_collector` | an OTLP collector |
//! | `authority`, `tls_front`, `forward_proxy` | a private certificate authority, TLS in front of a server, and a proxy |

pub mod app;
pub mod authority;
pub mod browser;
pub mod chat_client;
pub mod dpop;
pub mod forward_proxy;
pub mod haproxy;
pub mod lossy_proxy;
pub mod pgbouncer;
pub mod postgres;
pub mod provider;
pub mod redis;
pub mod replicas;
pub mod scripted_provider;
pub mod scripted_upstream;
pub mod server_process;
pub mod tls_front;
pub mod trace_collector;
