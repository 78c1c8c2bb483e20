//! Authorization codes: one use, 60 seconds, bound to what they were issued for.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::{
    secret::Secret,
    sign_in::{GrantId, SignIn},
    user_name::UserName,
};

/// What a code stands for, and what it is bound to.
#[derive(Debug)]
pub struct Code {
    pub sign_in: SignIn,
    pub redirect_uri: String,
    /// The S256 challenge (RFC 7636 §4.2).
    pub code_challenge: String,
    /// The thumbprint of the key that must prove itself with the code (RFC 9449 §10).
    pub dpop_jkt: Option<String>,
}

/// What a client presents with a code.
#[derive(Debug, Clone, Copy)]
pub struct Presented<'a> {
    pub code: &'a str,
    pub client_id: &'a str,
    pub redirect_uri: &'a str,
    pub code_verifier: &'a str,
    /// The thumbprint of the key of its DPoP proof.
    pub dpop_jkt: Option<&'a str>,
}

/// Why a code is refused.
#[derive(Debug, PartialEq, Eq)]
pub enum CodeError {
    Unknown,
    Expired,
    /// It was used before. The grant it led to must be revoked (RFC 6749 §4.1.2).
    Reused(Option<GrantId>),
    OtherClient,
    OtherRedirectUri,
    WrongVerifier,
    OtherKey,
}

#[derive(Debug, Default)]
pub struct Codes(HashMap<Secret, State>);

#[derive(Debug)]
enum State {
    Unused { code: Code, expires: SystemTime },
    Used { user: UserName, grant: Option<GrantId>, evict_at: SystemTime },
}

const LIFETIME: Duration = Duration::from_secs(60);

/// Reuse of a code is detected for this long.
const USED_CODE_RETENTION: Duration = Duration::from_secs(60 * 60);

impl Codes {
    pub fn issue(&mut self, code: Code, now: SystemTime) -> Secret {
        self.0.retain(|_, state| match state {
            State::Unused { expires, .. } => now < *expires,
            State::Used { evict_at, .. } => now < *evict_at,
        });
        let secret = Secret::random();
        let expires = now + LIFETIME;
        self.0.insert(secret.clone(), State::Unused { code, expires });
        secret
    }

    pub fn user(&self, code: &str) -> Option<&UserName> {
        self.0.get(code).map(|state| match state {
            State::Unused { code, .. } => &code.sign_in.user,
            State::Used { user, .. } => user,
        })
    }

    /// Marks the code as used even if the request is wrong, so that nobody has a second guess. `grant` is the grant
    /// that a success leads to.
    pub fn redeem(&mut self, presented: &Presented<'_>, grant: GrantId, now: SystemTime) -> Result<SignIn, CodeError> {
        let state = self.0.get_mut(presented.code).ok_or(CodeError::Unknown)?;
        let user = match state {
            State::Used { grant, .. } => return Err(CodeError::Reused(*grant)),
            State::Unused { code, .. } => code.sign_in.user.clone(),
        };
        let used = State::Used { user, grant: None, evict_at: now + USED_CODE_RETENTION };
        let State::Unused { code, expires } = std::mem::replace(state, used) else {
            return Err(CodeError::Unknown);
        };
        if now >= expires {
            return Err(CodeError::Expired);
        }
        if presented.client_id != code.sign_in.client_id {
            return Err(CodeError::OtherClient);
        }
        if presented.redirect_uri != code.redirect_uri {
            return Err(CodeError::OtherRedirectUri);
        }
        if s256(presented.code_verifier) != code.code_challenge {
            return Err(CodeError::WrongVerifier);
        }
        if code.dpop_jkt.is_some() && code.dpop_jkt.as_deref() != presented.dpop_jkt {
            return Err(CodeError::OtherKey);
        }
        if let State::Used { grant: of, .. } = state {
            *of = Some(grant);
        }
        Ok(code.sign_in)
    }

    pub fn revoke_user(&mut self, user: &UserName) {
        self.0.retain(|_, state| !matches!(state, State::Unused { code, .. } if code.sign_in.user == *user));
    }
}

/// RFC 7636 §4.6.
fn s256(code_verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(code_verifier))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: &str = "app";
    const CALLBACK: &str = "http://localhost/cb";
    /// RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn good(code: &Secret) -> Presented<'_> {
        Presented {
            code: code.expose(),
            client_id: CLIENT,
            redirect_uri: CALLBACK,
            code_verifier: VERIFIER,
            dpop_jkt: Some("key"),
        }
    }

    fn issued(now: SystemTime) -> (Codes, Secret) {
        let mut codes = Codes::default();
        let code = Code {
            sign_in: SignIn::of(UserName::parse("alice").unwrap(), CLIENT, now),
            redirect_uri: CALLBACK.into(),
            code_challenge: CHALLENGE.into(),
            dpop_jkt: Some("key".into()),
        };
        let secret = codes.issue(code, now);
        (codes, secret)
    }

    #[test]
    fn a_code_is_good_for_a_minute() {
        let now = SystemTime::now();
        for (age, expected) in [(59, None), (60, Some(CodeError::Expired))] {
            let (mut codes, code) = issued(now);
            let later = now + Duration::from_secs(age);
            let redeemed = codes.redeem(&good(&code), GrantId(1), later);
            assert_eq!(redeemed.err(), expected);
        }
    }

    #[test]
    fn a_code_presented_wrongly_is_used_up() {
        type Change = fn(Presented<'_>) -> Presented<'_>;
        let now = SystemTime::now();
        let change: [(Change, CodeError); 5] = [
            (|good| Presented { client_id: "another", ..good }, CodeError::OtherClient),
            (|good| Presented { redirect_uri: "http://localhost/", ..good }, CodeError::OtherRedirectUri),
            (|good| Presented { code_verifier: CHALLENGE, ..good }, CodeError::WrongVerifier),
            (|good| Presented { dpop_jkt: Some("another"), ..good }, CodeError::OtherKey),
            (|good| Presented { dpop_jkt: None, ..good }, CodeError::OtherKey),
        ];
        for (changed, expected) in change {
            let (mut codes, code) = issued(now);
            let redeemed = codes.redeem(&changed(good(&code)), GrantId(1), now);
            assert_eq!(redeemed.err(), Some(expected));
            let again = codes.redeem(&good(&code), GrantId(2), now);
            assert_eq!(again.err(), Some(CodeError::Reused(None)));
        }
    }

    #[test]
    fn a_reused_code_leads_to_the_grant_it_made() {
        let now = SystemTime::now();
        let (mut codes, code) = issued(now);
        let mut redeem = |grant| codes.redeem(&good(&code), grant, now);
        assert!(redeem(GrantId(7)).is_ok());
        let again = redeem(GrantId(8)).err();
        assert_eq!(again, Some(CodeError::Reused(Some(GrantId(7)))));
    }
}
