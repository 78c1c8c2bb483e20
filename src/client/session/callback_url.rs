//! The authorization response in the URL of `/auth/callback` (RFC 6749 §4.1.2): taken out of the address bar before
//! the page is shown, and given out once.

use std::cell::RefCell;

use crate::{
    client::platform::browser,
    wire::auth::{AuthorizationCode, AuthorizationResponse, State},
};

/// The path of `Route::Callback`.
const PATH: &str = "/auth/callback";

/// What the callback page was called with.
#[derive(Clone, Debug, PartialEq)]
pub enum CallbackUrl {
    /// No answer of a provider: somebody opened or reloaded the page.
    Empty,
    /// An answer that no provider gives: without `state`, or with a parameter twice (RFC 6749 §3.1).
    Malformed,
    Response(AuthorizationResponse),
}

thread_local! {
    static TAKEN: RefCell<Option<CallbackUrl>> = const { RefCell::new(None) };
}

/// Keeps the answer for [`take`] and removes it from the address bar and the history.
pub fn take_out_of_address_bar() {
    if browser::path() != PATH {
        return;
    }
    let callback_url = parse(&browser::query());
    browser::replace_address(PATH);
    TAKEN.set(Some(callback_url));
}

/// The answer, for whoever asks first.
pub fn take() -> CallbackUrl {
    TAKEN.take().unwrap_or(CallbackUrl::Empty)
}

fn parse(query: &str) -> CallbackUrl {
    let pairs: Vec<_> = url::form_urlencoded::parse(query.trim_start_matches('?').as_bytes()).collect();
    let one = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.to_string());
    let twice = |name: &&str| pairs.iter().filter(|(key, _)| key == name).count() > 1;
    if ["code", "error", "state", "iss"].iter().any(twice) {
        return CallbackUrl::Malformed;
    }
    match (one("state"), one("code"), one("error")) {
        (_, None, None) => CallbackUrl::Empty,
        (None, ..) => CallbackUrl::Malformed,
        (Some(state), code, error) => CallbackUrl::Response(AuthorizationResponse {
            code: code.map(AuthorizationCode::new),
            error,
            error_description: one("error_description"),
            state: State::new(state),
            iss: one("iss"),
            previous_session: None,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_success_is_passed_on_as_it_came_and_other_parameters_are_ignored() {
        let expected = AuthorizationResponse {
            code: Some(AuthorizationCode::new("a+b/c")),
            error: None,
            error_description: None,
            state: State::new("s-1"),
            iss: Some("https://op.example/o".into()),
            previous_session: None,
        };
        let query = "?code=a%2Bb%2Fc&state=s-1&iss=https%3A%2F%2Fop.example%2Fo&session_state=x.y";
        assert_eq!(parse(query), CallbackUrl::Response(expected));
    }

    #[test]
    fn a_repeated_parameter_is_refused() {
        // T18
        for query in [
            "?code=a&code=b&state=s",
            "?code=a&state=s&state=t",
            "?error=a&error=b&state=s",
            "?code=a&state=s&iss=x&iss=y",
        ] {
            assert_eq!(parse(query), CallbackUrl::Malformed, "{query}");
        }
    }

    #[test]
    fn an_answer_without_state_is_no_answer_of_ours() {
        assert_eq!(parse("?code=a"), CallbackUrl::Malformed);
        assert_eq!(parse("?error=access_denied"), CallbackUrl::Malformed);
        assert_eq!(parse(""), CallbackUrl::Empty);
        assert_eq!(parse("?state=s"), CallbackUrl::Empty);
    }
}
