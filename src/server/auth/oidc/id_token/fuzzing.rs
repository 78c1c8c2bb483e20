//! ID tokens that a fuzzer made up.

#![allow(clippy::unwrap_used)]

use std::{
    sync::LazyLock,
    time::{Duration, UNIX_EPOCH},
};

use openidconnect::{AccessToken, ClientId, IssuerUrl, RedirectUrl};
use serde_json::{Value, json};

use super::{Check, DEFAULT_CLOCK_TOLERANCE, Expected, IdTokenError, IdTokenPolicy, ProviderKeys};
use crate::server::auth::{
    jose::{
        Compact,
        fuzzing::{Signer, base64url, header_and_payload},
        json,
    },
    oidc::{
        ClientAuthentication, ClientSecret, IdToken, LogoutSettings, Nonce, ProviderSettings,
        token_claims::numeric_date,
    },
};

const NOW: u64 = 1_700_000_000;
const ISSUER: &str = "https://provider.example/oidc";
const CLIENT: &str = "chat";
const NONCE: &str = "n-0S6_WzA2Mj";
const ACCESS_TOKEN: &str = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";

static PROVIDER: LazyLock<Provider> = LazyLock::new(Provider::default);

struct Provider {
    signer: Signer,
    keys: ProviderKeys,
    settings: ProviderSettings,
}

impl Default for Provider {
    fn default() -> Self {
        let signer = Signer::default();
        let keys = serde_json::from_value(json!({ "keys": [signer.jwk()] })).unwrap();
        let settings = ProviderSettings {
            issuer: IssuerUrl::new(ISSUER.into()).unwrap(),
            client_id: ClientId::new(CLIENT.into()),
            client_authentication: ClientAuthentication::basic(ClientSecret::new("secret")),
            redirect_uri: RedirectUrl::new("https://chat.example/auth/callback".into()).unwrap(),
            scopes: vec![],
            requests: Default::default(),
            id_tokens: IdTokenPolicy::default(),
            claims: Default::default(),
            metadata: Default::default(),
            authorities: Default::default(),
            logout: LogoutSettings::of(&"https://chat.example".parse().unwrap()),
        };
        Self { signer, keys, settings }
    }
}

impl Provider {
    fn check(&self, id_token: &str) -> Result<(), IdTokenError> {
        let (nonce, access_token) = (Nonce::new(NONCE), AccessToken::new(ACCESS_TOKEN.into()));
        let check = Check {
            provider: &self.settings,
            keys: &self.keys,
            expected: Expected::Login(&nonce),
            access_token: &access_token,
            now: UNIX_EPOCH + Duration::from_secs(NOW),
        };
        check.claims(&IdToken::new(id_token)).map(drop)
    }
}

/// A compact JWT. It has one spelling: what is parsed is written as it was. Its JSON is read as any parser reads it. None is
/// accepted as an ID token, as the provider did not sign it.
pub fn jwt(data: &[u8]) {
    if let Ok(jwt) = Compact::parse(data) {
        let parts = [&jwt.header, &jwt.payload, &jwt.signature].map(base64url);
        assert_eq!(parts.join(".").as_bytes(), data);
        for part in [&jwt.header, &jwt.payload] {
            if let Ok(members) = json::object(part) {
                assert_eq!(Some(Value::Object(members)), serde_json::from_slice(part).ok());
            }
        }
    }
    if let Ok(text) = str::from_utf8(data) {
        assert!(PROVIDER.check(text).is_err(), "not signed");
    }
}

/// Two lines, header and claims of an ID token, which the provider's key signs. What is accepted has the claims that OpenID
/// Connect Core §3.1.3.7 demands.
pub fn id_token_claims(data: &[u8]) {
    let Some((header, claims)) = header_and_payload(data) else { return };
    if PROVIDER.check(&PROVIDER.signer.sign(header, claims)).is_err() {
        return;
    }
    let [header, claims] = [header, claims].map(|text| serde_json::from_str::<Value>(text).unwrap());
    let tolerance = DEFAULT_CLOCK_TOLERANCE.as_secs_f64();
    let (now, time) = (NOW as f64, |name: &str| claims.get(name).and_then(numeric_date));
    assert_eq!(header["alg"], "ES256");
    assert!(header.get("crit").is_none() && claims.get("events").is_none());
    assert_eq!(claims["iss"], ISSUER);
    match &claims["aud"] {
        Value::Array(audiences) => {
            assert!(!audiences.is_empty() && audiences.iter().all(|audience| audience == CLIENT))
        }
        audience => assert_eq!(audience, CLIENT),
    }
    assert!(!claims["azp"].is_string() || claims["azp"] == CLIENT);
    assert_eq!(claims["nonce"], NONCE);
    assert!(claims["sub"].as_str().is_some_and(|sub| !sub.is_empty()));
    assert!(time("exp").unwrap() + tolerance >= now, "expired");
    let age = now - time("iat").unwrap();
    assert!((-tolerance - 1.0..=630.0 + 1.0).contains(&age), "iat");
    assert!(time("nbf").is_none_or(|not_before| not_before <= now + tolerance));
}
