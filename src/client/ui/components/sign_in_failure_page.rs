//! The page for a sign-in that has failed, and can be tried again.

use dioxus::prelude::*;

use super::{NoticePage, SignInAgain, text_span};
use crate::{
    client::{
        language::{Catalog, Message, use_catalog},
        session::{SignInFailure, dpop_key::KeyError},
    },
    wire::error::ApiError,
};

#[component]
pub fn SignInFailurePage(
    failure: SignInFailure,
    on_retry: EventHandler<()>,
    /// The person has a session, and has tried to sign in again for one action.
    on_continue: Option<EventHandler<()>>,
) -> Element {
    let catalog = use_catalog();
    let message = match (&failure, on_continue) {
        (SignInFailure::Refused(ApiError::LoginRefused { .. } | ApiError::LoginFailed), Some(_)) => {
            catalog.failures.step_up_failed
        }
        _ => failure_message(&failure, catalog),
    };
    let error = match failure {
        SignInFailure::Refused(error) => Some(error),
        _ => None,
    };
    rsx! {
        NoticePage { title: message.title, text: message.text, alert: true, error: error.clone(),
            button { class: "primary", onclick: move |_| on_retry.call(()), {text_span(catalog.pages.try_again)} }
            if let Some(on_continue) = on_continue {
                button { r#type: "button", onclick: move |_| on_continue.call(()), {text_span(catalog.pages.go_on_without)} }
            } else if let Some(error) = error {
                SignInAgain { error }
            }
        }
    }
}

pub(super) fn failure_message(failure: &SignInFailure, catalog: &Catalog) -> Message {
    let messages = &catalog.failures;
    match failure {
        SignInFailure::NoLoginToFinish => messages.no_login_to_finish,
        SignInFailure::NoKey(KeyError::InsecureContext) => messages.insecure_context,
        SignInFailure::NoKey(KeyError::NoWebCrypto) => messages.no_web_crypto,
        SignInFailure::NoKey(KeyError::NoIndexedDb) => messages.no_indexed_db,
        SignInFailure::NoKey(KeyError::KeyNotStorable) => messages.key_not_storable,
        SignInFailure::NoKey(KeyError::IndexedDbTimeout) => messages.indexed_db_timeout,
        SignInFailure::RepeatedSignIns => messages.repeated_sign_ins,
        SignInFailure::NotRedirected => messages.not_redirected,
        // The messages for these errors are about the chat.
        SignInFailure::Refused(
            ApiError::InvalidField { .. }
            | ApiError::BodyTooLarge
            | ApiError::MalformedRequest { .. }
            | ApiError::Unauthenticated
            | ApiError::InvalidProof
            | ApiError::SessionEnded,
        ) => messages.login_failed,
        SignInFailure::Refused(error) => catalog.error_message(error),
    }
}
