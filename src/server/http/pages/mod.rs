//! What a browser loads: the pages, and the files they need.

mod files;
mod shell;

use std::sync::Arc;

use axum::{Router, routing::get};
use dioxus::{
    prelude::Element,
    server::{FullstackState, ServeConfig},
};

use super::headers::HeaderSettings;
use crate::wire::{attachments::PageLimits, link_hosts::LinkHosts};
use shell::Shells;

/// The app that is rendered.
#[derive(Clone, Copy)]
pub struct App {
    pub root: fn() -> Element,
    /// For any path, the route at which its page is rendered: one of a few.
    pub shell_route: fn(path: &str) -> &'static str,
}

/// Renders the app; in each page, the hosts that its links may lead to without a warning, and what may be attached.
pub fn renderer(app: App, link_hosts: LinkHosts, limits: PageLimits) -> FullstackState {
    FullstackState::new(ServeConfig::new().context(link_hosts).context(limits), app.root)
}

/// The files, and a page for every other path.
pub fn routes(app: App, renderer: FullstackState, settings: HeaderSettings) -> Router {
    let shells = Arc::new(Shells::new(app, renderer, settings));
    files::routes().fallback_service(get(shell::show).with_state(shells))
}
