//! Whom to believe on who calls, how often anybody may, and how much of everything there may be of one person.

use std::num::{NonZeroU32, NonZeroU64};

use super::{ConfigError, Variables};
use crate::server::{
    conversations::sql::STORAGE_PER_PERSON,
    http::{
        connections::ConnectionSettings,
        ingress::{ClientAddressHeader, EdgeSettings, LimitSettings, TrustedProxies},
    },
};

const MB: u64 = 1_000_000;

pub(super) fn settings(variables: &Variables) -> Result<EdgeSettings, ConfigError> {
    const A_MINUTE: &str = "a number of calls a minute; 0 for no limit";
    const AT_A_TIME: &str = "a number; 0 for no limit";
    let limits = LimitSettings::default();
    let limit = |variable, expected, default| limit(variables, variable, expected, default);
    Ok(EdgeSettings {
        trusted_proxies: trusted_proxies(variables)?,
        address_header: address_header(variables)?,
        limits: LimitSettings {
            per_address: limit("RATE_LIMIT_PER_ADDRESS", A_MINUTE, limits.per_address)?,
            per_browser: limit("RATE_LIMIT_PER_BROWSER", A_MINUTE, limits.per_browser)?,
            per_person: limit("RATE_LIMIT_PER_PERSON", A_MINUTE, limits.per_person)?,
            sessions_per_person: limit("SESSIONS_PER_PERSON", AT_A_TIME, limits.sessions_per_person)?,
            streams_per_person: limit("STREAMS_PER_PERSON", AT_A_TIME, limits.streams_per_person)?,
        },
    })
}

pub(super) fn connections(variables: &Variables) -> Result<ConnectionSettings, ConfigError> {
    let settings = ConnectionSettings::default();
    let max = variables.parsed("MAX_CONNECTIONS", "a number from 1 on", &settings.max.to_string())?;
    Ok(ConnectionSettings { max, ..settings })
}

/// In bytes.
pub(super) fn storage_per_person(variables: &Variables) -> Result<Option<NonZeroU64>, ConfigError> {
    let default = (STORAGE_PER_PERSON.get() / MB).to_string();
    let mb: u64 = variables.parsed("STORAGE_PER_PERSON", "a number of MB; 0 for no limit", &default)?;
    Ok(NonZeroU64::new(mb.saturating_mul(MB)))
}

fn trusted_proxies(variables: &Variables) -> Result<TrustedProxies, ConfigError> {
    const EXPECTED: &str = "addresses or networks separated by commas, such as 10.0.0.0/8, 192.0.2.7";
    variables.parsed("TRUSTED_PROXIES", EXPECTED, "")
}

/// Without a proxy that is believed, no header counts.
fn address_header(variables: &Variables) -> Result<ClientAddressHeader, ConfigError> {
    const VARIABLE: &str = "CLIENT_ADDRESS_HEADER";
    if variables.get(VARIABLE).is_some() && variables.get("TRUSTED_PROXIES").is_none() {
        let reason = "TRUSTED_PROXIES is not: name the proxies that write the header, or remove this one";
        return Err(ConfigError::Unexpected { variable: VARIABLE, reason });
    }
    variables.parsed(VARIABLE, "x-forwarded-for or forwarded", "x-forwarded-for")
}

fn limit(
    variables: &Variables,
    variable: &'static str,
    expected: &str,
    default: Option<NonZeroU32>,
) -> Result<Option<NonZeroU32>, ConfigError> {
    let default = default.map_or(0, NonZeroU32::get).to_string();
    Ok(NonZeroU32::new(variables.parsed(variable, expected, &default)?))
}
