//! `/auth/callback`: finishes a login, and says so where that does not work.

use dioxus::prelude::*;

use crate::client::{
    session::{
        auth::{SignInFailure, use_auth},
        callback_url, loop_breaker, return_to,
    },
    ui::{
        components::{FailureNotice, SigningIn},
        hooks::use_effect,
    },
};

#[component]
pub fn Callback() -> Element {
    let auth = use_auth();
    let mut failure = use_signal(|| None::<SignInFailure>);

    use_effect(move || {
        let callback_url = callback_url::take();
        spawn(async move {
            match auth.finish_sign_in(callback_url).await {
                Ok(path) => return_to::go_to(&path),
                Err(reason) => failure.set(Some(reason)),
            }
        });
    });

    let sign_in_again = move |()| async move {
        // The person asked for it: that is no automatic sign-in to be counted.
        loop_breaker::reset();
        failure.set(None);
        let path = return_to::kept_last();
        match auth.resume_or_sign_in(path.clone()).await {
            Ok(()) => return_to::go_to(&path),
            Err(error) => failure.set(Some(error)),
        }
    };

    match failure() {
        None => rsx! { SigningIn {} },
        Some(failure) => rsx! { FailureNotice { failure, on_retry: sign_in_again } },
    }
}
