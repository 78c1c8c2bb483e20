//! The ID token (OpenID Connect Core §2), right or spoiled.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::mock::provider::{
    endpoints::access_token,
    shared::{Shared, unix_seconds},
    state::{
        fault::FaultKind,
        grants::Issued,
        keys::{self, Key},
        profile,
        users::{Settings, UserName},
    },
};

#[derive(Debug, Serialize)]
pub struct Claims {
    iss: String,
    sub: String,
    aud: String,
    exp: u64,
    iat: u64,
    auth_time: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    at_hash: String,
    sid: String,
    #[serde(flatten)]
    roles: Map<String, Value>,
    #[serde(flatten)]
    profile: Profile,
    /// What a test puts in their place.
    #[serde(skip)]
    changes: Map<String, Value>,
}

/// What is known of a user, in the ID token and at the UserInfo endpoint alike.
#[derive(Debug, Serialize)]
pub struct Profile {
    name: String,
    preferred_username: String,
    email: String,
    email_verified: bool,
}

impl Profile {
    pub fn of(user: &UserName) -> Profile {
        Profile {
            name: user.display_name(),
            preferred_username: user.to_string(),
            email: user.email(),
            email_verified: true,
        }
    }
}

impl Claims {
    /// `nonce` is the one of the authorization request, or none in a refresh
    /// (OpenID Connect Core §12.2).
    pub fn new(shared: &Shared, issued: &Issued, nonce: Option<String>, settings: &Settings) -> Claims {
        let client_id = &shared.client.client_id;
        let iat = unix_seconds();
        let sign_in = &issued.sign_in;
        Claims {
            iss: shared.issuer.clone(),
            sub: shared.profile.subject(&sign_in.user),
            aud: client_id.to_owned(),
            exp: iat.saturating_add(settings.id_token_ttl.into()),
            iat,
            auth_time: sign_in.auth_time,
            acr: sign_in.acr.clone(),
            nonce,
            at_hash: at_hash(issued.access_token.expose()),
            sid: sign_in.sid.clone(),
            roles: settings.roles_form.claims(&settings.roles, client_id),
            profile: Profile::of(&sign_in.user),
            changes: settings.id_token_claims.clone(),
        }
    }

    /// The same by a clock that is so many seconds ahead.
    pub fn by_clock_ahead(mut self, seconds: i32) -> Claims {
        for time in [&mut self.iat, &mut self.exp, &mut self.auth_time] {
            *time = time.saturating_add_signed(seconds.into());
        }
        self
    }

    /// Signed with `key`, and with the fault if it is one of an ID token.
    pub fn into_id_token(
        mut self,
        played: profile::Profile,
        key: &Key,
        fault: Option<FaultKind>,
    ) -> serde_json::Result<String> {
        match fault {
            Some(FaultKind::WrongNonce) => self.nonce = Some("another-nonce".into()),
            Some(FaultKind::WrongIss) => self.iss.push_str("/another"),
            Some(FaultKind::WrongAud) => self.aud = "another-client".into(),
            Some(FaultKind::ExpiredIdToken) => {
                self.iat -= 7200;
                self.exp = self.iat + 3600;
            }
            _ => {}
        }
        let mut claims = match serde_json::to_value(&self)? {
            Value::Object(claims) => claims,
            _ => Map::new(),
        };
        played.id_token(&mut claims);
        access_token::change(&mut claims, &self.changes);
        match fault {
            Some(FaultKind::BadSignature) => key.sign_badly(&claims),
            Some(FaultKind::AlgNone) => keys::unsigned(&claims),
            _ if played.types_id_tokens() => key.sign(&claims),
            _ => key.sign_with(Map::new(), &claims),
        }
    }
}

/// OpenID Connect Core §3.1.3.6: the left half of the hash.
fn at_hash(access_token: &str) -> String {
    let hash = Sha256::digest(access_token);
    let left_half = hash.iter().take(hash.len() / 2).copied();
    BASE64_URL_SAFE_NO_PAD.encode(left_half.collect::<Vec<u8>>())
}
