//! What a browser loads: the pages, and the files they need.

mod files;
mod logo;
mod shell;

use std::sync::Arc;

use axum::{Router, routing::get};
use dioxus::{
    prelude::Element,
    server::{FullstackState, ServeConfig},
};

use super::headers::HeaderSettings;
use crate::wire::{attachments::PageLimits, branding::Branding, link_hosts::LinkHosts};
pub use logo::{Logo, LogoType};
use shell::Shells;

/// What the operator has put into the pages. It is the same for everybody.
#[derive(Clone, Debug, Default)]
pub struct Furnishing {
    /// The hosts that links may lead to without a warning.
    pub link_hosts: LinkHosts,
    pub branding: Branding,
    pub logo: Option<Logo>,
}

/// The app that is rendered.
#[derive(Clone, Copy)]
pub struct App {
    pub root: fn() -> Element,
    /// For any path, the route at which its page is rendered: one of a few.
    pub shell_route: fn(path: &str) -> &'static str,
}

/// Renders the app; in each page, what the operator has put into it, and what may be attached.
pub fn renderer(app: App, furnishing: &Furnishing, limits: PageLimits) -> FullstackState {
    let Furnishing { link_hosts, branding, .. } = furnishing.clone();
    FullstackState::new(ServeConfig::new().context(link_hosts).context(branding).context(limits), app.root)
}

/// The files and the logo, and a page for every other path.
pub fn routes(app: App, renderer: FullstackState, logo: Option<Logo>, settings: HeaderSettings) -> Router {
    let shells = Arc::new(Shells::new(app, renderer, settings));
    files::routes().merge(logo::route(logo)).fallback_service(get(shell::show).with_state(shells))
}
