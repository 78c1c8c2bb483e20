//! `/signed-out`: does not sign in automatically. The provider, too, redirects here after its own logout.

use dioxus::prelude::*;

use crate::client::{
    language::{Catalog, Message, use_catalog},
    session::{
        EndedBy, LogoutStatus, return_to, returned_from_provider,
        sign_out_reason::{self, Reason},
        use_auth,
    },
    ui::components::{NoticePage, text_span},
};

#[component]
pub fn SignedOut() -> Element {
    let catalog = use_catalog();
    let messages = &catalog.pages;
    let auth = use_auth();
    let mut at_provider_too = use_signal(|| false);
    let mut reason = use_signal(|| None::<Reason>);
    use_effect(move || {
        if returned_from_provider() {
            at_provider_too.set(true);
        }
        reason.set(sign_out_reason::get());
    });
    let status = auth.logout_status();
    if status == LogoutStatus::StillSignedIn {
        let message = messages.still_signed_in;
        return rsx! {
            NoticePage { title: message.title, text: message.text, live: true,
                a { class: "button primary", href: "/chat", {text_span(catalog.pages.go_to_chat)} }
            }
        };
    }
    let message = status_message(status, at_provider_too(), catalog);
    let path =
        reason.read().as_ref().map_or_else(|| "/chat".to_owned(), |reason| return_to::checked(reason.path.clone()));
    let reason = reason.read().as_ref().and_then(|reason| reason_message(reason.ended_by, catalog));
    rsx! {
        NoticePage { title: message.title, text: message.text, reason, live: true,
            // Not a link of the router: it works before the app has started, and it loads the page anew, so that
            // nothing of the former session stays in memory.
            a { class: "button primary", href: path, {text_span(messages.sign_in)} }
        }
    }
}

/// Claims that the session has ended only where the server has confirmed it.
fn status_message(status: LogoutStatus, at_provider_too: bool, catalog: &Catalog) -> Message {
    let messages = &catalog.pages;
    match status {
        LogoutStatus::Unknown => messages.signed_out_here,
        LogoutStatus::Pending => messages.signed_out_unconfirmed,
        LogoutStatus::Confirmed | LogoutStatus::StillSignedIn if at_provider_too => messages.signed_out_everywhere,
        LogoutStatus::Confirmed | LogoutStatus::StillSignedIn => messages.signed_out,
    }
}

fn reason_message(ended_by: EndedBy, catalog: &Catalog) -> Option<&'static str> {
    match ended_by {
        EndedBy::Person => None,
        EndedBy::Inactivity => Some(catalog.session_end.signed_out_for_inactivity),
        EndedBy::Lifetime => Some(catalog.session_end.signed_out_after_lifetime),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::language::Language;

    #[test]
    fn a_session_is_shown_as_ended_only_once_the_server_has_confirmed_it() {
        for language in Language::ALL {
            let catalog = language.catalog();
            let over = [catalog.pages.signed_out, catalog.pages.signed_out_everywhere];
            for at_provider_too in [false, true] {
                for status in [LogoutStatus::Unknown, LogoutStatus::Pending] {
                    assert!(!over.contains(&status_message(status, at_provider_too, catalog)), "{status:?}");
                }
                assert!(over.contains(&status_message(LogoutStatus::Confirmed, at_provider_too, catalog)));
            }
        }
    }
}
