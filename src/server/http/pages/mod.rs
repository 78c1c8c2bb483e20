//! What a browser loads: the pages, and the files they need.

mod files;
mod shell;

use std::sync::Arc;

use axum::{Router, routing::get};
use dioxus::{
    prelude::Element,
    server::{DioxusRouterExt, FullstackState, ServeConfig},
};

use super::headers::HeaderSettings;
use crate::wire::link_hosts::LinkHosts;
use shell::Shells;

/// The app whose pages these are.
#[derive(Clone, Copy)]
pub struct Site {
    pub root: fn() -> Element,
    /// For any path, the address at which its page is rendered: one of a few.
    pub page_of: fn(path: &str) -> &'static str,
}

/// The doors, the files, and a page for every other path; in each page, the hosts that its links may lead to at once.
pub fn routes(site: Site, link_hosts: LinkHosts, settings: HeaderSettings) -> Router {
    let state = FullstackState::new(ServeConfig::new().context(link_hosts), site.root);
    let shells = Arc::new(Shells::new(site, state.clone(), settings));
    Router::new()
        .register_server_functions()
        .with_state(state)
        .merge(files::routes())
        .fallback_service(get(shell::show).with_state(shells))
}
