//! All audit events.

/// The outcome of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Success,
    /// Nothing had to be done.
    Unchanged,
    /// A request was refused.
    Refused,
    /// An operation could not be completed.
    Failed,
}

/// Declares the events, with the explanations that `docs/audit-events.md` shows.
macro_rules! events {
    ($($event:ident = $name:literal, $outcome:ident: $meaning:literal;)*) => {
        /// A security event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Event {
            $(#[doc = $meaning] $event,)*
        }

        impl Event {
            pub const ALL: &[Self] = &[$(Self::$event),*];

            /// The value of the field `event`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$event => $name,)* }
            }

            pub const fn outcome(self) -> Outcome {
                match self { $(Self::$event => Outcome::$outcome,)* }
            }

            /// The explanation in `docs/audit-events.md`.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$event => $meaning,)* }
            }
        }
    };
}

events! {
    LoginSucceeded = "login.succeeded", Success: "A person signed in, and a session began.";
    LoginRefused = "login.refused", Refused:
        "The provider ended a login with an error: the person, or the provider's policy, refused it. The reason quotes the error.";
    LoginStateUnknown = "login.state_unknown", Refused:
        "An authorization response came with a `state` that was never issued, or issued long ago: forged, or an old link.";
    LoginStateUsed = "login.state_used", Refused:
        "An authorization response came with a `state` that was used within the last hour: it was sent twice, or replayed.";
    LoginStateExpired = "login.state_expired", Refused:
        "An authorization response came more than ten minutes after its login began.";
    LoginOtherBrowser = "login.other_browser", Refused:
        "An authorization response came from another browser than the one that began the login: login CSRF, or a stolen \
         code.";
    LoginWrongIssuer = "login.wrong_issuer", Refused:
        "The `iss` of an authorization response was another issuer, or absent although the provider announces it: a mix-up \
         attack.";
    LoginCodeRefused = "login.code_refused", Refused: "The provider's token endpoint refused the code.";
    LoginIdTokenRefused = "login.id_token_refused", Refused:
        "An ID token failed verification: its signature, issuer, audience, nonce, times, or another claim.";
    LoginMalformed = "login.malformed", Refused: "An authorization response had neither code nor error, or both.";
    LoginFailed = "login.failed", Failed: "The provider or the session store did not respond.";
    RefreshSucceeded = "refresh.succeeded", Success: "A new access token was issued for a session.";
    RefreshRefused = "refresh.refused", Refused:
        "A refresh was requested for a session that has ended, or the refresh ended it.";
    RefreshOtherBrowser = "refresh.other_browser", Refused:
        "A refresh was requested with another key than the session's: a copied session id.";
    RefreshIdTokenRefused = "refresh.id_token_refused", Refused:
        "A refreshed ID token was another person's, or failed verification. The session has ended.";
    RefreshFailed = "refresh.failed", Failed:
        "The provider or the session store did not respond. The session continues.";
    SessionEndedByProvider = "session.ended_by_provider", Refused:
        "The provider refused the refresh of a session, which has ended: the person may have been disabled there.";
    SessionExpired = "session.expired", Success:
        "A browser requested a refresh of a session that had expired: by the idle timeout (`idle`), or by its lifetime or \
         the provider's `session_expiry` (`lifetime`).";
    SessionReplaced = "session.replaced", Success:
        "A person signed in, and the earlier session with the same DPoP key has ended. The reason says whether its refresh \
         token could be revoked, or was only deleted with the session.";
    LogoutSucceeded = "logout.succeeded", Success: "A person signed out, and the session has ended.";
    LogoutOtherBrowser = "logout.other_browser", Refused:
        "A logout was requested with another key than the session's. The response was that for an unknown session.";
    LogoutFailed = "logout.failed", Failed: "The session store did not respond. The session may continue.";
    BackChannelLogout = "logout.back_channel", Success:
        "The provider ended sessions with a logout token. The reason says how many, and by which claims.";
    BackChannelLogoutOfNothing = "logout.back_channel_of_nothing", Unchanged:
        "The provider sent a valid logout token, and there was no session to end: they had ended already, or `sub` and \
         `sid` differ from those in the provider's ID tokens.";
    BackChannelLogoutRefused = "logout.back_channel_refused", Refused:
        "A logout token failed verification, was sent a second time, or its `sub` was not the user of its `sid`.";
    BackChannelLogoutFailed = "logout.back_channel_failed", Failed:
        "A logout token could not be verified or processed, as the store or the provider's keys were unavailable. The \
         provider was asked to retry.";
    SessionEndedByUser = "session.ended_by_user", Success: "A person ended one of their sessions from another browser.";
    SessionsEndedByUser = "session.all_ended_by_user", Success:
        "A person ended all their sessions, or all others. The reason says how many.";
    SessionsEndedByOperator = "session.all_ended_by_operator", Success:
        "The operator ended all sessions of a user with `oracle-ai end-sessions`. The reason says how many.";
    SessionEndedByLimit = "session.ended_by_limit", Success:
        "A person signed in more often than SESSIONS_PER_PERSON allows, and their oldest session has ended.";
    LoginEndedMeanwhile = "login.ended_meanwhile", Refused:
        "A login was refused because the provider's session, or all sessions of the user, had been ended since it began.";
    AccessTokenRefused = "access.token_refused", Refused:
        "A request had an access token that is unknown, expired, or of a session that has ended.";
    AccessOtherBrowser = "access.other_browser", Refused:
        "A request had an access token that is bound to another key: a copied token.";
    AccessDenied = "access.denied", Refused: "A valid access token lacked a required scope or role.";
    AccessFailed = "access.failed", Failed: "An access token could not be checked. The request was refused.";
    ProofRefused = "proof.refused", Refused: "A DPoP proof was missing, malformed, or for another request.";
    ProofBadSignature = "proof.bad_signature", Refused: "The signature of a DPoP proof was not by the key in its `jwk`.";
    ProofReplayed = "proof.replayed", Refused: "A DPoP proof was used a second time.";
    LimitReached = "limit.reached", Refused:
        "A rate limit of an address, a key or a person was reached. The reason says which limit.";
    RequestCrossSite = "request.cross_site", Refused:
        "A page of another site sent a request: cross-site request forgery, or a wrong FRONT_URL.";
    TlsFailed = "tls.failed", Failed:
        "A TLS connection to the provider or to Redis failed, for example as the certificate is not trusted: an attack, or a \
         missing CA certificate. The reason says which connection, and why.";
    WeakKeyUsed = "provider.weak_key", Success:
        "An ID token was accepted that is signed with a weak RSA key, which ALLOW_WEAK_RSA_KEYS allows.";
}

