//! What a caller must be allowed, besides being known.

use super::Refusal;
use crate::server::auth::oidc::Permissions;

/// What every guarded door wants of its caller. By default nothing.
#[derive(Clone, Debug, Default)]
pub struct RequiredPermissions {
    /// `REQUIRED_SCOPE`: all of them.
    pub scope: Vec<String>,
    /// `REQUIRED_ROLE`
    pub role: Option<String>,
}

impl RequiredPermissions {
    pub(super) fn check(&self, permissions: &Permissions) -> Result<(), Refusal> {
        let has_scope = self.scope.iter().all(|needed| permissions.scope.contains(needed));
        let has_role = self.role.as_ref().is_none_or(|needed| permissions.roles.contains(needed));
        match has_scope && has_role {
            true => Ok(()),
            false => Err(Refusal::InsufficientScope(self.scope.join(" "))),
        }
    }
}
