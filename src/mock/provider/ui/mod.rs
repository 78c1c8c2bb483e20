pub mod board_page;
pub mod login_page;
pub mod page;
pub mod switches;
