//! The server.

pub mod app;
mod audit_user;
pub mod auth;
mod backchannel;
pub mod chat;
pub mod command;
pub mod config;
pub mod connections;
pub mod conversations;
pub mod doctor;
pub mod edge;
mod embedded;
mod end_sessions;
pub mod environment;
pub mod excerpt;
pub mod headers;
mod here;
pub mod http;
pub mod observe;
pub mod outbound;
pub mod pages;
pub mod router;
pub mod store;
mod tls;

pub use app::StartError;
pub use here::here;
pub use http::Services;
