//! The list of conversations. On a narrow screen, it covers the chat while it is shown.

use dioxus::prelude::*;
use futures_util::StreamExt;

use super::{
    conversation_row::{ConversationRow, link_id},
    deletions::Deletions,
    failure::Failure,
    navigation::new_conversation,
};
use crate::{
    client::{
        chat::{
            conversation::Conversation,
            list::{ConversationList, Found},
        },
        language::{SidebarMessages, use_catalog},
        platform::{clock, document, dom, listeners, web_storage::LOCAL_STORAGE},
        session::Interrupted,
        ui::components::{Icon, icon, text_span},
    },
    wire::conversations::{ConversationList as Listed, ConversationSummary},
};

/// The id of the list.
pub const SIDEBAR: &str = "sidebar";
/// The id of the search field.
pub const SEARCH: &str = "search";

/// In the local storage; empty where the list is shown.
const HIDDEN: &str = "oracle-ai.sidebar_hidden";

/// Where it matches, the list is beside the chat, as in the style sheet.
const WIDE_VIEWPORT: &str = "(min-width: 800px)";

/// Whether the list is shown.
#[derive(Clone, Copy, PartialEq)]
pub struct SidebarState(Signal<bool>);

impl SidebarState {
    pub fn use_sidebar() -> Self {
        let state = Self(use_signal(|| false));
        use_effect(move || state.load());
        // A window that gets narrow, or whose text is enlarged, shows the conversation and not the list over it.
        use_future(move || async move {
            let (_listener, mut changes) = listeners::media_changes(WIDE_VIEWPORT);
            while changes.next().await.is_some() {
                state.load();
            }
        });
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
    pub fn hide_if_narrow(mut self) {
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
    deletions: Deletions,
) -> Element {
    let messages = &use_catalog().sidebar;
    let begin_conversation = move |_| {
        sidebar.hide_if_narrow();
        new_conversation();
    };
    // The button may be gone then.
    let show_more = move |_| {
        list.show_more(move |first| list.tasks.start(dom::focus_next_frame(link_id(&first))));
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
            if let Some((error, id)) = deletions.failure() {
                Failure { error, interrupted: Interrupted::Delete { id } }
            }
            match list.found() {
                Found::Loading => rsx! {},
                Found::Failed => rsx! {
                    p { class: "quiet", role: "status", {text_span(messages.load_failed)} }
                },
                Found::Conversations(found) if found.conversations.is_empty() => rsx! {
                    p { class: "quiet", role: "status",
                        {text_span(if list.search_text().trim().is_empty() { messages.no_conversations } else { messages.no_search_results })}
                    }
                },
                Found::Conversations(found) => rsx! {
                    div { class: "list",
                        for (age, group) in groups(&found) {
                            h2 { key: "{age:?}", id: "{age:?}", {text_span(age.heading(messages))} }
                            ul { "aria-labelledby": "{age:?}",
                                for summary in group {
                                    ConversationRow {
                                        key: "{summary.id}",
                                        is_shown: conversation.id().as_ref() == Some(&summary.id),
                                        summary,
                                        list,
                                        sidebar,
                                        deletions,
                                        announcer: conversation.announcer,
                                    }
                                }
                            }
                        }
                        Failure { error: list.failure() }
                        if found.next.is_some() {
                            button { r#type: "button", class: "more", onclick: show_more, {text_span(messages.show_more)} }
                        }
                    }
                },
            }
        }
    }
}

/// The headings of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Age {
    /// Of any age.
    Pinned,
    Today,
    Yesterday,
    LastSevenDays,
    Earlier,
}

impl Age {
    fn of_days(days: i64) -> Self {
        match days {
            // A server's clock may be ahead.
            ..=0 => Self::Today,
            1 => Self::Yesterday,
            2..=7 => Self::LastSevenDays,
            _ => Self::Earlier,
        }
    }

    fn heading(self, messages: &SidebarMessages) -> &'static str {
        match self {
            Self::Pinned => messages.pinned,
            Self::Today => messages.today,
            Self::Yesterday => messages.yesterday,
            Self::LastSevenDays => messages.last_seven_days,
            Self::Earlier => messages.earlier,
        }
    }
}

/// The pinned conversations, and the others by age: they are sorted already.
fn groups(found: &Listed) -> Vec<(Age, Vec<ConversationSummary>)> {
    let mut groups: Vec<(Age, Vec<ConversationSummary>)> = vec![];
    if !found.pinned.is_empty() {
        groups.push((Age::Pinned, found.pinned.clone()));
    }
    for summary in &found.conversations {
        if found.pinned.iter().any(|pinned| pinned.id == summary.id) {
            continue;
        }
        let summary = summary.clone();
        let age = Age::of_days(clock::days_since(summary.updated_at));
        match groups.last_mut() {
            Some((last, group)) if *last == age => group.push(summary),
            _ => groups.push((age, vec![summary])),
        }
    }
    groups
}

fn is_wide() -> bool {
    document::matches_media(WIDE_VIEWPORT)
}

#[cfg(test)]
mod tests {
    use super::Age;

    #[test]
    fn conversations_are_grouped_by_the_midnights_since_their_last_message() {
        for (days, age) in [
            (-1, Age::Today),
            (0, Age::Today),
            (1, Age::Yesterday),
            (2, Age::LastSevenDays),
            (7, Age::LastSevenDays),
            (8, Age::Earlier),
        ] {
            assert_eq!(Age::of_days(days), age, "{days}");
        }
    }
}
