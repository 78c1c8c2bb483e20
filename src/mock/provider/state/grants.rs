//! What users have granted to the client, and the tokens that were issued for it.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::{Duration, SystemTime},
};

use serde::Serialize;

use super::{
    access_tokens::{AccessTokens, Lifetime, NewToken},
    codes::{Code, CodeError, Codes, Presented},
    secret::Secret,
    sign_in::{GrantId, SignIn},
    user_name::UserName,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    AuthorizationCode,
    RefreshToken,
}

/// The tokens of a token response. The ID token is made from `sign_in`.
#[derive(Debug)]
pub struct IssuedTokens {
    pub sign_in: SignIn,
    pub access_token: Secret,
    pub access_token_lifetime: Lifetime,
    pub refresh_token: Option<Secret>,
    /// The thumbprint of the key that the access token is bound to.
    pub dpop_jkt: Option<String>,
}

/// What the introspection endpoint says about a valid access token.
#[derive(Debug)]
pub struct ActiveToken {
    pub sign_in: SignIn,
    pub lifetime: Lifetime,
    pub dpop_jkt: Option<String>,
}

impl ActiveToken {
    /// RFC 9449 §5, §6.2
    pub fn token_type(&self) -> &'static str {
        token_type(self.dpop_jkt.as_deref())
    }
}

impl IssuedTokens {
    pub fn token_type(&self) -> &'static str {
        token_type(self.dpop_jkt.as_deref())
    }
}

fn token_type(dpop_jkt: Option<&str>) -> &'static str {
    if dpop_jkt.is_some() { "DPoP" } else { "Bearer" }
}

/// Why a code or refresh token is refused, with the `error_description`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    #[error("the code is unknown")]
    UnknownCode,
    #[error("the code has expired")]
    ExpiredCode,
    #[error("the code was used before: what came of it has ended")]
    ReusedCode,
    #[error("it was issued to another client")]
    OtherClient,
    #[error("redirect_uri is not the one of the authorization request")]
    OtherRedirectUri,
    #[error("code_verifier doesn't match code_challenge")]
    WrongVerifier,
    #[error("the DPoP proof is not by the key of the authorization request")]
    OtherKey,
    #[error("the refresh token is unknown")]
    UnknownRefreshToken,
    #[error("the refresh token was superseded: the whole grant has ended")]
    SupersededRefreshToken,
    #[error("the grant has ended")]
    Ended,
    #[error("the scope is wider than the one that was granted")]
    WiderScope,
}

/// What a refresh does with the refresh token it was made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefreshTokenPolicy {
    /// Replaces it with a new one.
    Rotate,
    /// Sends it again.
    SendAgain,
    /// Sends none; the old one stays valid.
    Omit,
}

#[derive(Debug, Default)]
pub struct Grants {
    codes: Codes,
    next_id: u64,
    grants: BTreeMap<GrantId, Grant>,
    /// With the superseded ones: reuse of one reveals a theft (RFC 9700 §4.14.2).
    refresh_tokens: HashMap<Secret, GrantId>,
    access_tokens: AccessTokens,
}

#[derive(Debug)]
struct Grant {
    sign_in: SignIn,
    refresh_token: Secret,
    /// The refresh tokens before the current one, oldest first.
    superseded: VecDeque<Secret>,
    ended: bool,
}

/// With the ended ones, which are kept so that their tokens are answered with the right error.
const MAX_GRANTS: usize = 1_000;

/// For each grant. An older token is refused as unknown.
const MAX_SUPERSEDED: usize = 100;

impl Grants {
    pub fn issue_code(&mut self, code: Code, now: SystemTime) -> Secret {
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
        presented: &Presented<'_>,
        new: NewToken,
        now: SystemTime,
    ) -> Result<IssuedTokens, GrantError> {
        let id = GrantId(self.next_id);
        let redeemed = self.codes.redeem(presented, id, now);
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
        let grant = Grant {
            sign_in: sign_in.clone(),
            refresh_token: refresh_token.clone(),
            superseded: VecDeque::new(),
            ended: false,
        };
        self.grants.insert(id, grant);
        self.evict_oldest();
        Ok(self.issue(id, sign_in, Some(refresh_token), new, now))
    }

