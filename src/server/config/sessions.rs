//! Where sessions are kept, and how long.

use std::{ops::RangeInclusive, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{ConfigError, Variables, pem_file, plaintext::Connection};
use crate::server::{
    auth::sessions::SessionLimits,
    store::{KeyRing, RedisAddress},
};

const CONNECTION: Connection = Connection {
    address: "REDIS_URL",
    setting: "REDIS_ALLOW_PLAINTEXT",
    expected: "rediss://, or one node on this machine: without TLS, anybody on the way reads its password and can change \
               sessions (sentinels and clusters name nodes anywhere)",
    unneeded: "REDIS_URL doesn't need it: remove it",
};

/// Where sessions are kept.
#[derive(Clone, Debug)]
pub enum SessionStorage {
    /// In this process: they end with it.
    Memory,
    /// `REDIS_URL` (see [`RedisAddress`] for its forms), `REDIS_CA_FILE`, `SESSION_KEYS`: for any number of replicas,
    /// across restarts.
    Redis { address: Box<RedisAddress>, ring: KeyRing },
}

impl SessionStorage {
    pub(super) fn from_variables(variables: &Variables) -> Result<Self, ConfigError> {
        const BELONGS: &str = "it belongs to REDIS_URL, which is not: set that too, or remove this one";
        let Some(url) = variables.get("REDIS_URL") else {
            let theirs = ["REDIS_ALLOW_PLAINTEXT", "REDIS_CA_FILE", "SESSION_KEYS"];
            return match theirs.into_iter().find(|name| variables.get(name).is_some()) {
                Some(variable) => Err(ConfigError::Unexpected { variable, reason: BELONGS }),
                None => Ok(Self::Memory),
            };
        };
        let mut address = RedisAddress::parse(url).map_err(|error| {
            variables.wrong("REDIS_URL", &format!("such as rediss://user:password@redis.example.com:6379/0: {error}"))
        })?;
        CONNECTION.check(variables, address.may_cross_unencrypted())?;
        if let Some(file) = variables.get("REDIS_CA_FILE") {
            address = address.trusting(pem_file(variables, "REDIS_CA_FILE", file)?);
        }
        Ok(Self::Redis { address: Box::new(address), ring: ring(variables)? })
    }
}

/// `SESSION_IDLE_TIMEOUT`, `SESSION_LIFETIME`
pub(super) fn limits(variables: &Variables) -> Result<SessionLimits, ConfigError> {
    const IDLE_TIMEOUT: &str = "SESSION_IDLE_TIMEOUT";
    let usual = SessionLimits::default();
    let lifetime = SessionLimits::SHORTEST_LIFETIME..=SessionLimits::LONGEST_LIFETIME;
    let lifetime = seconds(variables, "SESSION_LIFETIME", lifetime, usual.lifetime)?;
    let idle_timeout = SessionLimits::SHORTEST_IDLE_TIMEOUT..=SessionLimits::LONGEST_IDLE_TIMEOUT;
    let idle_timeout = seconds(variables, IDLE_TIMEOUT, idle_timeout, usual.idle_timeout.min(lifetime))?;
    match idle_timeout <= lifetime {
        true => Ok(SessionLimits { idle_timeout, lifetime }),
        false => Err(variables.wrong(IDLE_TIMEOUT, "no longer than SESSION_LIFETIME")),
    }
}

fn seconds(
    variables: &Variables,
    variable: &'static str,
    bounds: RangeInclusive<Duration>,
    default: Duration,
) -> Result<Duration, ConfigError> {
    let expected = format!("a number of seconds from {} to {}", bounds.start().as_secs(), bounds.end().as_secs());
    let seconds = variables.parsed(variable, &expected, &default.as_secs().to_string()).map(Duration::from_secs)?;
    match bounds.contains(&seconds) {
        true => Ok(seconds),
        false => Err(variables.wrong(variable, &expected)),
    }
}

/// Separated by commas or spaces: the first seals, all open.
fn ring(variables: &Variables) -> Result<KeyRing, ConfigError> {
    const EXPECTED: &str =
        "keys of 32 random bytes in base64, separated by commas, the newest first (make one: openssl rand -base64 32)";
    const REASON: &str =
        "what lies in Redis is sealed with it; all replicas share it (make a key: openssl rand -base64 32)";
    let text =
        variables.get("SESSION_KEYS").ok_or(ConfigError::Missing { variable: "SESSION_KEYS", reason: REASON })?;
    let keys = text
        .split([',', ' '])
        .filter(|key| !key.is_empty())
        .map(|key| BASE64_STANDARD.decode(key).ok()?.try_into().ok())
        .collect::<Option<Vec<[u8; 32]>>>();
    match keys.as_deref() {
        Some([first, others @ ..]) => Ok(KeyRing::new(*first, others.iter().copied())),
        _ => Err(variables.wrong("SESSION_KEYS", EXPECTED)),
    }
}
