//! Sessions end by signals: security events (RFC 8935) and requests for global token revocation.

use std::sync::Arc;

use serde_json::Value;

use super::{Sessions, logout::RETRY_AFTER, scope::SessionScope};
use crate::{
    server::{
        auth::oidc::{EventKind, SignalError, SignalId, SignalSettings, SignalSubject, SubjectError, SubjectUser},
        excerpt::excerpt,
        observe::audit::{self, Event},
        store::{Kind, RecordName, StoreError},
    },
    wire::auth::UserClaims,
};

/// Why a signal had no effect.
#[derive(Debug, thiserror::Error)]
pub enum SignalFailure {
    #[error("signal refused: {0}")]
    Refused(#[from] SignalError),
    #[error("signal refused: its `jti` was seen before")]
    Replayed,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Sessions to end, by a signal that has this `jti`.
#[derive(Clone)]
struct Order {
    id: SignalId,
    subject: SignalSubject,
    /// For the audit log.
    name: &'static str,
}

impl Sessions {
    /// What is received and followed.
    pub fn signals(&self) -> &SignalSettings {
        self.oidc.signals()
    }

    /// Verifies a security event token and does what it asks for (RFC 8935 §2).
    pub async fn receive_security_event(self: &Arc<Self>, token: &str) -> Result<(), SignalFailure> {
        let event = self.oidc.verify_security_event(token).await?;
        match event.kind {
            EventKind::Ends { subject, name } => self.follow(Order { id: event.id, subject, name }).await,
            EventKind::OfNobodyHere => {
                self.consume(&event.id).await?;
                audit::record(Event::SignalOfNothing, None, Some(&"its subject is of another issuer"));
                Ok(())
            }
            EventKind::Verification(state) => {
                self.consume(&event.id).await?;
                let state = state.map(|state| excerpt(&state).to_string());
                tracing::info!(?state, "the transmitter of security events has verified its stream");
                audit::record(Event::SignalStreamVerified, None, None);
                Ok(())
            }
            EventKind::Other => {
                self.consume(&event.id).await?;
                tracing::info!("a security event of a kind that has no effect here was received");
                Ok(())
            }
        }
    }

    /// Ends all sessions of the subject of a request for global token revocation.
    pub async fn revoke_globally(
        self: &Arc<Self>,
        authorization: &str,
        subject: Option<&Value>,
    ) -> Result<(), SignalFailure> {
        let id = self.oidc.verify_revocation_authorization(authorization).await?;
        let subject = match SignalSubject::of(subject, self.oidc.issuer()).map_err(SignalError::from) {
            // It is about users, never about one session.
            Ok(SignalSubject { user: Some(user), .. }) => SignalSubject { user: Some(user), session: None },
            Ok(_) => return Err(SignalError::Subject(SubjectError::Missing).into()),
            Err(error) => return Err(error.into()),
        };
        self.follow(Order { id, subject, name: "global token revocation" }).await
    }

    async fn follow(self: &Arc<Self>, order: Order) -> Result<(), SignalFailure> {
        let outcome = self.end_ordered(&order).await;
        if matches!(outcome, Err(SignalFailure::Store(_))) {
            self.repeat_in_background(order);
        }
        outcome
    }

    /// The `jti` is consumed last, as by a logout token: the signal can be sent again after a failure, and ending a session
    /// twice does no harm.
    async fn end_ordered(&self, Order { id, subject, name }: &Order) -> Result<(), SignalFailure> {
        let used = self.signal_name(id);
        if self.records.store().is_used(&used, self.environment.now()).await? {
            return Err(SignalFailure::Replayed);
        }
        let iss = self.oidc.issuer().to_owned();
        let (scopes, user, by) = match (subject.session.clone(), subject.user.clone()) {
            // Sessions whose ID token had no `sid` may belong to this session of the provider.
            (Some(sid), Some(SubjectUser::Sub(sub))) => {
                let without_sid = SessionScope::UserWithoutSid { iss: iss.clone(), sub: sub.clone() };
                (vec![SessionScope::ProviderSession { iss: iss.clone(), sid }, without_sid], Some(sub), "sid and sub")
            }
            (Some(sid), _) => (vec![SessionScope::ProviderSession { iss: iss.clone(), sid }], None, "sid"),
            (None, Some(SubjectUser::Sub(sub))) => {
                (vec![SessionScope::User { iss: iss.clone(), sub: sub.clone() }], Some(sub), "sub")
            }
            (None, Some(SubjectUser::Email(email))) => {
                (vec![SessionScope::Email { iss: iss.clone(), email }], None, "email")
            }
            (None, None) => (vec![], None, "nothing"),
        };
        let mut sessions = 0;
        for scope in &scopes {
            sessions += self.records.end_all(scope, None).await?;
        }
        self.consume(id).await?;
        let event = if sessions == 0 { Event::SignalOfNothing } else { Event::SignalEndedSessions };
        let user = user.map(|sub| UserClaims::known_by(iss, sub));
        audit::record(event, user.as_ref(), Some(&format_args!("{name}: {sessions} sessions, by {by}")));
        Ok(())
    }

    async fn consume(&self, id: &SignalId) -> Result<(), SignalFailure> {
        let name = self.signal_name(id);
        match self.records.store().consume(&name, id.expires_at, self.environment.now()).await? {
            true => Ok(()),
            false => Err(SignalFailure::Replayed),
        }
    }

    fn signal_name(&self, SignalId { jti, .. }: &SignalId) -> RecordName {
        RecordName::of(Kind::UsedLogoutToken, &format!("signal {} {jti}", self.oidc.issuer()))
    }

    /// Repeated, as the sender may not repeat it. Stops if another request has followed it meanwhile.
    fn repeat_in_background(self: &Arc<Self>, order: Order) {
        let sessions = self.clone();
        tokio::spawn(audit::in_context(async move {
            for pause in RETRY_AFTER {
                tokio::time::sleep(pause).await;
                if !matches!(sessions.end_ordered(&order).await, Err(SignalFailure::Store(_))) {
                    return;
                }
            }
            tracing::error!("sessions that a signal has ended could not be ended here");
        }));
    }
}
