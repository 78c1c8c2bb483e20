//! What an access token says: a JWT by its claims (RFC 9068 §2.2), any other at the introspection endpoint.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::mock::provider::{
    shared::Shared,
    state::{grants::SignIn, keys::Key, secret::Secret, users::Settings},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessTokenFormat {
    /// 256 random bits.
    Opaque,
    /// RFC 9068
    Jwt,
}

/// The audience of access tokens, unless a test changes it.
const AUDIENCE: &str = "https://api.example.com";

/// From when to when a token is good, in seconds since the epoch.
#[derive(Debug, Clone, Copy)]
pub struct Lifetime {
    pub issued_at: u64,
    pub expires_at: u64,
}

/// The JWT in place of the opaque token that names it.
pub fn jwt(
    shared: &Shared,
    key: &Key,
    settings: &Settings,
    sign_in: &SignIn,
    token: &Secret,
    lifetime: Lifetime,
) -> serde_json::Result<Secret> {
    let mut header = Map::from_iter([("typ".to_owned(), "at+jwt".into())]);
    change(&mut header, &settings.access_token_header);
    let mut claims = claims(shared, settings, sign_in, lifetime);
    claims.insert("auth_time".into(), sign_in.auth_time.into());
    claims.insert("jti".into(), token.expose().into());
    change(&mut claims, &settings.access_token_claims);
    Ok(Secret::of(key.sign_with(header, &claims)?))
}

/// The claims that a JWT (RFC 9068 §2.2) and an introspection response (RFC 7662 §2.2) have in common.
pub fn claims(shared: &Shared, settings: &Settings, sign_in: &SignIn, lifetime: Lifetime) -> Map<String, Value> {
    let mut claims = Map::from_iter(
        [
            ("iss", json!(shared.issuer)),
            ("sub", json!(shared.profile.subject(&sign_in.user))),
            ("aud", json!(AUDIENCE)),
            ("client_id", json!(shared.client.client_id)),
            ("scope", json!(sign_in.scope)),
            ("iat", json!(lifetime.issued_at)),
            ("exp", json!(lifetime.expires_at)),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    claims.extend(settings.roles_form.claims(&settings.roles, &shared.client.client_id));
    claims
}

/// Puts `changes` in the place of members; `null` takes one out.
pub fn change(members: &mut Map<String, Value>, changes: &Map<String, Value>) {
    members.extend(changes.clone());
    members.retain(|_, value| !value.is_null());
}
