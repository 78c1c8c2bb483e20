//! The list of conversations. On a narrow screen, it is over the chat while it is open.

use dioxus::prelude::*;

use super::{navigation::new_conversation, open_dialog::OpenDialog};
use crate::{
    client::{
        chat::{
            conversation::Conversation,
            list::{ConversationList, Found, title_of},
        },
        language::use_catalog,
        platform::{document, local_storage},
        ui::route::Route,
    },
    wire::conversations::ConversationSummary,
};

pub const SIDEBAR: &str = "sidebar";
/// The id of the search field.
pub const SEARCH: &str = "search";

const HIDDEN: &str = "oracle-ai.sidebar_hidden";

/// From this width on, in CSS pixels, the list is beside the chat.
const WIDE: f64 = 800.0;

#[derive(Clone, Copy, PartialEq)]
pub struct SidebarState(Signal<bool>);

impl SidebarState {
    pub fn use_sidebar() -> Self {
        let state = Self(use_signal(|| false));
        use_effect(move || state.load());
        state
    }

    pub fn is_shown(self) -> bool {
        *self.0.read()
    }

    pub fn show(mut self) {
        self.0.set(true);
    }

    pub fn toggle(mut self) {
        let shown = !*self.0.peek();
        self.0.set(shown);
        if is_wide() {
            local_storage::set(HIDDEN, if shown { "" } else { "hidden" });
        }
    }

    /// Hides the list where it covers the conversation that was chosen.
    fn chosen(mut self) {
        if !is_wide() {
            self.0.set(false);
        }
    }

    fn load(mut self) {
        let was_hidden = local_storage::get(HIDDEN).is_some_and(|value| !value.is_empty());
        self.0.set(is_wide() && !was_hidden);
    }
}

#[component]
pub fn Sidebar(
    list: ConversationList,
    conversation: Conversation,
    sidebar: SidebarState,
    dialog: Signal<OpenDialog>,
) -> Element {
    let messages = &use_catalog().sidebar;
    let begin = move |_| {
        sidebar.chosen();
        new_conversation();
    };
    rsx! {
        nav { class: "sidebar", id: SIDEBAR, "aria-label": messages.conversations, hidden: !sidebar.is_shown(),
            button { r#type: "button", class: "new", onclick: begin, {messages.new} }
            input {
                id: SEARCH,
                r#type: "search",
                "aria-label": messages.search,
                placeholder: messages.search,
                value: list.search_text(),
                oninput: move |event| list.search(event.value()),
            }
            match list.found() {
                Found::Loading => rsx! {},
                Found::Failed => rsx! {
                    p { class: "quiet", role: "status", {messages.not_loaded} }
                },
                Found::Conversations(found) if found.is_empty() => rsx! {
                    p { class: "quiet", role: "status",
                        if list.search_text().trim().is_empty() { {messages.none} } else { {messages.none_found} }
                    }
                },
                Found::Conversations(found) => rsx! {
                    ul {
                        for summary in found {
                            Row {
                                key: "{summary.id}",
                                is_shown: conversation.id().as_ref() == Some(&summary.id),
                                summary,
                                sidebar,
                                dialog,
                            }
                        }
                    }
                },
            }
        }
    }
}

#[component]
fn Row(summary: ConversationSummary, is_shown: bool, sidebar: SidebarState, dialog: Signal<OpenDialog>) -> Element {
    let messages = &use_catalog().sidebar;
    let title = title_of(&summary, messages.untitled);
    let more = (messages.more)(&title);
    let (id, is_running) = (summary.id.to_string(), summary.running.is_some());
    rsx! {
        li {
            Link {
                to: Route::Conversation { id },
                class: "title",
                "aria-current": if is_shown { "page" },
                onclick: move |_| sidebar.chosen(),
                span { dir: "auto", {title} }
                if is_running {
                    span { class: "running",
                        span { class: "for-screen-readers", {messages.running} }
                    }
                }
            }
            button {
                class: "icon",
                r#type: "button",
                "aria-label": more.clone(),
                title: more,
                onclick: move |_| dialog.set(OpenDialog::Conversation(summary.clone())),
                span { "aria-hidden": "true", "⋯" }
            }
        }
    }
}

fn is_wide() -> bool {
    document::viewport_width() >= WIDE
}
