//! Pages, one per route.

mod callback;
pub mod chat;
mod page_not_found;
mod signed_out;

pub use callback::Callback;
pub use chat::{Chat, ChatLayout, Conversation};
pub use page_not_found::PageNotFound;
pub use signed_out::SignedOut;
