//! The permissions of an access token.

use serde::{Deserialize, Serialize};

use crate::server::auth::oidc::Permissions;

/// Serializes [`Permissions`].
#[derive(Serialize, Deserialize)]
#[serde(remote = "Permissions")]
pub struct PermissionsDef {
    #[serde(rename = "s", default, skip_serializing_if = "Vec::is_empty")]
    scope: Vec<String>,
    #[serde(rename = "r", default, skip_serializing_if = "Vec::is_empty")]
    roles: Vec<String>,
    #[serde(rename = "o", default, skip_serializing_if = "std::ops::Not::not")]
    roles_left_out: bool,
}
