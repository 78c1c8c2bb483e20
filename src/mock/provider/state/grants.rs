//! What users have granted to the relying party, and which tokens still stand for it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    time::{Duration, Instant},
};

use serde::Serialize;

use crate::mock::provider::{
    endpoints::access_token::Lifetime,
    shared::unix_seconds,
    state::{
        codes::{Code, CodeError, Codes},
        secret::Secret,
        users::UserName,
    },
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
    /// `access_type=offline` (Google).
    pub is_offline: bool,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GrantId(pub u64);

#[derive(Debug, Default)]
pub struct Grants {
    codes: Codes,
    next_id: u64,
    grants: BTreeMap<GrantId, Grant>,
    /// Superseded ones too: that one comes again is how a theft shows (RFC 9700 §4.14.2).
    refresh_tokens: HashMap<Secret, GrantId>,
    access_tokens: HashMap<Secret, AccessToken>,
}

#[derive(Debug)]
struct Grant {
    sign_in: SignIn,
    refresh_token: Secret,
    /// Oldest first, those that stand for nothing any more; the good one is not among them.
    superseded: VecDeque<Secret>,
    ended: bool,
}

/// Ended ones too: their tokens are still to be told from unknown ones. Older grants are forgotten first.
const MOST_GRANTS: usize = 1_000;

/// Of one grant. A thief who comes with an older one is refused like anybody.
const MOST_SUPERSEDED: usize = 100;

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
            is_offline: false,
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

    pub fn has_scope(&self, token: &str) -> bool {
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
        let grant = Grant {
            sign_in: sign_in.clone(),
            refresh_token: refresh_token.clone(),
            superseded: VecDeque::new(),
            ended: false,
        };
        self.grants.insert(id, grant);
        self.forget_oldest();
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
        if let (Some(grant), Some(sent)) = (self.grants.get_mut(&id), &refresh_token)
            && grant.refresh_token != *sent
        {
            grant.superseded.push_back(std::mem::replace(&mut grant.refresh_token, sent.clone()));
            if grant.superseded.len() > MOST_SUPERSEDED
                && let Some(oldest) = grant.superseded.pop_front()
            {
                self.refresh_tokens.remove(&oldest);
            }
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

    /// What a thief is told who comes with the oldest superseded refresh token of a grant of this user that stands;
    /// `None` where there is no such token.
    pub fn replay_superseded(&mut self, user: &UserName, now: Instant) -> Option<GrantError> {
        let mut standing = self.grants.values().filter(|grant| !grant.ended && grant.sign_in.user == *user);
        let stolen = standing.find_map(|grant| grant.superseded.front()).cloned()?;
        self.refresh(stolen.expose(), None, RefreshTokenPolicy::Rotate, Duration::ZERO, now).err()
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

    /// All sessions of this user, likewise. Gives their `sid`s.
    pub fn end_sessions_of(&mut self, user: &UserName) -> BTreeSet<String> {
        let standing = self.grants.values().filter(|grant| !grant.ended && grant.sign_in.user == *user);
        let sids: BTreeSet<String> = standing.map(|grant| grant.sign_in.sid.clone()).collect();
        sids.iter().for_each(|sid| self.end_session(sid));
        sids
    }

    fn end_where(&mut self, is_meant: impl Fn(&SignIn) -> bool) {
        for grant in self.grants.values_mut() {
            grant.ended |= is_meant(&grant.sign_in);
        }
    }

    /// Ended grants go before any that stands.
    fn forget_oldest(&mut self) {
        while self.grants.len() > MOST_GRANTS {
            let oldest_ended = self.grants.iter().find(|(_, grant)| grant.ended).map(|(id, _)| *id);
            let Some(id) = oldest_ended.or_else(|| self.grants.keys().next().copied()) else { return };
            let Some(grant) = self.grants.remove(&id) else { return };
            for token in grant.superseded.iter().chain([&grant.refresh_token]) {
                self.refresh_tokens.remove(token);
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    const CALLBACK: &str = "http://localhost/cb";
    /// RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    const MINUTE: Duration = Duration::from_secs(60);

    fn user(name: &str) -> UserName {
        UserName::parse(name).unwrap()
    }

    fn sign_in(grants: &mut Grants, name: &str, now: Instant) -> Secret {
        let (redirect_uri, code_challenge) = (CALLBACK.into(), CHALLENGE.into());
        let code = grants.issue_code(Code { sign_in: SignIn::of(user(name)), redirect_uri, code_challenge }, now);
        grants.redeem_code(code.expose(), CALLBACK, VERIFIER, MINUTE, now).unwrap().refresh_token.unwrap()
    }

    fn rotate(grants: &mut Grants, token: &Secret, now: Instant) -> Result<Secret, GrantError> {
        let issued = grants.refresh(token.expose(), None, RefreshTokenPolicy::Rotate, MINUTE, now);
        issued.map(|issued| issued.refresh_token.unwrap())
    }

    #[test]
    fn ended_grants_are_forgotten_before_any_that_stands_and_memory_is_bounded() {
        let now = Instant::now();
        let mut grants = Grants::default();
        let oldest = sign_in(&mut grants, "alice", now);
        for _ in 0..2 * MOST_GRANTS {
            sign_in(&mut grants, "bob", now);
            grants.revoke_user(&user("bob"));
        }
        assert_eq!(grants.grants.len(), MOST_GRANTS);
        assert_eq!(grants.refresh_tokens.len(), MOST_GRANTS);
        assert!(rotate(&mut grants, &oldest, now).is_ok());
    }

    #[test]
    fn a_grant_that_is_refreshed_for_ever_remembers_so_many_tokens() {
        let now = Instant::now();
        let mut grants = Grants::default();
        let mut token = sign_in(&mut grants, "alice", now);
        for _ in 0..2 * MOST_SUPERSEDED {
            token = rotate(&mut grants, &token, now).unwrap();
        }
        assert_eq!(grants.refresh_tokens.len(), MOST_SUPERSEDED + 1);
        assert!(rotate(&mut grants, &token, now).is_ok());
    }

    #[test]
    fn a_superseded_token_used_by_a_thief_ends_the_grant() {
        let now = Instant::now();
        let mut grants = Grants::default();
        let first = sign_in(&mut grants, "alice", now);
        assert_eq!(grants.replay_superseded(&user("alice"), now), None);
        let second = rotate(&mut grants, &first, now).unwrap();
        assert_eq!(grants.replay_superseded(&user("alice"), now), Some(GrantError::SupersededRefreshToken));
        assert_eq!(rotate(&mut grants, &second, now), Err(GrantError::Ended));
    }

    #[test]
    fn spent_codes_are_forgotten_in_the_end() {
        let now = Instant::now();
        let mut grants = Grants::default();
        let (redirect_uri, code_challenge) = (CALLBACK.into(), CHALLENGE.into());
        let code = Code { sign_in: SignIn::of(user("alice")), redirect_uri, code_challenge };
        let code = grants.issue_code(code, now);
        assert!(grants.redeem_code(code.expose(), CALLBACK, VERIFIER, MINUTE, now).is_ok());
        assert!(grants.user_of_code(code.expose()).is_some());
        sign_in(&mut grants, "bob", now + 61 * MINUTE);
        assert_eq!(grants.user_of_code(code.expose()), None);
    }
}
