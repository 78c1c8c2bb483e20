//! Where sessions are stored, and how long they last.

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{
    certificates::{self, ca_file},
    plaintext::Connection,
    setting::{AnySetting, Section, Setting, refuse},
    values::{Flag, Parsed, Seconds, Secret, Text},
    variables::{ConfigError, Variables},
};
use crate::server::{
    auth::sessions::SessionLimits,
    store::{KeyRing, RedisAddress},
};

const DAY: u64 = 24 * 60 * 60;

/// Where sessions are stored.
#[derive(Clone, Debug)]
pub enum SessionStorage {
    /// In this process: they end with it.
    Memory,
    /// For any number of replicas, across restarts.
    Redis { address: Box<RedisAddress>, ring: KeyRing },
}

pub static SECTION: Section = Section {
    title: "Sessions: where they are stored, and for how long",
    text: "They are stored in Redis (6.2 or later), for any number of replicas and across restarts; without REDIS_URL, in \
           this process's memory.",
    settings: &[
        &REDIS_URL,
        &REDIS_ALLOW_PLAINTEXT,
        &REDIS_CA_FILE,
        &SESSION_KEYS,
        &SESSION_IDLE_TIMEOUT,
        &SESSION_LIFETIME,
    ],
};

static REDIS_URL: Setting<Secret<Text>> = Setting {
    name: "REDIS_URL",
    text: "One node, redis://[user:password@]host[:port][/db]; the master that sentinels know, \
           redis+sentinel://host:26379,host:26379/mymaster; a cluster, redis+cluster://host:7000,host:7001; rediss in \
           place of redis for TLS; unix:///path on this machine. A password with one of / ? # @ : % must be \
           percent-encoded; one by openssl rand -hex 24 has none of them.",
    example: "rediss://oracle-ai:secret@redis.example.com:6379/0",
    value: Secret { file: "REDIS_URL_FILE", value: Text { default: None } },
};

static REDIS_ALLOW_PLAINTEXT: Setting<Flag> = Setting {
    name: "REDIS_ALLOW_PLAINTEXT",
    text: "true where the network to Redis is as trustworthy as a private wire; without TLS, the password crosses it \
           unencrypted, and sessions can be changed on the way. Needed for redis:// to another machine, and for sentinels \
           and clusters without TLS, which name nodes anywhere. Each start is logged.",
    example: "false",
    value: Flag { default: false },
};

static REDIS_CA_FILE: Setting<Text> = ca_file!("REDIS_CA_FILE", "Redis");

static SESSION_KEYS: Setting<Secret<Parsed<KeyRing>>> = Setting {
    name: "SESSION_KEYS",
    text: "What is stored in Redis is sealed with the first of these keys and opened with any, the same in all replicas; \
           needed with REDIS_URL. To change keys, give all replicas OLD,NEW; then all of them NEW,OLD; and a \
           SESSION_LIFETIME later NEW alone. A key that is taken away at once signs everybody out whose session it sealed. \
           Make one: openssl rand -base64 32",
    example: "",
    value: Secret {
        file: "SESSION_KEYS_FILE",
        value: Parsed {
            expected: "keys of 32 random bytes in base64, separated by commas, the newest first (make one: openssl rand \
                       -base64 32)",
            default: None,
            parse: key_ring,
        },
    },
};

static SESSION_IDLE_TIMEOUT: Setting<Seconds> = Setting {
    name: "SESSION_IDLE_TIMEOUT",
    text: "After how many seconds without input of the person a session ends, no more than SESSION_LIFETIME. Before that \
           the page warns. Where the provider gives no refresh token, it counts from the sign-in.",
    example: "900",
    value: Seconds { from: 5 * 60, to: DAY, default: Some(SessionLimits::DEFAULT.idle_timeout) },
};

static SESSION_LIFETIME: Setting<Seconds> = Setting {
    name: "SESSION_LIFETIME",
    text: "After how many seconds a session ends, used or not. The provider can end it earlier (`session_expiry` in its ID \
           tokens).",
    example: "28800",
    value: Seconds { from: 15 * 60, to: 7 * DAY, default: Some(SessionLimits::DEFAULT.lifetime) },
};

pub static CONNECTION: Connection = Connection {
    address: &REDIS_URL,
    permission: &REDIS_ALLOW_PLAINTEXT,
    expected: "rediss://, or one node on this machine: without TLS, anybody on the way reads its password and can change \
               sessions (sentinels and clusters name nodes anywhere)",
    words: "sealed sessions and the password of Redis cross the network unencrypted",
};

