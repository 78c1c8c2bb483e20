//! Pieces of pages, one per file.

mod composer;
mod message;
mod notice;
mod require_session;

pub use composer::{COMPOSER, Composer};
pub use message::{Author, Entry, Message, Progress};
pub use notice::{FailureNotice, Notice, SigningIn};
pub use require_session::RequireSession;
