//! The records of access tokens that were issued to browsers.
//!
//! Some providers issue the same access token to two browsers of one person. The first record is named by the hash of the
//! token, the second one by the hash of token and DPoP key, so that each ends with its own session.

use super::{
    records::Records,
    session::{IssuedToken, RETENTION_AFTER_END},
};
use crate::{
    server::{
        auth::dpop::Thumbprint,
        store::{Kind, RecordName, SecretHash, StoreError},
    },
    wire::auth::AccessToken,
};

/// The result of looking a record up.
pub(super) enum Lookup<T> {
    Found(T),
    /// There is a record that can't be opened: its key was removed from the ring, or it was changed.
    Unreadable,
    NotFound,
}

impl Records {
    /// The name under which to store an access token that is issued to this key.
    pub(super) async fn token_name(&self, token: &AccessToken, key: &Thumbprint) -> SecretHash {
        match self.find_token_as(&SecretHash::of(token.secret()), token).await {
            Ok(Lookup::Found(issued)) if !issued.dpop_jkt.matches(key) && self.now() < issued.expires_at => {
                name_for_key(token, key)
            }
            _ => SecretHash::of(token.secret()),
        }
    }

    pub async fn put_issued_token(&self, token: &AccessToken, issued: &IssuedToken) -> Result<(), StoreError> {
        self.put_issued_token_as(&SecretHash::of(token.secret()), token, issued).await
    }

    pub(super) async fn put_issued_token_as(
        &self,
        name: &SecretHash,
        token: &AccessToken,
        issued: &IssuedToken,
    ) -> Result<(), StoreError> {
        let name = RecordName { kind: Kind::IssuedToken, hash: name.clone() };
        self.put_as(&name, token.secret(), issued, issued.expires_at + RETENTION_AFTER_END).await
    }

    /// The access token as issued to this key, and the name of its record.
    pub(super) async fn issued_token(
        &self,
        token: &AccessToken,
        key: &Thumbprint,
    ) -> Result<Option<(SecretHash, IssuedToken)>, StoreError> {
        for name in [SecretHash::of(token.secret()), name_for_key(token, key)] {
            match self.find_token_as(&name, token).await? {
                Lookup::Found(issued) if issued.dpop_jkt.matches(key) => return Ok(Some((name, issued))),
                _ => {}
            }
        }
        Ok(None)
    }

    /// The access token as issued to `key`, or else as issued to another key.
    pub(super) async fn find_token(
        &self,
        token: &AccessToken,
        key: Option<&Thumbprint>,
    ) -> Result<Lookup<IssuedToken>, StoreError> {
        let found = self.find_token_as(&SecretHash::of(token.secret()), token).await?;
        match (&found, key) {
            (_, None) => Ok(found),
            (Lookup::Found(issued), Some(key)) if issued.dpop_jkt.matches(key) => Ok(found),
            (_, Some(key)) => match self.find_token_as(&name_for_key(token, key), token).await? {
                Lookup::Found(issued) => Ok(Lookup::Found(issued)),
                _ => Ok(found),
            },
        }
    }

    async fn find_token_as(&self, name: &SecretHash, token: &AccessToken) -> Result<Lookup<IssuedToken>, StoreError> {
        let name = RecordName { kind: Kind::IssuedToken, hash: name.clone() };
        let Some(record) = self.store().get(&name, self.now()).await? else { return Ok(Lookup::NotFound) };
        Ok(self.open(&name, token.secret(), &record.sealed).map_or(Lookup::Unreadable, Lookup::Found))
    }
}

/// An access token can't contain a space (RFC 6749 appendix A.12), so this is never the name of another token.
fn name_for_key(token: &AccessToken, key: &Thumbprint) -> SecretHash {
    SecretHash::of(&format!("{key} {}", token.secret()))
}
