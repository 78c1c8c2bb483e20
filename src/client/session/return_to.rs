//! Where the person wanted to go when a login began. Kept for the tab while it is at the provider.

use std::cell::RefCell;

use dioxus::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    client::{platform::browser, ui::app::Route},
    wire::auth::State,
};

const NAME: &str = "oracle-ai.return_to";
const SENT_HOME: &str = "oracle-ai.sent_home";
const HOME: &str = "/chat";

#[derive(Serialize, Deserialize)]
struct Kept {
    /// The login it belongs to.
    state: State,
    path: String,
}

thread_local! {
    /// The address that the page was opened with.
    static ARRIVAL: RefCell<String> = const { RefCell::new(String::new()) };
}

/// To be called before the router starts: it cuts from the address what is in none of its routes, query and fragment.
pub fn note_arrival() {
    ARRIVAL.set(browser::here());
}

/// The address of the page shown, whole.
pub fn here() -> String {
    let (arrival, here) = (ARRIVAL.with_borrow(String::clone), browser::here());
    if page_of(&arrival) == here { arrival } else { here }
}

/// The address of `path` at `front_url`, if this page is of another origin and has not been sent there before: a
/// server that sends it back would make a loop of it.
pub fn at_home(front_url: &str, path: &str) -> Option<String> {
    let is_home = browser::origin() == front_url;
    if is_home || browser::kept(SENT_HOME).is_some() {
        return None;
    }
    browser::keep(SENT_HOME, front_url);
    Some(format!("{front_url}{path}"))
}

/// Goes to a path of this app without leaving it.
pub fn go_to(path: &str) {
    // A path that is no route of ours shows the page for that.
    let Ok(route) = path.parse::<Route>() else { return };
    let _ = navigator().replace(route);
    // The router has cut it to the route; a redirect among the routes stands.
    if page_of(path) == browser::path() {
        browser::replace_address(path);
    }
}

/// Keeps `path` for the login that `state` names.
pub fn keep(state: &State, path: &str) {
    let kept = Kept { state: state.clone(), path: path.to_owned() };
    if let Ok(json) = serde_json::to_string(&kept) {
        browser::keep(NAME, &json);
    }
}

/// The path kept for this login, or the chat.
pub fn kept_for(state: &State) -> String {
    match read() {
        Some(kept) if kept.state == *state => checked(kept.path),
        _ => HOME.into(),
    }
}

/// The path kept last, whichever login it belongs to: for a login that has to start again.
pub fn kept_last() -> String {
    read().map_or_else(|| HOME.into(), |kept| checked(kept.path))
}

pub fn forget() {
    browser::forget(NAME);
}

/// The path without query and fragment.
fn page_of(path: &str) -> &str {
    path.split(['?', '#']).next().unwrap_or_default()
}

fn read() -> Option<Kept> {
    serde_json::from_str(&browser::kept(NAME)?).ok()
}

/// A path of this app that is worth going back to; the chat in place of anything else.
pub fn checked(path: String) -> String {
    let is_path = path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\n', '\r', '\t']);
    let is_page = !path.starts_with("/auth/") && !path.starts_with("/signed-out");
    if is_path && is_page { path } else { HOME.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_app_are_gone_back_to() {
        // T12
        for path in ["/chat", "/chat?topic=awr#end", "/chat/17"] {
            assert_eq!(checked(path.into()), path);
        }
        for path in ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "", "/a\tb"] {
            assert_eq!(checked(path.into()), HOME, "{path:?}");
        }
        assert_eq!(checked("/auth/callback".into()), HOME);
        assert_eq!(checked("/signed-out".into()), HOME);
    }
}
