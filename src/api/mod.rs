//! The HTTP API as Dioxus server functions: each signature compiles on both targets, each body on the server only.
//!
//! Two rules hold for every endpoint. Its argument is a [`Proven`] or an [`Authorized`], and its answer an [`Answer`], an
//! [`EventStream`] or a [`Download`]: [`transport`] says what the framework's own types lack. And what may refuse the caller stands in
//! the attribute as an extractor, so that the framework runs it before it reads the body.

pub mod auth;
pub mod chat;
pub mod conversations;
pub mod operators;
pub mod sessions;
pub mod transport;

pub use transport::{
    Answer, Authorized, Download, EventStream, ProofRequest, ProofSigner, Proven, request_refused_with,
};
