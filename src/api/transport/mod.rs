//! Own argument and answer types of the server functions.

pub mod authorized;
pub mod dpop;
pub mod event_stream;
pub mod fetch;
pub mod json;

pub use authorized::Authorized;
pub use dpop::{ProofRequest, ProofSigner, Proven};
pub use event_stream::EventStream;
pub use json::{Answer, request_refused_with};
