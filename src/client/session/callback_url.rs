//! The authorization response in the URL of `/auth/callback` (RFC 6749 §4.1.2): removed from the address bar before the
//! page is shown, and used once.

use std::cell::RefCell;

use crate::{
    client::platform::location,
    wire::auth::{AuthorizationCode, AuthorizationResponse, State},
};

/// The path of `Route::Callback`.
const PATH: &str = "/auth/callback";

/// The query of the callback page.
#[derive(Clone, Debug, PartialEq)]
pub enum CallbackUrl {
    /// No authorization response: the page was opened by hand, or reloaded.
    Empty,
    /// Not a valid authorization response: a code without `state`, or a parameter twice (RFC 6749 §3.1).
    Malformed,
    /// An error may be without `state`: the server decides what follows from it, and logs it.
    Response(AuthorizationResponse),
}

thread_local! {
    static TAKEN: RefCell<Option<CallbackUrl>> = const { RefCell::new(None) };
}

/// Moves the response from the address bar and the history into memory, for [`take`].
pub fn remove_from_address_bar() {
    if location::path() != PATH {
        return;
    }
    let callback_url = parse(&location::query());
    location::replace_url(PATH);
    TAKEN.set(Some(callback_url));
}

/// The response, the first time; [`CallbackUrl::Empty`] after that.
pub fn take() -> CallbackUrl {
    TAKEN.take().unwrap_or(CallbackUrl::Empty)
}

/// The authorization response in this query.
pub fn parse(query: &str) -> CallbackUrl {
    let pairs: Vec<_> = url::form_urlencoded::parse(query.trim_start_matches('?').as_bytes()).collect();
    let one = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.to_string());
    let twice = |name: &&str| pairs.iter().filter(|(key, _)| key == name).count() > 1;
    if ["code", "error", "state", "iss"].iter().any(twice) {
        return CallbackUrl::Malformed;
    }
    match (one("state"), one("code"), one("error")) {
        (_, None, None) => CallbackUrl::Empty,
        (None, Some(_), _) => CallbackUrl::Malformed,
        (state, code, error) => CallbackUrl::Response(AuthorizationResponse {
            code: code.map(AuthorizationCode::new),
            error,
            error_description: one("error_description"),
            state: state.map(State::new),
            begun_here: false,
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
            state: Some(State::new("s-1")),
            begun_here: false,
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
    fn a_code_without_state_is_refused() {
        assert_eq!(parse("?code=a"), CallbackUrl::Malformed);
        assert_eq!(parse("?code=a&error=access_denied"), CallbackUrl::Malformed);
        assert_eq!(parse(""), CallbackUrl::Empty);
        assert_eq!(parse("?state=s"), CallbackUrl::Empty);
    }
    #[test]
    fn an_error_is_passed_on_with_and_without_state() {
        for (query, state) in [
            ("?error=login_required&error_description=a+b", None),
            ("?error=login_required&error_description=a+b&state=s", Some(State::new("s"))),
        ] {
            let expected = AuthorizationResponse {
                code: None,
                error: Some("login_required".into()),
                error_description: Some("a b".into()),
                state,
                begun_here: false,
                iss: None,
                previous_session: None,
            };
            assert_eq!(parse(query), CallbackUrl::Response(expected), "{query}");
        }
    }
}
