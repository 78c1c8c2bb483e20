//! What only a browser can do. Never called on the server.

pub mod browser;
pub mod crypto;
pub mod dom;
pub mod listeners;
pub mod locks;
