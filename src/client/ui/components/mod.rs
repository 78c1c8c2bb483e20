//! Pieces of pages, one per file.

mod code;
mod composer;
mod copy_button;
mod dialog;
mod language_switch;
mod link;
mod markdown;
mod notice;
mod page_title;
mod reference;
mod require_session;
mod retry_button;
mod session_warning;

pub use code::CODE;
pub use composer::{COMPOSER, Composer};
pub use copy_button::CopyButton;
pub use dialog::Dialog;
pub use language_switch::LanguageSwitch;
pub use link::{LeaveNotice, Leaving};
pub use markdown::Markdown;
pub use notice::{FailureNotice, Notice, SigningIn};
pub use page_title::PageTitle;
pub use reference::Reference;
pub use require_session::RequireSession;
pub use retry_button::RetryButton;
pub use session_warning::SessionWarning;
