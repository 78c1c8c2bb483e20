//! `OIDC_PROFILE`: one switch that sets several settings, and refuses weaker ones beside it.

use super::super::{
    guard::ALLOW_BEARER_TOKENS,
    id_tokens::{ALLOW_WEAK_RSA_KEYS, CLOCK_TOLERANCE, ID_TOKEN_ALGS, TRUSTED_AUDIENCES},
    setting::{AnySetting, Setting, refuse},
    values::{Flag, OneOf},
    variables::{ConfigError, Variables},
};
use super::{
    credentials::{CLIENT_ASSERTION_AUDIENCE, CLIENT_AUTH, CLIENT_SECRET, CLIENT_SECRET_FILE, Method},
    endpoints::{self, OIDC_DISCOVERY},
    requests::{OIDC_DPOP, PUSHED_AUTHORIZATION_REQUESTS},
};
use crate::server::auth::oidc::{CommonSettings, DpopPolicy, FAPI_ALGORITHMS, SecurityProfile};

pub static OIDC_PROFILE: Setting<OneOf<SecurityProfile>> = Setting {
    name: "OIDC_PROFILE",
    text: "A security profile for all that passes between this server and the provider. fapi2: the FAPI 2.0 Security Profile. It \
           sets CLIENT_AUTH=private_key_jwt, PUSHED_AUTHORIZATION_REQUESTS=true, OIDC_DPOP=required and ID_TOKEN_ALGS=PS256 \
           ES256 EdDSA, refuses authorization responses without `iss`, and with a weaker setting beside it the server does not \
           start. The doctor shows where the provider falls short.",
    example: "fapi2",
    value: OneOf {
        values: &[("none", SecurityProfile::None), ("fapi2", SecurityProfile::Fapi2)],
        default: Some(SecurityProfile::None),
    },
};

/// In seconds. FAPI 2.0 §5.3.2.1 (13): JWTs that are further in the future are refused.
const MAX_CLOCK_TOLERANCE: u64 = 60;

/// The profile, if no other setting weakens it.
pub fn profile(variables: &Variables) -> Result<SecurityProfile, ConfigError> {
    let profile = OIDC_PROFILE.read(variables)?;
    if profile == SecurityProfile::Fapi2 {
        refuse_weaker(variables)?;
    }
    Ok(profile)
}

/// Sets what the profile sets.
pub fn apply(profile: SecurityProfile, settings: &mut CommonSettings) {
    if profile == SecurityProfile::Fapi2 {
        settings.requests.pushed = true;
        settings.requests.dpop = DpopPolicy::Required;
        settings.id_tokens.algorithms.retain(|algorithm| FAPI_ALGORITHMS.contains(algorithm));
    }
}

fn refuse_weaker(variables: &Variables) -> Result<(), ConfigError> {
    let weaker = |setting: &dyn AnySetting, rule: &str| Err(setting.unexpected(&format!("OIDC_PROFILE=fapi2 {rule}")));
    // §5.3.3.1
    if CLIENT_AUTH.get(variables)?.is_some_and(|method| method != Method::PrivateKeyJwt) {
        return weaker(&CLIENT_AUTH, "allows private_key_jwt alone");
    }
    let secrets: [&dyn AnySetting; 2] = [&CLIENT_SECRET, &CLIENT_SECRET_FILE];
    refuse(
        variables,
        &secrets,
        "OIDC_PROFILE=fapi2 authenticates with a key (CLIENT_KEY_FILE): remove one of the two",
    )?;
    refuse(
        variables,
        &[&CLIENT_ASSERTION_AUDIENCE],
        "OIDC_PROFILE=fapi2 makes client assertions for the issuer alone",
    )?;
    if OIDC_DPOP.get(variables)?.is_some_and(|policy| policy != DpopPolicy::Required) {
        return weaker(&OIDC_DPOP, "discards bearer tokens: remove it, or set it to required");
    }
    if OIDC_DISCOVERY.get(variables)? == Some(false) {
        return weaker(&OIDC_DISCOVERY, "uses endpoints of the provider's metadata alone");
    }
    refuse(variables, &endpoints::overrides(), "OIDC_PROFILE=fapi2 uses endpoints of the provider's metadata alone")?;
    // §5.3.3.2
    if PUSHED_AUTHORIZATION_REQUESTS.get(variables)? == Some(false) {
        return weaker(&PUSHED_AUTHORIZATION_REQUESTS, "pushes every authorization request");
    }
    // §5.3.2.1, §5.4.1
    if ID_TOKEN_ALGS.get(variables)?.is_some_and(|set| set.iter().any(|alg| !FAPI_ALGORITHMS.contains(alg))) {
        return weaker(&ID_TOKEN_ALGS, "allows PS256, ES256 and EdDSA alone");
    }
    refuse_true(variables, &ALLOW_WEAK_RSA_KEYS, "OIDC_PROFILE=fapi2 wants RSA keys of 2048 bits or more")?;
    if CLOCK_TOLERANCE.get(variables)?.is_some_and(|tolerance| tolerance.as_secs() > MAX_CLOCK_TOLERANCE) {
        return weaker(&CLOCK_TOLERANCE, "allows 60 seconds at most");
    }
    refuse(variables, &[&TRUSTED_AUDIENCES], "OIDC_PROFILE=fapi2 accepts ID tokens for this client alone")?;
    // §5.3.4
    refuse_true(
        variables,
        &ALLOW_BEARER_TOKENS,
        "OIDC_PROFILE=fapi2 accepts only access tokens that are bound to a key",
    )
}

fn refuse_true(variables: &Variables, setting: &Setting<Flag>, reason: &str) -> Result<(), ConfigError> {
    match setting.get(variables)? {
        Some(true) => Err(setting.unexpected(reason)),
        _ => Ok(()),
    }
}
