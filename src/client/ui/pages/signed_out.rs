//! `/signed-out`: nothing happens here by itself. The provider sends browsers here too, after its own sign-out.

use dioxus::prelude::*;

use crate::client::{
    session::{
        auth::use_auth,
        return_to,
        sign_out::{self, Confirmation, EndedBy, Reason},
    },
    ui::{
        components::Notice,
        hooks::use_effect,
        language::{Catalogue, Words, use_catalogue},
    },
};

#[component]
pub fn SignedOut() -> Element {
    let catalogue = use_catalogue();
    let words = &catalogue.pages;
    let auth = use_auth();
    let mut at_provider_too = use_signal(|| false);
    let mut reason = use_signal(|| None::<Reason>);
    use_effect(move || {
        if sign_out::came_back() {
            at_provider_too.set(true);
        }
        reason.set(sign_out::reason());
    });
    let confirmation = auth.confirmation();
    if confirmation == Confirmation::StillSignedIn {
        let words = words.still_signed_in;
        return rsx! {
            Notice { title: words.title, text: words.text, live: true,
                a { class: "button primary", href: "/chat", {catalogue.pages.go_to_chat} }
            }
        };
    }
    let ended = ended(confirmation, at_provider_too(), catalogue);
    let path =
        reason.read().as_ref().map_or_else(|| "/chat".to_owned(), |reason| return_to::checked(reason.path.clone()));
    let why = reason.read().as_ref().and_then(|reason| why(reason.ended_by, catalogue));
    rsx! {
        Notice { title: ended.title, text: ended.text, why, live: true,
            // A link that leaves this page: it works before the app has started, and nothing of the last person stays
            // in memory.
            a { class: "button primary", href: path, {words.sign_in} }
        }
    }
}

/// What is known of the session's end, and no more.
fn ended(confirmation: Confirmation, at_provider_too: bool, catalogue: &Catalogue) -> Words {
    let words = &catalogue.pages;
    match confirmation {
        Confirmation::Unknown => words.signed_out_here,
        Confirmation::Awaited => words.signed_out_unconfirmed,
        Confirmation::Received | Confirmation::StillSignedIn if at_provider_too => words.signed_out_everywhere,
        Confirmation::Received | Confirmation::StillSignedIn => words.signed_out,
    }
}

fn why(ended_by: EndedBy, catalogue: &Catalogue) -> Option<&'static str> {
    match ended_by {
        EndedBy::Person => None,
        EndedBy::Inactivity => Some(catalogue.session_end.because_of_inactivity),
        EndedBy::Lifetime => Some(catalogue.session_end.because_of_lifetime),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::ui::language::Language;

    #[test]
    fn a_session_is_called_over_only_once_the_server_has_said_so() {
        for language in Language::ALL {
            let catalogue = language.catalogue();
            let over = [catalogue.pages.signed_out, catalogue.pages.signed_out_everywhere];
            for at_provider_too in [false, true] {
                for confirmation in [Confirmation::Unknown, Confirmation::Awaited] {
                    assert!(!over.contains(&ended(confirmation, at_provider_too, catalogue)), "{confirmation:?}");
                }
                assert!(over.contains(&ended(Confirmation::Received, at_provider_too, catalogue)));
            }
        }
    }
}
