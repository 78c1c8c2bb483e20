//! Own argument and answer types of the server functions, on the seams that Dioxus offers: `IntoRequest` sends an argument,
//! `FromRequest` reads it, `FromResponse` reads the answer. The head of each module says which fault of Dioxus it avoids.
//!
//! | module | holds |
//! |---|---|
//! | `json` | JSON bodies of requests and responses |
//! | `dpop` | a request with a DPoP proof |
//! | `authorized` | a request with an access token and a proof |
//! | `download` | a response that is a file |
//! | `event_stream` | a response that is a stream of events |
//! | `error` | errors: their status, their way to the response, and back |
//! | `fetch` | the browser's `fetch` |

mod authorized;
mod download;
pub mod dpop;
mod error;
mod event_stream;
mod fetch;
mod json;

pub use authorized::Authorized;
pub use download::Download;
pub use dpop::{ProofRequest, ProofSigner, Proven};
pub use event_stream::EventStream;
pub use json::{Answer, request_refused_with};
