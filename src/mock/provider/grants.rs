//! What users have granted to the relying party, and which tokens still stand for it.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use serde::Serialize;

use super::{
    access_token::Lifetime,
    codes::{Code, CodeError, Codes},
    secret::Secret,
    shared::unix_seconds,
    user::UserName,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    AuthorizationCode,
    RefreshToken,
}

/// One sign-in of a user, as the tokens that come of it tell it.
#[derive(Debug, Clone)]
pub struct SignIn {
    pub user: UserName,
    pub scope: String,
    pub nonce: Option<String>,
    pub auth_time: u64,
    pub acr: Option<String>,
    pub sid: String,
}

/// The tokens of an answer; the ID token is made of `sign_in`.
#[derive(Debug)]
pub struct Issued {
    pub sign_in: SignIn,
    pub access_token: Secret,
    pub access_token_lifetime: Lifetime,
    pub refresh_token: Option<Secret>,
}

/// An access token that is good now.
#[derive(Debug)]
pub struct ActiveToken {
    pub sign_in: SignIn,
    pub lifetime: Lifetime,
}

/// Why a grant gives nothing (any more): `invalid_grant`, and the words for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    #[error("the code is unknown")]
    UnknownCode,
    #[error("the code has expired")]
    ExpiredCode,
    #[error("the code was used before: what came of it has ended")]
    ReusedCode,
    #[error("redirect_uri is not the one of the authorization request")]
    OtherRedirectUri,
    #[error("code_verifier doesn't match code_challenge")]
    WrongVerifier,
    #[error("the refresh token is unknown")]
    UnknownRefreshToken,
    #[error("the refresh token was superseded: the whole grant has ended")]
    SupersededRefreshToken,
    #[error("the grant has ended")]
    Ended,
    #[error("the scope is wider than the one that was granted")]
    WiderScope,
}

/// How a refresh treats the refresh token it spends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefreshTokenPolicy {
    /// A new one supersedes it.
    Rotate,
    /// It is sent again.
    SendAgain,
    /// It stays good, and the answer has none.
    Omit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GrantId(pub u64);

#[derive(Debug, Default)]
pub struct Grants {
    codes: Codes,
    next_id: u64,
    grants: HashMap<GrantId, Grant>,
    /// Superseded ones too: that one comes again is how a theft shows (RFC 9700 §4.14.2).
    refresh_tokens: HashMap<Secret, GrantId>,
    access_tokens: HashMap<Secret, AccessToken>,
}

#[derive(Debug)]
struct Grant {
    sign_in: SignIn,
    refresh_token: Secret,
    ended: bool,
}

#[derive(Debug)]
struct AccessToken {
    grant: GrantId,
    expires: Instant,
    lifetime: Lifetime,
    sign_in: SignIn,
}

impl SignIn {
    /// Of now, with nothing asked for yet.
    pub fn of(user: UserName) -> SignIn {
        SignIn {
            user,
            scope: String::new(),
            nonce: None,
            auth_time: unix_seconds(),
            acr: None,
            sid: Secret::random().expose().to_owned(),
        }
    }

    /// A refresh may ask for less than was granted, not for more (RFC 6749 §6).
    fn with_scope(&self, scope: Option<&str>) -> Result<SignIn, GrantError> {
        let mut sign_in = self.clone();
        if let Some(scope) = scope {
            if !scope.split(' ').all(|token| self.has_scope(token)) {
                return Err(GrantError::WiderScope);
            }
            scope.clone_into(&mut sign_in.scope);
        }
        Ok(sign_in)
    }

    fn has_scope(&self, token: &str) -> bool {
        self.scope.split(' ').any(|granted| granted == token)
    }
}

impl Grants {
    pub fn issue_code(&mut self, code: Code, now: Instant) -> Secret {
        self.codes.issue(code, now)
    }

    pub fn user_of_code(&self, code: &str) -> Option<UserName> {
        self.codes.user(code).cloned()
    }

    pub fn user_of_refresh_token(&self, refresh_token: &str) -> Option<UserName> {
        let grant = self.refresh_tokens.get(refresh_token)?;
        Some(self.grants.get(grant)?.sign_in.user.clone())
    }

    pub fn redeem_code(
        &mut self,
        code: &str,
        redirect_uri: &str,
        code_verifier: &str,
        access_token_ttl: Duration,
        now: Instant,
    ) -> Result<Issued, GrantError> {
        let id = GrantId(self.next_id);
        let redeemed = self.codes.redeem(code, redirect_uri, code_verifier, id, now);
        let sign_in = match redeemed {
            Ok(sign_in) => sign_in,
            Err(error) => {
                if let CodeError::Reused(Some(grant)) = error {
                    self.end(grant);
                }
                return Err(error.into());
            }
        };
        self.next_id += 1;
        let refresh_token = self.issue_refresh_token(id);
        let grant = Grant { sign_in: sign_in.clone(), refresh_token: refresh_token.clone(), ended: false };
        self.grants.insert(id, grant);
        Ok(self.issue(id, sign_in, Some(refresh_token), access_token_ttl, now))
    }

