//! The root component.

use dioxus::{
    core::{Task, spawn_forever},
    prelude::*,
};

use super::{branding::PageBranding, components::SessionWarning, head::Head, route::Route, theme::ChosenTheme};
use crate::client::{language::ChosenLanguage, session::Auth};

#[component]
pub fn App() -> Element {
    let auth = use_context_provider(Auth::new);
    ChosenLanguage::use_choice();
    ChosenTheme::use_choice();
    PageBranding::use_page();
    let session = use_memo(move || auth.session());
    let mut session_tasks = use_signal(Vec::<Task>::new);
    use_effect(move || {
        let session = session();
        for task in session_tasks.write().drain(..) {
            task.cancel();
        }
        if let Some(session) = session {
            let limits = spawn_forever(auth.watch_limits(session.clone()));
            session_tasks.set(vec![spawn_forever(auth.watch(session)), limits]);
        }
    });
    // Effects run in the browser only: the server, which renders the page first, must not start these.
    use_effect(move || {
        spawn_forever(auth.apply_tab_messages());
        spawn_forever(auth.refresh_on_wake());
        spawn_forever(auth.finish_logouts());
    });
    rsx! {
        Head {}
        Router::<Route> {}
        SessionWarning {}
    }
}
