//! What ID tokens must be.

use openidconnect::core::CoreJwsSigningAlgorithm;

use super::{
    setting::{Section, Setting, Value},
    values::{Flag, Parsed, Seconds, words},
    variables::{ConfigError, Variables},
};
use crate::server::auth::oidc::{
    AskedAuthentication, DEFAULT_CLOCK_TOLERANCE, IdTokenPolicy, SIGNING_ALGORITHMS, signing_algorithm,
};

/// Some of [`SIGNING_ALGORITHMS`], all by default.
pub struct Algorithms;

pub static SECTION: Section = Section {
    title: "What ID tokens must be",
    text: "None of these is needed.",
    settings: &[&ID_TOKEN_ALGS, &ALLOW_WEAK_RSA_KEYS, &CLOCK_TOLERANCE, &TRUSTED_AUDIENCES, &MAX_AGE, &ACR_VALUES],
};

pub static ID_TOKEN_ALGS: Setting<Algorithms> = Setting {
    name: "ID_TOKEN_ALGS",
    text: "Algorithms of their signatures, of those that are the default. Ed25519 is the same as EdDSA.",
    example: "RS256",
    value: Algorithms,
};

pub static ALLOW_WEAK_RSA_KEYS: Setting<Flag> = Setting {
    name: "ALLOW_WEAK_RSA_KEYS",
    text: "Whether RSA keys of 1024 to 2047 bits are used. Each start and each use is logged.",
    example: "false",
    value: Flag { default: false },
};

/// A clock that is further off should be put right.
pub static CLOCK_TOLERANCE: Setting<Seconds> = Setting {
    name: "CLOCK_TOLERANCE",
    text: "How many seconds the provider's clock may differ from ours; beyond 60 each start is logged.",
    example: "30",
    value: Seconds { from: 0, to: 300, default: Some(DEFAULT_CLOCK_TOLERANCE) },
};

pub static TRUSTED_AUDIENCES: Setting<Parsed<Vec<String>>> = Setting {
    name: "TRUSTED_AUDIENCES",
    text: "The audiences that ID tokens may have besides this server, separated by spaces.",
    example: "",
    value: Parsed { expected: "audiences separated by spaces", default: None, parse: words },
};

static MAX_AGE: Setting<Seconds> = Setting {
    name: "MAX_AGE",
    text: "How many seconds ago the person may have signed in at the provider when a login ends here; 0: they sign in at \
           each login.",
    example: "3600",
    // Ten years.
    value: Seconds { from: 0, to: 10 * 365 * 24 * 60 * 60, default: None },
};

static ACR_VALUES: Setting<Parsed<Vec<String>>> = Setting {
    name: "ACR_VALUES",
    text: "How the person must have signed in: one of these, separated by spaces.",
    example: "phr phrh",
    value: Parsed { expected: "values of `acr` separated by spaces", default: None, parse: words },
};

pub fn policy(variables: &Variables) -> Result<IdTokenPolicy, ConfigError> {
    Ok(IdTokenPolicy {
        algorithms: ID_TOKEN_ALGS.read(variables)?,
        allow_weak_rsa_keys: ALLOW_WEAK_RSA_KEYS.read(variables)?,
        clock_tolerance: CLOCK_TOLERANCE.read(variables)?,
        trusted_audiences: TRUSTED_AUDIENCES.get(variables)?.unwrap_or_default(),
        authentication: AskedAuthentication {
            max_age: MAX_AGE.get(variables)?,
            acr_values: ACR_VALUES.get(variables)?.unwrap_or_default(),
        },
    })
}

fn names() -> String {
    SIGNING_ALGORITHMS.map(|(name, _)| name).join(" ")
}

impl Value for Algorithms {
    type Output = Vec<CoreJwsSigningAlgorithm>;

    fn parse(&self, text: &str) -> Option<Self::Output> {
        let algorithms: Option<Vec<_>> = text.split_whitespace().map(signing_algorithm).collect();
        algorithms.filter(|algorithms| !algorithms.is_empty())
    }

    fn expected(&self) -> String {
        format!("some of {}, separated by spaces (never none or HS*)", names())
    }

    fn default(&self) -> Option<String> {
        Some(names())
    }

    /// The default lists them.
    fn is_documented(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::provider_settings;

    #[test]
    fn what_id_tokens_must_be_is_narrowed_by_name() {
        // T25, T27, T30, T32, T34
        let policy = |more: &[(&'static str, &'static str)]| provider_settings(more).id_tokens;
        let default = policy(&[]);
        assert_eq!((default.algorithms.len(), default.allow_weak_rsa_keys), (9, false));
        assert_eq!((default.clock_tolerance.as_secs(), default.authentication.max_age), (30, None));
        assert!(default.trusted_audiences.is_empty() && default.authentication.acr_values.is_empty());

        let narrowed = policy(&[
            ("ID_TOKEN_ALGS", "PS256  Ed25519"),
            ("ALLOW_WEAK_RSA_KEYS", "true"),
            ("CLOCK_TOLERANCE", "0"),
            ("TRUSTED_AUDIENCES", "api other"),
            ("MAX_AGE", "0"),
            ("ACR_VALUES", "phr phrh"),
        ]);
        let names = serde_json::to_value(&narrowed.algorithms).unwrap();
        assert_eq!(names, serde_json::json!(["PS256", "EdDSA"]));
        assert!(narrowed.allow_weak_rsa_keys);
        assert_eq!((narrowed.clock_tolerance.as_secs(), narrowed.authentication.max_age.unwrap().as_secs()), (0, 0));
        assert_eq!(narrowed.trusted_audiences, ["api", "other"]);
        assert_eq!(narrowed.authentication.acr_values, ["phr", "phrh"]);
    }
}
