//! The Markdown of answers, from text that grows to a tree that components render. Nothing in it ever becomes HTML.
//!
//! [`split`] cuts the text into blocks that no later text can change, so while an answer streams only the last block is
//! parsed again. [`parse`] turns a block into a tree with `pulldown-cmark`.

pub mod announcements;
pub mod destination;
pub mod hidden;
pub mod language_detection;
mod links;
mod nesting;
mod parse;
pub mod split;
pub mod sql;
pub mod table;
pub mod tree;

pub use parse::parse;
pub use split::Splitter;
pub use tree::{Block, Inline};