    pub fn refresh(
        &mut self,
        refresh_token: &str,
        client_id: &str,
        scope: Option<&str>,
        policy: RefreshTokenPolicy,
        new: NewToken,
        now: SystemTime,
    ) -> Result<IssuedTokens, GrantError> {
        let id = self.refresh_tokens.get(refresh_token).copied();
        let id = id.ok_or(GrantError::UnknownRefreshToken)?;
        let grant = self.grants.get_mut(&id).ok_or(GrantError::Ended)?;
        if grant.sign_in.client_id != client_id {
            return Err(GrantError::OtherClient);
        }
        if grant.ended {
            return Err(GrantError::Ended);
        }
        if grant.refresh_token.expose() != refresh_token {
            grant.ended = true;
            return Err(GrantError::SupersededRefreshToken);
        }
        let sign_in = grant.sign_in.narrowed(scope).ok_or(GrantError::WiderScope)?;
        let current = grant.refresh_token.clone();
        let refresh_token = match policy {
            RefreshTokenPolicy::Rotate => Some(self.rotate(id)),
            RefreshTokenPolicy::SendAgain => Some(current),
            RefreshTokenPolicy::Omit => None,
        };
        Ok(self.issue(id, sign_in, refresh_token, new, now))
    }

    pub fn active_token(&self, access_token: &str, now: SystemTime) -> Option<ActiveToken> {
        let token = self.access_tokens.get(access_token)?;
        let grant = self.grants.get(&token.grant)?;
        let is_active = !grant.ended && !token.has_expired(now);
        is_active.then(|| ActiveToken {
            sign_in: token.sign_in.clone(),
            lifetime: token.lifetime,
            dpop_jkt: token.dpop_jkt.clone(),
        })
    }

    /// The user to whom an access token was issued, valid or not.
    pub fn user_of_any_access_token(&self, access_token: &str) -> Option<UserName> {
        self.access_tokens.get(access_token).map(|token| token.sign_in.user.clone())
    }

    pub fn replace_access_token(&mut self, random: &Secret, jwt: Secret) {
        self.access_tokens.replace(random, jwt);
    }

    /// Revoking a refresh token ends its grant; revoking an access token ends only that token (RFC 7009 §2.1).
    /// Returns the token's user, if it is known.
    pub fn revoke_token(&mut self, token: &str, client_id: &str) -> Result<Option<UserName>, GrantError> {
        let refreshes = self.refresh_tokens.get(token).copied();
        let Some(id) = refreshes.or_else(|| self.access_tokens.get(token).map(|token| token.grant)) else {
            return Ok(None);
        };
        let Some(grant) = self.grants.get_mut(&id) else { return Ok(None) };
        if grant.sign_in.client_id != client_id {
            return Err(GrantError::OtherClient);
        }
        let user = grant.sign_in.user.clone();
        match refreshes {
            Some(_) => grant.ended = true,
            None => drop(self.access_tokens.remove(token)),
        }
        Ok(Some(user))
    }

    /// Uses the oldest superseded refresh token of this user's active grants, as a thief would, and returns the error
    /// that the token endpoint answers; `None` if there is no such token.
    pub fn replay_superseded(&mut self, user: &UserName, now: SystemTime) -> Option<GrantError> {
        let mut active = self.grants.values().filter(|grant| !grant.ended && grant.sign_in.user == *user);
        let stolen = |grant: &Grant| Some((grant.superseded.front()?.clone(), grant.sign_in.client_id.clone()));
        let (stolen, client_id) = active.find_map(stolen)?;
        let new = NewToken { ttl: Duration::ZERO, dpop_jkt: None };
        self.refresh(stolen.expose(), &client_id, None, RefreshTokenPolicy::Rotate, new, now).err()
    }

