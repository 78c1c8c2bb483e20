//! How a JWT is read: strictly (RFC 7515, RFC 7519).
//!
//! | file | holds |
//! |---|---|
//! | `compact` | the three parts of a JWT |
//! | `json` | JSON objects whose member names are unique |

mod compact;
mod json;

pub(super) use compact::Compact;
pub(super) use json::object;

/// It is no JWT. The text holds nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub &'static str);
