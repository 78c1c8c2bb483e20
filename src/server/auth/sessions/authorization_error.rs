//! The errors of authorization responses, and what the browser does about each: show it, or begin the login again.

use crate::wire::error::LoginRefusal::{self, AccessDenied, InteractionRequired, Other, TemporarilyUnavailable};

/// What follows from an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// The person is shown a message, and decides.
    Explain,
    /// The browser begins the login again at once, as the next one is likely to succeed. If that one fails too, the
    /// person is shown the message.
    Restart,
}

use Reaction::{Explain, Restart};

const CODES: [(&str, LoginRefusal, Reaction); 17] = [
    // RFC 6749 §4.1.2.1
    ("invalid_request", Other, Explain),
    ("unauthorized_client", Other, Explain),
    ("access_denied", AccessDenied, Explain),
    ("unsupported_response_type", Other, Explain),
    ("invalid_scope", Other, Explain),
    // A restart would add to the load of a provider that is overloaded: the person waits.
    ("server_error", TemporarilyUnavailable, Explain),
    ("temporarily_unavailable", TemporarilyUnavailable, Explain),
    // OpenID Connect Core §3.1.2.6. The provider needs its page, and can show it to the next request.
    ("interaction_required", InteractionRequired, Restart),
    ("login_required", InteractionRequired, Restart),
    ("account_selection_required", InteractionRequired, Restart),
    ("consent_required", InteractionRequired, Restart),
    // RFC 9126 §4: a pushed request has expired, and the next login pushes another.
    ("invalid_request_uri", Other, Restart),
    ("invalid_request_object", Other, Explain),
    ("request_not_supported", Other, Explain),
    ("request_uri_not_supported", Other, Explain),
    ("registration_not_supported", Other, Explain),
    // OpenID Connect Core Unmet Authentication Requirements 1.0 §3
    ("unmet_authentication_requirements", Other, Explain),
];

/// With `temporarily_unavailable`: the person is signed in at the provider, in another tab, but its login page had
/// expired. The next request succeeds without a page (Keycloak, "Securing applications", OIDC errors).
const AUTHENTICATION_EXPIRED: &str = "authentication_expired";

/// A code that is not in the table is explained.
pub(super) fn classify(code: &str, description: Option<&str>) -> (LoginRefusal, Reaction) {
    let listed = CODES.iter().find(|(listed, ..)| *listed == code);
    let (refusal, reaction) = listed.map_or((Other, Explain), |(_, refusal, reaction)| (*refusal, *reaction));
    let is_expired = refusal == TemporarilyUnavailable
        && description.is_some_and(|description| description.trim().eq_ignore_ascii_case(AUTHENTICATION_EXPIRED));
    (refusal, if is_expired { Restart } else { reaction })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_begun_again_where_the_next_one_is_likely_to_succeed() {
        // T40
        for code in ["login_required", "interaction_required", "consent_required", "account_selection_required"] {
            assert_eq!(classify(code, None), (InteractionRequired, Restart), "{code}");
        }
        assert_eq!(
            classify("temporarily_unavailable", Some("authentication_expired")),
            (TemporarilyUnavailable, Restart)
        );
        assert_eq!(classify("invalid_request_uri", Some("expired")), (Other, Restart));
    }

    #[test]
    fn every_other_error_is_explained_in_one_of_four_ways() {
        // T40
        assert_eq!(classify("access_denied", Some("authentication_expired")), (AccessDenied, Explain));
        for description in [None, Some("maintenance"), Some("")] {
            assert_eq!(classify("temporarily_unavailable", description), (TemporarilyUnavailable, Explain));
        }
        assert_eq!(classify("server_error", None), (TemporarilyUnavailable, Explain));
        for code in ["invalid_request", "unauthorized_client", "invalid_scope", "<script>", "", "LOGIN_REQUIRED"] {
            assert_eq!(classify(code, None), (Other, Explain), "{code}");
        }
    }

    #[test]
    fn no_code_is_listed_twice() {
        let codes: std::collections::BTreeSet<_> = CODES.iter().map(|(code, ..)| code).collect();
        assert_eq!(codes.len(), CODES.len());
    }
}
