//! Authentication: logins, sessions, access tokens, and the DPoP keys that they are bound to.
//!
//! | folder | holds |
//! |---|---|
//! | `oidc` | the OpenID Connect client: every request to the provider |
//! | `dpop` | DPoP proofs (RFC 9449) |
//! | `sessions` | pending logins, sessions, refresh, logout |
//! | `access_token` | authentication of requests to the guarded endpoints |
//! | `jose` | parsing of compact JWTs, for `oidc` and `dpop` |

pub mod access_token;
pub mod dpop;
mod jose;
pub mod oidc;
pub mod sessions;
