//! `oracle-ai sessions` and `oracle-ai end-sessions`: the operator lists and ends the sessions of a user, in the configured
//! store. It takes effect at once at all servers that share the store.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::MetadataExt,
    process::ExitCode,
};

use super::{
    app::{load_config_and_install_log, pseudonyms},
    auth::sessions::{Records, Storage},
    config::SessionStorage,
    environment::Environment,
    excerpt::excerpt,
    observe::audit,
};
use crate::wire::{
    auth::UserClaims,
    sessions::{SessionHandle, SessionList},
};

const IN_MEMORY: &str = "sessions are kept in the memory of the server that runs, where this command can't reach them: \
                         restart that server to end them all, or keep them in Redis (REDIS_URL)";

/// What is done with the sessions of the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    List,
    /// The session with this handle, as in the list.
    End(String),
    EndAll,
}

/// `id` is the user's `sub`.
pub fn run(issuer: String, sub: String, action: &Action) -> ExitCode {
    let config = match load_config_and_install_log() {
        Ok(config) => config,
        Err(code) => return code,
    };
    let SessionStorage::Redis { address, ring } = config.sessions else {
        eprintln!("oracle-ai: {IN_MEMORY}");
        return ExitCode::FAILURE;
    };
    let done = (|| {
        let context = audit::Context::new(pseudonyms(&ring).map_err(io::Error::other)?);
        let records = Records::new(Storage::in_redis(&address, ring).map_err(io::Error::other)?, Environment::system());
        let act = context.scope(act(records, UserClaims::known_by(issuer, sub), action));
        tokio::runtime::Runtime::new()?.block_on(act)
    })();
    audit::stop();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("oracle-ai: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn act(records: Records, user: UserClaims, action: &Action) -> io::Result<()> {
    audit::set_operator_account(operator());
    match action {
        Action::List => {
            let list = records.list_by_operator(&user).await.map_err(failed("listed"))?;
            print(&list)
        }
        Action::End(session) => {
            let session = SessionHandle::new(session);
            match records.end_by_operator(&user, &session).await.map_err(failed("ended"))? {
                true => report(1),
                false => return Err(io::Error::other("the user has no such session: see `oracle-ai sessions`")),
            }
            Ok(())
        }
        Action::EndAll => {
            report(records.end_all_by_operator(&user).await.map_err(failed("ended"))?);
            Ok(())
        }
    }
}

/// One line for each session. Times are in seconds since 1970, as in the API.
fn print(SessionList { sessions }: &SessionList) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for session in sessions {
        let [browser, system] = [&session.browser, &session.system].map(|name| name.as_deref().unwrap_or("unknown"));
        let (handle, since, used) = (session.session.as_str(), session.since, session.last_used_at);
        writeln!(out, "{handle} since={since} last_used={used} browser={browser:?} system={system:?}")?;
    }
    eprintln!("oracle-ai: {} session{}", sessions.len(), if sessions.len() == 1 { "" } else { "s" });
    Ok(())
}

fn report(ended: usize) {
    eprintln!("oracle-ai: {ended} session{} ended", if ended == 1 { "" } else { "s" });
}

fn failed<E: std::fmt::Display>(what: &str) -> impl Fn(E) -> io::Error {
    move |error| io::Error::other(format!("the sessions could not be {what}: {error}"))
}

/// The account that runs the command and, with sudo, the one that called it. Only the first is certain.
pub(super) fn operator() -> String {
    let uid = fs::metadata("/proc/self").map_or_else(|_| "unknown".to_owned(), |process| process.uid().to_string());
    match std::env::var("SUDO_USER") {
        Ok(name) => format!("account {uid}, sudo by {}", excerpt(&name)),
        Err(_) => format!("account {uid}"),
    }
}
