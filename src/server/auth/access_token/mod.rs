//! Authentication of requests to the guarded endpoints by access token and DPoP proof.
//!
//! | file | holds |
//! |---|---|
//! | `guard` | checks an access token in one of three ways |
//! | `introspections` | a cache of introspection responses |
//! | `permission` | the required scopes and roles |
//! | `error` | why a request is refused |

mod error;
mod guard;
mod introspections;
mod permission;

pub use error::AuthError;
pub use guard::{AccessTokenCheck, AccessTokenGuard, Admission, GuardSettings, Identity};
pub use introspections::{ACTIVE_CACHED_FOR, INACTIVE_CACHED_FOR};
pub use permission::RequiredPermissions;
