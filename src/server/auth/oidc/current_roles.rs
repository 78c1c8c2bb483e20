//! The roles that a person has now, where they are looked up at the provider with each access token (`PERMISSIONS_FROM`).
//!
//! Many providers send no ID token with a refresh, or ID tokens without groups: at the latest with the next access token, a
//! role that was withdrawn is gone nevertheless.

use openidconnect::{AccessToken, SubjectIdentifier};
use serde_json::{Map, Value};

use super::{
    client::{OidcClient, RelyingParty},
    permissions::{Permissions, PermissionsSource},
};
use crate::{
    server::{auth::dpop::ProofKey, excerpt::excerpt},
    wire::auth::AccessToken as BrowserToken,
};

/// What the provider states for an access token.
pub(super) enum Stated {
    /// Nothing was requested: the roles are those of ID tokens.
    InIdToken,
    /// The claims of the userinfo response. Without the claim, the person has no roles.
    Userinfo { roles: Vec<String>, claims: Map<String, Value> },
    /// Of the introspection response. The scope is empty if it names none.
    Introspection(Permissions),
}

/// Nothing is known about the person's roles now, so that none may be assumed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the permissions could not be looked up: {0}")]
pub(super) struct UnknownRoles(String);

impl OidcClient {
    /// Looks the roles up, if they are not those of ID tokens. `proof_key` is the key that the access token is bound to.
    pub(super) async fn stated_roles(
        &self,
        relying_party: &RelyingParty,
        access_token: &AccessToken,
        sub: &SubjectIdentifier,
        proof_key: Option<&ProofKey>,
    ) -> Result<Stated, UnknownRoles> {
        match self.settings.claims.permissions_from {
            PermissionsSource::IdToken => Ok(Stated::InIdToken),
            PermissionsSource::Userinfo => {
                let claims = self.request_userinfo(relying_party, access_token, sub, proof_key).await;
                let claims = claims.map_err(UnknownRoles)?;
                Ok(Stated::Userinfo { roles: self.settings.claims.roles.read(&claims).unwrap_or_default(), claims })
            }
            PermissionsSource::Introspection => self.introspected_roles(access_token, sub).await,
        }
    }

    async fn introspected_roles(
        &self,
        access_token: &AccessToken,
        sub: &SubjectIdentifier,
    ) -> Result<Stated, UnknownRoles> {
        let token = BrowserToken::new(access_token.secret().to_owned());
        let unknown = |error: &dyn std::fmt::Display| UnknownRoles(excerpt(&error.to_string()).to_string());
        let introspected = self.introspect(&token, None).await.map_err(|error| unknown(&error))?;
        match introspected.user {
            Some(user) if user.sub != sub.as_str() => Err(unknown(&"the introspection response names another `sub`")),
            _ => Ok(Stated::Introspection(introspected.permissions)),
        }
    }
}

impl Stated {
    /// The permissions of the access token. `scope` is that of the token response, `None` if it is unchanged; `roles` are
    /// those of the ID token.
    pub(super) fn permissions(
        &self,
        scope: Option<Vec<String>>,
        roles: Option<Vec<String>>,
    ) -> (Option<Vec<String>>, Option<Vec<String>>) {
        match self {
            Self::InIdToken => (scope, roles),
            Self::Userinfo { roles, .. } => (scope, Some(roles.clone())),
            Self::Introspection(stated) if stated.scope.is_empty() => (scope, Some(stated.roles.clone())),
            Self::Introspection(stated) => (Some(stated.scope.clone()), Some(stated.roles.clone())),
        }
    }
}
