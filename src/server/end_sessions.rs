//! `oracle-ai end-sessions`: the operator ends all sessions and pending logins of a user, in the configured store. It takes
//! effect at once at all servers that share the store.

use std::{io, process::ExitCode};

use super::{
    app::{load_config_and_install_log, pseudonyms},
    auth::sessions::{Records, SessionScope, Storage},
    config::SessionStorage,
    environment::Environment,
    observe::audit::{self, Event},
    store::{KeyRing, RedisAddress},
};
use crate::wire::auth::UserClaims;

const IN_MEMORY: &str = "sessions are kept in the memory of the server that runs, where this command can't reach them: \
                         restart that server to end them all, or keep them in Redis (REDIS_URL)";

pub fn run(issuer: String, sub: String) -> ExitCode {
    let config = match load_config_and_install_log() {
        Ok(config) => config,
        Err(code) => return code,
    };
    let SessionStorage::Redis { address, ring } = config.sessions else {
        eprintln!("oracle-ai: {IN_MEMORY}");
        return ExitCode::FAILURE;
    };
    let user = UserClaims::known_by(issuer, sub);
    let pseudonyms = match pseudonyms(&ring) {
        Ok(pseudonyms) => pseudonyms,
        Err(error) => {
            eprintln!("oracle-ai: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = match end_all(&address, ring, &SessionScope::of_user(&user)) {
        Ok(sessions) => {
            let reason = format_args!("{sessions} sessions");
            audit::Context::new(pseudonyms)
                .run(|| audit::record(Event::SessionsEndedByOperator, Some(&user), Some(&reason)));
            eprintln!("oracle-ai: {sessions} session{} ended", if sessions == 1 { "" } else { "s" });
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("oracle-ai: the sessions could not be ended: {error}");
            ExitCode::FAILURE
        }
    };
    audit::stop();
    code
}

fn end_all(address: &RedisAddress, ring: KeyRing, scope: &SessionScope) -> io::Result<usize> {
    let runtime = tokio::runtime::Runtime::new()?;
    let storage = Storage::in_redis(address, ring).map_err(io::Error::other)?;
    let records = Records::new(storage, Environment::system());
    runtime.block_on(records.end_all(scope, None)).map_err(io::Error::other)
}
