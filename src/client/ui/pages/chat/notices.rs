//! The notices above the composer.

use dioxus::prelude::*;
use futures_util::StreamExt;

use crate::client::{
    chat::conversation::Conversation, language::use_catalog, platform::listeners, ui::components::text_span,
};

#[component]
pub fn EditingNotice(conversation: Conversation) -> Element {
    let messages = &use_catalog().chat;
    rsx! {
        if conversation.is_editing() {
            div { class: "note", role: "status",
                p { {text_span(messages.editing_notice)} }
                button { r#type: "button", onclick: move |_| conversation.cancel_edit(), {text_span(messages.cancel)} }
            }
        }
    }
}

#[component]
pub fn OfflineNotice() -> Element {
    let message = use_catalog().chat.offline;
    let mut online = use_signal(|| true);
    use_future(move || async move {
        let (_listeners, mut changes) = listeners::connection_changes();
        online.set(listeners::is_online());
        while let Some(is_online) = changes.next().await {
            online.set(is_online);
        }
    });
    rsx! {
        // Always present: screen readers announce only changes of an element.
        div { role: "status",
            if !online() {
                div { class: "note offline",
                    p {
                        strong { {text_span(message.title)} }
                        " "
                        {text_span(message.text)}
                    }
                }
            }
        }
    }
}
