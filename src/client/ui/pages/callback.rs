//! `/auth/callback`: finishes a login, or shows why that failed.

use dioxus::prelude::*;

use crate::client::{
    session::{SignInFailure, callback_url, loop_breaker, return_to, use_auth},
    ui::{
        components::{SignInFailurePage, SigningInPage},
        route::navigate_to,
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
                Ok(path) => navigate_to(&path),
                Err(reason) => failure.set(Some(reason)),
            }
        });
    });

    let sign_in_again = move |()| async move {
        // The person has asked for it: that is no automatic sign-in.
        loop_breaker::reset();
        failure.set(None);
        let path = return_to::last_path();
        match auth.resume_or_sign_in(path.clone()).await {
            Ok(()) => navigate_to(&path),
            Err(error) => failure.set(Some(error)),
        }
    };

    match failure() {
        None => rsx! { SigningInPage {} },
        Some(failure) => rsx! { SignInFailurePage { failure, on_retry: sign_in_again } },
    }
}
