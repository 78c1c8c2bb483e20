//! The dialog that says what is stored about the person, and how to remove it.

use dioxus::prelude::*;

use super::open_dialog::OpenDialog;
use crate::client::{
    chat::element_ids::COMPOSER,
    language::Catalog,
    ui::components::{Dialog, text_span},
};

pub fn privacy_dialog(mut dialog: Signal<OpenDialog>, catalog: &Catalog) -> Element {
    rsx! {
        Dialog { id: "privacy", title: catalog.account.privacy, focus_after: COMPOSER, on_close: move |()| dialog.set(OpenDialog::None),
            dl { class: "privacy",
                for stored in catalog.account.stored {
                    dt { key: "{stored.title}", {text_span(stored.title)} }
                    dd { {text_span(stored.text)} }
                }
            }
            div { class: "choices",
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
