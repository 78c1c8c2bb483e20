//! The operator's notice. Until it is accepted, the chat can't be used; afterwards it can be read again.

use dioxus::prelude::*;

use super::{failure::Failure, open_dialog::OpenDialog};
use crate::{
    client::{
        chat::{draft_storage, element_ids::COMPOSER, options::Options},
        language::{Language, use_catalog, use_language},
        markdown::split::split,
        platform::{clock, dom},
        session::use_auth,
        ui::components::{Dialog, Markdown, text_span},
    },
    wire::{error::ApiError, options::Notice},
};

const ID: &str = "notice";

/// Shown while the notice is not accepted. It does not close by Escape.
#[component]
pub fn RequiredNotice(options: Options) -> Element {
    match options.notice().filter(|notice| notice.accepted_at.is_none()) {
        Some(notice) => rsx! { Required { key: "{notice.version}", notice, options } },
        None => rsx! {},
    }
}

#[component]
fn Required(notice: Notice, options: Options) -> Element {
    let (auth, catalog, language) = (use_auth(), use_catalog(), use_language());
    let mut failure = use_signal(|| None::<ApiError>);
    let mut is_sending = use_signal(|| false);
    let version = notice.version.clone();
    let accept = move |_| {
        let version = version.clone();
        async move {
            is_sending.set(true);
            failure.set(options.accept(version).await.err());
            is_sending.set(false);
        }
    };
    let sign_out = move |_| {
        draft_storage::remove();
        auth.sign_out();
    };
    use_drop(move || dom::close_dialog(ID, COMPOSER));
    rsx! {
        dialog {
            id: ID,
            "aria-labelledby": "notice-title",
            onmounted: move |_| dom::show_dialog(ID),
            oncancel: move |event| event.prevent_default(),
            // Chromium lets a second Escape close a dialog, unless the key itself is prevented.
            onkeydown: move |event| {
                if event.key() == Key::Escape {
                    event.prevent_default();
                }
            },
            h2 { id: "notice-title", {text_span(language.get().of(&notice.title))} }
            NoticeText { notice: notice.clone() }
            Failure { error: failure() }
            div { class: "choices",
                button { r#type: "button", class: "primary", disabled: is_sending(), onclick: accept, {text_span(catalog.notice.accept)} }
                button { r#type: "button", onclick: sign_out, {text_span(catalog.chat.sign_out)} }
            }
        }
    }
}

/// The notice that was accepted, to be read again.
#[component]
pub fn AcceptedNotice(notice: Notice, dialog: Signal<OpenDialog>) -> Element {
    let (catalog, language) = (use_catalog(), use_language());
    let title = language.get().of(&notice.title).to_owned();
    rsx! {
        Dialog { id: ID, title, focus_after: COMPOSER, on_close: move |()| dialog.set(OpenDialog::None),
            NoticeText { notice: notice.clone() }
            if let Some(accepted) = acceptance(&notice, language.get()) {
                p { class: "quiet", {text_span(accepted)} }
            }
            div { class: "choices",
                button { r#type: "button", class: "primary", onclick: move |_| dialog.set(OpenDialog::None), {text_span(catalog.chat.close)} }
            }
        }
    }
}

/// Which version was accepted when.
pub fn acceptance(notice: &Notice, language: Language) -> Option<String> {
    let time = clock::local_time(notice.accepted_at?, language.tag());
    Some((language.catalog().notice.accepted)(&notice.version, &time))
}

/// It scrolls where it is long, also by the keyboard.
#[component]
fn NoticeText(notice: Notice) -> Element {
    let language = use_language().get();
    let blocks = split(language.of(&notice.text));
    rsx! {
        div { class: "notice-text", tabindex: 0, role: "region", "aria-labelledby": "notice-title",
            Markdown { blocks, language }
        }
    }
}
