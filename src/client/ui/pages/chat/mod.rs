//! `/chat` and `/c/:id`: the chat.
//!
//! | file | |
//! |---|---|
//! | `header`, `sidebar` | the bar above, the list of conversations |
//! | `conversation_row`, `deletions` | a conversation in the list; those that the person deletes |
//! | `account_menu` | behind the person's initials |
//! | `transcript`, `message` | the messages |
//! | `waiting`, `answer_end` | an answer before its first word; why one is not complete |
//! | `message_actions`, `message_time`, `answer_details` | below a message: what can be done with it, when it was written, what it took |
//! | `empty` | a new conversation: the greeting and questions to start with |
//! | `rendered_groups` | how many of them are rendered |
//! | `question_text`, `files` | the text of a question; the files of messages |
//! | `versions` | the switch between versions of a message |
//! | `queued` | the message that waits for the end of an answer |
//! | `notices` | above the composer: offline, editing |
//! | `live_region` | texts that screen readers announce |
//! | `shortcuts` | keyboard shortcuts |
//! | `feedback` | thumbs, and the reason that a person may add |
//! | `model_picker` | which model answers |
//! | `dialogs`, `sessions_dialog`, `privacy_dialog`, `notice_dialog` | the dialogs |
//! | `open_dialog` | which dialog is open |
//! | `own_sessions` | loads and ends the person's sessions |
//! | `resumption` | goes on with what a step-up has interrupted |
//! | `own_data` | exports and deletes all that the person has stored |
//! | `failure` | shows why a request has failed |
//! | `navigation` | navigation to a conversation |

mod account_menu;
mod answer_details;
mod answer_end;
mod conversation_row;
mod deletions;
mod dialogs;
mod empty;
mod failure;
mod feedback;
mod files;
mod header;
mod live_region;
mod message;
mod message_actions;
mod message_time;
mod model_picker;
mod navigation;
mod notice_dialog;
mod notices;
mod open_dialog;
mod own_data;
mod own_sessions;
mod privacy_dialog;
mod question_text;
mod queued;
mod rendered_groups;
mod resumption;
mod sessions_dialog;
mod shortcuts;
mod sidebar;
mod transcript;
mod versions;
mod waiting;

use dioxus::prelude::*;

use self::{
    deletions::Deletions,
    dialogs::Dialogs,
    files::{AttachButton, FileDialogs, FileStrip, OpenFile, use_offered_files},
    header::Header,
    live_region::LiveRegion,
    model_picker::{ModelNotice, ModelPicker},
    navigation::{navigate_to_conversation, new_conversation},
    notice_dialog::RequiredNotice,
    notices::{EditingNotice, OfflineNotice},
    open_dialog::OpenDialog,
    own_data::OwnData,
    own_sessions::OwnSessions,
    queued::QueuedMessage,
    resumption::{ResumptionFailure, use_resumption},
    shortcuts::{Shortcut, Shortcuts},
    sidebar::{SEARCH, Sidebar, SidebarState},
    transcript::Transcript,
    versions::VersionNotices,
};
use crate::{
    client::{
        chat::{
            announcer::Announcer, conversation::Conversation as OpenConversation, draft::Draft, element_ids::COMPOSER,
            list::ConversationList, options::Options,
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
    let options = Options::use_options(list.tasks);
    let conversation = OpenConversation::use_conversation(draft, (list, options), announcer, navigate);
    let deletions = Deletions::use_deletions(list, conversation);
    let sidebar = SidebarState::use_sidebar();
    let sessions = OwnSessions::use_sessions();
    let data = OwnData::use_data(list, conversation);
    let mut dialog = use_signal(|| OpenDialog::None);
    LinkConfirmation::use_link_confirmation();
    use_context_provider(|| Signal::new(OpenFile::None));
    use_offered_files(draft.attachments);

    let name = user.name.clone();
    let id = conversation_of(&use_route::<Route>());
    use_effect(use_reactive!(|id| conversation.open(id)));
    let resumption_failed = use_resumption(list, deletions, sessions, data, dialog);

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
                    ResumptionFailure { failed: resumption_failed }
                    VersionNotices { conversation }
                    QueuedMessage { conversation, draft }
                    EditingNotice { conversation }
                    FileStrip { conversation, draft }
                    ModelNotice { conversation }
                    DraftComposer { conversation, draft }
                }
            }
            LiveRegion { announcer }
            Dialogs { dialog, shortcuts, sessions, options, list, data }
            FileDialogs { conversation, draft }
            RequiredNotice { options }
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
            has_queued: draft.queued().is_some(),
            on_input: move |()| draft.typed(),
            on_send: move |()| conversation.send(),
            on_stop: move |()| conversation.stop(),
            on_edit_last: move |()| conversation.edit_last(),
            before_send: rsx! {
                ModelPicker { conversation }
            },
            AttachButton { attachments: draft.attachments }
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
