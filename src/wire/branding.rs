//! How the operator names and furnishes the chat.

use serde::{Deserialize, Serialize};

use super::options::LocalText;

/// The name of the `<meta>` element that carries it in every page, as JSON.
pub const META_NAME: &str = "branding";

/// Everybody who can load the page can read it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branding {
    /// In place of the product's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<LocalText>,
    /// The path of the logo on this server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
    /// Questions to start with, in place of those of the product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starters: Option<Vec<StarterQuestion>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StarterQuestion {
    pub topic: LocalText,
    pub question: LocalText,
}

impl Branding {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// From the page's `<meta>` element, whose content the server has written.
    pub fn from_page(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }
}
