//! What the provider remembers. These types know nothing of HTTP handlers; they take the time as an argument.
//!
//! | file | holds |
//! |---|---|
//! | `client` | the registered clients |
//! | `profile` | how well-known providers differ |
//! | `users`, `user_name`, `settings` | users, and how each is treated |
//! | `fault`, `response_fault` | what a test can make go wrong |
//! | `grants`, `sign_in` | what users have granted |
//! | `codes`, `access_tokens`, `secret` | the codes and tokens of these grants |
//! | `pushed_requests`, `used_assertions` | authorization requests that were pushed, client assertions that were used |
//! | `dpop` | what is done about DPoP, its nonces, proofs that were used |
//! | `keys`, `signing_algorithm`, `jws` | the signing keys, by which algorithms they sign, and how signatures are verified |
//! | `calls` | the log of calls |
//! | `clock` | times as claims write them |

pub mod access_tokens;
pub mod calls;
pub mod client;
pub mod clock;
pub mod codes;
pub mod dpop;
pub mod fault;
pub mod grants;
pub mod jws;
pub mod keys;
pub mod profile;
pub mod pushed_requests;
pub mod response_fault;
pub mod secret;
pub mod settings;
pub mod sign_in;
pub mod signing_algorithm;
pub mod used_assertions;
pub mod user_name;
pub mod users;
