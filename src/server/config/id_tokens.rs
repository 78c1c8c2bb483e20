//! What ID tokens must be.

use std::time::Duration;

use openidconnect::core::CoreJwsSigningAlgorithm;

use super::{ConfigError, Variables};
use crate::server::auth::oidc::{DEFAULT_CLOCK_TOLERANCE, IdTokenPolicy, SIGNING_ALGORITHMS};

/// In seconds. A clock further off is to be put right.
const MAX_CLOCK_TOLERANCE: u64 = 300;

/// In seconds: ten years.
const LONGEST_MAX_AGE: u64 = 10 * 365 * 24 * 60 * 60;

/// `ID_TOKEN_ALGS`, `ALLOW_WEAK_RSA_KEYS`, `CLOCK_TOLERANCE`, `TRUSTED_AUDIENCES`, `MAX_AGE`, `ACR_VALUES`.
pub(super) fn policy(variables: &Variables) -> Result<IdTokenPolicy, ConfigError> {
    Ok(IdTokenPolicy {
        algorithms: algorithms(variables)?,
        allow_weak_rsa_keys: variables.parsed("ALLOW_WEAK_RSA_KEYS", "true or false", "false")?,
        clock_tolerance: clock_tolerance(variables)?,
        trusted_audiences: words(variables, "TRUSTED_AUDIENCES"),
        max_age: max_age(variables)?,
        acr_values: words(variables, "ACR_VALUES"),
    })
}

fn algorithms(variables: &Variables) -> Result<Vec<CoreJwsSigningAlgorithm>, ConfigError> {
    const VARIABLE: &str = "ID_TOKEN_ALGS";
    let Some(text) = variables.get(VARIABLE) else { return Ok(IdTokenPolicy::default().algorithms) };
    let named = |name: &str| {
        SIGNING_ALGORITHMS.iter().find(|(known, _)| *known == name).map(|(_, algorithm)| algorithm.clone())
    };
    let algorithms: Option<Vec<_>> = text.split_whitespace().map(named).collect();
    algorithms.filter(|algorithms| !algorithms.is_empty()).ok_or_else(|| {
        let names = SIGNING_ALGORITHMS.map(|(name, _)| name).join(" ");
        variables.wrong(VARIABLE, &format!("some of {names}, separated by spaces (never none or HS*)"))
    })
}

fn clock_tolerance(variables: &Variables) -> Result<Duration, ConfigError> {
    const VARIABLE: &str = "CLOCK_TOLERANCE";
    let expected = format!("seconds from 0 to {MAX_CLOCK_TOLERANCE}");
    let seconds: u64 = variables.parsed(VARIABLE, &expected, &DEFAULT_CLOCK_TOLERANCE.as_secs().to_string())?;
    match seconds <= MAX_CLOCK_TOLERANCE {
        true => Ok(Duration::from_secs(seconds)),
        false => Err(variables.wrong(VARIABLE, &expected)),
    }
}

fn max_age(variables: &Variables) -> Result<Option<Duration>, ConfigError> {
    const VARIABLE: &str = "MAX_AGE";
    let Some(text) = variables.get(VARIABLE) else { return Ok(None) };
    match text.parse() {
        Ok(seconds) if seconds <= LONGEST_MAX_AGE => Ok(Some(Duration::from_secs(seconds))),
        _ => Err(variables.wrong(VARIABLE, "seconds, such as 3600")),
    }
}

/// Separated by spaces.
fn words(variables: &Variables, variable: &'static str) -> Vec<String> {
    variables.get(variable).unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}