impl Outcome {
    /// The value of the field `outcome`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Unchanged => "unchanged",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// `docs/audit-events.md`
pub fn markdown() -> String {
    let mut page = String::from(
        "# Audit events\n\n\
         Each event is one line of the log with the target `oracle_ai::audit`. The filter in `LOG` does not suppress it. \
         Its fields are the time in UTC, `event` and `outcome` as below, and `reason` as text. The span around it has the \
         request. As far as they are known, it also has:\n\n\
         - `user`: a person, as an HMAC that `oracle-ai audit-user` prints for an issuer and a `sub`. If a session id or an \
         access token was presented with another key, this is its owner.\n\
         - `session`: an identifier of the session, the same in all lines about it.\n\
         - `key`: the thumbprint (RFC 7638) of the DPoP key whose proof came with the request.\n\
         - `bound_key`: the thumbprint of the key that the login, session or access token is bound to, if it differs from \
         `key`.\n\n\
         [operations.md](operations.md#the-audit-events) describes how these are computed, and how to find a person.\n\n\
         Events that anybody can cause are written once a minute for each event, address and user, and with up to four \
         different reasons. `repeated` is the number of further ones since the line before. If no line follows, the number \
         is logged in a line without a reason, with `client`.\n\n\
         `oracle-ai audit-events` prints this page; `scripts/docs` updates it.\n\n\
         | event | outcome | what happened |\n|---|---|---|\n",
    );
    for event in Event::ALL {
        page += &format!("| `{}` | {} | {} |\n", event.name(), event.outcome().name(), event.meaning());
    }
    page
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    #[test]
    fn the_page_is_up_to_date() {
        // T103
        assert!(markdown() == include_str!("../../../../docs/audit-events.md"), "run scripts/docs");
    }

    #[test]
    fn each_event_is_recorded_somewhere() {
        // T103
        let mut code = String::new();
        read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/server")), &mut code);
        for event in Event::ALL {
            assert!(code.contains(&format!("Event::{event:?}")), "{event:?} is not recorded");
        }
    }

    #[test]
    fn event_names_are_unique() {
        let names: std::collections::BTreeSet<_> = Event::ALL.iter().map(|event| event.name()).collect();
        assert_eq!(names.len(), Event::ALL.len());
    }

    /// Reads all code of the server except this folder.
    fn read(folder: &Path, code: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true if path.ends_with("audit") => {}
                true => read(&path, code),
                false => *code += &fs::read_to_string(&path).unwrap(),
            }
        }
    }
}
