//! All audit events.

use super::ocsf::{Activity, Severity};

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

/// Declares the events: name, outcome, activity and severity in OCSF, and the explanation, as `docs/audit-events.md` shows
/// them.
macro_rules! events {
    ($($event:ident = $name:literal, $outcome:ident, $activity:ident $severity:ident: $meaning:literal;)*) => {
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

            /// What it is in OCSF.
            pub const fn activity(self) -> Activity {
                match self { $(Self::$event => Activity::$activity,)* }
            }

            pub const fn severity(self) -> Severity {
                match self { $(Self::$event => Severity::$severity,)* }
            }

            /// The explanation in `docs/audit-events.md`.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$event => $meaning,)* }
            }
        }
    };
}

events! {
    LoginSucceeded = "login.succeeded", Success, Logon Informational: "A person signed in, and a session began.";
    LoginRefused = "login.refused", Refused, Logon Low:
        "The provider ended a login with an error, as when the person or a policy refused it, or it refused a pushed \
         authorization request. The error is in the reason.";
    LoginStateUnknown = "login.state_unknown", Refused, Logon Low:
        "An authorization response had a `state` that was never issued, or more than an hour ago, or by a server without \
         Redis before its restart: forged, or an old link or login page.";
    LoginStateUsed = "login.state_used", Refused, Logon Medium:
        "An authorization response had a `state` that was used within the last hour: sent twice, or replayed.";
    LoginStateExpired = "login.state_expired", Refused, Logon Informational:
        "An authorization response arrived more than ten minutes after its login began.";
    LoginOtherBrowser = "login.other_browser", Refused, Logon High:
        "An authorization response came with another DPoP key than the login began with: login CSRF, or a stolen code.";
    LoginWrongIssuer = "login.wrong_issuer", Refused, Logon High:
        "An authorization response named another issuer, or none where the provider announces `iss`: a mix-up attack.";
    LoginCodeRefused = "login.code_refused", Refused, Logon Low: "The provider's token endpoint refused the code.";
    LoginIdTokenRefused = "login.id_token_refused", Refused, Logon High:
        "An ID token failed verification: its signature, issuer, audience, nonce, times, or another claim.";
    LoginUnmet = "login.unmet", Refused, Logon Medium:
        "A person signed in in another way, or longer ago, than MAX_AGE, ACR_VALUES or a setting STEP_UP_… asks for, or \
         somebody else signed in where a person was asked to sign in again. No session began.";
    LoginMalformed = "login.malformed", Refused, Logon Low:
        "An authorization response had neither code nor error, or both, or a code without `state`.";
    LoginFailed = "login.failed", Failed, Logon Medium:
        "The provider or the session store did not answer, or the provider refused this client, as for a wrong secret.";
    RefreshSucceeded = "refresh.succeeded", Success, Refresh Informational: "A new access token was issued for a session.";
    RefreshRefused = "refresh.refused", Refused, Refresh Low:
        "A refresh was requested for a session that has ended, or that ended at this refresh.";
    RefreshOtherBrowser = "refresh.other_browser", Refused, Refresh High:
        "A refresh was requested with another DPoP key than the session's: a copied session id.";
    RefreshIdTokenRefused = "refresh.id_token_refused", Refused, Refresh High:
        "A refreshed ID token named another person, or did not pass verification. The session has ended.";
    RefreshFailed = "refresh.failed", Failed, Refresh Medium:
        "The provider or the session store did not answer, or the provider refused this client, as for a wrong secret. \
         The session is kept.";
    SessionEndedByProvider = "session.ended_by_provider", Refused, SessionEnd Low:
        "The provider ended a session at its refresh, as for a person whose account was disabled.";
    SessionRolledBack = "session.rolled_back", Failed, SessionEnd Medium:
        "The session store returned an older record of a session than there was before, as after a crash of Redis. Its \
         refresh token has been used since, so it was not sent to the provider, and the session was ended.";
    SessionExpired = "session.expired", Success, SessionEnd Informational:
        "A browser made a request for a session that had ended by time: by the idle timeout (`idle`), or by its \
         lifetime or the provider's `session_expiry` (`lifetime`).";
    SessionReplaced = "session.replaced", Success, SessionEnd Informational:
        "A person signed in, which ended the session that the same DPoP key had before. The reason says whether its \
         refresh token was revoked, or will be when a page that still has the session calls.";
    EndedSessionRevoked = "session.revoked_after_end", Success, SessionEnd Informational:
        "A browser called again whose session had been ended from elsewhere, so that the server could have the refresh token \
         revoked, where the provider has an endpoint for that.";
    LogoutSucceeded = "logout.succeeded", Success, Logoff Informational: "A person signed out, and the session was deleted.";
    LogoutOtherBrowser = "logout.other_browser", Refused, Logoff High:
        "A logout was requested with another DPoP key than the session's. The response was the same as for an unknown \
         session.";
    LogoutFailed = "logout.failed", Failed, Logoff Medium: "The session store did not answer; the session may still be live.";
    BackChannelLogout = "logout.back_channel", Success, SessionEnd Informational:
        "The provider ended sessions by a logout token. The reason says how many, and whether by `sid` or `sub`.";
    BackChannelLogoutOfNothing = "logout.back_channel_of_nothing", Unchanged, Logoff Low:
        "A valid logout token found no session to end: they had ended, or its `sub` or `sid` differs from those in the \
         provider's ID tokens.";
    BackChannelLogoutRefused = "logout.back_channel_refused", Refused, Logoff Medium:
        "A logout token did not pass verification, was sent a second time, or had a `sub` and a `sid` that belong to \
         different users.";
    BackChannelLogoutFailed = "logout.back_channel_failed", Failed, Logoff Medium:
        "A logout token could not be verified or carried out, because the store or the provider's keys were \
         unavailable. The response asked the provider to repeat it.";
    SignalEndedSessions = "signal.sessions_ended", Success, SessionEnd Informational:
        "A security event, or a request for global token revocation, ended sessions. The reason says which event it was, how \
         many, and by what they were found.";
    SignalOfNothing = "signal.of_nothing", Unchanged, Logoff Low:
        "A valid security event or request for global token revocation found no session to end.";
    SignalStreamVerified = "signal.stream_verified", Unchanged, Logoff Informational:
        "The transmitter of security events has tested its stream.";
    SignalRefused = "signal.refused", Refused, Logoff Medium:
        "A security event, or a request for global token revocation, did not pass verification, or a request was sent a \
         second time.";
    SignalFailed = "signal.failed", Failed, Logoff Medium:
        "A security event, or a request for global token revocation, could not be verified or followed, because the store \
         or the issuer's keys were unavailable. The response asked to repeat it.";
    SessionEndedByUser = "session.ended_by_user", Success, SessionEnd Informational: "A person ended one of their sessions from another browser.";
    SessionsEndedByUser = "session.all_ended_by_user", Success, SessionEnd Informational:
        "A person ended all their sessions, or all but the current one. The reason says how many.";
    SessionsEndedByOperator = "session.all_ended_by_operator", Success, SessionEnd Low:
        "An operator ended all sessions of a user, by an endpoint or by a command. The reason says how many.";
    SessionEndedByOperator = "session.ended_by_operator", Success, SessionEnd Low:
        "An operator ended one session of a user.";
    SessionNotFoundByOperator = "session.not_found_by_operator", Unchanged, Logoff Low:
        "An operator wanted to end a session that the user does not have, or not any more.";
    SessionsListedByOperator = "session.listed_by_operator", Success, ListSessions Low:
        "An operator listed the sessions of a user. The reason says how many.";
    OperatorRefused = "operator.refused", Refused, Access Medium:
        "A person without the role of OPERATOR_ROLE called an endpoint for operators.";
    OperatorFailed = "operator.failed", Failed, Access Medium:
        "A store did not answer to an operator: sessions of the user may still be live, or their conversations may still be \
         stored. The reason says how far it came.";
    SessionEndedByLimit = "session.ended_by_limit", Success, SessionEnd Informational:
        "A person signed in once more than SESSIONS_PER_PERSON allows, which ended their oldest session.";
    LoginEndedMeanwhile = "login.ended_meanwhile", Refused, Logon Low:
        "A login was completed after its session at the provider, or all sessions of its user, had been ended.";
    AccessTokenRefused = "access.token_refused", Refused, Access Low:
        "A guarded endpoint was called with an access token that is unknown, expired, or of a session that has ended.";
    AccessOtherBrowser = "access.other_browser", Refused, Access High:
        "A guarded endpoint was called with an access token of another DPoP key: a copied token.";
    AccessDenied = "access.denied", Refused, Access Low: "A person's access token is valid, but lacks a scope or a role.";
    StepUpRequired = "access.step_up_required", Refused, Access Informational:
        "A person has to sign in again, more recently or more strongly, for what they wanted to do. The reason says for what.";
    AccessFailed = "access.failed", Failed, Access Medium: "An access token could not be checked; the request was refused.";
    ProofRefused = "proof.refused", Refused, Access Low: "A DPoP proof was missing, or not valid for its request.";
    ProofBadSignature = "proof.bad_signature", Refused, Access Medium: "A proof was not signed by the key that it names.";
    ProofReplayed = "proof.replayed", Refused, Access Medium: "A proof was used a second time.";
    LimitReached = "limit.reached", Refused, Access Low:
        "An address, a browser or a person exceeded a rate limit. The reason says which, and what was counted.";
    RequestCrossSite = "request.cross_site", Refused, Access Medium:
        "A page of another site called an endpoint: cross-site request forgery, or a wrong FRONT_URL.";
    TlsFailed = "tls.failed", Failed, Error High:
        "TLS to the provider, the model, Redis or PostgreSQL failed, as for a certificate that is not trusted: a machine \
         in the middle, or an authority that this server does not know. The reason names the service and the error.";
    WeakKeyUsed = "provider.weak_key", Success, Logon Medium:
        "An ID token was accepted whose signature is by a weak RSA key, which ALLOW_WEAK_RSA_KEYS permits.";
    CheckWeakened = "server.check_weakened", Success, Start Medium:
        "A server started with a setting that weakens a check of tokens. The reason names the setting.";
    ConversationRead = "conversation.read", Success, Read Informational:
        "A person opened one of their conversations. `conversation` says which.";
    ConversationExported = "conversation.exported", Success, Export Informational:
        "A person exported one of their conversations as a file.";
    ConversationDeleted = "conversation.deleted", Success, Delete Informational:
        "A person deleted one of their conversations, with all its messages.";
    ConversationsExported = "conversations.exported", Success, Export Low:
        "A person began to export all their conversations as one file.";
    ConversationsDeleted = "conversations.deleted", Success, Delete Low:
        "A person deleted all their conversations. The reason says how many there were.";
    ConversationsDeletionFailed = "conversations.deletion_failed", Failed, Delete Medium:
        "A person wanted to delete all their conversations, and the database failed. The reason says how many are deleted.";
    ConversationsExpired = "conversations.expired", Success, Delete Informational:
        "The server deleted conversations of any people for their age, as CHAT_RETENTION_DAYS asks. The reason says how \
         many.";
    ConversationsExportedByOperator = "conversations.exported_by_operator", Success, Export Medium:
        "An operator exported all conversations of a user, by `oracle-ai export-user`. The reason says how many bytes.";
    ConversationsDeletedByOperator = "conversations.deleted_by_operator", Success, Delete Medium:
        "An operator deleted all conversations of a user, by `oracle-ai erase-user`. The reason says how many there were.";
    ConversationNotFound = "conversation.not_found", Refused, Read Low:
        "A person asked for a conversation that is not theirs, or that does not exist (any more).";
    AuditStarted = "audit.started", Success, Start Informational:
        "A server or a command began a chain of audit lines: its first line.";
    AuditHead = "audit.head", Success, Head Informational:
        "A signature over all lines of the chain so far, where AUDIT_KEY_FILE is set.";
    AuditStopped = "audit.stopped", Success, Stop Informational:
        "A server or a command ended its chain: the last line. Without it, the process was killed.";
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
