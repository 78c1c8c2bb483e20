//! The required scopes and roles.

use super::AuthError;
use crate::server::auth::oidc::Permissions;

/// The permissions that every guarded endpoint requires. By default none.
#[derive(Clone, Debug, Default)]
pub struct RequiredPermissions {
    /// `REQUIRED_SCOPE`: all of these scopes.
    pub scope: Vec<String>,
    /// `REQUIRED_ROLE`: one of these, if there are any.
    pub roles: Vec<String>,
}

impl RequiredPermissions {
    pub fn check(&self, permissions: &Permissions) -> Result<(), AuthError> {
        let has_scope = self.scope.iter().all(|needed| permissions.scope.contains(needed));
        let has_role = self.roles.is_empty() || self.roles.iter().any(|role| permissions.roles.contains(role));
        match (has_scope, has_role) {
            (true, true) => Ok(()),
            (true, false) if permissions.roles_left_out => Err(AuthError::RolesLeftOut),
            _ => Err(AuthError::InsufficientScope(self.scope.join(" "))),
        }
    }
}
