//! The Markdown of answers. While an answer streams, [`split`] cuts its text into blocks that no later text can change,
//! so that only the last block is parsed again. [`parse()`] turns a block into a tree, which components render as
//! elements. No part of an answer is ever inserted into the page as HTML.
//!
//! | file | |
//! |---|---|
//! | `split` | cuts growing text into blocks |
//! | `parse`, `nesting` | parses a block with `pulldown-cmark`, unless it nests too deep |
//! | `tree`, `table`, `table_text` | the tree, the alignment of a table's columns, and a table as CSV or Markdown |
//! | `links`, `destination` | which addresses links may lead to, and what is shown of a link, against phishing |
//! | `html` | an answer as HTML, for the clipboard |
//! | `hidden_characters` | invisible characters in code |
//! | `syntax` | syntax highlighting |
//! | `announcements` | whole sentences for screen readers |
//! | `language_detection` | the language of an answer |

pub mod announcements;
pub mod destination;
pub mod hidden_characters;
pub mod html;
pub mod language_detection;
mod links;
mod nesting;
mod parse;
pub mod split;
pub mod syntax;
pub mod table;
mod table_text;
pub mod tree;

pub use parse::parse;
pub use split::Splitter;
pub use tree::{Block, Inline};
