//! Parts of pages, one per file.

mod answer_link;
mod code_block;
mod composer;
mod copy_button;
mod dialog;
mod icon;
mod markdown;
mod menu;
mod notice_page;
mod page_title;
mod request_id_label;
mod require_session;
mod retry_button;
mod session_warning;
mod sign_in_again;
mod sign_in_failure_page;
mod step_up;
mod text_span;

pub use answer_link::{LinkConfirmation, LinkConfirmationDialog};
pub use code_block::CODE_SELECTOR;
pub use composer::Composer;
pub use copy_button::CopyButton;
pub use dialog::Dialog;
pub use icon::{Icon, icon};
pub use markdown::Markdown;
pub use menu::{Menu, menu_choice, menu_group, menu_item};
pub use notice_page::{NoticePage, SigningInPage};
pub use page_title::PageTitle;
pub use request_id_label::RequestIdLabel;
pub use require_session::RequireSession;
pub use retry_button::RetryButton;
pub use session_warning::SessionWarning;
pub use sign_in_again::SignInAgain;
pub use sign_in_failure_page::SignInFailurePage;
pub use step_up::StepUp;
pub use text_span::text_span;
