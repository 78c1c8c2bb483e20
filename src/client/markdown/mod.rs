//! The Markdown of answers, from text that grows to a tree that components show. Nothing in it ever becomes HTML.
//!
//! Text is [`split`] into blocks that no later text can change: those are parsed once, and only the last one again.
//!
//! It is read by code of our own, after CommonMark 0.31 and GFM 0.29, as the libraries for that bring all the names that
//! HTML has for characters, and every visitor would load them. In tests one of them judges ours.

pub mod announcements;
mod blocks;
pub mod destination;
#[cfg(test)]
mod examples;
pub mod hidden;
mod inlines;
#[cfg(test)]
mod judge;
pub mod language_detection;
mod links;
mod scan;
pub mod split;
pub mod sql;
pub mod table;
pub mod tree;

pub use split::Splitter;
pub use tree::{Block, Inline, parse};
