//! Syntax highlighting: one tokenizer, and for each language what its comments, strings and words look like. Code in other
//! languages is shown without colours.
//!
//! | file | |
//! |---|---|
//! | `languages` | the names of languages in Markdown, and the extensions of their files |
//! | `rules` | comments, strings and words of each syntax |
//! | `tokens` | the tokens of a line |

mod languages;
mod rules;
mod tokens;

pub use languages::file_extension;
pub use rules::Syntax;
pub use tokens::{Kind, State, lines, tokens};
