//! The HTTP layer: the routes, and everything between a connection and the services.
//!
//! | module | holds |
//! |---|---|
//! | `router` | the routes, and the order of the layers around them |
//! | `layers` | one function for each concern of a request |
//! | `extract` | what endpoints take from a request: the proof, the caller; refusals as responses |
//! | `errors` | error responses |
//! | `services` | what endpoints call |
//! | `chat` | asking, and what a caller has to know before |
//! | `sign_in` | sign-in and refresh, and what the rate limits learn from them |
//! | `ingress` | checks before any endpoint: client address, host, origin, rate limits; request ids |
//! | `headers` | security headers, and the reports of the content security policy |
//! | `pages` | the pages, and the files they need |
//! | `user_token_keys` | the keys of the tokens that identify the user to the model's server |
//! | `backchannel`, `signals` | back-channel logout; security events and global token revocation |
//! | `health`, `readiness` | `/livez` and `/readyz`, and the checks behind the latter |
//! | `connections` | how many there may be, and how long each may be silent |
//! | `metrics`, `traces` | requests counted and traced |
//! | `shutdown` | how the server stops |

mod backchannel;
mod chat;
pub mod connections;
mod errors;
pub mod extract;
pub mod headers;
mod health;
pub mod ingress;
mod layers;
pub mod metrics;
pub mod pages;
pub mod readiness;
pub mod router;
mod services;
pub mod shutdown;
mod sign_in;
mod signals;
pub mod traces;
mod user_token_keys;

pub use layers::MAX_TIME;
pub use services::Services;
