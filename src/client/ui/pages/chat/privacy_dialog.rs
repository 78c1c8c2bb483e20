//! The dialog that says what is stored about the person, and how to remove it.

use dioxus::prelude::*;

use super::{notice_dialog::acceptance, open_dialog::OpenDialog};
use crate::{
    client::{
        chat::{element_ids::COMPOSER, options::Options},
        language::{Catalog, use_catalog, use_language},
        ui::components::{Dialog, text_span},
    },
    wire::options::Disclosure,
};

#[component]
pub fn PrivacyDialog(dialog: Signal<OpenDialog>, options: Options) -> Element {
    let (catalog, language) = (use_catalog(), use_language());
    let notice = options.notice();
    rsx! {
        Dialog { id: "privacy", title: catalog.account.privacy, focus_after: COMPOSER, on_close: move |()| dialog.set(OpenDialog::None),
            dl { class: "privacy",
                for stored in catalog.account.stored {
                    dt { key: "{stored.title}", {text_span(stored.title)} }
                    dd { {text_span(stored.text)} }
                }
                if let Some(disclosure) = options.disclosure() {
                    dt { {text_span(catalog.account.asker)} }
                    dd { {text_span(told(&disclosure, catalog))} }
                }
                if let Some(notice) = &notice {
                    dt { {text_span(language.get().of(&notice.title))} }
                    dd { {text_span(acceptance(notice, language.get()).unwrap_or_default())} }
                }
            }
            div { class: "choices",
                if notice.is_some() {
                    button { r#type: "button", onclick: move |_| dialog.set(OpenDialog::Notice), {text_span(catalog.notice.read_again)} }
                }
                button { r#type: "button", onclick: move |_| dialog.set(OpenDialog::Sessions), {text_span(catalog.sessions.title)} }
                button {
                    r#type: "button",
                    class: "primary",
                    autofocus: true,
                    onclick: move |_| dialog.set(OpenDialog::None),
                    {text_span(catalog.chat.close)}
                }
            }
        }
    }
}

/// What the model's server is told of who asks.
fn told(disclosure: &Disclosure, catalog: &Catalog) -> String {
    let messages = &catalog.account;
    let details = [
        (true, if disclosure.is_pseudonym { messages.asker_code } else { messages.asker_account }),
        (disclosure.name, messages.asker_name),
        (disclosure.email, messages.asker_email),
        (disclosure.roles, messages.asker_roles),
    ];
    let told: Vec<_> = details.into_iter().filter_map(|(is_told, detail)| is_told.then_some(detail)).collect();
    (messages.asker_told)(&told.join(", "))
}
