//! The records of access tokens that were handed to browsers.
//!
//! Some providers give two browsers of one person the same access token. The first has the record under the token's own
//! name, and the second one of its own: they end apart.

use super::{
    records::Records,
    session::{IssuedToken, KNOWN_AFTER_ITS_END},
};
use crate::{
    server::{
        auth::dpop::Thumbprint,
        store::{Kind, RecordName, SecretHash, StoreError},
    },
    wire::auth::AccessToken,
};

/// What there is under a name.
pub(super) enum Found<T> {
    Opened(T),
    /// There is one, which does not open: its key is gone, or it is not what we stored.
    Closed,
    Nothing,
}

impl Records {
    /// The name to store an access token under that this key was given.
    pub(super) async fn token_name(&self, token: &AccessToken, key: &Thumbprint) -> SecretHash {
        match self.found_token_as(&SecretHash::of(token.secret()), token).await {
            Ok(Found::Opened(issued)) if !issued.browser_key.matches(key) && self.now() < issued.expires_at => {
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
        self.put_as(&name, token.secret(), issued, issued.expires_at + KNOWN_AFTER_ITS_END).await
    }

    /// The access token as this key was given it, and the name of its record.
    pub(super) async fn issued_token(
        &self,
        token: &AccessToken,
        key: &Thumbprint,
    ) -> Result<Option<(SecretHash, IssuedToken)>, StoreError> {
        for name in [SecretHash::of(token.secret()), name_for_key(token, key)] {
            match self.found_token_as(&name, token).await? {
                Found::Opened(issued) if issued.browser_key.matches(key) => return Ok(Some((name, issued))),
                _ => {}
            }
        }
        Ok(None)
    }

    /// The access token: as `key` was given it, or else as another key was; and whether there is a record that does not
    /// open.
    pub(super) async fn found_token(
        &self,
        token: &AccessToken,
        key: Option<&Thumbprint>,
    ) -> Result<Found<IssuedToken>, StoreError> {
        let found = self.found_token_as(&SecretHash::of(token.secret()), token).await?;
        match (&found, key) {
            (_, None) => Ok(found),
            (Found::Opened(issued), Some(key)) if issued.browser_key.matches(key) => Ok(found),
            (_, Some(key)) => match self.found_token_as(&name_for_key(token, key), token).await? {
                Found::Opened(issued) => Ok(Found::Opened(issued)),
                _ => Ok(found),
            },
        }
    }

    async fn found_token_as(&self, name: &SecretHash, token: &AccessToken) -> Result<Found<IssuedToken>, StoreError> {
        let name = RecordName { kind: Kind::IssuedToken, hash: name.clone() };
        let Some(record) = self.store().get(&name, self.now()).await? else { return Ok(Found::Nothing) };
        Ok(self.opened(&name, token.secret(), &record.sealed).map_or(Found::Closed, Found::Opened))
    }
}

/// No access token has a space in it (RFC 6749 appendix A.12), so this is no token's own name.
fn name_for_key(token: &AccessToken, key: &Thumbprint) -> SecretHash {
    SecretHash::of(&format!("{key} {}", token.secret()))
}
