//! Where the person is signed in, and how they end that (T88).

use dioxus::prelude::*;

use super::{
    dialogs::{Failure, OpenDialog},
    draft_storage,
    tasks::Tasks,
};
use crate::{
    api::{self, Answer, Authorized},
    client::{
        auth_state::{Auth, use_auth},
        browser, browser_key,
        components::{COMPOSER, Dialog},
        language::{use_catalogue, use_language},
        screen,
    },
    wire::{
        error::ApiError,
        sessions::{EndAllRequest, EndRequest, SessionHandle, SessionSummary},
    },
};

/// The id of the button that has the focus when the one that was pressed is gone with its session.
const CLOSE: &str = "sessions-close";

/// The person's sessions, as the server told them last. It lives as long as the page: what was asked for is done, even
/// when the dialog is closed at once.
#[derive(Clone, Copy, PartialEq)]
pub struct OwnSessions {
    auth: Auth,
    tasks: Tasks,
    found: Signal<Found>,
    /// Of what was asked for last.
    outcome: Signal<Outcome>,
}

#[derive(Clone, Debug, PartialEq)]
enum Found {
    NotYet,
    Sessions(Vec<SessionSummary>),
    Failed(ApiError),
}

#[derive(Clone, Debug, PartialEq)]
enum Outcome {
    None,
    OneEnded,
    OthersEnded,
    Failed(ApiError),
}

impl OwnSessions {
    pub fn use_sessions() -> Self {
        let (auth, tasks) = (use_auth(), Tasks::use_tasks());
        use_hook(|| Self { auth, tasks, found: Signal::new(Found::NotYet), outcome: Signal::new(Outcome::None) })
    }

    /// Asks the server, and shows nothing older.
    fn open(mut self) {
        self.found.set(Found::NotYet);
        self.outcome.set(Outcome::None);
        self.tasks.start(self.load());
    }

    fn end(self, session: SessionHandle) {
        self.tasks.start(async move {
            let request = EndRequest { session };
            let door = |token| api::sessions::end_session(Authorized::new(token, browser_key::sign, request.clone()));
            let answer = match self.auth.call(door).await {
                // It has ended by itself.
                Err(ApiError::NotFound) => Ok(()),
                answer => answer.map(drop),
            };
            self.tell(answer, Outcome::OneEnded).await;
        });
    }

    fn end_others(self) {
        self.tasks.start(async move {
            let answer = self.ask_to_end_others().await;
            self.tell(answer, Outcome::OthersEnded).await;
        });
    }

    /// This session is the last one, and ends as by "Sign out": so the provider's own session ends as well.
    fn end_all(self) {
        self.tasks.start(async move {
            match self.ask_to_end_others().await {
                Ok(()) => {
                    draft_storage::forget();
                    self.auth.sign_out();
                }
                answer => self.tell(answer, Outcome::OthersEnded).await,
            }
        });
    }

    async fn ask_to_end_others(self) -> Result<(), ApiError> {
        let request = EndAllRequest { keep_this: true };
        let door = |token| api::sessions::end_all_sessions(Authorized::new(token, browser_key::sign, request.clone()));
        self.auth.call(door).await.map(drop)
    }

    async fn tell(mut self, answer: Result<(), ApiError>, done: Outcome) {
        let is_done = answer.is_ok();
        self.outcome.set(answer.map_or_else(Outcome::Failed, |()| done));
        if is_done {
            self.load().await;
            screen::focus(CLOSE);
        }
    }

    async fn load(mut self) {
        let door = |token| api::sessions::list_sessions(Authorized::new(token, browser_key::sign, ()));
        self.found.set(match self.auth.call(door).await {
            Ok(Answer(list)) => Found::Sessions(list.sessions),
            Err(error) => Found::Failed(error),
        });
    }
}

#[component]
pub fn SessionsDialog(dialog: Signal<OpenDialog>, sessions: OwnSessions) -> Element {
    use_hook(|| sessions.open());
    let catalogue = use_catalogue();
    let words = &catalogue.sessions;
    let outcome = sessions.outcome.read().clone();
    let said = match &outcome {
        Outcome::OneEnded => words.one_ended,
        Outcome::OthersEnded => words.others_ended,
        Outcome::None | Outcome::Failed(_) => "",
    };
    let failure = match &outcome {
        Outcome::Failed(error) => Some(error.clone()),
        _ => None,
    };
    rsx! {
        Dialog { id: "sessions", title: words.title, focus_after: COMPOSER, on_close: move |()| dialog.set(OpenDialog::None),
            Failure { error: failure }
            // There before it has something to say: that is how it is heard.
            p { class: "quiet", role: "status", {said} }
            match sessions.found.read().clone() {
                Found::NotYet => rsx! {
                    p { class: "quiet", role: "status", {words.loading} }
                },
                Found::Failed(error) => rsx! {
                    Failure { error }
                    div { class: "choices",
                        button { r#type: "button", onclick: move |_| sessions.open(), {catalogue.chat.retry} }
                    }
                },
                Found::Sessions(found) if found.is_empty() => rsx! {
                    p { class: "quiet", {words.none} }
                },
                Found::Sessions(found) => rsx! {
                    ul { class: "sessions",
                        for session in &found {
                            Row { key: "{session.session.as_str()}", session: session.clone(), sessions }
                        }
                    }
                    if found.iter().all(|session| session.is_this) {
                        p { class: "quiet", {words.only_this} }
                    }
                    div { class: "choices",
                        if found.iter().any(|session| !session.is_this) {
                            button { r#type: "button", onclick: move |_| sessions.end_others(), {words.end_others} }
                        }
                        button { r#type: "button", class: "alarm", onclick: move |_| sessions.end_all(), {words.end_all} }
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
                    {catalogue.keys.close}
                }
            }
        }
    }
}

#[component]
fn Row(session: SessionSummary, sessions: OwnSessions) -> Element {
    let words = &use_catalogue().sessions;
    let language = use_language().get();
    let name = match (&session.browser, &session.system) {
        (Some(browser), Some(system)) => (words.browser_on)(browser, system),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => words.unknown_browser.to_owned(),
    };
    let time = |unix_seconds| browser::local_time(unix_seconds, language.tag());
    let since = (words.since)(&time(session.since));
    let used = if session.is_this { words.used_now.to_owned() } else { (words.last_used)(&time(session.last_used_at)) };
    let end = (words.end_this)(&name, &since);
    let handle = session.session.clone();
    rsx! {
        li { "aria-current": if session.is_this { "true" },
            div {
                strong { {name} }
                if session.is_this {
                    span { class: "this", {words.this} }
                }
                p { class: "quiet", "{since}, {used}" }
            }
            if !session.is_this {
                button { r#type: "button", "aria-label": end, onclick: move |_| sessions.end(handle.clone()), {words.end} }
            }
        }
    }
}
