//! The mock OpenID provider, driven over real sockets by a relying party that shares no code with it.

#![expect(clippy::unwrap_used, reason = "in tests; clippy takes what is not itself a test for other code")]

mod authorization;
mod board;
mod clients;
mod clock;
mod control;
mod dpop;
mod faults;
mod introspection;
mod issuers;
mod keys;
mod people;
mod relying_party;
mod sessions;
mod tokens;
