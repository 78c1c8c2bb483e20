//! The ID token (OpenID Connect Core §2), correct or with a fault.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::overrides;
use crate::mock::provider::{
    shared::Shared,
    state::{
        clock::unix_seconds,
        fault::FaultKind,
        grants::IssuedTokens,
        keys::{self, Key},
        profile::Profile,
        settings::Settings,
        signing_algorithm::SigningAlgorithm,
        user_name::UserName,
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
    user: UserClaims,
    #[serde(skip)]
    overrides: Map<String, Value>,
    #[serde(skip)]
    header: Map<String, Value>,
    #[serde(skip)]
    algorithm: SigningAlgorithm,
}

/// The claims about the user, which the UserInfo endpoint sends as well.
#[derive(Debug, Serialize)]
pub struct UserClaims {
    name: String,
    preferred_username: String,
    email: String,
    email_verified: bool,
}

impl UserClaims {
    pub fn of(user: &UserName) -> UserClaims {
        UserClaims {
            name: user.display_name(),
            preferred_username: user.to_string(),
            email: user.email(),
            email_verified: true,
        }
    }
}

impl Claims {
    /// `nonce` is the one of the authorization request, or none in a refresh (OpenID Connect Core §12.2).
    pub fn new(shared: &Shared, issued: &IssuedTokens, nonce: Option<String>, settings: &Settings) -> Claims {
        let iat = unix_seconds(shared.now());
        let sign_in = &issued.sign_in;
        Claims {
            iss: shared.issuer.clone(),
            sub: shared.profile.subject(&sign_in.user),
            aud: sign_in.client_id.clone(),
            exp: iat.saturating_add(settings.id_token_ttl.into()),
            iat,
            auth_time: sign_in.auth_time,
            acr: sign_in.acr.clone(),
            nonce,
            at_hash: at_hash(issued.access_token.expose()),
            sid: sign_in.sid.clone(),
            roles: settings.roles_form.claims(&settings.roles, &sign_in.client_id),
            user: UserClaims::of(&sign_in.user),
            overrides: settings.id_token_overrides(),
            header: settings.id_token_header.clone(),
            algorithm: shared.clients.signing_algorithm(&sign_in.client_id),
        }
    }

    /// The same claims, made by a clock that is this many seconds ahead.
    pub fn with_clock_offset(mut self, seconds: i32) -> Claims {
        for time in [&mut self.iat, &mut self.exp, &mut self.auth_time] {
            *time = time.saturating_add_signed(seconds.into());
        }
        self
    }

    /// Signs them with `key`, or with `fault` if that is a fault of ID tokens.
    pub fn into_id_token(
        mut self,
        profile: Profile,
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
        profile.adapt_id_token(&mut claims);
        overrides::apply(&mut claims, &self.overrides);
        let mut header = Map::new();
        if profile.sends_typ_in_id_tokens() {
            header.insert("typ".into(), "JWT".into());
        }
        header.extend(self.header);
        match fault {
            Some(FaultKind::BadSignature) => key.sign_wrongly(self.algorithm, header, &claims),
            Some(FaultKind::AlgNone) => keys::unsigned(&claims),
            _ => key.sign_with(self.algorithm, header, &claims),
        }
    }
}

/// OpenID Connect Core §3.1.3.6: the left half of the hash.
fn at_hash(access_token: &str) -> String {
    let hash = Sha256::digest(access_token);
    let left_half = hash.iter().take(hash.len() / 2).copied();
    BASE64_URL_SAFE_NO_PAD.encode(left_half.collect::<Vec<u8>>())
}
