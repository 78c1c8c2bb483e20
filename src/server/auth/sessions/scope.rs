//! Ends sessions without their ids: by a back-channel logout, by the person in another browser, or by the operator.
//!
//! A session's record can be decrypted only with the session's id, which only its browser has. To find the sessions to
//! end, the store has an index for each [`SessionScope`]: the names of its sessions. A session is in two or three: that of
//! its user (`iss` and `sub`), and that of the provider's session (`iss` and `sid`) or, if the ID token had no `sid`, that
//! of the user's sessions without one; and that of the email address, if there is one. An index entry without a session does no harm.
//!
//! The refresh token of a session that is ended in this way can't be decrypted here. It is revoked when the session's
//! browser calls again: see [`super::late_revocation`].
//!
//! # Pending logins
//!
//! A login that began before its scope was ended must not succeed afterwards. So ending a scope first stores the time and
//! then reads the index, while a login first adds its session to the index and then compares the stored time with its own
//! begin. The times are those of the replicas, as `auth_time` is optional. The comparison allows for the difference of
//! their clocks ([`Store::clock_tolerance`](crate::server::store::Store::clock_tolerance)).

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::{pending::PENDING_LIFETIME, records::Records, session::Session, stored};
use crate::{
    server::store::{Kind, RecordName, SecretHash, StoreError},
    wire::auth::UserClaims,
};

/// The maximum duration of a login, plus five minutes for its last step and for clocks that differ.
const LAST_ENDED_LIFETIME: Duration = Duration::from_secs(PENDING_LIFETIME.as_secs() + 5 * 60);

/// A set of sessions that are ended together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionScope {
    /// The sessions that belong to one session of the provider.
    ProviderSession { iss: String, sid: String },
    /// All sessions of a user.
    User { iss: String, sub: String },
    /// The sessions of a user whose ID token had no `sid`: each may belong to any of the user's sessions at the
    /// provider.
    UserWithoutSid { iss: String, sub: String },
    /// The sessions of the users whom the provider has named with this email address, in any case of letters.
    Email { iss: String, email: String },
}

/// When the sessions of a scope were last ended.
#[derive(Serialize, Deserialize)]
struct LastEnded {
    #[serde(rename = "t", with = "stored::time")]
    at: SystemTime,
}

impl SessionScope {
    pub fn of_user(user: &UserClaims) -> Self {
        Self::User { iss: user.iss.clone(), sub: user.sub.clone() }
    }

    /// The name of the index of its sessions.
    pub(super) fn index(&self) -> RecordName {
        match self {
            Self::ProviderSession { .. } => RecordName::of(Kind::OfProviderSession, &self.secret()),
            Self::User { .. } => RecordName::of(Kind::OfUser, &self.secret()),
            Self::UserWithoutSid { .. } => RecordName::of(Kind::OfUserWithoutSid, &self.secret()),
            // The hash of the secret is its own, so no other kind is needed, which servers of the release before can't read.
            Self::Email { .. } => RecordName::of(Kind::OfUser, &self.secret()),
        }
    }

    /// The secret that records of this scope are sealed with. Unique for each scope: `iss` is prefixed with its length.
    pub(super) fn secret(&self) -> String {
        match self {
            Self::ProviderSession { iss, sid } => format!("sid {} {iss}{sid}", iss.len()),
            Self::User { iss, sub } => format!("sub {} {iss}{sub}", iss.len()),
            Self::UserWithoutSid { iss, sub } => format!("sub without sid {} {iss}{sub}", iss.len()),
            Self::Email { iss, email } => format!("email {} {iss}{}", iss.len(), email.to_lowercase()),
        }
    }
}

impl Records {
    /// The names of the sessions in the index of this scope. Some may have ended already.
    pub(super) async fn indexed_sessions(&self, scope: &SessionScope) -> Result<Vec<SecretHash>, StoreError> {
        self.store().members(&scope.index(), self.now()).await
    }

    /// Ends all sessions of this scope except one, and its pending logins. Returns the number of ended sessions.
    pub async fn end_all(&self, scope: &SessionScope, except: Option<&SecretHash>) -> Result<usize, StoreError> {
        let now = self.now();
        self.put_last_ended(&scope.secret(), &LastEnded { at: now }, now + LAST_ENDED_LIFETIME).await?;
        let mut count = 0;
        for session in self.indexed_sessions(scope).await? {
            if except != Some(&session) {
                count += usize::from(self.end_one(scope, &session).await?);
            }
        }
        Ok(count)
    }

    /// Whether a live session in the scope of this provider's session belongs to another user. A live session is in both
    /// of its indexes, and was added to the user's first, so it belongs to another user if it is not in `user`'s index.
    pub(super) async fn has_session_of_another_user(
        &self,
        provider_session: &SessionScope,
        user: &SessionScope,
    ) -> Result<bool, StoreError> {
        let sessions = self.indexed_sessions(provider_session).await?;
        let users_sessions = if sessions.is_empty() { vec![] } else { self.indexed_sessions(user).await? };
        for session in sessions.into_iter().filter(|session| !users_sessions.contains(session)) {
            if self.session_lives(&session).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Ends one session of this scope. Returns whether it was there.
    pub(super) async fn end_one(&self, scope: &SessionScope, session: &SecretHash) -> Result<bool, StoreError> {
        let was_there = self.remove_unopened_session(session).await?;
        self.store().remove_member(&scope.index(), session).await?;
        Ok(was_there)
    }

    /// Whether a scope of this session was ended since its login began.
    pub(super) async fn was_ended_since(&self, session: &Session, begun_at: SystemTime) -> Result<bool, StoreError> {
        for scope in scopes(session) {
            let last_ended: Option<LastEnded> = self.last_ended(&scope.secret()).await?;
            if last_ended.is_some_and(|ended| begun_at <= ended.at + self.store().clock_tolerance()) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The scopes of the session, that of the user first: see [`Records::has_session_of_another_user`].
pub(super) fn scopes(session: &Session) -> Vec<SessionScope> {
    let UserClaims { iss, sub, email, .. } = &session.user;
    let by_sid = match &session.provider_session {
        Some(sid) => SessionScope::ProviderSession { iss: iss.clone(), sid: sid.clone() },
        None => SessionScope::UserWithoutSid { iss: iss.clone(), sub: sub.clone() },
    };
    let by_email = email.clone().map(|email| SessionScope::Email { iss: iss.clone(), email });
    [SessionScope::of_user(&session.user), by_sid].into_iter().chain(by_email).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_scopes_share_a_secret() {
        let user = |iss: &str, sub: &str| SessionScope::User { iss: iss.into(), sub: sub.into() };
        assert_ne!(user("https://a", "bc").secret(), user("https://ab", "c").secret());
        let session = SessionScope::ProviderSession { iss: "https://a".into(), sid: "bc".into() };
        assert_ne!(user("https://a", "bc").secret(), session.secret());
        let without_sid = SessionScope::UserWithoutSid { iss: "https://a".into(), sub: "bc".into() };
        assert_ne!(user("https://a", "bc").secret(), without_sid.secret());
        assert_ne!(session.secret(), without_sid.secret());
        let email = |email: &str| SessionScope::Email { iss: "https://a".into(), email: email.into() };
        assert_ne!(user("https://a", "bc").secret(), email("bc").secret());
        assert_eq!(email("Ada@example.com").secret(), email("ada@EXAMPLE.com").secret());
    }
}
