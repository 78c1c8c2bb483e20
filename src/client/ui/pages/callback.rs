//! `/auth/callback`: finishes a login, or shows why that failed.

use dioxus::prelude::*;

use crate::client::{
    session::{SignInFailure, callback_url, loop_breaker, return_to, use_auth},
    ui::{
        components::{SignInFailurePage, SigningInPage},
        route::Route,
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
                Ok(path) => return_to_page(path),
                Err(error) => failure.set(Some(error)),
            }
        });
    });

    let sign_in_again = move |()| async move {
        // Not an automatic sign-in, which the loop breaker would count.
        loop_breaker::reset();
        failure.set(None);
        let path = return_to::last_path();
        let outcome = match return_to::interrupted() {
            Some(interrupted) => auth.step_up(interrupted).await,
            None => auth.resume_or_sign_in(path.clone()).await.map(|()| return_to_page(path)),
        };
        if let Err(error) = outcome {
            failure.set(Some(error));
        }
    };
    // The session that the person had before the step-up.
    let go_on = move |()| {
        let path = return_to::last_path();
        return_to::remove();
        return_to_page(path);
    };

    match failure() {
        None => rsx! { SigningInPage {} },
        Some(failure) if return_to::interrupted().is_some() => {
            rsx! { SignInFailurePage { failure, on_retry: sign_in_again, on_continue: go_on } }
        }
        Some(failure) => rsx! { SignInFailurePage { failure, on_retry: sign_in_again } },
    }
}

/// Shows the page at this path, with query and fragment, without loading anything.
fn return_to_page(path: String) {
    // The router shows the target of a redirect, but leaves the address as it is.
    let path = if path == "/" { Route::Chat {}.to_string() } else { path };
    // Fails only for another site.
    let _ = navigator().replace(path);
}
