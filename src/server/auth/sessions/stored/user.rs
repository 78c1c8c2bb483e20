//! The user that a record belongs to.

use serde::{Deserialize, Serialize};

use crate::wire::auth::UserClaims;

/// Serializes [`UserClaims`] with short names. Its own `serde` names are those of the wire.
#[derive(Serialize, Deserialize)]
#[serde(remote = "UserClaims")]
pub struct UserDef {
    #[serde(rename = "i")]
    iss: String,
    #[serde(rename = "s")]
    sub: String,
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    preferred_username: Option<String>,
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
}
