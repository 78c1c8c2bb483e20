//! Authentication of requests to the guarded endpoints by access token and DPoP proof.
//!
//! | file | holds |
//! |---|---|
//! | `guard` | checks an access token in one of three ways |
//! | `introspections` | a cache of introspection responses |
//! | `permission` | the required scopes and roles |
//! | `step_up` | which actions ask for a more recent or a stronger sign-in |
//! | `error` | why a request is refused |

mod error;
mod guard;
mod introspections;
mod permission;
mod step_up;

pub use error::AuthError;
pub use guard::{AccessTokenCheck, AccessTokenGuard, Admission, GuardSettings, Identity};
pub use introspections::{ACTIVE_CACHED_FOR, INACTIVE_CACHED_FOR};
pub use permission::RequiredPermissions;
pub use step_up::StepUpSettings;
