//! Who is signed in, and everything that changes it: [`AuthState`] is set here and nowhere else.
//!
//! | file | |
//! |---|---|
//! | `state` | [`AuthState`] and the other types that describe a session |
//! | `auth` | [`Auth`], the context that holds and sets the state |
//! | `sign_in` | resumes a session, or signs in; finishes the login at `/auth/callback` |
//! | `step_up` | signs in again for an action that asks for it |
//! | `refresh` | calls guarded endpoints; refreshes the access token, once for all tabs |
//! | `sign_out` | ends the session in this browser |
//! | `pending_logouts` | has the server end it, repeated until it has confirmed |
//! | `sign_out_reason` | why this tab was signed out, for the page that says so |
//! | `reauthentication` | whether the next sign-in asks for the password again |
//! | `watch` | receives the end of the session from the server |
//! | `limits` | warns before the session ends by time, and signs out then |
//! | `other_tabs` | applies the messages of other tabs |
//! | `tab_messages` | what tabs send each other |
//! | `dpop_key` | the key that replaces a cookie, and the proofs it signs |
//! | `callback_url` | the authorization response in the URL |
//! | `return_to` | the page to return to after a login |
//! | `loop_breaker` | stops repeated automatic sign-ins |
//! | `failed_refreshes` | counts refreshes that the provider has failed |
//! | `activity` | when the person last used the page, in any tab |
//! | `lifetime` | how long something is valid, by unreliable clocks |

mod activity;
mod auth;
pub mod callback_url;
pub mod dpop_key;
pub mod failed_refreshes;
mod lifetime;
mod limits;
pub mod loop_breaker;
mod other_tabs;
mod pending_logouts;
mod reauthentication;
mod refresh;
pub mod return_to;
mod sign_in;
mod sign_out;
pub mod sign_out_reason;
mod state;
mod step_up;
mod tab_messages;
mod watch;

pub use auth::{Auth, use_auth};
pub use pending_logouts::returned_from_provider;
pub use sign_in::SignInFailure;
pub use state::{AuthState, EndedBy, Limit, LogoutStatus, Warning};
pub use step_up::Interrupted;
