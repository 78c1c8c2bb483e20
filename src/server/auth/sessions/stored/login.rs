//! The claims of the login's ID token.

use serde::{Deserialize, Serialize};

use super::token;
use crate::server::auth::oidc::{LoginClaims, Nonce};

/// Serializes [`LoginClaims`].
#[derive(Serialize, Deserialize)]
#[serde(remote = "LoginClaims")]
pub struct LoginDef {
    #[serde(rename = "n", with = "token")]
    nonce: Nonce,
    #[serde(rename = "a")]
    audiences: Vec<String>,
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    authorized_party: Option<String>,
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    acr: Option<String>,
}
