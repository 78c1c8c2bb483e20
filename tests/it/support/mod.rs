//! What the tests share: the application under test, clients of it, and stand-ins for the external services.

pub mod app;
pub mod browser;
pub mod chat_client;
pub mod dpop;
pub mod lossy_proxy;
pub mod postgres;
pub mod provider;
pub mod redis;
pub mod scripted_provider;
pub mod scripted_upstream;
pub mod server_process;
pub mod trace_collector;
