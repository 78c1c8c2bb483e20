//! What ends with a session: the records of its access tokens, and the places where its name stands.
//!
//! Sessions are ended by their names: by the provider, by the person in another browser, by an operator. So what has to
//! go along stands in the session's record where it can be read without the session's id. These are names, hashes of
//! secrets: they open nothing, and whoever reads the store sees them anyway.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::{
    ends::wholes,
    records::Records,
    session::{KNOWN_AFTER_ITS_END, Session},
    stored,
};
use crate::server::{
    auth::dpop::Thumbprint,
    store::{Kind, RecordName, SecretHash, StoreError},
};

/// A session has no more access tokens at a time: the oldest ends for the newest. A page refreshes every few minutes, and
/// one that has lost its token may do so every half a minute.
const MAX_TOKENS: usize = 16;

/// The names of what ends with a session.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Attached {
    /// The sets that the session's name stands in.
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

/// The set of the sessions that this key holds.
pub fn sessions_of_key(key: &Thumbprint) -> RecordName {
    RecordName::of(Kind::OfKey, &key.to_string())
}

impl Attached {
    pub fn of(session: &Session) -> Self {
        Self { indexes: indexes(session), tokens: session.tokens.clone() }
    }
}

impl Session {
    /// One more access token, stored under this name. Gives back the name of one that has to end for it.
    pub(super) fn attach(&mut self, token: AttachedToken, now: SystemTime) -> Option<SecretHash> {
        self.tokens.retain(|other| other.name != token.name && now < other.expires_at + KNOWN_AFTER_ITS_END);
        let ending = (self.tokens.len() >= MAX_TOKENS).then(|| self.tokens.remove(0).name);
        self.tokens.push(token);
        ending
    }
}

impl Records {
    /// Writes the session's name where sessions are looked for that are ended from elsewhere.
    pub(super) async fn enlist(&self, session: &Session, name: &SecretHash) -> Result<(), StoreError> {
        for index in indexes(session) {
            self.store().add(&index, name, session.latest_end, self.now()).await?;
        }
        Ok(())
    }

    /// Removes what has ended with the session of this name. What can't be removed does no harm: a token is good while
    /// its session lives.
    pub(super) async fn remove_attached(&self, session: &SecretHash, attached: &Attached) {
        for index in &attached.indexes {
            self.warned(self.store().remove_member(index, session).await);
        }
        for token in &attached.tokens {
            self.remove_token(&token.name).await;
        }
    }

    pub(super) async fn remove_token(&self, token: &SecretHash) {
        self.warned(self.store().remove(&RecordName { kind: Kind::IssuedToken, hash: token.clone() }).await);
    }

    fn warned(&self, removed: Result<bool, StoreError>) {
        if let Err(error) = removed {
            tracing::warn!(%error, "what belongs to an ended session could not be removed; it ends with its time");
        }
    }
}

fn indexes(session: &Session) -> Vec<RecordName> {
    let wholes = wholes(session).into_iter().map(|whole| whole.set());
    wholes.chain([sessions_of_key(&session.browser_key)]).collect()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::{
        server::auth::{
            oidc::{IdToken, LoginClaims, Nonce, Permissions},
            sessions::BrowserName,
        },
        wire::auth::UserClaims,
    };

    fn session() -> Session {
        Session {
            user: UserClaims::known_by("https://idp".into(), "ada".into()),
            browser_key: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I".parse().unwrap(),
            refresh_token: None,
            permissions: Permissions::default(),
            id_token: IdToken::new("a.b.c"),
            login: LoginClaims { nonce: Nonce::new("n"), audiences: vec![], authorized_party: None, auth_time: None },
            provider_session: None,
            browser: BrowserName::default(),
            began_at: UNIX_EPOCH,
            last_used_at: UNIX_EPOCH,
            idle_timeout: Duration::from_secs(600),
            ends_at: UNIX_EPOCH,
            latest_end: UNIX_EPOCH,
            revision: 0,
            last_refresh: None,
            tokens: vec![],
        }
    }

    fn token(n: usize, minutes: u64) -> AttachedToken {
        AttachedToken {
            name: SecretHash::of(&n.to_string()),
            expires_at: UNIX_EPOCH + Duration::from_secs(60 * minutes),
        }
    }

    #[test]
    fn a_session_has_a_bounded_number_of_tokens_and_the_oldest_ends_for_the_newest() {
        let mut session = session();
        for n in 0..MAX_TOKENS {
            assert_eq!(session.attach(token(n, 60), UNIX_EPOCH), None);
        }
        assert_eq!(session.attach(token(0, 60), UNIX_EPOCH), None, "the same again is no other");
        assert_eq!(session.attach(token(100, 60), UNIX_EPOCH), Some(SecretHash::of("1")));
        assert_eq!(session.tokens.len(), MAX_TOKENS);
    }

    #[test]
    fn tokens_that_nobody_knows_any_more_are_not_counted() {
        let mut session = session();
        session.attach(token(0, 1), UNIX_EPOCH);
        session.attach(token(1, 60), UNIX_EPOCH + Duration::from_secs(60) + KNOWN_AFTER_ITS_END);
        assert_eq!(session.tokens.len(), 1);
    }
}
