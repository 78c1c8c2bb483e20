//! What an access token says: in the claims of a JWT (RFC 9068 §2.2), or in the introspection response.

use serde_json::{Map, Value, json};

use super::overrides;
use crate::mock::provider::{
    shared::Shared,
    state::{
        access_tokens::Lifetime, grants::IssuedTokens, keys::Key, secret::Secret, settings::Settings, sign_in::SignIn,
    },
};

/// The audience of access tokens, unless a test overrides it.
const AUDIENCE: &str = "https://api.example.com";

/// The JWT that replaces a random token. The random token becomes its `jti`.
pub fn jwt(shared: &Shared, key: &Key, settings: &Settings, issued: &IssuedTokens) -> serde_json::Result<Secret> {
    let IssuedTokens { sign_in, access_token: random, access_token_lifetime: lifetime, dpop_jkt, .. } = issued;
    let mut header = Map::from_iter([("typ".to_owned(), "at+jwt".into())]);
    header.extend(settings.access_token_header.clone());
    let mut claims = claims(shared, settings, sign_in, *lifetime, dpop_jkt.as_deref());
    claims.insert("auth_time".into(), sign_in.auth_time.into());
    claims.insert("jti".into(), random.expose().into());
    overrides::apply(&mut claims, &settings.access_token_overrides());
    let algorithm = shared.clients.signing_algorithm(&sign_in.client_id);
    Ok(Secret::of(key.sign_with(algorithm, header, &claims)?))
}

/// The claims that are both in a JWT (RFC 9068 §2.2) and in an introspection response (RFC 7662 §2.2).
pub fn claims(
    shared: &Shared,
    settings: &Settings,
    sign_in: &SignIn,
    lifetime: Lifetime,
    dpop_jkt: Option<&str>,
) -> Map<String, Value> {
    let mut claims = Map::from_iter(
        [
            ("iss", json!(shared.issuer)),
            ("sub", json!(shared.profile.subject(&sign_in.user))),
            ("aud", json!(AUDIENCE)),
            ("client_id", json!(sign_in.client_id)),
            ("scope", json!(sign_in.scope)),
            ("iat", json!(lifetime.issued_at)),
            ("exp", json!(lifetime.expires_at)),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    if let Some(jkt) = dpop_jkt {
        // RFC 9449 §6
        claims.insert("cnf".into(), json!({ "jkt": jkt }));
    }
    claims.extend(settings.roles_form.claims(&settings.roles, &sign_in.client_id));
    claims
}
