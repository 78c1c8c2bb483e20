//! The access tokens that were issued.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

use super::{
    clock::unix_seconds,
    secret::Secret,
    sign_in::{GrantId, SignIn},
};

/// Expired tokens stay until the next one is issued.
#[derive(Debug, Default)]
pub struct AccessTokens(HashMap<Secret, AccessToken>);

#[derive(Debug)]
pub struct AccessToken {
    pub grant: GrantId,
    pub sign_in: SignIn,
    pub lifetime: Lifetime,
    /// The thumbprint of the key that it is bound to (RFC 9449 §6).
    pub dpop_jkt: Option<String>,
    expires: SystemTime,
}

/// What a token request asks for, besides its grant.
#[derive(Debug, Clone)]
pub struct NewToken {
    pub ttl: Duration,
    /// The thumbprint of the key to bind the token to.
    pub dpop_jkt: Option<String>,
}

/// As the claims `iat` and `exp` write it, in seconds since the epoch.
#[derive(Debug, Clone, Copy)]
pub struct Lifetime {
    pub issued_at: u64,
    pub expires_at: u64,
}

impl AccessTokens {
    pub fn issue(&mut self, grant: GrantId, sign_in: SignIn, new: NewToken, now: SystemTime) -> (Secret, Lifetime) {
        let NewToken { ttl, dpop_jkt } = new;
        self.0.retain(|_, token| !token.has_expired(now));
        let issued_at = unix_seconds(now);
        let lifetime = Lifetime { issued_at, expires_at: issued_at.saturating_add(ttl.as_secs()) };
        let secret = Secret::random();
        self.0.insert(secret.clone(), AccessToken { grant, sign_in, lifetime, dpop_jkt, expires: now + ttl });
        (secret, lifetime)
    }

    pub fn get(&self, token: &str) -> Option<&AccessToken> {
        self.0.get(token)
    }

    pub fn remove(&mut self, token: &str) -> Option<AccessToken> {
        self.0.remove(token)
    }

    /// A JWT is signed only after its grant was stored, with a random token in its place.
    pub fn replace(&mut self, random: &Secret, jwt: Secret) {
        if let Some(token) = self.0.remove(random) {
            self.0.insert(jwt, token);
        }
    }
}

impl AccessToken {
    pub fn has_expired(&self, now: SystemTime) -> bool {
        now >= self.expires
    }
}
