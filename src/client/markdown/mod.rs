//! The Markdown of answers, from text that grows to a tree that components show. Nothing in it ever becomes HTML.
//!
//! Text is [`split`] into blocks that no later text can change: those are parsed once, and only the last one again.

mod links;
pub mod sentences;
pub mod split;
pub mod spoken;
pub mod sql;
pub mod table;
pub mod tree;

pub use split::Splitter;
pub use tree::{Block, Inline, parse};
