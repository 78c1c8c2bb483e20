//! The dialogs of the chat: keyboard shortcuts, the actions for a conversation, the question before it is deleted.

use dioxus::prelude::*;

use super::{
    failure::Failure, navigation::new_conversation, open_dialog::OpenDialog, own_sessions::OwnSessions,
    privacy_dialog::PrivacyDialog, sessions_dialog::SessionsDialog, shortcuts::Shortcuts,
};
use crate::{
    client::{
        chat::{
            conversation::Conversation,
            element_ids::COMPOSER,
            list::{ConversationList, title_of},
        },
        language::{use_catalog, use_language},
        platform::{dom, frame, keyboard},
        ui::components::{Dialog, text_span},
    },
    wire::{
        conversations::{ConversationSummary, ExportFormat, MAX_TITLE_CHARS},
        error::ApiError,
    },
};

/// The same in every language.
const CTRL_K: &str = "Ctrl+K";

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
        OpenDialog::Shortcuts => rsx! { ShortcutsDialog { dialog, shortcuts } },
        OpenDialog::Privacy => rsx! { PrivacyDialog { dialog } },
        OpenDialog::Sessions => rsx! { SessionsDialog { dialog, sessions } },
        OpenDialog::Conversation(summary) => rsx! { ConversationDialog { dialog, list, summary } },
        OpenDialog::Delete(summary) => rsx! { DeleteDialog { dialog, list, conversation, summary } },
    }
}

#[component]
fn ShortcutsDialog(dialog: Signal<OpenDialog>, shortcuts: Shortcuts) -> Element {
    let catalog = use_catalog();
    let messages = &catalog.shortcuts;
    let mut keys = match keyboard::enter_sends() {
        true => vec![(messages.enter, messages.send), (messages.shift_enter, messages.new_line)],
        false => vec![(messages.enter, messages.new_line)],
    };
    keys.extend([
        (messages.escape, messages.stop),
        (messages.arrow_up, messages.edit_last),
        (messages.ctrl_shift_o, messages.new_conversation),
        (CTRL_K, messages.search),
        (messages.ctrl_shift_semicolon, messages.copy_code),
        (messages.shift_escape, messages.focus_composer),
        (messages.help_keys, messages.show_shortcuts),
    ]);
    rsx! {
        Dialog { id: "keys", title: messages.title, focus_after: COMPOSER, on_close: move |()| dialog.set(OpenDialog::None),
            dl { class: "keys",
                for (key, action) in keys {
                    dt { kbd { {text_span(key)} } }
                    dd { {text_span(action)} }
                }
            }
            label { class: "switch",
                input {
                    r#type: "checkbox",
                    checked: shortcuts.are_on(),
                    onchange: move |event| shortcuts.switch(event.checked()),
                }
                {text_span(messages.use_shortcuts)}
            }
            div { class: "choices",
                button { r#type: "button", class: "primary", onclick: move |_| dialog.set(OpenDialog::None), {text_span(catalog.chat.close)} }
            }
        }
    }
}

#[component]
fn ConversationDialog(dialog: Signal<OpenDialog>, list: ConversationList, summary: ConversationSummary) -> Element {
    let catalog = use_catalog();
    let messages = &catalog.sidebar;
    let name = title_of(&summary, messages.untitled);
    let mut title = use_signal(|| name.clone());
    let mut failure = use_signal(|| None::<ApiError>);
    let mut close_or_show = move |outcome| match outcome {
        Ok(()) => dialog.set(OpenDialog::None),
        Err(error) => failure.set(Some(error)),
    };
    let id = summary.id.clone();
    let rename = move |event: FormEvent| {
        event.prevent_default();
        let (id, title) = (id.clone(), title.peek().trim().to_owned());
        async move {
            if !title.is_empty() {
                close_or_show(list.rename(id, title).await);
            }
        }
    };
    let id = summary.id.clone();
    let language = use_language();
    let export = move |format| {
        let id = id.clone();
        spawn(async move { close_or_show(list.export(id, format, language.peek()).await) });
    };
    let export_json = export.clone();
    rsx! {
        Dialog { id: "conversation", title: name, focus_after: COMPOSER, on_close: move |()| dialog.set(OpenDialog::None),
            Failure { error: failure() }
            form { class: "rename", onsubmit: rename,
                label { r#for: "title", {text_span(messages.new_title)} }
                input {
                    id: "title",
                    autocomplete: "off",
                    maxlength: MAX_TITLE_CHARS as i64,
                    value: title(),
                    oninput: move |event| title.set(event.value()),
                }
                button { r#type: "submit", disabled: title.read().trim().is_empty(), {text_span(messages.rename)} }
            }
            div { class: "choices",
                button { r#type: "button", onclick: move |_| export(ExportFormat::Markdown), {text_span(messages.export_markdown)} }
                button { r#type: "button", onclick: move |_| export_json(ExportFormat::Json), {text_span(messages.export_json)} }
                button {
                    r#type: "button",
                    class: "alarm",
                    onclick: move |_| dialog.set(OpenDialog::Delete(summary.clone())),
                    {text_span(format!("{}…", messages.delete))}
                }
                button { r#type: "button", onclick: move |_| dialog.set(OpenDialog::None), {text_span(catalog.chat.close)} }
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
    let catalog = use_catalog();
    let messages = &catalog.sidebar;
    let text = (messages.delete_text)(&title_of(&summary, messages.untitled));
    let mut failure = use_signal(|| None::<ApiError>);
    let delete = move |_| {
        let id = summary.id.clone();
        async move {
            match list.delete(id.clone()).await {
                Ok(()) => {
                    conversation.announcer.say(messages.deleted.to_owned());
                    dialog.set(OpenDialog::None);
                    if conversation.id().as_ref() == Some(&id) {
                        new_conversation();
                    }
                    // The button that had the focus disappears with the conversation.
                    conversation.tasks.start(async {
                        frame::next_frame().await;
                        dom::focus(COMPOSER);
                    });
                }
                Err(error) => failure.set(Some(error)),
            }
        }
    };
    rsx! {
        Dialog { id: "delete", title: messages.delete_title, focus_after: COMPOSER, on_close: move |()| dialog.set(OpenDialog::None),
            Failure { error: failure() }
            p { {text_span(text)} }
            div { class: "choices",
                button { r#type: "button", autofocus: true, onclick: move |_| dialog.set(OpenDialog::None), {text_span(catalog.chat.cancel)} }
                button { r#type: "button", class: "alarm", onclick: delete, {text_span(messages.delete)} }
            }
        }
    }
}
