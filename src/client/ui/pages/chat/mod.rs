//! `/chat` and `/c/:id`: the chat.
//!
//! | file | |
//! |---|---|
//! | `header`, `sidebar` | the bar above, the list of conversations |
//! | `transcript`, `message` | the messages |
//! | `notices` | above the composer: offline, editing |
//! | `live_region` | what screen readers announce |
//! | `shortcuts` | keyboard shortcuts |
//! | `dialogs`, `sessions_dialog` | the dialogs; `open_dialog` says which one is open |
//! | `own_sessions` | the person's sessions, and how to end them |
//! | `failure` | a failure in words |
//! | `navigation` | to a conversation |

mod dialogs;
mod failure;
mod header;
mod live_region;
mod message;
mod navigation;
mod notices;
mod open_dialog;
mod own_sessions;
mod sessions_dialog;
mod shortcuts;
mod sidebar;
mod transcript;

use dioxus::prelude::*;

use self::{
    dialogs::Dialogs,
    header::Header,
    live_region::LiveRegion,
    navigation::{navigate_to_conversation, new_conversation},
    notices::{EditingNotice, OfflineNotice},
    open_dialog::OpenDialog,
    own_sessions::OwnSessions,
    shortcuts::{Shortcut, Shortcuts},
    sidebar::{SEARCH, Sidebar, SidebarState},
    transcript::Transcript,
};
use crate::{
    client::{
        chat::{
            announcer::Announcer, conversation::Conversation as OpenConversation, draft::Draft, element_ids::COMPOSER,
            list::ConversationList,
        },
        language::{Language, use_language},
        platform::{clipboard, dom},
        ui::{
            components::{CODE, Composer, LeaveDialogs, Leaving, PageTitle, RequireSession},
            route::Route,
        },
    },
    wire::{auth::UserClaims, chat::ConversationId},
};

/// Around both routes: the page stays when a conversation gets its id, while its first answer is being written.
#[component]
pub fn ChatLayout() -> Element {
    rsx! {
        RequireSession { page: |user| rsx! { ChatPage { user } } }
        Outlet::<Route> {}
    }
}

/// A new conversation.
#[component]
pub fn Chat() -> Element {
    rsx! {}
}

/// A stored conversation.
#[component]
pub fn Conversation(id: String) -> Element {
    rsx! {}
}

#[component]
fn ChatPage(user: UserClaims) -> Element {
    let language = use_language();
    let draft = Draft::use_draft();
    let list = ConversationList::use_list();
    let announcer = Announcer::use_announcer();
    let navigate = use_callback(navigate_to_conversation);
    let conversation = OpenConversation::use_conversation(draft, list, announcer, navigate);
    let sidebar = SidebarState::use_sidebar();
    let sessions = OwnSessions::use_sessions();
    let mut dialog = use_signal(|| OpenDialog::None);
    Leaving::use_leaving();

    let id = conversation_of(&use_route::<Route>());
    use_effect(use_reactive!(|id| conversation.open(id)));

    let shortcuts = Shortcuts::use_shortcuts(move |shortcut| match shortcut {
        Shortcut::Stop => conversation.stop(),
        Shortcut::New => new_conversation(),
        Shortcut::Search => {
            sidebar.show();
            dom::focus(SEARCH);
        }
        Shortcut::CopyCode => list.tasks.start(copy_last_code(announcer, language.peek())),
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
                    EditingNotice { conversation }
                    Writing { conversation, draft }
                }
            }
            LiveRegion { announcer }
            Dialogs { dialog, list, conversation, shortcuts, sessions }
            LeaveDialogs {}
        }
    }
}

/// A component of its own, so that typing renders nothing else again.
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

fn conversation_of(route: &Route) -> Option<ConversationId> {
    match route {
        // The server does not find an id that is invalid.
        Route::Conversation { id } => Some(ConversationId::new(id.clone())),
        _ => None,
    }
}

async fn copy_last_code(announcer: Announcer, language: Language) {
    let Some(code) = dom::last_text(CODE) else { return };
    if clipboard::copy(&code).await {
        announcer.say(language.catalog().chat.copied.to_owned());
    }
}
