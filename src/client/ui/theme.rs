//! Light or dark: the person's choice, or else the system's.

use dioxus::prelude::*;

use crate::client::platform::{document, web_storage::LOCAL_STORAGE};

/// In the local storage: the name of the theme that the person has chosen. The script in `index.html` reads it, too.
const NAME: &str = "oracle-ai.theme";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// As the style sheet has it.
    fn name(self) -> &'static str {
        match self {
            Self::System => "",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.name() == name)
    }
}

/// A context of the root component, as a signal.
#[derive(Clone, Copy, PartialEq)]
pub struct ChosenTheme(Signal<Theme>);

pub fn use_theme() -> ChosenTheme {
    use_context()
}

impl ChosenTheme {
    /// To be called in the root component.
    pub fn use_choice() -> Self {
        let chosen = use_context_provider(|| Self(Signal::new(Theme::default())));
        use_effect(move || chosen.load());
        chosen
    }

    /// Subscribes the caller.
    pub fn get(self) -> Theme {
        *self.0.read()
    }

    pub fn choose(self, theme: Theme) {
        LOCAL_STORAGE.set(NAME, theme.name());
        self.show(theme);
    }

    fn load(self) {
        let stored = LOCAL_STORAGE.get(NAME).and_then(|name| Theme::from_name(&name));
        self.show(stored.unwrap_or_default());
    }

    fn show(mut self, theme: Theme) {
        document::set_theme(theme.name());
        self.0.set(theme);
    }
}

#[cfg(test)]
mod tests {
    use super::Theme;

    #[test]
    fn a_theme_is_found_by_its_name_and_an_unknown_name_is_none() {
        for theme in Theme::ALL {
            assert_eq!(Theme::from_name(theme.name()), Some(theme));
        }
        assert_eq!(Theme::from_name("sepia"), None);
    }
}
