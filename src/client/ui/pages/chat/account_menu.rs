//! The menu behind the person's initials.

use dioxus::prelude::*;

use super::open_dialog::OpenDialog;
use crate::{
    client::{
        chat::draft_storage,
        language::{Language, use_language},
        platform::keyboard,
        session::use_auth,
        ui::{
            components::{Menu, menu_choice, menu_group, menu_item, text_span},
            theme::{Theme, use_theme},
        },
    },
    wire::auth::UserClaims,
};

/// To be called in a component, at each rendering.
pub fn use_account_menu(user: &UserClaims, mut dialog: Signal<OpenDialog>) -> Element {
    let (auth, language, theme) = (use_auth(), use_language(), use_theme());
    let name = user.display_name();
    let email = user.email.as_deref().filter(|email| *email != name);
    let items = use_callback(move |()| {
        let catalog = language.get().catalog();
        let messages = &catalog.account;
        let sign_out = move || {
            draft_storage::remove();
            auth.sign_out();
        };
        // Each by its name in that language, so that its speakers find it.
        let languages = Language::ALL.into_iter().map(|choice| {
            let is_chosen = language.get() == choice;
            menu_choice(choice.own_name(), Some(choice.tag()), is_chosen, move || language.choose(choice))
        });
        let themes = Theme::ALL.into_iter().map(|choice| {
            let text = match choice {
                Theme::System => messages.theme_system,
                Theme::Light => messages.theme_light,
                Theme::Dark => messages.theme_dark,
            };
            menu_choice(text, None, theme.get() == choice, move || theme.choose(choice))
        });
        let mut items = vec![
            menu_group(messages.language, languages),
            menu_group(messages.theme, themes),
            menu_item("", catalog.sessions.title, move || dialog.set(OpenDialog::Sessions)),
            menu_item("", messages.privacy, move || dialog.set(OpenDialog::Privacy)),
        ];
        // Where there is no keyboard, nobody looks for its shortcuts.
        if keyboard::enter_sends() {
            items.push(menu_item("", catalog.shortcuts.title, move || dialog.set(OpenDialog::Shortcuts)));
        }
        items.push(menu_item("last", catalog.chat.sign_out, sign_out));
        rsx! { {items.into_iter()} }
    });
    let header = rsx! {
        div { class: "whose", translate: "no",
            strong { {text_span(name)} }
            if let Some(email) = email {
                span { {text_span(email)} }
            }
        }
    };
    rsx! {
        Menu { id: "account", label: (language.get().catalog().account.button_label)(name), class: "avatar", header, items,
            span { translate: "no", "aria-hidden": "true", {text_span(initials(name))} }
        }
    }
}

/// The first letters of the first and the last word.
fn initials(name: &str) -> String {
    let mut letters =
        name.split(|c: char| c.is_whitespace()).filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let (first, last) = (letters.next(), letters.next_back());
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_of_the_first_and_the_last_word() {
        for (name, letters) in [
            ("Alice", "A"),
            ("Ada Lovelace", "AL"),
            ("Jean-Luc de la Tour", "JT"),
            ("élodie (DBA)", "ÉD"),
            ("王 小明", "王小"),
            ("- -", ""),
        ] {
            assert_eq!(initials(name), letters, "{name}");
        }
    }
}
