//! The page to return to after a login. In the session storage while the tab is at the provider.

use std::cell::RefCell;

use serde::{Deserialize, Serialize};

use super::step_up::Interrupted;
use crate::{
    client::platform::{location, web_storage::SESSION_STORAGE},
    wire::auth::State,
};

const NAME: &str = "oracle-ai.return_to";
/// Set once this tab was redirected to the front URL.
const REDIRECTED: &str = "oracle-ai.sent_home";
const DEFAULT: &str = "/chat";

#[derive(Serialize, Deserialize)]
struct ReturnTo {
    /// Of the login that it belongs to.
    state: State,
    path: String,
    /// Whether that login was begun because the one before had failed.
    #[serde(default)]
    is_restart: bool,
    /// What that login was begun for, where an action has asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    interrupted: Option<Interrupted>,
}

thread_local! {
    /// The URL that the page was opened with.
    static INITIAL_URL: RefCell<String> = const { RefCell::new(String::new()) };
}

/// To be called before the router starts: it removes query and fragment from the address bar, as no route has them.
pub fn record_initial_url() {
    INITIAL_URL.set(location::current_url());
}

/// Path, query and fragment of the page shown.
pub fn current_url() -> String {
    let (initial, current) = (INITIAL_URL.with_borrow(String::clone), location::current_url());
    if without_query(&initial) == current { initial } else { current }
}

/// The URL of `path` at `front_url`, if this page has another origin. Once per tab: a server that redirects back must not
/// cause a loop.
pub fn url_at_front(front_url: &str, path: &str) -> Option<String> {
    let is_at_front = location::origin() == front_url;
    if is_at_front || SESSION_STORAGE.get(REDIRECTED).is_some() {
        return None;
    }
    SESSION_STORAGE.set(REDIRECTED, front_url);
    Some(format!("{front_url}{path}"))
}

pub fn set(state: &State, path: &str, is_restart: bool, interrupted: Option<Interrupted>) {
    let return_to = ReturnTo { state: state.clone(), path: path.to_owned(), is_restart, interrupted };
    if let Ok(json) = serde_json::to_string(&return_to) {
        SESSION_STORAGE.set(NAME, &json);
    }
}

/// Whether this tab has begun the login with this `state`, and no other one since.
pub fn is_of(state: &State) -> bool {
    get().is_some_and(|return_to| return_to.state == *state)
}

/// Whether the login that this tab began last was a restart.
pub fn is_of_restart() -> bool {
    get().is_some_and(|return_to| return_to.is_restart)
}

/// What the login that this tab began last was begun for, where an action has asked for it.
pub fn interrupted() -> Option<Interrupted> {
    get()?.interrupted
}

/// The path stored for this login, or the chat.
pub fn path_for(state: &State) -> String {
    if is_of(state) { last_path() } else { DEFAULT.into() }
}

/// The page to return to after a sign-in from the page shown.
pub fn path_after_sign_in() -> String {
    if location::path().starts_with("/auth/") { last_path() } else { current_url() }
}

/// The path stored last, for a login that has to start again.
pub fn last_path() -> String {
    get().map_or_else(|| DEFAULT.into(), |return_to| checked(return_to.path))
}

pub fn remove() {
    SESSION_STORAGE.remove(NAME);
}

fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// `path`, if it is a page of this app to return to; the chat otherwise.
pub fn checked(path: String) -> String {
    let is_path = path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\n', '\r', '\t']);
    let is_page = !path.starts_with("/auth/") && !path.starts_with("/signed-out");
    if is_path && is_page { path } else { DEFAULT.into() }
}

fn get() -> Option<ReturnTo> {
    serde_json::from_str(&SESSION_STORAGE.get(NAME)?).ok()
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    #[test]
    fn only_pages_of_this_app_are_returned_to() {
        // T12
        for path in ["/chat", "/chat?topic=awr#end", "/chat/17"] {
            assert_eq!(checked(path.into()), path);
        }
        for path in ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "", "/a\tb"] {
            assert_eq!(checked(path.into()), DEFAULT, "{path:?}");
        }
        assert_eq!(checked("/auth/callback".into()), DEFAULT);
        assert_eq!(checked("/signed-out".into()), DEFAULT);
    }

    #[test]
    fn an_encoded_path_leads_to_this_origin_or_nowhere() {
        // T12. Browsers do not decode the path of a URL, and remove dot segments only within it.
        let origin = Url::parse("https://chat.example").unwrap();
        for path in [
            "/%2F/evil.example",
            "/%2f%2fevil.example",
            "/%5Cevil.example",
            "/%5c%5cevil.example",
            "/%09/evil.example",
            "/%252F%252Fevil.example",
            "/.//evil.example",
            "/..//evil.example",
            "/@evil.example",
            "/:443@evil.example",
            "/\u{2044}/evil.example",
            "/\u{FF0F}/evil.example",
        ] {
            let target = origin.join(&checked(path.into())).unwrap();
            assert_eq!(target.origin(), origin.origin(), "{path:?} leads to {target}");
        }
    }
}
