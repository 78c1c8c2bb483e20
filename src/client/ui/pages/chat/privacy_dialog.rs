//! The dialog that says what is stored about the person, and how to take or remove it; and the one that asks before all
//! conversations are deleted.

use dioxus::prelude::*;

use super::{
    failure::Failure,
    notice_dialog::acceptance,
    open_dialog::OpenDialog,
    own_data::{CLOSE_DELETED, DataState, OwnData},
};
use crate::{
    client::{
        chat::{element_ids::COMPOSER, list::ConversationList, options::Options},
        language::{Catalog, use_catalog, use_language},
        session::Interrupted,
        ui::components::{Dialog, text_span},
    },
    wire::options::Disclosure,
};

#[component]
pub fn PrivacyDialog(dialog: Signal<OpenDialog>, options: Options, list: ConversationList, data: OwnData) -> Element {
    use_hook(|| data.open());
    let language = use_language();
    let (catalog, messages) = (language.get().catalog(), &language.get().catalog().account);
    let kept = match list.kept_days() {
        Some(days) => (messages.kept_for)(days),
        None => messages.kept_until_deleted.to_owned(),
    };
    let notice = options.notice();
    let state = data.state();
    let status = match &state {
        DataState::Exporting => messages.exporting,
        DataState::Exported => messages.exported,
        _ => "",
    };
    rsx! {
        Dialog { id: "privacy", title: messages.privacy, focus_after: COMPOSER, on_close: move |()| dialog.set(OpenDialog::None),
            dl { class: "privacy",
                for (number, stored) in messages.stored.iter().enumerate() {
                    dt { key: "{stored.title}", {text_span(stored.title)} }
                    dd {
                        {text_span(stored.text)}
                        // The first is about conversations.
                        if number == 0 {
                            {text_span(format!(" {kept}"))}
                        }
                    }
                }
                if let Some(disclosure) = options.disclosure() {
                    dt { {text_span(catalog.account.asker)} }
                    dd { {text_span(disclosed(&disclosure, catalog))} }
                }
                if let Some(notice) = &notice {
                    dt { {text_span(language.get().of(&notice.title))} }
                    dd { {text_span(acceptance(notice, language.get()).unwrap_or_default())} }
                }
            }
            DataFailure { state: state.clone(), interrupted: Interrupted::ExportAll }
            // Always present: screen readers announce only changes of an element.
            p { class: "quiet", role: "status", {text_span(status)} }
            div { class: "choices",
                button {
                    r#type: "button",
                    "aria-disabled": state == DataState::Exporting,
                    onclick: move |_| data.export(language.peek()),
                    {text_span(messages.export_all)}
                }
                button { r#type: "button", class: "alarm", onclick: move |_| dialog.set(OpenDialog::DeleteAll), {text_span(messages.delete_all)} }
            }
            div { class: "choices",
                if notice.is_some() {
                    button { r#type: "button", onclick: move |_| dialog.set(OpenDialog::Notice), {text_span(catalog.notice.read_again)} }
                }
                button { r#type: "button", onclick: move |_| dialog.set(OpenDialog::Sessions), {text_span(catalog.sessions.title)} }
                button {
                    r#type: "button",
                    class: "primary",
                    autofocus: true,
                    onclick: move |_| dialog.set(OpenDialog::None),
                    {text_span(catalog.chat.close)}
                }
            }
        }
    }
}

/// Says that they are deleted only once the server has answered.
#[component]
pub fn DeleteAllDialog(dialog: Signal<OpenDialog>, data: OwnData) -> Element {
    use_hook(|| data.open());
    let catalog = use_catalog();
    let messages = &catalog.account;
    let state = data.state();
    let (is_deleting, is_done) = (state == DataState::Deleting, state == DataState::Deleted);
    let status = match &state {
        DataState::Deleting => messages.deleting_all,
        DataState::Deleted => messages.all_deleted,
        _ => "",
    };
    rsx! {
        Dialog { id: "delete-all", title: messages.delete_all, focus_after: COMPOSER, on_close: move |()| dialog.set(OpenDialog::None),
            if !is_done {
                p { {text_span(messages.delete_all_warning)} }
            }
            DataFailure { state, interrupted: Interrupted::DeleteAll }
            p { class: "quiet", role: "status", {text_span(status)} }
            div { class: "choices",
                if !is_done {
                    button { r#type: "button", class: "alarm", "aria-disabled": is_deleting, onclick: move |_| data.delete_all(),
                        {text_span(messages.delete_all_now)}
                    }
                }
                button {
                    id: CLOSE_DELETED,
                    r#type: "button",
                    class: "primary",
                    autofocus: true,
                    onclick: move |_| dialog.set(OpenDialog::None),
                    {text_span(if is_done || is_deleting { catalog.chat.close } else { catalog.chat.cancel })}
                }
            }
        }
    }
}

#[component]
fn DataFailure(state: DataState, interrupted: Interrupted) -> Element {
    let error = match state {
        DataState::Failed(error) => Some(error),
        _ => None,
    };
    rsx! {
        Failure { error, interrupted }
    }
}

/// What the model's server learns of the user.
fn disclosed(disclosure: &Disclosure, catalog: &Catalog) -> String {
    let messages = &catalog.account;
    let details = [
        (true, if disclosure.is_pseudonym { messages.asker_code } else { messages.asker_account }),
        (disclosure.name, messages.asker_name),
        (disclosure.email, messages.asker_email),
        (disclosure.roles, messages.asker_roles),
    ];
    let disclosed: Vec<_> = details.into_iter().filter_map(|(is_sent, detail)| is_sent.then_some(detail)).collect();
    (messages.asker_details)(&disclosed.join(", "))
}
