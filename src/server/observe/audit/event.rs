//! The closed list of audit events.

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Success,
    /// There was nothing to do.
    Unchanged,
    /// A request was refused.
    Refused,
    /// It could not be done.
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

            /// As the log has it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$event => $name,)* }
            }

            pub const fn outcome(self) -> Outcome {
                match self { $(Self::$event => Outcome::$outcome,)* }
            }

            /// In words.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$event => $meaning,)* }
            }
        }
    };
}

events! {
    LoginSucceeded = "login.succeeded", Success: "A person signed in, and a session began.";
    LoginRefused = "login.refused", Refused:
        "The provider ended a login with an error: the person or its policy said no. Its words are in the reason.";
    LoginStateUnknown = "login.state_unknown", Refused:
        "An authorization response came with a `state` that was never given out, or was long ago: forged, or an old link.";
    LoginStateUsed = "login.state_used", Refused:
        "An authorization response came with a `state` that was used within the last hour: sent twice, or replayed.";
    LoginStateExpired = "login.state_expired", Refused:
        "An authorization response came later than ten minutes after its login began.";
    LoginOtherBrowser = "login.other_browser", Refused:
        "An authorization response came from another browser than the one that began the login: login CSRF, or a code \
         that was carried away.";
    LoginWrongIssuer = "login.wrong_issuer", Refused:
        "An authorization response named another issuer, or none where the provider promises one: a mix-up attack.";
    LoginCodeRefused = "login.code_refused", Refused: "The provider's token endpoint refused the code.";
    LoginIdTokenRefused = "login.id_token_refused", Refused:
        "An ID token did not pass verification: its signature, issuer, audience, nonce, times, or another claim.";
    LoginMalformed = "login.malformed", Refused: "An authorization response had neither code nor error, or both.";
    LoginFailed = "login.failed", Failed: "The provider, or the session store, did not answer.";
    RefreshSucceeded = "refresh.succeeded", Success: "A session was given a new access token.";
    RefreshRefused = "refresh.refused", Refused:
        "A refresh was asked for a session that has ended, or ended by it.";
    RefreshOtherBrowser = "refresh.other_browser", Refused:
        "A refresh was asked for with another browser's key than the session's: a copied session id.";
    RefreshIdTokenRefused = "refresh.id_token_refused", Refused:
        "A refreshed ID token was another person's, or did not pass verification. The session has ended.";
    RefreshFailed = "refresh.failed", Failed: "The provider, or the session store, did not answer. The session is kept.";
    SessionEndedByProvider = "session.ended_by_provider", Refused:
        "The provider ended a session at its refresh, as for a person who was disabled there.";
    SessionExpired = "session.expired", Success:
        "A session was found to have ended by its time, when its browser came for more: after the idle timeout (`idle`), or \
         at the end of its lifetime or at the provider's `session_expiry` (`lifetime`).";
    SessionReplaced = "session.replaced", Success:
        "A person signed in, and the session that the same browser key had held before has ended. The reason says whether \
         its refresh token could be revoked, or was only destroyed with the session.";
    LogoutSucceeded = "logout.succeeded", Success: "A person signed out, and the session is gone.";
    LogoutOtherBrowser = "logout.other_browser", Refused:
        "A logout was asked for with another browser's key than the session's. It was answered as for no session.";
    LogoutFailed = "logout.failed", Failed: "The session store did not answer; the session may live on.";
    BackChannelLogout = "logout.back_channel", Success:
        "The provider ended sessions by a logout token; the reason says how many, and by what.";
    BackChannelLogoutOfNothing = "logout.back_channel_of_nothing", Unchanged:
        "A logout token of the provider's was followed, and no session was there for it to end: they had ended, or the \
         provider names people or sessions otherwise than in its ID tokens.";
    BackChannelLogoutRefused = "logout.back_channel_refused", Refused:
        "A logout token did not pass verification, came a second time, or named another user than the session that it names.";
    BackChannelLogoutFailed = "logout.back_channel_failed", Failed:
        "A logout token could not be judged or followed, for want of the store or of the provider's keys; the provider was \
         told to come again.";
    SessionEndedByUser = "session.ended_by_user", Success: "A person ended a session of theirs from another browser.";
    SessionsEndedByUser = "session.all_ended_by_user", Success:
        "A person ended all their sessions, or all but the one they did it in; the reason says how many.";
    SessionsEndedByOperator = "session.all_ended_by_operator", Success:
        "All sessions of a user were ended by a command on a server; the reason says how many.";
    SessionEndedByLimit = "session.ended_by_limit", Success:
        "A person signed in once more than SESSIONS_PER_PERSON allows, and their oldest session has ended.";
    LoginEndedMeanwhile = "login.ended_meanwhile", Refused:
        "A login was finished whose session at the provider, or all of whose user's, had been ended since it was begun.";
    AccessTokenRefused = "access.token_refused", Refused:
        "A guarded door was called with an access token that is unknown, expired, or of a session that has ended.";
    AccessOtherBrowser = "access.other_browser", Refused:
        "A guarded door was called with another browser's access token: a copied token.";
    AccessDenied = "access.denied", Refused: "A person's access token is good, but lacks a scope or a role.";
    AccessFailed = "access.failed", Failed: "An access token could not be judged; nobody was let in.";
    ProofRefused = "proof.refused", Refused: "A proof of the browser key was missing, or none for the call it came with.";
    ProofBadSignature = "proof.bad_signature", Refused: "A proof was not signed by the key that it names.";
    ProofReplayed = "proof.replayed", Refused: "A proof was used a second time.";
    LimitReached = "limit.reached", Refused:
        "An address, a browser or a person called too often; the reason says which, and what.";
    RequestCrossSite = "request.cross_site", Refused:
        "A page of another site called a door: cross-site request forgery, or a wrong FRONT_URL.";
    TlsFailed = "tls.failed", Failed:
        "A connection to the provider or to Redis failed in TLS, as by a certificate that is not trusted: somebody may be in \
         between, or an authority is not known here. The reason says to whom, and why.";
    WeakKeyUsed = "provider.weak_key", Success:
        "An ID token was accepted that is signed with a weak RSA key, which ALLOW_WEAK_RSA_KEYS admits.";
}

