//! Verification of security event tokens (RFC 8417, OpenID Shared Signals Framework §4), and what they report.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{Profile, SignalError, SignalId, SignalSubject, SubjectError};
use crate::server::auth::oidc::{client::OidcClient, token_claims::TokenClaims};

const PROFILE: Profile = Profile {
    max_length: 64 * 1024,
    typ: "secevent+jwt",
    path: "/security-events",
    // Transmitters repeat for hours what was not acknowledged.
    max_age: Duration::from_secs(24 * 60 * 60),
    // RFC 8417 §2.2: an event does not expire.
    needs_exp: false,
};

/// The events of CAEP and RISC after which all sessions of their subject end.
const ENDING: [&str; 6] = [
    "https://schemas.openid.net/secevent/caep/event-type/session-revoked",
    "https://schemas.openid.net/secevent/caep/event-type/credential-change",
    "https://schemas.openid.net/secevent/risc/event-type/account-disabled",
    "https://schemas.openid.net/secevent/risc/event-type/account-purged",
    "https://schemas.openid.net/secevent/risc/event-type/credential-compromise",
    "https://schemas.openid.net/secevent/risc/event-type/sessions-revoked",
];

const VERIFICATION: [&str; 2] = [
    "https://schemas.openid.net/secevent/ssf/event-type/verification",
    "https://schemas.openid.net/secevent/sse/event-type/verification",
];

/// A verified security event token.
#[derive(Clone, Debug)]
pub struct SecurityEvent {
    pub id: SignalId,
    pub kind: EventKind,
}

/// What it reports.
#[derive(Clone, Debug)]
pub enum EventKind {
    /// The sessions of this subject end. `name` is the last part of the event's URI.
    Ends { subject: SignalSubject, name: &'static str },
    /// The same for somebody who does not sign in here.
    OfNobodyHere,
    /// The transmitter tests the stream (SSF §8.1.4), with this state.
    Verification(Option<String>),
    /// Events that have no effect here.
    Other,
}

impl OidcClient {
    /// Verifies the token, except that its `jti` was not used before: the caller has to check that.
    pub async fn verify_security_event(&self, token: &str) -> Result<SecurityEvent, SignalError> {
        let (claims, id) = self.verify_signal(token, &PROFILE).await?;
        let kind = self.event_kind(&claims)?;
        Ok(SecurityEvent { id, kind })
    }

    fn event_kind(&self, claims: &TokenClaims) -> Result<EventKind, SignalError> {
        let events = claims.0.get("events").and_then(Value::as_object).filter(|events| !events.is_empty());
        let events = events.ok_or(SignalError::NoEvents)?;
        if !events.values().all(Value::is_object) {
            return Err(SignalError::NoEvents);
        }
        if let Some((uri, event)) = found(events, &ENDING) {
            // SSF §4.1.1; before, the subject was in the event.
            let subject = claims.0.get("sub_id").or_else(|| event.get("subject"));
            return match SignalSubject::of(subject, self.issuer()) {
                Ok(subject) => Ok(EventKind::Ends { subject, name: uri.rsplit('/').next().unwrap_or(uri) }),
                Err(SubjectError::OtherIssuer) => Ok(EventKind::OfNobodyHere),
                Err(error) => Err(error.into()),
            };
        }
        if let Some((_, event)) = found(events, &VERIFICATION) {
            return Ok(EventKind::Verification(event.get("state").and_then(Value::as_str).map(str::to_owned)));
        }
        Ok(EventKind::Other)
    }
}

fn found<'a>(events: &'a Map<String, Value>, uris: &[&'static str]) -> Option<(&'static str, &'a Value)> {
    uris.iter().find_map(|uri| Some((*uri, events.get(*uri)?)))
}
