//! A conversation in the list: its link, its menu, and in their place the field that renames it or the button that keeps it.

use dioxus::prelude::*;

use super::{deletions::Deletions, failure::Failure, sidebar::SidebarState};
use crate::{
    client::{
        chat::{
            announcer::Announcer,
            list::{ConversationList, title_of},
        },
        language::{use_catalog, use_language},
        platform::{clock, dom, frame},
        session::Interrupted,
        ui::{
            components::{Icon, Menu, icon, menu_item, text_span},
            route::Route,
        },
    },
    wire::{
        chat::ConversationId,
        conversations::{ConversationSummary, ExportFormat, FoundPlace, MAX_TITLE_CHARS},
        error::ApiError,
    },
};

/// The id of its link.
pub fn link_id(id: &ConversationId) -> String {
    format!("open-{id}")
}

#[component]
pub fn ConversationRow(
    summary: ConversationSummary,
    is_shown: bool,
    list: ConversationList,
    sidebar: SidebarState,
    deletions: Deletions,
    announcer: Announcer,
) -> Element {
    let language = use_language();
    let messages = &language.get().catalog().sidebar;
    let title = title_of(&summary, messages.untitled);
    let mut is_renaming = use_signal(|| false);
    let mut failure = use_signal(|| None::<ApiError>);
    let exported = use_signal(|| ExportFormat::Markdown);
    let id = use_hook(|| CopyValue::new(summary.id.clone()));
    let is_pinned = summary.pinned;
    let items = use_callback(move |()| {
        let messages = &language.get().catalog().sidebar;
        let pin = move || {
            // The row, and what it holds, is gone when it moves.
            let pinned_id = id.cloned();
            list.tasks.start(async move {
                let outcome = list.pin(pinned_id.clone(), !is_pinned).await;
                match outcome {
                    Ok(()) => {
                        announcer.say(if is_pinned { messages.is_unpinned } else { messages.is_pinned }.to_owned());
                    }
                    // The row is still where it was.
                    Err(error) => failure.set(Some(error)),
                }
                // The row that had the focus is elsewhere.
                let button = format!("more-{pinned_id}-button");
                frame::next_frame().await;
                dom::focus_if_lost(&button);
            });
        };
        let export = move |format| {
            let mut exported = exported;
            exported.set(format);
            list.tasks.start(async move { failure.set(list.export(id.cloned(), format, language.peek()).await.err()) });
        };
        let items = [
            menu_item("", if is_pinned { messages.unpin } else { messages.pin }, pin),
            menu_item("", messages.rename, move || is_renaming.set(true)),
            menu_item("", messages.export_markdown, move || export(ExportFormat::Markdown)),
            menu_item("", messages.export_json, move || export(ExportFormat::Json)),
            menu_item("last alarm", messages.delete, move || deletions.begin(id.cloned())),
        ];
        rsx! { {items.into_iter()} }
    });
    let undo = move |_| {
        deletions.undo(&id.peek());
        list.tasks.start(dom::focus_next_frame(format!("more-{}-button", id.peek())));
    };
    rsx! {
        li {
            if deletions.is_waiting(&summary.id) {
                span { class: "title", title: messages.to_be_deleted,
                    s { class: "name", dir: "auto", {text_span(title.clone())} }
                }
                button {
                    id: "undo-{summary.id}",
                    r#type: "button",
                    "aria-label": (messages.undo_label)(&title),
                    onmounted: move |_| dom::focus(&format!("undo-{}", id.peek())),
                    onclick: undo,
                    {text_span(messages.undo)}
                }
            } else if is_renaming() {
                Rename { summary, title, list, is_renaming, failure }
            } else {
                Link {
                    id: link_id(&summary.id),
                    to: Route::Conversation { id: summary.id.to_string() },
                    class: if summary.found.is_some() { "title found" } else { "title" },
                    title: title.clone(),
                    "aria-current": if is_shown { "page" },
                    onclick: move |_| sidebar.hide_if_narrow(),
                    span { class: "name", dir: "auto", {text_span(title.clone())} }
                    if summary.running.is_some() {
                        span { class: "running",
                            span { class: "for-screen-readers", {text_span(messages.answer_running)} }
                        }
                    }
                    if let Some(place) = &summary.found {
                        {found_place(place, language.get().tag())}
                    }
                }
                Menu { id: "more-{summary.id}", label: (messages.more_actions)(&title), class: "icon", items, {icon(Icon::More)} }
            }
            Failure { error: failure(), interrupted: Interrupted::Export { id: id.cloned(), format: exported() } }
        }
    }
}

/// The part of a message that a search has found, and the message's time.
fn found_place(FoundPlace { pieces, at }: &FoundPlace, language: &str) -> Element {
    rsx! {
        span { class: "place", dir: "auto",
            for (number, piece) in pieces.iter().enumerate() {
                if number % 2 == 1 {
                    mark { key: "{number}", {text_span(piece.clone())} }
                } else {
                    span { key: "{number}", {text_span(piece.clone())} }
                }
            }
        }
        span { class: "time", {text_span(clock::local_time(*at, language))} }
    }
}

/// Shows the new title only once the server has it.
#[component]
fn Rename(
    summary: ConversationSummary,
    title: String,
    list: ConversationList,
    is_renaming: Signal<bool>,
    failure: Signal<Option<ApiError>>,
) -> Element {
    let messages = &use_catalog().sidebar;
    let cancel = use_catalog().chat.cancel;
    let mut text = use_signal(|| title.clone());
    let mut is_saving = use_signal(|| false);
    let id = summary.id.clone();
    let close = use_callback(move |()| {
        failure.set(None);
        is_renaming.set(false);
        let button = format!("more-{id}-button");
        list.tasks.start(dom::focus_next_frame(button));
    });
    let id = summary.id.clone();
    let rename = move |event: FormEvent| {
        event.prevent_default();
        let (id, title) = (id.clone(), text.peek().trim().to_owned());
        if title.is_empty() || is_saving() {
            return;
        }
        is_saving.set(true);
        list.tasks.start(async move {
            match list.rename(id, title).await {
                Ok(()) => close(()),
                Err(error) => failure.set(Some(error)),
            }
            is_saving.set(false);
        });
    };
    rsx! {
        form {
            class: "rename",
            "aria-busy": is_saving(),
            onsubmit: rename,
            onkeydown: move |event| {
                if event.key() == Key::Escape {
                    // It stops no answer.
                    event.prevent_default();
                    close(());
                }
            },
            input {
                id: "title-{summary.id}",
                "aria-label": messages.new_title,
                autocomplete: "off",
                maxlength: MAX_TITLE_CHARS as i64,
                value: text(),
                oninput: move |event| text.set(event.value()),
                onmounted: move |_| dom::select_input(&format!("title-{}", summary.id)),
            }
            button { r#type: "submit", class: "icon", "aria-label": messages.rename, title: messages.rename, disabled: text.read().trim().is_empty() || is_saving(),
                {icon(Icon::Check)}
            }
            button { r#type: "button", class: "icon", "aria-label": cancel, title: cancel, onclick: move |_| close(()), {icon(Icon::Close)} }
        }
    }
}
