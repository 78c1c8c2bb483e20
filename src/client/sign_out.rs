//! The way to the provider's own sign-out and back (OpenID Connect RP-Initiated Logout §2, §3).

use url::form_urlencoded;

use super::browser;
use crate::wire::auth::LogoutResponse;

/// The `state` that is to come back.
const KEPT: &str = "oracle-ai.sign-out";

/// Leaves for the provider's sign-out, if there is one. What is kept for the way back goes with the tab.
pub fn leave_for_provider(answer: LogoutResponse) {
    let Some(url) = answer.end_session_url else { return };
    if let Some(state) = &answer.state {
        browser::keep(KEPT, state.secret());
    }
    browser::go_to(&url);
}

/// Whether this page is where the provider has sent the browser after the sign-out that this tab has begun (T76). A
/// `state` counts once; a link that somebody else has made has none that is known here.
pub fn came_back() -> bool {
    let query = browser::query();
    let mut parameters = form_urlencoded::parse(query.trim_start_matches('?').as_bytes());
    let Some((_, state)) = parameters.find(|(name, _)| name == "state") else { return false };
    // The address says nothing to the person, and need not stay in the history.
    browser::replace_address(&browser::path());
    let kept = browser::kept(KEPT);
    browser::forget(KEPT);
    kept.is_some_and(|kept| kept == state)
}
