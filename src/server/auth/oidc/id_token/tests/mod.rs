//! Helpers: keys of a provider that sign valid and invalid ID tokens, and a fixed time.

mod attacks;
mod keys;
mod mutations;
mod refreshed;
mod steps;
mod types;
mod wycheproof;

use std::{
    sync::LazyLock,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use openidconnect::{ClientId, IssuerUrl, RedirectUrl};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use rsa::{
    RsaPrivateKey,
    pkcs1v15::SigningKey,
    signature::{SignatureEncoding, Signer},
    traits::PublicKeyParts,
};
use serde_json::{Value, json};
use sha2::Sha256;

use super::*;
use crate::{
    server::auth::{
        jose::mutation::changed,
        oidc::{ClientAuthentication, ClientSecret, ProviderSettings},
    },
    wire::auth::UserClaims,
};

const NOW: u64 = 1_700_000_000;
const ISSUER: &str = "https://provider.example/oidc";
const CLIENT: &str = "chat";
const SUB: &str = "uid=ada,ou=people,dc=example";
const NONCE: &str = "n-0S6_WzA2Mj";
const ACCESS_TOKEN: &str = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";

/// The provider's key for RS256.
static RSA: LazyLock<RsaKey> = LazyLock::new(|| RsaKey::new("rsa", 2048));
/// The provider's key for ES256.
static EC: LazyLock<EcKey> = LazyLock::new(|| EcKey::new("ec"));

fn base64url(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// A private key that signs JWTs.
trait Key {
    fn kid(&self) -> &str;
    fn alg(&self) -> &'static str;
    /// The public key, with all members that providers publish.
    fn jwk(&self) -> Value;
    fn signature(&self, message: &[u8]) -> Vec<u8>;

    fn header(&self) -> Value {
        json!({"alg": self.alg(), "kid": self.kid()})
    }

    fn sign(&self, header: impl ToString, claims: impl ToString) -> String {
        let signed = format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()));
        let signature = self.signature(signed.as_bytes());
        format!("{signed}.{}", base64url(signature))
    }

    /// A valid token of a login with these changes of its header; `null` removes a member.
    fn with_header(&self, changes: Value) -> String {
        self.sign(changed(self.header(), changes), claims())
    }

    /// A valid token of a login with these changes of its claims; `null` removes a claim.
    fn with_claims(&self, changes: Value) -> String {
        self.sign(self.header(), changed(claims(), changes))
    }
}

struct RsaKey {
    kid: &'static str,
    key: RsaPrivateKey,
}

struct EcKey {
    kid: &'static str,
    key: EcdsaKeyPair,
}

struct EdKey {
    kid: &'static str,
    key: Ed25519KeyPair,
}

impl RsaKey {
    fn new(kid: &'static str, bits: usize) -> Self {
        Self { kid, key: RsaPrivateKey::new(&mut rand::rngs::OsRng, bits).unwrap() }
    }
}

impl EcKey {
    fn new(kid: &'static str) -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self { kid, key: EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap() }
    }
}

impl EdKey {
    fn new(kid: &'static str) -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self { kid, key: Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap() }
    }
}

impl Key for EdKey {
    fn kid(&self) -> &str {
        self.kid
    }

    fn alg(&self) -> &'static str {
        "EdDSA"
    }

    fn jwk(&self) -> Value {
        let x = base64url(self.key.public_key());
        json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": self.kid, "x": x})
    }

    fn signature(&self, message: &[u8]) -> Vec<u8> {
        self.key.sign(message).as_ref().to_vec()
    }
}

impl Key for RsaKey {
    fn kid(&self) -> &str {
        self.kid
    }

    fn alg(&self) -> &'static str {
        "RS256"
    }

    fn jwk(&self) -> Value {
        let [n, e] = [self.key.n(), self.key.e()].map(|number| base64url(number.to_bytes_be()));
        json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "n": n, "e": e})
    }

    fn signature(&self, message: &[u8]) -> Vec<u8> {
        SigningKey::<Sha256>::new(self.key.clone()).sign(message).to_vec()
    }
}

impl Key for EcKey {
    fn kid(&self) -> &str {
        self.kid
    }

    fn alg(&self) -> &'static str {
        "ES256"
    }

    fn jwk(&self) -> Value {
        let (x, y) = self.key.public_key().as_ref()[1..].split_at(32);
        let (x, y) = (base64url(x), base64url(y));
        json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.kid, "x": x, "y": y})
    }

    fn signature(&self, message: &[u8]) -> Vec<u8> {
        self.key.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
    }
}

fn provider() -> ProviderSettings {
    ProviderSettings {
        issuer: IssuerUrl::new(ISSUER.into()).unwrap(),
        client_id: ClientId::new(CLIENT.into()),
        client_authentication: ClientAuthentication::basic(ClientSecret::new("a secret of both")),
        redirect_uri: RedirectUrl::new("https://chat.example/auth/callback".into()).unwrap(),
        scopes: vec![],
        requests: Default::default(),
        id_tokens: IdTokenPolicy::default(),
        claims: Default::default(),
        metadata: Default::default(),
        authorities: Default::default(),
        logout: crate::server::auth::oidc::LogoutSettings::of(&"https://chat.example.com".parse().unwrap()),
    }
}

fn key_set(keys: Value) -> ProviderKeys {
    serde_json::from_value(json!({ "keys": keys })).unwrap()
}

fn both_keys() -> ProviderKeys {
    key_set(json!([RSA.jwk(), EC.jwk()]))
}

/// The claims of a valid ID token.
fn claims() -> Value {
    json!({"iss": ISSUER, "sub": SUB, "aud": CLIENT, "exp": NOW + 300, "iat": NOW, "nonce": NONCE})
}

type Outcome = Result<CoreIdTokenClaims, IdTokenError>;

fn check(token: &str, expected: Expected<'_>, provider: &ProviderSettings, keys: &ProviderKeys) -> Outcome {
    let access_token = &AccessToken::new(ACCESS_TOKEN.into());
    let now: SystemTime = UNIX_EPOCH + Duration::from_secs(NOW);
    Check { provider, keys, expected, access_token, now }.claims(&IdToken::new(token))
}

/// Checks a token of a login, with both keys of the provider.
fn login(token: &str) -> Outcome {
    login_with(token, |_| {})
}

/// The same with a changed policy.
fn login_with(token: &str, policy: impl FnOnce(&mut IdTokenPolicy)) -> Outcome {
    let mut provider = provider();
    policy(&mut provider.id_tokens);
    check(token, Expected::Login(&Nonce::new(NONCE)), &provider, &both_keys())
}

/// Checks a token of a login, with these keys of the provider.
fn login_from(token: &str, keys: Value) -> Outcome {
    check(token, Expected::Login(&Nonce::new(NONCE)), &provider(), &key_set(keys))
}

#[track_caller]
fn assert_refused(outcome: Outcome, reason: &str) {
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains(reason), "{error:?} does not say {reason:?}");
}
