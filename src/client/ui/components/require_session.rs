//! The guard of pages that need somebody signed in.

use dioxus::prelude::*;

use super::{FailureNotice, SigningIn};
use crate::{
    client::{
        session::{
            auth::{AuthState, SignInFailure, use_auth},
            loop_breaker, return_to,
        },
        ui::{app::Route, hooks::use_effect},
    },
    wire::auth::UserClaims,
};

/// Shows `page` to somebody who is signed in. Where nobody is known, it signs in by itself and comes back here;
/// somebody who signed out is shown that, and left alone.
#[component]
pub fn RequireSession(page: Callback<UserClaims, Element>) -> Element {
    let auth = use_auth();
    let mut failure = use_signal(|| None::<SignInFailure>);

    use_effect(move || match auth.state() {
        AuthState::Unknown if failure.read().is_none() => {
            spawn(async move {
                if let Err(error) = auth.resume_or_sign_in(return_to::here()).await {
                    failure.set(Some(error));
                }
            });
        }
        AuthState::SignedOut => {
            navigator().replace(Route::SignedOut {});
        }
        AuthState::Unknown | AuthState::SignedIn(_) => {}
    });

    match (auth.state(), failure()) {
        (AuthState::SignedIn(signed_in), _) => page.call(signed_in.user),
        (_, Some(error)) => rsx! {
            FailureNotice { failure: error, on_retry: move |()| {
                    loop_breaker::reset();
                    failure.set(None);
                } }
        },
        (_, None) => rsx! { SigningIn {} },
    }
}
