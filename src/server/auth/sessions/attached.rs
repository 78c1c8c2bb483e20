//! The records that are removed with a session: those of its access tokens, and its entries in indexes.
//!
//! The provider, the person in another browser and the operator end a session without knowing its id. So the names of
//! these records are in a part of the session's record that can be read without the id. They are hashes of secrets,
//! which decrypt nothing and are visible in the store anyway.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::{
    records::Records,
    scope::scopes,
    session::{RETENTION_AFTER_END, Session},
    stored,
};
use crate::server::{
    auth::dpop::Thumbprint,
    store::{Kind, RecordName, SecretHash, StoreError},
};

/// The maximum number of access tokens of a session: the newest replaces the oldest. A page refreshes every few minutes;
/// one that is reloaded again and again, every half a minute.
const MAX_TOKENS: usize = 16;

/// The names of the records that are removed with a session.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Attached {
    /// The indexes that the session is in.
    #[serde(rename = "i", default)]
    pub indexes: Vec<RecordName>,
    #[serde(rename = "t", default, skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<AttachedToken>,
}

/// An access token of a session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AttachedToken {
    #[serde(rename = "n")]
    pub name: SecretHash,
    #[serde(rename = "e", with = "stored::time")]
    pub expires_at: SystemTime,
}

/// The index of the sessions that are bound to this DPoP key.
pub fn sessions_of_key(key: &Thumbprint) -> RecordName {
    RecordName::of(Kind::OfKey, &key.to_string())
}

impl Attached {
    pub fn of(session: &Session) -> Self {
        Self { indexes: indexes(session), tokens: session.tokens.clone() }
    }
}

impl Session {
    /// Adds an access token. Returns the name of the one that has to be removed for it, if any.
    pub(super) fn attach(&mut self, token: AttachedToken, now: SystemTime) -> Option<SecretHash> {
        self.tokens.retain(|other| other.name != token.name && now < other.expires_at + RETENTION_AFTER_END);
        let replaced = (self.tokens.len() >= MAX_TOKENS).then(|| self.tokens.remove(0).name);
        self.tokens.push(token);
        replaced
    }
}

impl Records {
    /// Adds the session to its indexes.
    pub(super) async fn index(&self, session: &Session, name: &SecretHash) -> Result<(), StoreError> {
        for index in indexes(session) {
            self.store().add(&index, name, session.latest_end, self.now()).await?;
        }
        Ok(())
    }

    /// Removes the records that end with this session. A failure does no harm: a token is valid only while its session
    /// is live.
    pub(super) async fn remove_attached(&self, session: &SecretHash, attached: &Attached) {
        self.unindex(session, &attached.indexes).await;
        for token in &attached.tokens {
            self.remove_token(&token.name).await;
        }
    }

    pub(super) async fn remove_token(&self, token: &SecretHash) {
        let name = RecordName { kind: Kind::IssuedToken, hash: token.clone() };
        warn_of_failure(self.store().remove(&name).await);
    }

    async fn unindex(&self, session: &SecretHash, indexes: &[RecordName]) {
        for index in indexes {
            warn_of_failure(self.store().remove_member(index, session).await);
        }
    }
}

fn indexes(session: &Session) -> Vec<RecordName> {
    let scopes = scopes(session).into_iter().map(|scope| scope.index());
    scopes.chain([sessions_of_key(&session.dpop_jkt)]).collect()
}

fn warn_of_failure(removed: Result<bool, StoreError>) {
    if let Err(error) = removed {
        tracing::warn!(%error, "what belongs to an ended session could not be removed; it ends with its time");
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::{server::auth::sessions::session::example, wire::auth::UserClaims};

    fn session_without_tokens() -> Session {
        let user = UserClaims::known_by("https://idp".into(), "ada".into());
        Session { tokens: vec![], ..example::session(user) }
    }

    fn token(n: usize, minutes: u64) -> AttachedToken {
        AttachedToken {
            name: SecretHash::of(&n.to_string()),
            expires_at: UNIX_EPOCH + Duration::from_secs(60 * minutes),
        }
    }

    #[test]
    fn beyond_the_maximum_the_newest_token_of_a_session_replaces_the_oldest() {
        let mut session = session_without_tokens();
        for n in 0..MAX_TOKENS {
            assert_eq!(session.attach(token(n, 60), UNIX_EPOCH), None);
        }
        assert_eq!(session.attach(token(0, 60), UNIX_EPOCH), None, "the same token replaces none");
        assert_eq!(session.attach(token(100, 60), UNIX_EPOCH), Some(SecretHash::of("1")));
        assert_eq!(session.tokens.len(), MAX_TOKENS);
    }

    #[test]
    fn expired_tokens_are_not_counted() {
        let mut session = session_without_tokens();
        session.attach(token(0, 1), UNIX_EPOCH);
        session.attach(token(1, 60), UNIX_EPOCH + Duration::from_secs(60) + RETENTION_AFTER_END);
        assert_eq!(session.tokens.len(), 1);
    }
}
