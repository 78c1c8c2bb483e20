//! `/chat`: what people see all day.

mod conversation;
mod draft;

use dioxus::prelude::*;

use conversation::Conversation;
use draft::Draft;

use crate::{
    client::{
        auth_state::use_auth,
        components::{Composer, LanguageSwitch, Message, Progress, RequireSession},
        language::use_catalogue,
    },
    wire::auth::UserClaims,
};

/// The transcript's id, for scrolling.
const TRANSCRIPT: &str = "transcript";

#[component]
pub fn Chat() -> Element {
    rsx! {
        RequireSession { page: |user| rsx! { ChatPage { user } } }
    }
}

#[component]
fn ChatPage(user: UserClaims) -> Element {
    let draft = Draft::use_draft(&user);
    let conversation = Conversation::use_conversation(draft);
    rsx! {
        document::Title { "oracle-ai" }
        div { class: "chat",
            Header { user }
            main { class: "transcript", id: TRANSCRIPT, tabindex: 0, onscroll: move |_| conversation.reader_scrolled(),
                Transcript { conversation }
            }
            // The log is silent while an answer grows; here its end is said, once and whole.
            div { class: "for-screen-readers", role: "status", {conversation.announcement()} }
            Composer {
                draft: draft.text(),
                answering: conversation.is_answering(),
                on_input: move |text| draft.set(text),
                on_send: move |()| conversation.send(),
                on_stop: move |()| conversation.stop(),
            }
        }
    }
}

#[component]
fn Header(user: UserClaims) -> Element {
    let auth = use_auth();
    let words = &use_catalogue().chat;
    let sign_out = move |_| {
        draft::forget();
        auth.sign_out();
    };
    rsx! {
        header { class: "bar",
            h1 { class: "product", "oracle-ai" }
            span { class: "person", title: user.email.clone(), "{user.display_name()}" }
            LanguageSwitch {}
            button { onclick: sign_out, {words.sign_out} }
        }
    }
}

#[component]
fn Transcript(conversation: Conversation) -> Element {
    let words = &use_catalogue().chat;
    let entries = conversation.entries();
    let last = entries.len().saturating_sub(1);
    rsx! {
        if entries.is_empty() {
            div { class: "empty",
                h2 { {words.empty_title} }
                p { {words.empty_text} }
            }
        }
        div { class: "log", role: "log", "aria-label": words.conversation, "aria-live": "off",
            for (index, entry) in entries.into_iter().enumerate() {
                Message {
                    key: "{index}",
                    on_retry: can_retry(index == last, &entry.progress)
                        .then(|| EventHandler::new(move |()| conversation.retry())),
                    entry,
                }
            }
        }
    }
}

fn can_retry(is_last: bool, progress: &Progress) -> bool {
    is_last && matches!(progress, Progress::Failed(_))
}
