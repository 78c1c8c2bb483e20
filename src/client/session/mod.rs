//! Who is signed in, and everything that changes it.

pub mod activity;
pub mod auth;
pub mod callback_url;
pub mod dpop_key;
pub mod lifetime;
pub mod limits;
pub mod loop_breaker;
pub mod refresh;
pub mod return_to;
pub mod sign_out;
pub mod tab_messages;
pub mod watch;
