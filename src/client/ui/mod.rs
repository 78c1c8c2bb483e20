//! What people see.

pub mod app;
pub mod components;
pub mod head;
pub mod hooks;
pub mod language;
pub mod pages;
