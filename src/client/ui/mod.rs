//! What people see: routes, pages, components, and the messages in each language.
//!
//! | file | |
//! |---|---|
//! | `app` | the root component |
//! | `route` | the routes, and navigation among them |
//! | `head` | links and metadata of the document |
//! | `pages` | one per route; `pages/chat` is the largest |
//! | `components` | parts of pages |
//! | `language` | the catalog of messages, in English and French |

pub mod app;
mod components;
mod head;
pub mod language;
mod pages;
pub mod route;
