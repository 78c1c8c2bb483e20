//! State and logic of the chat.

pub mod announcer;
pub mod conversation;
pub mod draft;
pub mod draft_cipher;
pub mod draft_storage;
pub mod entry;
pub mod list;
pub mod running_answer;
pub mod tasks;
