//! Guards the pages that need a session.

use dioxus::prelude::*;

use super::{SignInFailurePage, SigningInPage};
use crate::{
    client::{
        session::{AuthState, SignInFailure, loop_breaker, return_to, use_auth},
        ui::route::Route,
    },
    wire::auth::UserClaims,
};

/// Shows `page` to a person who is signed in. Without a session, redirects to the provider and returns to this page. A
/// person who has signed out is taken to `/signed-out` instead, and signs in by a click.
#[component]
pub fn RequireSession(page: Callback<UserClaims, Element>) -> Element {
    let auth = use_auth();
    let mut failure = use_signal(|| None::<SignInFailure>);

    use_effect(move || match auth.state() {
        AuthState::Unknown if failure.read().is_none() => {
            spawn(async move {
                if let Err(error) = auth.resume_or_sign_in(return_to::current_url()).await {
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
        (AuthState::SignedIn(signed_in), _) => page.call(signed_in.user().clone()),
        (_, Some(error)) => rsx! {
            SignInFailurePage { failure: error, on_retry: move |()| {
                    loop_breaker::reset();
                    failure.set(None);
                } }
        },
        (_, None) => rsx! { SigningInPage {} },
    }
}
