//! The scopes and roles that a caller needs.

use super::AuthError;
use crate::server::auth::oidc::Permissions;

/// What every guarded endpoint requires of its caller. By default nothing.
#[derive(Clone, Debug, Default)]
pub struct RequiredPermissions {
    /// `REQUIRED_SCOPE`: all of them.
    pub scope: Vec<String>,
    /// `REQUIRED_ROLE`
    pub role: Option<String>,
}

impl RequiredPermissions {
    pub fn check(&self, permissions: &Permissions) -> Result<(), AuthError> {
        let has_scope = self.scope.iter().all(|needed| permissions.scope.contains(needed));
        let has_role = self.role.as_ref().is_none_or(|needed| permissions.roles.contains(needed));
        match has_scope && has_role {
            true => Ok(()),
            false => Err(AuthError::InsufficientScope(self.scope.join(" "))),
        }
    }
}
