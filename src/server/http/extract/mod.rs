//! What endpoints take from a request, and how refusals become responses.
//!
//! | file | holds |
//! |---|---|
//! | `proof` | the verified DPoP proof of a request |
//! | `dpop_jkt` | the key that a login is begun for |
//! | `next_nonce` | the nonce for the response |
//! | `caller` | the caller of a guarded endpoint |
//! | `operator` | the caller of an endpoint for operators |
//! | `credentials` | the access token in the `Authorization` header |
//! | `browser_name` | the browser in the `User-Agent` header |
//! | `challenge` | refusals as responses with `WWW-Authenticate` |

mod browser_name;
mod caller;
mod challenge;
mod credentials;
mod dpop_jkt;
mod next_nonce;
mod operator;
mod proof;

pub use caller::Caller;
pub use dpop_jkt::DpopJkt;
pub use next_nonce::NextNonce;
pub use operator::Operator;
