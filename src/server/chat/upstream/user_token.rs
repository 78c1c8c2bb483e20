//! The token that identifies the user to the upstream, so that a gateway there can count and limit by person: a JWT that is signed
//! anew for each request (RFC 7519), in a header of its own. Its public keys are at [`JWKS_PATH`].

use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::header::{HeaderName, HeaderValue};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::Asker;
use crate::{
    server::{
        auth::oidc::{ActiveCredentials, ClientKey, Credentials},
        environment::Environment,
        observe::audit::UserHash,
    },
    wire::{auth::UserClaims, options::Disclosure},
};

/// Where the keys are that verify tokens.
pub const JWKS_PATH: &str = "/.well-known/jwks.json";

/// A request is sent as soon as its token is signed.
const LIFETIME: Duration = Duration::from_secs(60);

#[derive(Clone, Debug)]
pub struct UserTokenSettings {
    /// `CHAT_USER_TOKEN_KEYS_FILE`: the first signs, all are published.
    pub keys: Arc<Credentials<ClientKey>>,
    /// `iss`: the origin of this server.
    pub issuer: String,
    /// `CHAT_USER_TOKEN_AUDIENCE`
    pub audience: String,
    /// `CHAT_USER_TOKEN_HEADER`
    pub header: HeaderName,
    /// `CHAT_USER_TOKEN_SUBJECT`
    pub subject: SubjectForm,
    /// `CHAT_USER_TOKEN_CLAIMS`, and whether `sub` is a pseudonym.
    pub disclosure: Disclosure,
}

/// What `sub` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectForm {
    /// A hash of the person's identity and the audience: always the same for one person, and another at another audience
    /// (as the pairwise identifiers of OpenID Connect Core §8.1).
    Pseudonym,
    /// The provider's own `sub`, or the claim of `USER_ID_CLAIM`.
    Plain,
}

/// Signs tokens. Cheap to clone.
#[derive(Clone)]
pub struct UserTokens {
    settings: Arc<UserTokenSettings>,
    environment: Environment,
}

/// There is no randomness, or no key.
#[derive(Clone, Debug, thiserror::Error)]
#[error("no token for who asks: {0}")]
pub struct UserTokenError(String);

impl UserTokens {
    pub fn new(settings: UserTokenSettings, environment: Environment) -> Self {
        Self { settings: Arc::new(settings), environment }
    }

    pub fn disclosure(&self) -> Disclosure {
        self.settings.disclosure.clone()
    }

    /// The name and value of the header.
    pub fn header(&self, asker: &Asker) -> Result<(HeaderName, HeaderValue), UserTokenError> {
        let token = self.token(asker)?;
        let mut value = HeaderValue::try_from(token).map_err(failed)?;
        value.set_sensitive(true);
        Ok((self.settings.header.clone(), value))
    }

    /// The public halves of all keys (RFC 7517 §5).
    pub fn jwks(&self) -> Value {
        let active = self.keys();
        let keys = active.all().iter().map(|key| {
            let mut jwk = key.public_jwk();
            jwk.extend(
                [("kid", key_id(key)), ("alg", key.algorithm().to_owned()), ("use", "sig".to_owned())]
                    .map(|(name, value)| (name.to_owned(), value.into())),
            );
            Value::Object(jwk)
        });
        json!({ "keys": keys.collect::<Vec<_>>() })
    }

    fn token(&self, asker: &Asker) -> Result<String, UserTokenError> {
        let active = self.keys();
        let key = active.all().first().ok_or_else(|| failed("there is no key"))?;
        key.sign_as(&key_id(key), &Value::Object(self.claims(asker)?)).map_err(failed)
    }

    fn claims(&self, asker: &Asker) -> Result<Map<String, Value>, UserTokenError> {
        let UserTokenSettings { issuer, audience, disclosure, .. } = &*self.settings;
        let now = self.environment.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let UserClaims { email, .. } = &asker.user;
        let mut claims = Map::from_iter([
            ("iss".to_owned(), json!(issuer)),
            ("aud".to_owned(), json!(audience)),
            ("sub".to_owned(), json!(self.subject(&asker.user))),
            ("iat".to_owned(), json!(now.as_secs())),
            ("exp".to_owned(), json!((now + LIFETIME).as_secs())),
            ("jti".to_owned(), json!(self.environment.random_text().map_err(failed)?)),
            ("conversation_id".to_owned(), json!(asker.conversation)),
        ]);
        if disclosure.name {
            claims.insert("name".to_owned(), json!(asker.user.display_name()));
        }
        if let Some(email) = email.as_ref().filter(|_| disclosure.email) {
            claims.insert("email".to_owned(), json!(email));
        }
        if disclosure.roles {
            claims.insert("roles".to_owned(), json!(asker.roles));
        }
        Ok(claims)
    }

    fn subject(&self, user: &UserClaims) -> String {
        match self.settings.subject {
            SubjectForm::Plain => user.user_id.as_ref().unwrap_or(&user.sub).clone(),
            SubjectForm::Pseudonym => {
                let hash = Sha256::new()
                    .chain_update(&self.settings.audience)
                    .chain_update([0])
                    .chain_update(UserHash::of(user).as_str());
                BASE64_URL_SAFE_NO_PAD.encode(hash.finalize())
            }
        }
    }

    fn keys(&self) -> Arc<ActiveCredentials<ClientKey>> {
        self.settings.keys.active()
    }
}

/// The one in the file, or else the thumbprint of the key (RFC 7638).
fn key_id(key: &ClientKey) -> String {
    // A map is written in the order of its names, and has only those that the thumbprint is made of.
    let thumbprint = || BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(Value::Object(key.public_jwk()).to_string()));
    key.id().map_or_else(thumbprint, str::to_owned)
}

fn failed(error: impl std::fmt::Display) -> UserTokenError {
    UserTokenError(error.to_string())
}
