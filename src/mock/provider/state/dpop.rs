//! DPoP (RFC 9449): what the provider does about it, the nonces that it issued, and the proofs that were used.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};

use super::secret::Secret;

/// What the provider does about DPoP, for everybody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DpopSupport {
    /// Nothing: its metadata does not name it, and proofs are not read.
    #[default]
    None,
    /// Its metadata names it, but proofs are not read, and access tokens are bearer tokens.
    Ignored,
    /// Access tokens are bound to the key of the proof.
    Bound,
    /// The same, and every proof needs a nonce (§8).
    Nonce,
}

/// One issuer's state.
#[derive(Debug, Default)]
pub struct Dpop {
    pub support: DpopSupport,
    /// The newest first.
    nonces: VecDeque<Secret>,
    /// The `jti`s of used proofs, and when each is forgotten.
    used: HashMap<String, SystemTime>,
}

/// How many nonces are valid at a time.
const VALID_NONCES: usize = 8;

/// How old a proof may be, and how far its client's clock may be ahead.
pub const MAX_AGE: Duration = Duration::from_secs(60);

impl DpopSupport {
    pub const ALL: [(&str, DpopSupport); 4] = [
        ("none", DpopSupport::None),
        ("ignored", DpopSupport::Ignored),
        ("bound", DpopSupport::Bound),
        ("nonce", DpopSupport::Nonce),
    ];

    pub fn named(name: &str) -> Option<DpopSupport> {
        DpopSupport::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, support)| support)
    }

    pub fn is_announced(self) -> bool {
        self != DpopSupport::None
    }

    pub fn reads_proofs(self) -> bool {
        matches!(self, DpopSupport::Bound | DpopSupport::Nonce)
    }
}

impl Dpop {
    pub fn of(support: DpopSupport) -> Dpop {
        Dpop { support, ..Dpop::default() }
    }

    /// A new nonce for the next response.
    pub fn issue_nonce(&mut self) -> Secret {
        let nonce = Secret::random();
        self.nonces.push_front(nonce.clone());
        self.nonces.truncate(VALID_NONCES);
        nonce
    }

    pub fn is_nonce(&self, text: &str) -> bool {
        self.nonces.iter().any(|nonce| nonce.expose() == text)
    }

    /// Returns false if the `jti` was used before.
    pub fn insert(&mut self, jti: &str, now: SystemTime) -> bool {
        self.used.retain(|_, forgotten_at| now < *forgotten_at);
        self.used.insert(jti.to_owned(), now + 2 * MAX_AGE).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_valid_until_many_newer_ones_were_issued() {
        let mut dpop = Dpop::of(DpopSupport::Nonce);
        let first = dpop.issue_nonce();
        for _ in 1..VALID_NONCES {
            assert!(dpop.is_nonce(first.expose()));
            dpop.issue_nonce();
        }
        dpop.issue_nonce();
        assert!(!dpop.is_nonce(first.expose()));
    }

    #[test]
    fn a_jti_is_good_once() {
        let (mut dpop, now) = (Dpop::default(), SystemTime::now());
        assert!(dpop.insert("a", now) && dpop.insert("b", now));
        assert!(!dpop.insert("a", now + MAX_AGE));
        assert!(dpop.insert("a", now + 4 * MAX_AGE));
    }
}
