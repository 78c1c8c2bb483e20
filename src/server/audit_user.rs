//! `oracle-ai audit-user`: prints the pseudonym of a user in audit events. It only reads the configuration.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use super::{
    app::{load_config, pseudonyms},
    config::{Config, Provider, SessionStorage},
};
use crate::wire::auth::UserClaims;

const IN_MEMORY: &str = "without SESSION_KEYS, each start of the server has a key of its own, and nobody knows it: look for \
                         the user's login by its time instead";

/// Prints the pseudonym for each of `SESSION_KEYS`, the current one first. `id` is the user's `sub`, or the value of
/// `USER_ID_CLAIM` if that is configured.
pub fn run(issuer: String, id: String) -> ExitCode {
    let config = match load_config() {
        Ok(config) => config,
        Err(code) => return code,
    };
    let SessionStorage::Redis { ring, .. } = &config.sessions else {
        eprintln!("oracle-ai: {IN_MEMORY}");
        return ExitCode::FAILURE;
    };
    let printed = pseudonyms(ring).map_err(io::Error::other).and_then(|pseudonyms| {
        let user = user(&config, issuer, id);
        pseudonyms.all_of(&user).iter().try_for_each(|pseudonym| writeln!(io::stdout(), "{}", pseudonym.as_str()))
    });
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("oracle-ai: {error}");
            ExitCode::FAILURE
        }
    }
}

/// `id` is the user's `sub`, or the value of `USER_ID_CLAIM` if that is configured.
pub(super) fn user(config: &Config, issuer: String, id: String) -> UserClaims {
    let has_own_claim = matches!(&config.provider, Provider::Configured(settings) if settings.claims.user_id.is_some());
    match has_own_claim {
        true => UserClaims { user_id: Some(id), ..UserClaims::known_by(issuer, String::new()) },
        false => UserClaims::known_by(issuer, id),
    }
}
