//! `/chat` and `/c/:id`: the chat.
//!
//! | file | |
//! |---|---|
//! | `header`, `sidebar` | the bar above, the list of conversations |
//! | `conversation_row`, `deletions` | a conversation in the list; those that the person deletes |
//! | `account_menu` | behind the person's initials |
//! | `transcript`, `message` | the messages |
//! | `message_actions`, `message_time`, `answer_details` | below a message: what can be done with it, when it was written, what it took |
//! | `empty` | a new conversation: the greeting and questions to start with |
//! | `rendered_groups` | how many of them are rendered |
//! | `notices` | above the composer: offline, editing |
//! | `live_region` | texts that screen readers announce |
//! | `shortcuts` | keyboard shortcuts |
//! | `dialogs`, `sessions_dialog`, `privacy_dialog` | the dialogs |
//! | `open_dialog` | which dialog is open |
//! | `own_sessions` | loads and ends the person's sessions |
//! | `failure` | shows why a request has failed |
//! | `navigation` | navigation to a conversation |

mod account_menu;
mod answer_details;
mod conversation_row;
mod deletions;
mod dialogs;
mod empty;
mod failure;
mod header;
mod live_region;
mod message;
mod message_actions;
mod message_time;
mod navigation;
mod notices;
mod open_dialog;
mod own_sessions;
mod privacy_dialog;
mod rendered_groups;
mod sessions_dialog;
mod shortcuts;
mod sidebar;
mod transcript;

use dioxus::prelude::*;

use self::{
    deletions::Deletions,
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
            components::{
                CODE_SELECTOR, Composer, LinkConfirmation, LinkConfirmationDialog, PageTitle, RequireSession,
            },
            route::Route,
        },
    },
    wire::{auth::UserClaims, chat::ConversationId},
};

/// The layout of both routes: the page stays when a new conversation gets its id, while the first answer is being
/// written.
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
    let list = ConversationList::use_list();
    let draft = Draft::use_draft(list.tasks);
    let announcer = Announcer::use_announcer();
    let navigate = use_callback(navigate_to_conversation);
    let conversation = OpenConversation::use_conversation(draft, list, announcer, navigate);
    let deletions = Deletions::use_deletions(list, conversation);
    let sidebar = SidebarState::use_sidebar();
    let sessions = OwnSessions::use_sessions();
    let mut dialog = use_signal(|| OpenDialog::None);
    LinkConfirmation::use_link_confirmation();

    let name = user.name.clone();
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
        Shortcut::Help => dialog.set(OpenDialog::Shortcuts),
    });

    rsx! {
        PageTitle { title: conversation.title() }
        div { class: if sidebar.is_shown() { "chat with-sidebar" } else { "chat" },
            Header { user, conversation, sidebar, dialog }
            Sidebar { list, conversation, sidebar, deletions }
            main { class: "main",
                Transcript { conversation, name }
                div { class: "dock",
                    OfflineNotice {}
                    EditingNotice { conversation }
                    DraftComposer { conversation, draft }
                }
            }
            LiveRegion { announcer }
            Dialogs { dialog, shortcuts, sessions }
            LinkConfirmationDialog {}
        }
    }
}

/// A component of its own, so that typing renders only this part of the page again.
#[component]
fn DraftComposer(conversation: OpenConversation, draft: Draft) -> Element {
    rsx! {
        Composer {
            measure: draft.measure(),
            answering: conversation.is_answering(),
            on_input: move |()| draft.typed(),
            on_send: move |()| conversation.send(),
            on_stop: move |()| conversation.stop(),
            on_edit_last: move |()| conversation.edit_last(),
        }
    }
}

fn conversation_of(route: &Route) -> Option<ConversationId> {
    match route {
        // Not validated here: the server answers 404 for an invalid id.
        Route::Conversation { id } => Some(ConversationId::new(id.clone())),
        _ => None,
    }
}

async fn copy_last_code(announcer: Announcer, language: Language) {
    let Some(code) = dom::last_text(CODE_SELECTOR) else { return };
    if clipboard::copy(&code, None).await {
        announcer.say(language.catalog().chat.copied.to_owned());
    }
}
