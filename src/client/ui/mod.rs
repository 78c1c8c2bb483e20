//! The pages and their components.
//!
//! | file | |
//! |---|---|
//! | `app` | the root component |
//! | `route` | the routes |
//! | `head` | links and metadata of the document |
//! | `branding` | the operator's name, logo and questions to start with |
//! | `theme` | light or dark: the person's choice |
//! | `pages` | one per route; `pages/chat` is the largest |
//! | `components` | parts of pages |

pub mod app;
mod branding;
mod components;
mod head;
mod pages;
pub mod route;
mod theme;
