//! The operator's name, logo and questions to start with, from the page's `<meta>` element.

use dioxus::prelude::*;

use crate::{
    client::{language::Language, platform::document},
    wire::branding::{Branding, META_NAME, StarterQuestion},
};

/// The name of the product, where the operator gives no other.
const PRODUCT: &str = "oracle-ai";

/// A context of the root component, as a signal.
#[derive(Clone, Copy, PartialEq)]
pub struct PageBranding(Signal<Branding>);

pub fn use_branding() -> PageBranding {
    use_context()
}

impl PageBranding {
    /// To be called in the root component. The server renders every page with the product's name.
    pub fn use_page() {
        let branding = use_context_provider(|| Self(Signal::new(Branding::default())));
        use_effect(move || branding.load());
    }

    /// Subscribes the caller.
    pub fn name(self, language: Language) -> String {
        self.0.read().name.as_ref().map_or(PRODUCT, |name| language.of(name)).to_owned()
    }

    /// The path of the logo. Subscribes the caller.
    pub fn logo(self) -> Option<String> {
        self.0.read().logo.clone()
    }

    /// Subscribes the caller.
    pub fn starters(self) -> Option<Vec<StarterQuestion>> {
        self.0.read().starters.clone()
    }

    fn load(mut self) {
        if let Some(content) = document::meta_content(META_NAME) {
            self.0.set(Branding::from_page(&content));
        }
    }
}
