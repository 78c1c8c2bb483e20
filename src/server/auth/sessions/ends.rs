//! Sessions that are ended from elsewhere: by the provider, by the person in another browser, by the operator. And how
//! they are found for that.
//!
//! A session's record opens with its id only, which nobody but its browser has. So what ends sessions goes by their
//! names, each of which is in two sets: that of the user (`iss` and `sub`), and that of the provider's session (`iss` and
//! `sid`) or, where the ID token named none, that of the user's sessions without one. A name that stays in a set longer
//! than its session lives does no harm.
//!
//! The refresh token of a session that is ended so can't be read, and so not be revoked either: its only copy is
//! destroyed (Back-Channel Logout §2.7).
//!
//! # Logins in flight
//!
//! A login that was begun before its provider session, or its user, was ended does not survive that: whoever ends
//! leaves a mark before looking at the sets, and whoever finishes a login looks for a mark after its session stands in
//! them. By the clocks of the servers, so that no provider need say when it signed somebody in; how far these may be apart
//! is for the store to say that they share.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::{pending::PENDING_LIFETIME, records::Records, session::Session, stored};
use crate::{
    server::store::{Kind, RecordName, SecretHash, StoreError},
    wire::auth::UserClaims,
};

/// As long as a login may take, and what its last step may take, and clocks may differ.
const MARKED_FOR: Duration = Duration::from_secs(PENDING_LIFETIME.as_secs() + 5 * 60);

/// What was ended as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// A session of the provider's.
    ProviderSession { iss: String, sid: String },
    /// All that a user has.
    User { iss: String, sub: String },
    /// Those of a user whose ID token named no session of the provider's: nothing says which of these it is.
    UserWithoutSid { iss: String, sub: String },
}

/// When.
#[derive(Serialize, Deserialize)]
struct Mark {
    #[serde(rename = "t", with = "stored::time")]
    at: SystemTime,
}

impl Ended {
    pub fn of(user: &UserClaims) -> Self {
        Self::User { iss: user.iss.clone(), sub: user.sub.clone() }
    }

    pub(super) fn set(&self) -> RecordName {
        match self {
            Self::ProviderSession { .. } => RecordName::of(Kind::OfProviderSession, &self.secret()),
            Self::User { .. } => RecordName::of(Kind::OfUser, &self.secret()),
            Self::UserWithoutSid { .. } => RecordName::of(Kind::OfUserWithoutSid, &self.secret()),
        }
    }

    /// Two that differ never have the same.
    pub(super) fn secret(&self) -> String {
        match self {
            Self::ProviderSession { iss, sid } => format!("sid {} {iss}{sid}", iss.len()),
            Self::User { iss, sub } => format!("sub {} {iss}{sub}", iss.len()),
            Self::UserWithoutSid { iss, sub } => format!("sub without sid {} {iss}{sub}", iss.len()),
        }
    }
}

impl Records {
    /// The names of all sessions of this whole that were not struck off.
    pub(super) async fn enlisted(&self, whole: &Ended) -> Result<Vec<SecretHash>, StoreError> {
        self.store().members(&whole.set(), self.now()).await
    }

    /// Ends all sessions of this whole but one, and the logins in flight. Tells how many there were.
    pub async fn end_all(&self, whole: &Ended, but: Option<&SecretHash>) -> Result<usize, StoreError> {
        let now = self.now();
        self.put_ended(&whole.secret(), &Mark { at: now }, now + MARKED_FOR).await?;
        let mut ended = 0;
        for session in self.enlisted(whole).await? {
            if but != Some(&session) {
                ended += usize::from(self.end_one(whole, &session).await?);
            }
        }
        Ok(ended)
    }

    /// Whether a session lives that belongs to this session of the provider's and not to this user. A session that lives
    /// is in both of its sets, and in the user's first.
    pub(super) async fn has_another_users(&self, of_provider: &Ended, user: &Ended) -> Result<bool, StoreError> {
        let sessions = self.enlisted(of_provider).await?;
        let of_user = if sessions.is_empty() { vec![] } else { self.enlisted(user).await? };
        for session in sessions.into_iter().filter(|session| !of_user.contains(session)) {
            if self.session_lives(&session).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Ends one session of this whole. Tells whether it was there.
    pub(super) async fn end_one(&self, whole: &Ended, session: &SecretHash) -> Result<bool, StoreError> {
        let was_there = self.remove_session(session).await?;
        self.store().remove_member(&whole.set(), session).await?;
        Ok(was_there)
    }

    /// Whether a login of this session, begun then, came too late.
    pub(super) async fn was_ended_since(&self, session: &Session, begun_at: SystemTime) -> Result<bool, StoreError> {
        for whole in wholes(session) {
            let mark: Option<Mark> = self.ended(&whole.secret()).await?;
            if mark.is_some_and(|mark| begun_at <= mark.at + self.store().clock_tolerance()) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// All that the session is part of, the user first: see [`Records::has_another_users`].
pub(super) fn wholes(session: &Session) -> [Ended; 2] {
    let UserClaims { iss, sub, .. } = &session.user;
    let narrower = match &session.provider_session {
        Some(sid) => Ended::ProviderSession { iss: iss.clone(), sid: sid.clone() },
        None => Ended::UserWithoutSid { iss: iss.clone(), sub: sub.clone() },
    };
    [Ended::of(&session.user), narrower]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_users_and_no_user_and_session_share_a_name() {
        let user = |iss: &str, sub: &str| Ended::User { iss: iss.into(), sub: sub.into() };
        assert_ne!(user("https://a", "bc").secret(), user("https://ab", "c").secret());
        let session = Ended::ProviderSession { iss: "https://a".into(), sid: "bc".into() };
        assert_ne!(user("https://a", "bc").secret(), session.secret());
        let without_sid = Ended::UserWithoutSid { iss: "https://a".into(), sub: "bc".into() };
        assert_ne!(user("https://a", "bc").secret(), without_sid.secret());
        assert_ne!(session.secret(), without_sid.secret());
    }
}
