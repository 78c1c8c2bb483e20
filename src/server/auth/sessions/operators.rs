//! Operators find and end the sessions of any user. Each of their acts is recorded, with the operator of the context.

use super::{Sessions, records::Records, scope::SessionScope};
use crate::{
    server::{
        observe::audit::{self, Event},
        store::StoreError,
    },
    wire::{
        auth::UserClaims,
        error::ApiError,
        operators::{EndUserSessionRequest, EndedSessions, MAX_SUBJECT_CHARS, UserRequest},
        sessions::{SessionHandle, SessionList},
    },
};

impl Records {
    /// The live sessions of this user.
    pub async fn list_by_operator(&self, user: &UserClaims) -> Result<SessionList, StoreError> {
        let list = self.list(user, None).await.inspect_err(|error| record_failure(user, error))?;
        let reason = format_args!("{} sessions", list.sessions.len());
        audit::record(Event::SessionsListedByOperator, Some(user), Some(&reason));
        Ok(list)
    }

    /// Ends one session of this user. Returns whether it was there.
    pub async fn end_by_operator(&self, user: &UserClaims, session: &SessionHandle) -> Result<bool, StoreError> {
        let ended = self.end_named(user, session).await.inspect_err(|error| record_failure(user, error))?;
        let was_there = ended.as_ref().is_some_and(|(_, was_there)| *was_there);
        if let Some((name, _)) = &ended {
            audit::set_session(name);
        }
        let event = if was_there { Event::SessionEndedByOperator } else { Event::SessionNotFoundByOperator };
        audit::record(event, Some(user), None);
        Ok(was_there)
    }

    /// Ends the pending logins and all sessions of this user. Returns the number of sessions.
    pub async fn end_all_by_operator(&self, user: &UserClaims) -> Result<usize, StoreError> {
        let ended = self.end_all(&SessionScope::of_user(user), None).await;
        let ended = ended.inspect_err(|error| record_failure(user, error))?;
        audit::record(Event::SessionsEndedByOperator, Some(user), Some(&format_args!("{ended} sessions")));
        Ok(ended)
    }
}

impl Sessions {
    pub async fn list_by_operator(&self, request: UserRequest) -> Result<SessionList, ApiError> {
        Ok(self.records.list_by_operator(&self.user(request)?).await?)
    }

    pub async fn end_by_operator(&self, request: EndUserSessionRequest) -> Result<EndedSessions, ApiError> {
        let EndUserSessionRequest { sub, issuer, session } = request;
        let user = self.user(UserRequest { sub, issuer })?;
        match self.records.end_by_operator(&user, &session).await? {
            true => Ok(EndedSessions { ended: 1 }),
            false => Err(ApiError::NotFound),
        }
    }

    pub async fn end_all_by_operator(&self, request: UserRequest) -> Result<EndedSessions, ApiError> {
        Ok(EndedSessions { ended: self.records.end_all_by_operator(&self.user(request)?).await? })
    }

    fn user(&self, UserRequest { sub, issuer }: UserRequest) -> Result<UserClaims, ApiError> {
        let issuer = issuer.unwrap_or_else(|| self.oidc.issuer().to_owned());
        for (field, text) in [("sub", &sub), ("issuer", &issuer)] {
            if text.is_empty() || text.chars().count() > MAX_SUBJECT_CHARS {
                let reason = format!("must have 1 to {MAX_SUBJECT_CHARS} characters");
                return Err(ApiError::InvalidField { field: field.to_owned(), reason });
            }
        }
        Ok(UserClaims::known_by(issuer, sub))
    }
}

fn record_failure(user: &UserClaims, error: &StoreError) {
    audit::record(Event::OperatorFailed, Some(user), Some(error));
}