impl SessionStorage {
    pub fn from_variables(variables: &Variables) -> Result<Self, ConfigError> {
        let Some(url) = REDIS_URL.get(variables)? else {
            let reason = "it belongs to REDIS_URL, which is not: set that too, or remove this one";
            refuse(variables, &[&REDIS_ALLOW_PLAINTEXT, &REDIS_CA_FILE, &SESSION_KEYS], reason)?;
            return Ok(Self::Memory);
        };
        let mut address = RedisAddress::parse(&url).map_err(|error| {
            REDIS_URL.wrong(&format!("such as rediss://user:password@redis.example.com:6379/0: {error}"))
        })?;
        CONNECTION.check(variables, address.may_cross_unencrypted())?;
        match address.authorities() {
            Some(_) => address = address.trusting(certificates::authorities(&REDIS_CA_FILE, variables)?),
            None => {
                refuse(variables, &[&REDIS_CA_FILE], "REDIS_URL is without TLS: use rediss://, or remove this one")?
            }
        }
        let reason =
            "what is stored in Redis is sealed with it; all replicas share it (make a key: openssl rand -base64 32)";
        Ok(Self::Redis { address: Box::new(address), ring: SESSION_KEYS.required(variables, reason)? })
    }
}

/// The default of the idle timeout gives way to a shorter lifetime.
pub fn limits(variables: &Variables) -> Result<SessionLimits, ConfigError> {
    let lifetime = SESSION_LIFETIME.read(variables)?;
    let idle_timeout = SESSION_IDLE_TIMEOUT.read(variables)?;
    match SESSION_IDLE_TIMEOUT.is_set(variables) && idle_timeout > lifetime {
        true => Err(SESSION_IDLE_TIMEOUT.wrong("no longer than SESSION_LIFETIME")),
        false => Ok(SessionLimits { idle_timeout: idle_timeout.min(lifetime), lifetime }),
    }
}

/// Separated by commas or spaces: the first seals, all open.
fn key_ring(text: &str) -> Option<KeyRing> {
    let keys = text
        .split([',', ' '])
        .filter(|key| !key.is_empty())
        .map(|key| BASE64_STANDARD.decode(key).ok()?.try_into().ok())
        .collect::<Option<Vec<[u8; 32]>>>()?;
    let (first, others) = keys.split_first()?;
    Some(KeyRing::new(*first, others.iter().copied()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{config, error};
    use super::*;

    #[test]
    fn sessions_end_after_half_an_hour_without_input_and_after_half_a_day() {
        let limits = |more: &[(&'static str, &'static str)]| {
            let SessionLimits { idle_timeout, lifetime } = config(more).unwrap().session_limits;
            (idle_timeout.as_secs(), lifetime.as_secs())
        };
        assert_eq!(limits(&[]), (1800, 43_200));
        assert_eq!(limits(&[("SESSION_IDLE_TIMEOUT", "300"), ("SESSION_LIFETIME", "604800")]), (300, 604_800));
        // The default gives way to what is set.
        assert_eq!(limits(&[("SESSION_LIFETIME", "900")]), (900, 900));
    }

    #[test]
    fn a_session_that_would_be_idle_for_longer_than_it_lasts_is_a_mistake() {
        let wrong = error(&[("SESSION_IDLE_TIMEOUT", "3600"), ("SESSION_LIFETIME", "900")]);
        assert!(wrong.starts_with("SESSION_IDLE_TIMEOUT") && wrong.contains("SESSION_LIFETIME"), "{wrong}");
    }

    #[test]
    fn redis_wants_keys_and_what_belongs_to_it_wants_redis() {
        const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
        const TWO: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=,eDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
        let url = ("REDIS_URL", "rediss://cache.example.com");
        assert!(matches!(config(&[]).unwrap().sessions, SessionStorage::Memory));
        for keys in [KEY, TWO] {
            assert!(matches!(config(&[url, ("SESSION_KEYS", keys)]).unwrap().sessions, SessionStorage::Redis { .. }));
        }
        for wrong in [
            &[url][..],
            &[url, ("SESSION_KEYS", "short")],
            &[url, ("SESSION_KEYS", "MDEyMzQ1Njc4OWFiY2RlZg==")],
            &[url, ("SESSION_KEYS", ",")],
            &[("SESSION_KEYS", KEY)],
        ] {
            let error = error(wrong);
            assert!(error.starts_with("SESSION_KEYS"), "{error}");
        }
        for wrong in [
            &[url, ("SESSION_KEYS", KEY), ("REDIS_CA_FILE", "/nowhere/ca.pem")][..],
            &[url, ("SESSION_KEYS", KEY), ("REDIS_CA_FILE", "Cargo.toml")],
            &[("REDIS_CA_FILE", "Cargo.toml")],
        ] {
            let error = error(wrong);
            assert!(error.starts_with("REDIS_CA_FILE"), "{error}");
        }
    }
}
