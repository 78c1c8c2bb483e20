//! Whom to believe on who calls, and how often anybody may.

use std::num::NonZeroU32;

use super::{ConfigError, Variables};
use crate::server::edge::{EdgeSettings, LimitSettings, TrustedProxies};

pub(super) fn settings(variables: &Variables) -> Result<EdgeSettings, ConfigError> {
    let limits = LimitSettings::default();
    Ok(EdgeSettings {
        trusted_proxies: trusted_proxies(variables)?,
        limits: LimitSettings {
            per_address: limit(variables, "RATE_LIMIT_PER_ADDRESS", limits.per_address)?,
            per_browser: limit(variables, "RATE_LIMIT_PER_BROWSER", limits.per_browser)?,
        },
    })
}

fn trusted_proxies(variables: &Variables) -> Result<TrustedProxies, ConfigError> {
    const EXPECTED: &str = "addresses or networks separated by commas, such as 10.0.0.0/8, 192.0.2.7";
    variables.parsed("TRUSTED_PROXIES", EXPECTED, "")
}

fn limit(
    variables: &Variables,
    variable: &'static str,
    default: Option<NonZeroU32>,
) -> Result<Option<NonZeroU32>, ConfigError> {
    let default = default.map_or(0, NonZeroU32::get).to_string();
    let calls = variables.parsed(variable, "a number of calls a minute; 0 for no limit", &default)?;
    Ok(NonZeroU32::new(calls))
}
