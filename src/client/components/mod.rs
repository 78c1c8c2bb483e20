//! Pieces of pages, one per file.

mod composer;
mod language_switch;
mod message;
mod notice;
mod require_session;

pub use composer::{COMPOSER, Composer};
pub use language_switch::LanguageSwitch;
pub use message::{Author, Entry, Message, Progress};
pub use notice::{FailureNotice, Notice, SigningIn};
pub use require_session::RequireSession;
