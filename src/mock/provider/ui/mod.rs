//! The pages that a person sees.

pub mod board_page;
pub mod login_page;
pub mod page;
pub mod switches;