    pub fn refresh(
        &mut self,
        refresh_token: &str,
        scope: Option<&str>,
        policy: RefreshTokenPolicy,
        access_token_ttl: Duration,
        now: Instant,
    ) -> Result<Issued, GrantError> {
        let id = self.refresh_tokens.get(refresh_token).copied();
        let id = id.ok_or(GrantError::UnknownRefreshToken)?;
        let grant = self.grants.get_mut(&id).ok_or(GrantError::Ended)?;
        if grant.ended {
            return Err(GrantError::Ended);
        }
        if grant.refresh_token.expose() != refresh_token {
            grant.ended = true;
            return Err(GrantError::SupersededRefreshToken);
        }
        let sign_in = grant.sign_in.with_scope(scope)?;
        let current = grant.refresh_token.clone();
        let refresh_token = match policy {
            RefreshTokenPolicy::Rotate => Some(self.issue_refresh_token(id)),
            RefreshTokenPolicy::SendAgain => Some(current),
            RefreshTokenPolicy::Omit => None,
        };
        if let (Some(grant), Some(sent)) = (self.grants.get_mut(&id), &refresh_token) {
            grant.refresh_token = sent.clone();
        }
        Ok(self.issue(id, sign_in, refresh_token, access_token_ttl, now))
    }

    /// Whose good access token this is.
    pub fn user_of_access_token(&self, access_token: &str, now: Instant) -> Option<UserName> {
        let token = self.access_tokens.get(access_token)?;
        let grant = self.grants.get(&token.grant)?;
        (!grant.ended && now < token.expires).then(|| grant.sign_in.user.clone())
    }

    /// What there is to tell of an access token, if it is good.
    pub fn active_token(&self, access_token: &str, now: Instant) -> Option<ActiveToken> {
        self.user_of_access_token(access_token, now)?;
        let token = self.access_tokens.get(access_token)?;
        Some(ActiveToken { sign_in: token.sign_in.clone(), lifetime: token.lifetime })
    }

    /// Whose access token this was, as long as that is remembered.
    pub fn user_of_ended_token(&self, access_token: &str) -> Option<UserName> {
        self.access_tokens.get(access_token).map(|token| token.sign_in.user.clone())
    }

    /// The same token under another name: a JWT is signed after it was granted.
    pub fn rename_access_token(&mut self, from: &Secret, to: Secret) {
        if let Some(token) = self.access_tokens.remove(from) {
            self.access_tokens.insert(to, token);
        }
    }

    /// A refresh token takes its whole grant along, an access token only itself
    /// (RFC 7009 §2.1). Gives whose it was.
    pub fn revoke_token(&mut self, token: &str) -> Option<UserName> {
        if let Some(id) = self.refresh_tokens.get(token).copied() {
            self.end(id);
            return self.user_of_refresh_token(token);
        }
        let token = self.access_tokens.remove(token)?;
        Some(self.grants.get(&token.grant)?.sign_in.user.clone())
    }

    /// As if an administrator had ended everything of this user.
    pub fn revoke_user(&mut self, user: &UserName) {
        self.codes.revoke_user(user);
        self.end_where(|sign_in| sign_in.user == *user);
    }

    /// The end of the user's session at the provider. A grant with `offline_access` outlives
    /// it (OpenID Connect Core §11).
    pub fn end_session(&mut self, sid: &str) {
        self.end_where(|sign_in| sign_in.sid == sid && !sign_in.has_scope("offline_access"));
    }

    fn end_where(&mut self, is_meant: impl Fn(&SignIn) -> bool) {
        for grant in self.grants.values_mut() {
            grant.ended |= is_meant(&grant.sign_in);
        }
    }

    fn end(&mut self, id: GrantId) {
        if let Some(grant) = self.grants.get_mut(&id) {
            grant.ended = true;
        }
    }

    fn issue_refresh_token(&mut self, grant: GrantId) -> Secret {
        let token = Secret::random();
        self.refresh_tokens.insert(token.clone(), grant);
        token
    }

    fn issue(
        &mut self,
        grant: GrantId,
        sign_in: SignIn,
        refresh_token: Option<Secret>,
        ttl: Duration,
        now: Instant,
    ) -> Issued {
        self.access_tokens.retain(|_, token| now < token.expires);
        let (access_token, expires, issued_at) = (Secret::random(), now + ttl, unix_seconds());
        let lifetime = Lifetime { issued_at, expires_at: issued_at.saturating_add(ttl.as_secs()) };
        let token = AccessToken { grant, expires, lifetime, sign_in: sign_in.clone() };
        self.access_tokens.insert(access_token.clone(), token);
        Issued { sign_in, access_token, access_token_lifetime: lifetime, refresh_token }
    }
}

impl From<CodeError> for GrantError {
    fn from(error: CodeError) -> GrantError {
        match error {
            CodeError::Unknown => GrantError::UnknownCode,
            CodeError::Expired => GrantError::ExpiredCode,
            CodeError::Reused(_) => GrantError::ReusedCode,
            CodeError::OtherRedirectUri => GrantError::OtherRedirectUri,
            CodeError::WrongVerifier => GrantError::WrongVerifier,
        }
    }
}
