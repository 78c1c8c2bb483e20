//! The bar above the chat: who is signed in, the language, sign-out.

use dioxus::prelude::*;

use super::{
    open_dialog::OpenDialog,
    sidebar::{SIDEBAR, SidebarState},
};
use crate::{
    client::{
        chat::draft_storage,
        language::use_catalog,
        session::use_auth,
        ui::components::{LanguageSwitch, text_span},
    },
    wire::auth::UserClaims,
};

#[component]
pub fn Header(user: UserClaims, sidebar: SidebarState, dialog: Signal<OpenDialog>) -> Element {
    let auth = use_auth();
    let catalog = use_catalog();
    let sign_out = move |_| {
        draft_storage::remove();
        auth.sign_out();
    };
    let toggle = if sidebar.is_shown() { catalog.sidebar.hide } else { catalog.sidebar.show };
    rsx! {
        header { class: "bar",
            button {
                class: "icon",
                r#type: "button",
                "aria-label": toggle,
                title: toggle,
                "aria-expanded": sidebar.is_shown(),
                "aria-controls": SIDEBAR,
                onclick: move |_| sidebar.toggle(),
                span { "aria-hidden": "true", "☰" }
            }
            h1 { class: "product", "oracle-ai" }
            div { class: "person",
                button {
                    r#type: "button",
                    translate: "no",
                    "aria-label": (catalog.sessions.button_label)(user.display_name()),
                    "aria-haspopup": "dialog",
                    title: user.email.clone(),
                    onclick: move |_| dialog.set(OpenDialog::Sessions),
                    {text_span(user.display_name())}
                }
            }
            LanguageSwitch {}
            button {
                class: "icon keys-button",
                r#type: "button",
                "aria-label": catalog.shortcuts.title,
                title: catalog.shortcuts.title,
                onclick: move |_| dialog.set(OpenDialog::Shortcuts),
                span { "aria-hidden": "true", "?" }
            }
            button { r#type: "button", onclick: sign_out, {text_span(catalog.chat.sign_out)} }
        }
    }
}
