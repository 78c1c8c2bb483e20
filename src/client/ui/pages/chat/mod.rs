//! `/chat` and `/c/:id`: what people see all day.

mod dialogs;
mod header;
mod message;
mod sessions;
mod shortcuts;
mod sidebar;
mod transcript;

use dioxus::prelude::*;
use futures_util::StreamExt;

use dialogs::{Dialogs, OpenDialog};
use header::Header;
use sessions::OwnSessions;
use shortcuts::{Shortcut, Shortcuts};
use sidebar::{SEARCH, Sidebar, SidebarState};
use transcript::Transcript;

use crate::{
    client::{
        chat::{
            announcer::{Announcer, LiveRegion},
            conversation::Conversation as OpenConversation,
            draft::Draft,
            list::ConversationList,
        },
        platform::{dom, listeners},
        ui::{
            app::Route,
            components::{CODE, COMPOSER, Composer, LeaveNotice, Leaving, PageTitle, RequireSession},
            hooks::{use_effect, use_future},
            language::use_catalogue,
        },
    },
    wire::{auth::UserClaims, chat::ConversationId},
};

/// The transcript's id, for scrolling.
pub const TRANSCRIPT: &str = "transcript";

/// Around both routes: the page stays as it is when a conversation gets its name, in the middle of its first answer.
#[component]
pub fn ChatLayout() -> Element {
    rsx! {
        RequireSession { page: |user| rsx! { ChatPage { user } } }
        Outlet::<Route> {}
    }
}

/// A conversation that is to begin.
#[component]
pub fn Chat() -> Element {
    rsx! {}
}

/// A conversation of the person's.
#[component]
pub fn Conversation(id: String) -> Element {
    rsx! {}
}

#[component]
fn ChatPage(user: UserClaims) -> Element {
    let draft = Draft::use_draft();
    let list = ConversationList::use_list();
    let announcer = Announcer::use_announcer();
    let conversation = OpenConversation::use_conversation(draft, list, announcer);
    let sidebar = SidebarState::use_sidebar();
    let sessions = OwnSessions::use_sessions();
    let mut dialog = use_signal(|| OpenDialog::None);
    Leaving::use_leaving();

    let id = shown_by(&use_route::<Route>());
    use_effect(use_reactive!(|id| conversation.open(id)));

    let shortcuts = Shortcuts::use_shortcuts(move |shortcut| match shortcut {
        Shortcut::Stop => conversation.stop(),
        Shortcut::New => new_conversation(),
        Shortcut::Search => {
            sidebar.show();
            dom::focus(SEARCH);
        }
        Shortcut::CopyCode => list.tasks.start(copy_last_code(conversation)),
        Shortcut::Composer => dom::focus(COMPOSER),
        Shortcut::Help => dialog.set(OpenDialog::Keys),
    });

    rsx! {
        PageTitle { title: "oracle-ai" }
        div { class: if sidebar.is_shown() { "chat with-sidebar" } else { "chat" },
            Header { user, sidebar, dialog }
            Sidebar { list, conversation, sidebar, dialog }
            main { class: "main",
                Transcript { conversation }
                div { class: "dock",
                    OfflineNotice {}
                    Editing { conversation }
                    Writing { conversation, draft }
                }
            }
            LiveRegion { announcer }
            Dialogs { dialog, list, conversation, shortcuts, sessions }
            LeaveNotice {}
        }
    }
}

/// Apart from the page, so that a key pressed changes nothing else.
#[component]
fn Writing(conversation: OpenConversation, draft: Draft) -> Element {
    rsx! {
        Composer {
            draft: draft.text(),
            answering: conversation.is_answering(),
            on_input: move |text| draft.set(text),
            on_send: move |()| conversation.send(),
            on_stop: move |()| conversation.stop(),
            on_edit_last: move |()| conversation.edit_last(),
        }
    }
}

#[component]
fn Editing(conversation: OpenConversation) -> Element {
    let words = &use_catalogue().chat;
    rsx! {
        if conversation.is_editing() {
            div { class: "note", role: "status",
                p { {words.editing} }
                button { r#type: "button", onclick: move |_| conversation.cancel_edit(), {words.cancel} }
            }
        }
    }
}

#[component]
fn OfflineNotice() -> Element {
    let words = use_catalogue().chat.offline;
    let mut online = use_signal(|| true);
    use_future(move || async move {
        let (_listeners, mut changes) = listeners::connection();
        online.set(listeners::is_online());
        while let Some(is_online) = changes.next().await {
            online.set(is_online);
        }
    });
    rsx! {
        // There before it has something to say: that is how it is heard.
        div { role: "status",
            if !online() {
                div { class: "note offline",
                    p {
                        strong { {words.title} }
                        " {words.text}"
                    }
                }
            }
        }
    }
}

fn shown_by(route: &Route) -> Option<ConversationId> {
    match route {
        // What is no name of ours, the server does not know either.
        Route::Conversation { id } => Some(ConversationId::new(id.clone())),
        _ => None,
    }
}

fn new_conversation() {
    navigator().push(Route::Chat {});
    dom::focus(COMPOSER);
}

async fn copy_last_code(conversation: OpenConversation) {
    let Some(code) = dom::last_text(CODE) else { return };
    if dom::copy(&code).await {
        let words = &conversation.language.peek().catalogue().chat;
        conversation.announcer.say(words.copied.to_owned());
    }
}
