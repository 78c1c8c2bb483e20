//! The blocks of a text, line by line (CommonMark 0.31 §3 to §5): what they contain is text that is not read yet.

mod html;
mod line;
mod marks;
mod open;
mod reader;
pub mod references;
mod tables;

pub use reader::read;
