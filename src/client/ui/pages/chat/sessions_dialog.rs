//! The dialog that lists where the person is signed in (T88).

use dioxus::prelude::*;

use super::{
    failure::Failure,
    open_dialog::OpenDialog,
    own_sessions::{CLOSE, Found, Outcome, OwnSessions},
};
use crate::{
    client::{
        chat::element_ids::COMPOSER,
        language::{use_catalog, use_language},
        platform::clock,
        ui::components::{Dialog, text_span},
    },
    wire::sessions::SessionSummary,
};

#[component]
pub fn SessionsDialog(dialog: Signal<OpenDialog>, sessions: OwnSessions) -> Element {
    use_hook(|| sessions.open());
    let catalog = use_catalog();
    let messages = &catalog.sessions;
    let outcome = sessions.outcome();
    let status = match &outcome {
        Outcome::OneEnded => messages.one_ended,
        Outcome::OthersEnded => messages.others_ended,
        Outcome::None | Outcome::Failed(..) => "",
    };
    let (failure, interrupted) = match &outcome {
        Outcome::Failed(error, interrupted) => (Some(error.clone()), interrupted.clone()),
        _ => (None, None),
    };
    rsx! {
        Dialog { id: "sessions", title: messages.title, focus_after: COMPOSER, on_close: move |()| dialog.set(OpenDialog::None),
            Failure { error: failure, interrupted }
            // Always present: screen readers announce only changes of an element.
            p { class: "quiet", role: "status", {text_span(status)} }
            match sessions.found() {
                Found::Loading => rsx! {
                    p { class: "quiet", role: "status", {text_span(messages.loading)} }
                },
                Found::Failed(error) => rsx! {
                    Failure { error }
                    div { class: "choices",
                        button { r#type: "button", onclick: move |_| sessions.open(), {text_span(catalog.chat.retry)} }
                    }
                },
                Found::Sessions(found) if found.is_empty() => rsx! {
                    p { class: "quiet", {text_span(messages.no_sessions)} }
                },
                Found::Sessions(found) => rsx! {
                    ul { class: "sessions",
                        for session in &found {
                            Row { key: "{session.session.as_str()}", session: session.clone(), sessions }
                        }
                    }
                    if found.iter().all(|session| session.is_this) {
                        p { class: "quiet", {text_span(messages.no_other_sessions)} }
                    }
                    div { class: "choices",
                        if found.iter().any(|session| !session.is_this) {
                            button { r#type: "button", onclick: move |_| sessions.end_others(), {text_span(messages.end_others)} }
                        }
                        button { r#type: "button", class: "alarm", onclick: move |_| sessions.end_all(), {text_span(messages.end_all)} }
                    }
                },
            }
            div { class: "choices",
                button {
                    id: CLOSE,
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

#[component]
fn Row(session: SessionSummary, sessions: OwnSessions) -> Element {
    let messages = &use_catalog().sessions;
    let locale = use_language().locale();
    let name = match (&session.browser, &session.system) {
        (Some(browser), Some(system)) => (messages.browser_on_system)(browser, system),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => messages.unknown_browser.to_owned(),
    };
    let time = |unix_seconds| clock::local_time(unix_seconds, &locale);
    let since = (messages.signed_in_at)(&time(session.since));
    let used = if session.is_this {
        messages.in_use_now.to_owned()
    } else {
        (messages.last_used)(&time(session.last_used_at))
    };
    let end = (messages.end_label)(&name, &since);
    let handle = session.session.clone();
    rsx! {
        li { "aria-current": if session.is_this { "true" },
            div {
                strong { {text_span(name)} }
                if session.is_this {
                    span { class: "this", {text_span(messages.this_browser)} }
                }
                p { class: "quiet", {text_span(format!("{since}, {used}"))} }
            }
            if !session.is_this {
                button { r#type: "button", "aria-label": end, onclick: move |_| sessions.end(handle.clone()), {text_span(messages.end)} }
            }
        }
    }
}
