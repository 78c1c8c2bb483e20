//! Parts of pages, one per file.

mod code;
mod composer;
mod copy_button;
mod dialog;
mod language_switch;
mod link;
mod markdown;
mod notice_page;
mod page_title;
mod request_id;
mod require_session;
mod retry_button;
mod session_warning;

pub use code::CODE;
pub use composer::Composer;
pub use copy_button::CopyButton;
pub use dialog::Dialog;
pub use language_switch::LanguageSwitch;
pub use link::{LeaveDialogs, Leaving};
pub use markdown::Markdown;
pub use notice_page::{NoticePage, SignInFailurePage, SigningInPage};
pub use page_title::PageTitle;
pub use request_id::RequestIdLabel;
pub use require_session::RequireSession;
pub use retry_button::RetryButton;
pub use session_warning::SessionWarning;
