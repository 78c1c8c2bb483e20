//! Access tokens at the guarded endpoints: whose they are, and whether they were issued for the key of this request.
//!
//! | file | holds |
//! |---|---|
//! | `guard` | whose a token is, checked in one of three ways |
//! | `introspections` | a cache of the provider's answers |
//! | `permission` | the scopes and roles that a caller needs |
//! | `error` | why a request is refused |

mod error;
mod guard;
mod introspections;
mod permission;

pub use error::AuthError;
pub use guard::{AccessTokenCheck, AccessTokenGuard, Admission, GuardSettings, Identity};
pub use introspections::{GOOD_FOR, REFUSED_FOR};
pub use permission::RequiredPermissions;
