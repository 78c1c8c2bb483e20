//! The server, in four layers. A module may import its own layer and those below, which `tests/it/layers` checks.
//!
//! | module | holds |
//! |---|---|
//! | **4** | **builds everything** |
//! | `app` | builds the services from the configuration and serves them |
//! | `command` | the command line |
//! | `config` | all settings, checked before anything starts |
//! | `doctor`, `user_sessions` | subcommands: check a configuration, list and end a user's sessions |
//! | `user_data` | subcommands: export or delete all that a user has stored |
//! | `audit_user`, `audit_verify` | subcommands: find a user in the audit log, check its chain |
//! | `feedback` | subcommand: what people said of answers |
//! | `health_check` | subcommand: whether the server answers |
//! | `embedded` | the mocks in this process; the only module that uses them |
//! | **3** | **HTTP** |
//! | `http` | router, request layers, extractors, pages, `/metrics`, graceful shutdown; the only module that names axum |
//! | **2** | **the rules** |
//! | `auth` | OpenID Connect, DPoP, sessions, access tokens |
//! | `chat` | answers to messages, and the model that writes them |
//! | `conversations` | stored conversations, and their database |
//! | **1** | **foundations** |
//! | `store` | encrypted records in memory or Redis |
//! | `observe` | logs, audit events, metrics, traces |
//! | `tls` | TLS failures, for the audit log |
//! | `outbound` | the HTTP client for external services, and the check of URLs that secrets are sent to |
//! | `certificates` | TLS to external services: trusted authorities, client certificates, and failures in words |
//! | `excerpt` | excerpts of external texts for the log, with secrets redacted |
//! | `secret_hash` | the hash of a secret |
//! | `environment` | clock and randomness |
//! | `version` | the version of this program |

pub mod app;
mod audit_user;
mod audit_verify;
pub mod auth;
pub mod certificates;
pub mod chat;
pub mod command;
pub mod config;
pub mod conversations;
pub mod doctor;
mod embedded;
pub mod environment;
pub mod excerpt;
mod feedback;
mod health_check;
pub mod http;
pub mod observe;
pub mod outbound;
pub mod secret_hash;
pub mod store;
mod tls;
mod user_data;
mod user_sessions;
pub mod version;

pub use app::StartError;
pub use http::Services;
