//! The root component.

use dioxus::{
    core::{Task, spawn_forever},
    prelude::*,
};

use super::{components::SessionWarning, head, route::Route};
use crate::client::{language::ChosenLanguage, session::Auth};

#[component]
pub fn App() -> Element {
    head::use_links();
    let auth = use_context_provider(Auth::new);
    ChosenLanguage::use_choice();
    let session = use_memo(move || auth.session());
    let mut watches = use_signal(Vec::<Task>::new);
    use_effect(move || {
        let session = session();
        for task in watches.write().drain(..) {
            task.cancel();
        }
        if let Some(session) = session {
            let limits = spawn_forever(auth.watch_limits(session.clone()));
            watches.set(vec![spawn_forever(auth.watch(session)), limits]);
        }
    });
    // In an effect, as the server, which renders first, must not run these.
    use_effect(move || {
        spawn_forever(auth.apply_tab_messages());
        spawn_forever(auth.refresh_on_wake());
        spawn_forever(auth.finish_logouts());
    });
    rsx! {
        Router::<Route> {}
        SessionWarning {}
    }
}
