//! The list of conversations. On a narrow screen it lies over the chat while it is open.

use dioxus::prelude::*;

use super::{dialogs::OpenDialog, new_conversation};
use crate::{
    client::{
        chat::{
            conversation::Conversation,
            list::{ConversationList, Found},
        },
        platform::browser,
        ui::{app::Route, hooks::use_effect, language::use_catalogue},
    },
    wire::conversations::ConversationSummary,
};

pub const SIDEBAR: &str = "sidebar";
/// The search field's id, for focus.
pub const SEARCH: &str = "search";

const HIDDEN: &str = "oracle-ai.sidebar_hidden";

/// As wide as this, in pixels, the list stands beside the chat.
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
            browser::keep_for_ever(HIDDEN, if shown { "" } else { "hidden" });
        }
    }

    /// Out of the way of the conversation that was chosen.
    fn chosen(mut self) {
        if !is_wide() {
            self.0.set(false);
        }
    }

    fn load(mut self) {
        let kept_hidden = browser::kept_for_ever(HIDDEN).is_some_and(|kept| !kept.is_empty());
        self.0.set(is_wide() && !kept_hidden);
    }
}

#[component]
pub fn Sidebar(
    list: ConversationList,
    conversation: Conversation,
    sidebar: SidebarState,
    dialog: Signal<OpenDialog>,
) -> Element {
    let words = &use_catalogue().sidebar;
    let begin = move |_| {
        sidebar.chosen();
        new_conversation();
    };
    rsx! {
        nav { class: "sidebar", id: SIDEBAR, "aria-label": words.conversations, hidden: !sidebar.is_shown(),
            button { r#type: "button", class: "new", onclick: begin, {words.new} }
            input {
                id: SEARCH,
                r#type: "search",
                "aria-label": words.search,
                placeholder: words.search,
                value: list.search_text(),
                oninput: move |event| list.search(event.value()),
            }
            match list.found() {
                Found::NotYet => rsx! {},
                Found::Failed => rsx! {
                    p { class: "quiet", role: "status", {words.not_loaded} }
                },
                Found::Conversations(found) if found.is_empty() => rsx! {
                    p { class: "quiet", role: "status",
                        if list.search_text().trim().is_empty() { {words.none} } else { {words.none_found} }
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
    let words = &use_catalogue().sidebar;
    let title = title_of(&summary, words.untitled);
    let more = (words.more)(&title);
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
                        span { class: "for-screen-readers", {words.running} }
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

pub fn title_of(summary: &ConversationSummary, untitled: &str) -> String {
    let title = summary.title.trim();
    if title.is_empty() { untitled.to_owned() } else { title.to_owned() }
}

fn is_wide() -> bool {
    browser::width() >= WIDE
}
