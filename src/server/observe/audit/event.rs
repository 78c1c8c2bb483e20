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
        "The provider ended a login with an error, as when the person or a policy refused it, or it refused a pushed \
         authorization request. The error is in the reason.";
    LoginStateUnknown = "login.state_unknown", Refused:
        "An authorization response had a `state` that was never issued, or more than an hour ago, or by a server without \
         Redis before its restart: forged, or an old link or login page.";
    LoginStateUsed = "login.state_used", Refused:
        "An authorization response had a `state` that was used within the last hour: sent twice, or replayed.";
    LoginStateExpired = "login.state_expired", Refused:
        "An authorization response arrived more than ten minutes after its login began.";
    LoginOtherBrowser = "login.other_browser", Refused:
        "An authorization response came with another DPoP key than the login began with: login CSRF, or a stolen code.";
    LoginWrongIssuer = "login.wrong_issuer", Refused:
        "An authorization response named another issuer, or none where the provider announces `iss`: a mix-up attack.";
    LoginCodeRefused = "login.code_refused", Refused: "The provider's token endpoint refused the code.";
    LoginIdTokenRefused = "login.id_token_refused", Refused:
        "An ID token failed verification: its signature, issuer, audience, nonce, times, or another claim.";
    LoginMalformed = "login.malformed", Refused:
        "An authorization response had neither code nor error, or both, or a code without `state`.";
    LoginFailed = "login.failed", Failed:
        "The provider or the session store did not answer, or the provider refused this client, as for a wrong secret.";
    RefreshSucceeded = "refresh.succeeded", Success: "A new access token was issued for a session.";
    RefreshRefused = "refresh.refused", Refused:
        "A refresh was requested for a session that has ended, or that ended at this refresh.";
    RefreshOtherBrowser = "refresh.other_browser", Refused:
        "A refresh was requested with another DPoP key than the session's: a copied session id.";
    RefreshIdTokenRefused = "refresh.id_token_refused", Refused:
        "A refreshed ID token named another person, or did not pass verification. The session has ended.";
    RefreshFailed = "refresh.failed", Failed:
        "The provider or the session store did not answer, or the provider refused this client, as for a wrong secret. \
         The session is kept.";
    SessionEndedByProvider = "session.ended_by_provider", Refused:
        "The provider ended a session at its refresh, as for a person whose account was disabled.";
    SessionRolledBack = "session.rolled_back", Failed:
        "The session store returned an older record of a session than there was before, as after a crash of Redis. Its \
         refresh token has been used since, so it was not sent to the provider, and the session was ended.";
    SessionExpired = "session.expired", Success:
        "A browser made a request for a session that had ended by time: by the idle timeout (`idle`), or by its \
         lifetime or the provider's `session_expiry` (`lifetime`).";
    SessionReplaced = "session.replaced", Success:
        "A person signed in, which ended the session that the same DPoP key had before. The reason says whether its \
         refresh token was revoked, or only destroyed with the session.";
    LogoutSucceeded = "logout.succeeded", Success: "A person signed out, and the session was deleted.";
    LogoutOtherBrowser = "logout.other_browser", Refused:
        "A logout was requested with another DPoP key than the session's. The response was the same as for an unknown \
         session.";
    LogoutFailed = "logout.failed", Failed: "The session store did not answer; the session may still be live.";
    BackChannelLogout = "logout.back_channel", Success:
        "The provider ended sessions by a logout token. The reason says how many, and whether by `sid` or `sub`.";
    BackChannelLogoutOfNothing = "logout.back_channel_of_nothing", Unchanged:
        "A valid logout token found no session to end: they had ended, or its `sub` or `sid` differs from those in the \
         provider's ID tokens.";
    BackChannelLogoutRefused = "logout.back_channel_refused", Refused:
        "A logout token did not pass verification, was sent a second time, or had a `sub` and a `sid` that belong to \
         different users.";
    BackChannelLogoutFailed = "logout.back_channel_failed", Failed:
        "A logout token could not be verified or carried out, because the store or the provider's keys were \
         unavailable. The response asked the provider to repeat it.";
    SessionEndedByUser = "session.ended_by_user", Success: "A person ended one of their sessions from another browser.";
    SessionsEndedByUser = "session.all_ended_by_user", Success:
        "A person ended all their sessions, or all but the current one. The reason says how many.";
    SessionsEndedByOperator = "session.all_ended_by_operator", Success:
        "An operator ended all sessions of a user by a command on a server. The reason says how many.";
    SessionEndedByLimit = "session.ended_by_limit", Success:
        "A person signed in once more than SESSIONS_PER_PERSON allows, which ended their oldest session.";
    LoginEndedMeanwhile = "login.ended_meanwhile", Refused:
        "A login was completed after its session at the provider, or all sessions of its user, had been ended.";
    AccessTokenRefused = "access.token_refused", Refused:
        "A guarded endpoint was called with an access token that is unknown, expired, or of a session that has ended.";
    AccessOtherBrowser = "access.other_browser", Refused:
        "A guarded endpoint was called with an access token of another DPoP key: a copied token.";
    AccessDenied = "access.denied", Refused: "A person's access token is valid, but lacks a scope or a role.";
    AccessFailed = "access.failed", Failed: "An access token could not be checked; the request was refused.";
    ProofRefused = "proof.refused", Refused: "A DPoP proof was missing, or not valid for its request.";
    ProofBadSignature = "proof.bad_signature", Refused: "A proof was not signed by the key that it names.";
    ProofReplayed = "proof.replayed", Refused: "A proof was used a second time.";
    LimitReached = "limit.reached", Refused:
        "An address, a browser or a person exceeded a rate limit. The reason says which, and what was counted.";
    RequestCrossSite = "request.cross_site", Refused:
        "A page of another site called an endpoint: cross-site request forgery, or a wrong FRONT_URL.";
    TlsFailed = "tls.failed", Failed:
        "TLS to the provider, the model, Redis or PostgreSQL failed, as for a certificate that is not trusted: a machine \
         in the middle, or an authority that this server does not know. The reason names the service and the error.";
    WeakKeyUsed = "provider.weak_key", Success:
        "An ID token was accepted whose signature is by a weak RSA key, which ALLOW_WEAK_RSA_KEYS permits.";
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
         Each is one line of the log with the target `oracle_ai::audit`, which the filter in `LOG` can't suppress. \
         Its fields are the time in UTC, `event` and `outcome` as below, and `reason` in words. The enclosing \
         span describes the request. Where they are known, a line also has:\n\n\
         - `user`: the person, as an HMAC that `oracle-ai audit-user` prints for an issuer and a `sub`. Where a \
         credential is presented with another key than its own, this is its owner.\n\
         - `session`: the same for all lines about one session.\n\
         - `key`: the thumbprint (RFC 7638) of the DPoP key whose proof came with the request.\n\
         - `bound_key`: the thumbprint of the key that the login, session or access token is bound to, where it \
         differs from `key`.\n\n\
         [operations.md](operations.md#the-audit-events) explains how they are made, and how to find a person by \
         them.\n\n\
         An event that any stranger can cause is written once a minute for each event, address and user, and with \
         up to four different reasons. `repeated` counts those left out since the line before. If no further line \
         follows, a line without a reason has the count, and the address as `client`.\n\n\
         `oracle-ai audit-events` prints this page; `scripts/docs` regenerates it.\n\n\
         | event | outcome | what happened |\n\
         |---|---|---|\n",
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
