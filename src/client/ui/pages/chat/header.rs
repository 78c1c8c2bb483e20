//! The bar above the chat: the conversation's title, and the account menu.

use dioxus::prelude::*;

use super::{
    account_menu::use_account_menu,
    open_dialog::OpenDialog,
    sidebar::{SIDEBAR, SidebarState},
};
use crate::{
    client::{
        chat::conversation::Conversation,
        language::{use_catalog, use_language},
        ui::{
            branding::use_branding,
            components::{Icon, icon, mark, text_span},
        },
    },
    wire::auth::UserClaims,
};

#[component]
pub fn Header(
    user: UserClaims,
    conversation: Conversation,
    sidebar: SidebarState,
    dialog: Signal<OpenDialog>,
) -> Element {
    let messages = &use_catalog().sidebar;
    let toggle = if sidebar.is_shown() { messages.hide } else { messages.show };
    let title = conversation.title();
    let (branding, language) = (use_branding(), use_language());
    let name = branding.name(language.get());
    let children = use_account_menu(&user, dialog);
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
                {icon(Icon::Menu)}
            }
            if let Some(logo) = branding.logo() {
                // Beside the name it says nothing more.
                img { class: "logo", src: logo, alt: if title.is_empty() { String::new() } else { name.clone() } }
            }
            if title.is_empty() {
                h1 { class: "product", translate: "no",
                    if branding.logo().is_none() {
                        {mark()}
                    }
                    {text_span(name.clone())}
                }
            } else {
                h1 { dir: "auto", title: title.clone(), {text_span(title.clone())} }
            }
            {children}
        }
    }
}