    /// Ends everything of this user, as an administrator would.
    pub fn revoke_user(&mut self, user: &UserName) {
        self.codes.revoke_user(user);
        self.end_where(|sign_in| sign_in.user == *user);
    }

    /// Ends the user's session at the provider. A grant with `offline_access` outlives it (OpenID Connect Core §11).
    pub fn end_session(&mut self, sid: &str) {
        self.end_where(|sign_in| sign_in.sid == sid && !sign_in.has_scope("offline_access"));
    }

    /// Ends all sessions of this user, and returns their `sid`s, each with the client that it was a session of.
    pub fn end_sessions_of(&mut self, user: &UserName) -> BTreeMap<String, String> {
        let active = self.grants.values().filter(|grant| !grant.ended && grant.sign_in.user == *user);
        let sids: BTreeMap<String, String> =
            active.map(|grant| (grant.sign_in.sid.clone(), grant.sign_in.client_id.clone())).collect();
        sids.keys().for_each(|sid| self.end_session(sid));
        sids
    }

    /// The user whose session this is, or was.
    pub fn user_of_session(&self, sid: &str) -> Option<UserName> {
        let grant = self.grants.values().find(|grant| grant.sign_in.sid == sid)?;
        Some(grant.sign_in.user.clone())
    }

    fn end_where(&mut self, ends: impl Fn(&SignIn) -> bool) {
        for grant in self.grants.values_mut() {
            grant.ended |= ends(&grant.sign_in);
        }
    }

    fn end(&mut self, id: GrantId) {
        if let Some(grant) = self.grants.get_mut(&id) {
            grant.ended = true;
        }
    }

    /// Ended grants go before active ones.
    fn evict_oldest(&mut self) {
        while self.grants.len() > MAX_GRANTS {
            let oldest_ended = self.grants.iter().find(|(_, grant)| grant.ended).map(|(id, _)| *id);
            let Some(id) = oldest_ended.or_else(|| self.grants.keys().next().copied()) else { return };
            let Some(grant) = self.grants.remove(&id) else { return };
            for token in grant.superseded.iter().chain([&grant.refresh_token]) {
                self.refresh_tokens.remove(token);
            }
        }
    }

    fn issue_refresh_token(&mut self, grant: GrantId) -> Secret {
        let token = Secret::random();
        self.refresh_tokens.insert(token.clone(), grant);
        token
    }

    fn rotate(&mut self, id: GrantId) -> Secret {
        let new = self.issue_refresh_token(id);
        if let Some(grant) = self.grants.get_mut(&id) {
            grant.superseded.push_back(std::mem::replace(&mut grant.refresh_token, new.clone()));
            if grant.superseded.len() > MAX_SUPERSEDED
                && let Some(oldest) = grant.superseded.pop_front()
            {
                self.refresh_tokens.remove(&oldest);
            }
        }
        new
    }

    fn issue(
        &mut self,
        grant: GrantId,
        sign_in: SignIn,
        refresh_token: Option<Secret>,
        new: NewToken,
        now: SystemTime,
    ) -> IssuedTokens {
        let dpop_jkt = new.dpop_jkt.clone();
        let (access_token, access_token_lifetime) = self.access_tokens.issue(grant, sign_in.clone(), new, now);
        IssuedTokens { sign_in, access_token, access_token_lifetime, refresh_token, dpop_jkt }
    }
}

impl From<CodeError> for GrantError {
    fn from(error: CodeError) -> GrantError {
        match error {
            CodeError::Unknown => GrantError::UnknownCode,
            CodeError::Expired => GrantError::ExpiredCode,
            CodeError::Reused(_) => GrantError::ReusedCode,
            CodeError::OtherClient => GrantError::OtherClient,
            CodeError::OtherRedirectUri => GrantError::OtherRedirectUri,
            CodeError::WrongVerifier => GrantError::WrongVerifier,
            CodeError::OtherKey => GrantError::OtherKey,
        }
    }
}

#[cfg(test)]
mod tests;
