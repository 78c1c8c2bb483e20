//! The server, on four floors. A module imports its own floor and those below; `tests/it/layers` checks it.
//!
//! | module | holds |
//! |---|---|
//! | **4** | **builds everything** |
//! | `app` | builds the services from the configuration and serves them |
//! | `command` | the command line |
//! | `config` | all settings, checked before anything starts |
//! | `doctor`, `end_sessions`, `audit_user` | subcommands: check a configuration, end a user's sessions, find a user in the audit log |
//! | `embedded` | the mocks in this process; the only module that knows them |
//! | **3** | **HTTP** |
//! | `http` | router, request layers, extractors, pages, `/metrics`, graceful shutdown; the only module that names axum |
//! | **2** | **the rules** |
//! | `auth` | OpenID Connect, DPoP, sessions, access tokens |
//! | `chat` | answers to messages, and the model that writes them |
//! | `conversations` | stored conversations, and their database |
//! | **1** | **the ground** |
//! | `store` | sealed records in memory or Redis |
//! | `observe` | logs, audit events, metrics, traces |
//! | `tls` | TLS failures, for the audit log |
//! | `outbound` | the HTTP client for external services, and which URLs may carry secrets |
//! | `excerpt` | texts of others, made fit for the log |
//! | `secret_hash` | the hash that stands for a secret |
//! | `environment` | clock and randomness |

pub mod app;
mod audit_user;
pub mod auth;
pub mod chat;
pub mod command;
pub mod config;
pub mod conversations;
pub mod doctor;
mod embedded;
mod end_sessions;
pub mod environment;
pub mod excerpt;
pub mod http;
pub mod observe;
pub mod outbound;
pub mod secret_hash;
pub mod store;
mod tls;

pub use app::StartError;
pub use http::Services;