impl Outcome {
    /// As the log has it.
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
         One line of the log each, with the target `oracle_ai::audit`, whatever `LOG` says. Its fields: the time in UTC, \
         `event` and `outcome` as below, and `reason` in words. The span around it has the request. What is known of whom it \
         is about:\n\n\
         - `user`: a person, as an HMAC that `oracle-ai audit-user` prints for an issuer and a `sub`. Where a credential is \
         presented with another key than its own, that is its owner.\n\
         - `session`: the same for all lines about one session.\n\
         - `key`: the thumbprint (RFC 7638) of the DPoP key whose proof came with the request.\n\
         - `bound_key`: that of the key which the login, session or access token is bound to, where `key` is another.\n\n\
         [operations.md](operations.md#the-audit-events) says how they are made, and how to find a person by them.\n\n\
         What anybody can cause is written once a minute for each event, address and user, and with up to four different \
         reasons; `repeated` says how many more there were since the line before. Where none follows, a line without a \
         reason says it, with `client`.\n\n\
         `oracle-ai audit-events` prints this page; `scripts/docs` writes it anew.\n\n\
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
    fn the_page_lists_the_events_of_the_code() {
        // T103
        assert!(markdown() == include_str!("../../../../docs/audit-events.md"), "run scripts/docs");
    }

    #[test]
    fn each_event_is_recorded_somewhere() {
        // T103
        let mut code = String::new();
        read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/server")), &mut code);
        for event in Event::ALL {
            assert!(code.contains(&format!("Event::{event:?}")), "{event:?} is nowhere recorded");
        }
    }

    #[test]
    fn no_two_events_have_one_name() {
        let names: std::collections::BTreeSet<_> = Event::ALL.iter().map(|event| event.name()).collect();
        assert_eq!(names.len(), Event::ALL.len());
    }

    /// All code of the server but this folder's.
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
