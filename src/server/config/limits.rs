//! How much one address, browser or person may use of the server.

use std::num::NonZeroU32;

use super::{
    setting::Setting,
    values::{Limit, Number},
    variables::{ConfigError, Variables},
};
use crate::server::{
    chat::AnswerLimits,
    http::{connections::ConnectionSettings, ingress::LimitSettings},
};

pub static RATE_LIMIT_PER_ADDRESS: Setting<Limit> = Setting {
    name: "RATE_LIMIT_PER_ADDRESS",
    text: "How many calls a minute that prove nothing are answered for one address (IPv6: one /64): without a valid proof or \
           token, from another site's pages, malformed, or for sessions that do not exist. Calls of people who are signed \
           in are never counted here, so a company behind one address goes on working while somebody there exceeds it. \
           Logins may be begun three times as often by browsers in which nobody has signed in before.",
    example: "6000",
    value: Limit { what: "a number of calls a minute", default: LimitSettings::DEFAULT.per_address },
};

pub static RATE_LIMIT_PER_BROWSER: Setting<Limit> = Setting {
    name: "RATE_LIMIT_PER_BROWSER",
    text: "How often a minute one browser may sign in, refresh, sign out and send messages, each counted separately. All its \
           other calls together may be ten times as many.",
    example: "120",
    value: Limit { what: "a number of calls a minute", default: LimitSettings::DEFAULT.per_browser },
};

pub static RATE_LIMIT_PER_PERSON: Setting<Limit> = Setting {
    name: "RATE_LIMIT_PER_PERSON",
    text: "How many calls a minute all browsers of one person may make together.",
    example: "3000",
    value: Limit { what: "a number of calls a minute", default: LimitSettings::DEFAULT.per_person },
};

pub static SESSIONS_PER_PERSON: Setting<Limit> = Setting {
    name: "SESSIONS_PER_PERSON",
    text: "In how many browsers one person may be signed in at a time; where there is one more, the oldest session ends.",
    example: "20",
    value: Limit { what: "a number", default: LimitSettings::DEFAULT.sessions_per_person },
};

pub static STREAMS_PER_PERSON: Setting<Limit> = Setting {
    name: "STREAMS_PER_PERSON",
    text: "How many answers and open pages of one person each server sends events to at a time.",
    example: "64",
    value: Limit { what: "a number", default: LimitSettings::DEFAULT.streams_per_person },
};

pub static ANSWERS_PER_PERSON: Setting<Limit> = Setting {
    name: "ANSWERS_PER_PERSON",
    text: "How many answers each server writes for one person at a time, each in another conversation; beyond it, 429.",
    example: "8",
    value: Limit { what: "a number", default: AnswerLimits::DEFAULT.per_person },
};

pub static MAX_ANSWERS: Setting<Number<NonZeroU32>> = Setting {
    name: "MAX_ANSWERS",
    text: "How many answers this server writes at a time for all people; beyond it, 503. Each is a connection to the model, \
           and up to 2 MB of memory.",
    example: "1000",
    value: Number {
        what: "a number",
        from: NonZeroU32::MIN,
        to: NonZeroU32::new(100_000),
        default: Some(AnswerLimits::DEFAULT.total),
    },
};

pub static MAX_CONNECTIONS: Setting<Number<NonZeroU32>> = Setting {
    name: "MAX_CONNECTIONS",
    text: "How many connections may be open at a time, an open page being one; others wait. The process must be allowed as \
           many files (ulimit -n).",
    example: "10000",
    value: Number { what: "a number", from: NonZeroU32::MIN, to: None, default: Some(ConnectionSettings::DEFAULT.max) },
};

pub fn limits(variables: &Variables) -> Result<LimitSettings, ConfigError> {
    Ok(LimitSettings {
        per_address: RATE_LIMIT_PER_ADDRESS.read(variables)?,
        per_browser: RATE_LIMIT_PER_BROWSER.read(variables)?,
        per_person: RATE_LIMIT_PER_PERSON.read(variables)?,
        sessions_per_person: SESSIONS_PER_PERSON.read(variables)?,
        streams_per_person: STREAMS_PER_PERSON.read(variables)?,
    })
}

pub fn answers(variables: &Variables) -> Result<AnswerLimits, ConfigError> {
    Ok(AnswerLimits { total: MAX_ANSWERS.read(variables)?, per_person: ANSWERS_PER_PERSON.read(variables)? })
}

pub fn connections(variables: &Variables) -> Result<ConnectionSettings, ConfigError> {
    Ok(ConnectionSettings { max: MAX_CONNECTIONS.read(variables)?, ..ConnectionSettings::DEFAULT })
}
