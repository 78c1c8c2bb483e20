//! The chain over the audit lines of one process, which shows whether lines were changed or removed.
//!
//! Each line has its place in the chain: [`Link`]. Where a signing key is configured, the first line, the last, and one now
//! and then between them is a signed head.
//!
//! | file | holds |
//! |---|---|
//! | `signature` | signed heads: JWS (RFC 7515) with ES256 (RFC 7518 §3.4) |
//! | `verify` | checks the lines of files |

mod signature;
pub mod verify;

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

pub use signature::{AuditKey, AuditPublicKeys, WrongAuditKey};

use super::user_hash::hex;

/// After this long, or this many lines, lines without a signature are followed by a signed head.
pub const SIGNED_EVERY: Duration = Duration::from_secs(60);
pub const SIGNED_LINES: u64 = 1_000;

/// The place of a line in its chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The chain: random, one for each process.
    pub id: String,
    /// The number of lines before this one in the chain.
    pub seq: u64,
    /// SHA-256 of the line before, in hexadecimal digits: of all its bytes without the line break. Absent in the first line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// A [`Head`], signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// What a signed head says: all lines of the chain before its own are those that lead to `previous`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub chain: String,
    pub seq: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// When it was signed, in seconds since 1970.
    pub iat: u64,
}

/// The chain that this process writes.
pub struct Chain {
    id: String,
    next: u64,
    previous: Option<String>,
    key: Option<AuditKey>,
    unsigned: u64,
    signed_at: SystemTime,
}

impl Chain {
    /// `id` is unique among all chains.
    pub fn new(id: String, key: Option<AuditKey>, now: SystemTime) -> Self {
        Self { id, next: 0, previous: None, key, unsigned: 0, signed_at: now }
    }

    /// Whether a signed head is due.
    pub fn wants_head(&self, now: SystemTime) -> bool {
        let is_old = now.duration_since(self.signed_at).is_ok_and(|age| age >= SIGNED_EVERY);
        self.key.is_some() && self.unsigned > 0 && (is_old || self.unsigned >= SIGNED_LINES)
    }

    /// Makes a line of the object. The member `chain` is added to it or, in OCSF, to `unmapped`.
    pub fn line(&mut self, mut object: Map<String, Value>, is_ocsf: bool) -> String {
        let link = self.link(None);
        self.unsigned += 1;
        add(&mut object, &link, is_ocsf);
        self.advance(object)
    }

    /// The same for a signed head. Without a key, or if signing fails, it is an ordinary line.
    pub fn head(&mut self, mut object: Map<String, Value>, is_ocsf: bool, now: SystemTime) -> String {
        let iat = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let head = Head { chain: self.id.clone(), seq: self.next, previous: self.previous.clone(), iat };
        let signature = self.key.as_ref().and_then(|key| key.sign(&head));
        match signature {
            Some(_) => (self.unsigned, self.signed_at) = (0, now),
            None => self.unsigned += 1,
        }
        let link = self.link(signature);
        add(&mut object, &link, is_ocsf);
        self.advance(object)
    }

    fn link(&self, signature: Option<String>) -> Link {
        Link { id: self.id.clone(), seq: self.next, previous: self.previous.clone(), signature }
    }

    /// The chain advances even if the line can't be written then: so it is missing, and does not go unnoticed.
    fn advance(&mut self, object: Map<String, Value>) -> String {
        let line = Value::Object(object).to_string();
        self.next += 1;
        self.previous = Some(hash(line.as_bytes()));
        line
    }
}

/// SHA-256 of a line without its line break.
pub fn hash(line: &[u8]) -> String {
    hex(&Sha256::digest(line))
}

fn add(object: &mut Map<String, Value>, link: &Link, is_ocsf: bool) {
    let link = json!(link);
    if !is_ocsf {
        object.insert("chain".to_owned(), link);
    } else if let Some(unmapped) = object.entry("unmapped").or_insert_with(|| Value::Object(Map::new())).as_object_mut()
    {
        unmapped.insert("chain".to_owned(), link);
    }
}
