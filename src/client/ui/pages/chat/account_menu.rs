//! The menu behind the person's initials.

use dioxus::prelude::*;

use super::open_dialog::OpenDialog;
use crate::{
    client::{
        chat::draft_storage,
        language::{Language, use_catalog, use_language},
        platform::keyboard,
        session::use_auth,
        ui::{
            components::{Menu, MenuChoice, MenuGroup, MenuItem, text_span},
            theme::{Theme, use_theme},
        },
    },
    wire::auth::UserClaims,
};

#[component]
pub fn AccountMenu(user: UserClaims, dialog: Signal<OpenDialog>) -> Element {
    let catalog = use_catalog();
    let name = user.display_name();
    let items = use_callback(move |()| rsx! { Items { dialog } });
    rsx! {
        Menu {
            id: "account",
            label: (catalog.account.button_label)(name),
            class: "avatar",
            header: rsx! { Person { user: user.clone() } },
            items,
            span { translate: "no", "aria-hidden": "true", {text_span(initials(name))} }
        }
    }
}

#[component]
fn Person(user: UserClaims) -> Element {
    let name = user.display_name();
    let email = user.email.as_deref().filter(|email| *email != name);
    rsx! {
        div { class: "whose", translate: "no",
            strong { {text_span(name)} }
            if let Some(email) = email {
                span { {text_span(email)} }
            }
        }
    }
}

#[component]
fn Items(dialog: Signal<OpenDialog>) -> Element {
    let (auth, language, theme) = (use_auth(), use_language(), use_theme());
    let catalog = use_catalog();
    let messages = &catalog.account;
    let sign_out = move |()| {
        draft_storage::remove();
        auth.sign_out();
    };
    rsx! {
        MenuGroup { label: messages.language,
            for choice in Language::ALL {
                // Each by its name in that language, so that its speakers find it.
                MenuChoice {
                    key: "{choice.tag()}",
                    is_chosen: language.get() == choice,
                    lang: choice.tag(),
                    on_choose: move |()| language.choose(choice),
                    {text_span(choice.own_name())}
                }
            }
        }
        MenuGroup { label: messages.theme,
            for choice in Theme::ALL {
                MenuChoice { key: "{choice:?}", is_chosen: theme.get() == choice, on_choose: move |()| theme.choose(choice),
                    {text_span(match choice {
                        Theme::System => messages.theme_system,
                        Theme::Light => messages.theme_light,
                        Theme::Dark => messages.theme_dark,
                    })}
                }
            }
        }
        MenuItem { on_choose: move |()| dialog.set(OpenDialog::Sessions), {text_span(catalog.sessions.title)} }
        MenuItem { on_choose: move |()| dialog.set(OpenDialog::Privacy), {text_span(messages.privacy)} }
        // Where there is no keyboard, nobody looks for its shortcuts.
        if keyboard::enter_sends() {
            MenuItem { on_choose: move |()| dialog.set(OpenDialog::Shortcuts), {text_span(catalog.shortcuts.title)} }
        }
        MenuItem { class: "last", on_choose: sign_out, {text_span(catalog.chat.sign_out)} }
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
