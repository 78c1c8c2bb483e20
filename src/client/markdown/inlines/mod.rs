//! What a text contains (CommonMark 0.31 §6, and phase 2 of its “parsing strategy”): pieces first, a tree then.

mod delimiters;
pub mod entities;
pub mod html;
mod pieces;
mod reader;
pub mod targets;

pub use pieces::in_blocks;
