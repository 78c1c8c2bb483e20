//! What lies over the chat: the shortcuts, the person's sessions, a conversation's title and file, the question before it is deleted.

use dioxus::prelude::*;

use super::{
    new_conversation,
    sessions::{OwnSessions, SessionsDialog},
    shortcuts::Shortcuts,
    sidebar::title_of,
};
use crate::{
    client::{
        chat::{conversation::Conversation, list::ConversationList},
        platform::{dom, listeners},
        ui::{
            components::{COMPOSER, Dialog, Reference},
            language::{use_catalogue, use_language},
        },
    },
    wire::{
        conversations::{ConversationSummary, ExportFormat, MAX_TITLE_CHARS},
        error::ApiError,
    },
};

const CTRL_K: &str = "Ctrl+K";

#[derive(Clone, Debug, PartialEq)]
pub enum OpenDialog {
    None,
    Keys,
    /// Where the person is signed in.
    Sessions,
    /// What can be done with a conversation.
    Conversation(ConversationSummary),
    Delete(ConversationSummary),
}

#[component]
pub fn Dialogs(
    dialog: Signal<OpenDialog>,
    list: ConversationList,
    conversation: Conversation,
    shortcuts: Shortcuts,
    sessions: OwnSessions,
) -> Element {
    match dialog() {
        OpenDialog::None => rsx! {},
        OpenDialog::Keys => rsx! { KeysDialog { dialog, shortcuts } },
        OpenDialog::Sessions => rsx! { SessionsDialog { dialog, sessions } },
        OpenDialog::Conversation(summary) => rsx! { ConversationDialog { dialog, list, summary } },
        OpenDialog::Delete(summary) => rsx! { DeleteDialog { dialog, list, conversation, summary } },
    }
}

#[component]
pub fn Failure(error: Option<ApiError>) -> Element {
    let catalogue = use_catalogue();
    let Some(error) = error else { return rsx! {} };
    let words = catalogue.of_error(&error);
    rsx! {
        div { class: "failure", role: "alert",
            p {
                strong { "{words.title}." }
                " {words.text}"
            }
            Reference { error }
        }
    }
}

#[component]
fn KeysDialog(dialog: Signal<OpenDialog>, shortcuts: Shortcuts) -> Element {
    let words = &use_catalogue().keys;
    let keys = [
        (words.enter, words.send),
        (words.shift_enter, words.new_line),
        (words.escape, words.stop),
        (words.arrow_up, words.edit_last),
        (words.ctrl_shift_o, words.new),
        (CTRL_K, words.search),
        (words.ctrl_shift_semicolon, words.copy_code),
        (words.shift_escape, words.composer),
        (words.help_keys, words.help),
    ];
    rsx! {
        Dialog { id: "keys", title: words.title, focus_after: COMPOSER, on_close: move |()| dialog.set(OpenDialog::None),
            dl { class: "keys",
                for (key, does) in keys {
                    dt { kbd { {key} } }
                    dd { {does} }
                }
            }
            label { class: "switch",
                input {
                    r#type: "checkbox",
                    checked: shortcuts.are_on(),
                    onchange: move |event| shortcuts.switch(event.checked()),
                }
                {words.switch}
            }
            div { class: "choices",
                button { r#type: "button", class: "primary", onclick: move |_| dialog.set(OpenDialog::None), {words.close} }
            }
        }
    }
}

#[component]
fn ConversationDialog(dialog: Signal<OpenDialog>, list: ConversationList, summary: ConversationSummary) -> Element {
    let catalogue = use_catalogue();
    let words = &catalogue.sidebar;
    let name = title_of(&summary, words.untitled);
    let mut title = use_signal(|| name.clone());
    let mut failure = use_signal(|| None::<ApiError>);
    let mut close_or_tell = move |outcome| match outcome {
        Ok(()) => dialog.set(OpenDialog::None),
        Err(error) => failure.set(Some(error)),
    };
    let id = summary.id.clone();
    let rename = move |event: FormEvent| {
        event.prevent_default();
        let (id, title) = (id.clone(), title.peek().trim().to_owned());
        async move {
            if !title.is_empty() {
                close_or_tell(list.rename(id, title).await);
            }
        }
    };
    let id = summary.id.clone();
    let language = use_language();
    let export = move |format| {
        let id = id.clone();
        spawn(async move { close_or_tell(list.export(id, format, language.peek()).await) });
    };
    let export_json = export.clone();
    rsx! {
        Dialog { id: "conversation", title: name, focus_after: COMPOSER, on_close: move |()| dialog.set(OpenDialog::None),
            Failure { error: failure() }
            form { class: "rename", onsubmit: rename,
                label { r#for: "title", {words.new_title} }
                input {
                    id: "title",
                    autocomplete: "off",
                    maxlength: MAX_TITLE_CHARS as i64,
                    value: title(),
                    oninput: move |event| title.set(event.value()),
                }
                button { r#type: "submit", disabled: title.read().trim().is_empty(), {words.rename} }
            }
            div { class: "choices",
                button { r#type: "button", onclick: move |_| export(ExportFormat::Markdown), {words.export_markdown} }
                button { r#type: "button", onclick: move |_| export_json(ExportFormat::Json), {words.export_json} }
                button {
                    r#type: "button",
                    class: "alarm",
                    onclick: move |_| dialog.set(OpenDialog::Delete(summary.clone())),
                    "{words.delete}…"
                }
                button { r#type: "button", onclick: move |_| dialog.set(OpenDialog::None), {catalogue.keys.close} }
            }
        }
    }
}

#[component]
fn DeleteDialog(
    dialog: Signal<OpenDialog>,
    list: ConversationList,
    conversation: Conversation,
    summary: ConversationSummary,
) -> Element {
    let catalogue = use_catalogue();
    let words = &catalogue.sidebar;
    let text = (words.delete_text)(&title_of(&summary, words.untitled));
    let mut failure = use_signal(|| None::<ApiError>);
    let delete = move |_| {
        let id = summary.id.clone();
        async move {
            match list.delete(id.clone()).await {
                Ok(()) => {
                    conversation.announcer.say(words.deleted.to_owned());
                    dialog.set(OpenDialog::None);
                    if conversation.id().as_ref() == Some(&id) {
                        new_conversation();
                    }
                    // What had the focus before is gone with the conversation.
                    conversation.tasks.start(async {
                        listeners::next_frame().await;
                        dom::focus(COMPOSER);
                    });
                }
                Err(error) => failure.set(Some(error)),
            }
        }
    };
    rsx! {
        Dialog { id: "delete", title: words.delete_title, focus_after: COMPOSER, on_close: move |()| dialog.set(OpenDialog::None),
            Failure { error: failure() }
            p { {text} }
            div { class: "choices",
                button { r#type: "button", autofocus: true, onclick: move |_| dialog.set(OpenDialog::None), {catalogue.chat.cancel} }
                button { r#type: "button", class: "alarm", onclick: delete, {words.delete} }
            }
        }
    }
}
