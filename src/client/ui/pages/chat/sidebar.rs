//! The list of conversations. On a narrow screen, it covers the chat while it is shown.

use dioxus::prelude::*;

use super::{navigation::new_conversation, open_dialog::OpenDialog};
use crate::{
    client::{
        chat::{
            conversation::Conversation,
            list::{ConversationList, Found, title_of},
        },
        language::use_catalog,
        platform::{document, web_storage::LOCAL_STORAGE},
        ui::{
            components::{Icon, icon, text_span},
            route::Route,
        },
    },
    wire::conversations::ConversationSummary,
};

/// The id of the list.
pub const SIDEBAR: &str = "sidebar";
/// The id of the search field.
pub const SEARCH: &str = "search";

/// In the local storage; empty where the list is shown.
const HIDDEN: &str = "oracle-ai.sidebar_hidden";

/// From this viewport width on, in CSS pixels, the list is beside the chat.
const MIN_WIDE_VIEWPORT: f64 = 800.0;

/// Whether the list is shown.
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
            LOCAL_STORAGE.set(HIDDEN, if shown { "" } else { "hidden" });
        }
    }

    /// Uncovers the conversation that was selected.
    fn hide_if_narrow(mut self) {
        if !is_wide() {
            self.0.set(false);
        }
    }

    fn load(mut self) {
        let was_hidden = LOCAL_STORAGE.get(HIDDEN).is_some_and(|value| !value.is_empty());
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
    let begin_conversation = move |_| {
        sidebar.hide_if_narrow();
        new_conversation();
    };
    rsx! {
        nav { class: "sidebar", id: SIDEBAR, "aria-label": messages.conversations, hidden: !sidebar.is_shown(),
            button { r#type: "button", class: "primary new", onclick: begin_conversation,
                {icon(Icon::Plus)}
                {text_span(messages.new_conversation)}
            }
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
                    p { class: "quiet", role: "status", {text_span(messages.load_failed)} }
                },
                Found::Conversations(found) if found.is_empty() => rsx! {
                    p { class: "quiet", role: "status",
                        {text_span(if list.search_text().trim().is_empty() { messages.no_conversations } else { messages.no_search_results })}
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
    let more = (messages.more_actions)(&title);
    let (id, is_running) = (summary.id.to_string(), summary.running.is_some());
    rsx! {
        li {
            Link {
                to: Route::Conversation { id },
                class: "title",
                "aria-current": if is_shown { "page" },
                onclick: move |_| sidebar.hide_if_narrow(),
                span { class: "name", dir: "auto", {text_span(title)} }
                if is_running {
                    span { class: "running",
                        span { class: "for-screen-readers", {text_span(messages.answer_running)} }
                    }
                }
            }
            button {
                class: "icon",
                r#type: "button",
                "aria-label": more.clone(),
                title: more,
                onclick: move |_| dialog.set(OpenDialog::Conversation(summary.clone())),
                {icon(Icon::More)}
            }
        }
    }
}

fn is_wide() -> bool {
    document::viewport_width() >= MIN_WIDE_VIEWPORT
}
