//! The dialogs of the chat.

use dioxus::prelude::*;

use super::{
    notice_dialog::AcceptedNotice,
    open_dialog::OpenDialog,
    own_data::OwnData,
    own_sessions::OwnSessions,
    privacy_dialog::{DeleteAllDialog, PrivacyDialog},
    sessions_dialog::SessionsDialog,
    shortcuts::Shortcuts,
};
use crate::client::{
    chat::{element_ids::COMPOSER, list::ConversationList, options::Options},
    language::use_catalog,
    platform::keyboard,
    ui::components::{Dialog, text_span},
};

/// The same in every language.
const CTRL_K: &str = "Ctrl+K";

#[component]
pub fn Dialogs(
    dialog: Signal<OpenDialog>,
    shortcuts: Shortcuts,
    sessions: OwnSessions,
    options: Options,
    list: ConversationList,
    data: OwnData,
) -> Element {
    match dialog() {
        OpenDialog::None => rsx! {},
        OpenDialog::Shortcuts => rsx! { ShortcutsDialog { dialog, shortcuts } },
        OpenDialog::Privacy => rsx! { PrivacyDialog { dialog, options, list, data } },
        OpenDialog::Notice => match options.notice() {
            Some(notice) => rsx! { AcceptedNotice { notice, dialog } },
            None => rsx! {},
        },
        OpenDialog::DeleteAll => rsx! { DeleteAllDialog { dialog, data } },
        OpenDialog::Sessions => rsx! { SessionsDialog { dialog, sessions } },
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
