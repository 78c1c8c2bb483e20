//! `oracle-ai export-user` and `oracle-ai erase-user`: the operator exports or deletes all that a user has stored, in the
//! configured database, while servers run or not.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use futures_util::{StreamExt, pin_mut};

use super::{
    app::{load_config_and_install_log, pseudonyms},
    audit_user,
    auth::sessions::Storage,
    config::{Config, SessionStorage},
    conversations::{
        Owner,
        everything::{Everything, erase},
        notice::Acceptances,
        sql::SqlStore,
    },
    environment::Environment,
    observe::audit::{self, Event},
    user_sessions::operator,
};
use crate::wire::{auth::UserClaims, conversations::ExportLanguage};

/// Of an exported file: nobody else may read what a person wrote.
const FILE_MODE: u32 = 0o600;

/// What is done with all that the user has stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataAction {
    /// Written to this file, which must not exist.
    Export(PathBuf),
    Erase,
}

/// `id` is the user's `sub`, or the value of `USER_ID_CLAIM` if that is configured.
pub fn run(issuer: String, id: String, action: &DataAction) -> ExitCode {
    let config = match load_config_and_install_log() {
        Ok(config) => config,
        Err(code) => return code,
    };
    let user = audit_user::user(&config, issuer, id);
    let done = act(&config, &user, action);
    audit::stop();
    match done {
        Ok(report) => {
            eprintln!("oracle-ai: {report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("oracle-ai: {error}");
            ExitCode::FAILURE
        }
    }
}

fn act(config: &Config, user: &UserClaims, action: &DataAction) -> io::Result<String> {
    let context = audit_context(config)?;
    let store = SqlStore::new(config.database_url.clone()).beside_a_server();
    let acting = context.scope(async {
        audit::set_operator_account(operator());
        let done = match action {
            DataAction::Export(file) => export_to(file, store, user).await,
            DataAction::Erase => erase_user(&store, user).await,
        };
        done.inspect_err(|error| audit::record(Event::OperatorFailed, Some(user), Some(error)))
    });
    tokio::runtime::Runtime::new()?.block_on(acting)
}

/// Without `SESSION_KEYS`, the pseudonyms of users are those of this process alone.
fn audit_context(config: &Config) -> io::Result<audit::Context> {
    let ring = match &config.sessions {
        SessionStorage::Redis { ring, .. } => ring.clone(),
        SessionStorage::Memory => Storage::in_memory(&Environment::system()).map_err(io::Error::other)?.ring,
    };
    Ok(audit::Context::new(pseudonyms(&ring).map_err(io::Error::other)?))
}

/// A file that is not whole is removed.
async fn export_to(file: &Path, store: SqlStore, user: &UserClaims) -> io::Result<String> {
    let mut opened = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(file)?;
    let bytes = write_all(&mut opened, store, user).await.inspect_err(|_| {
        let _ = fs::remove_file(file);
    })?;
    audit::record(Event::ConversationsExportedByOperator, Some(user), Some(&format_args!("{bytes} bytes")));
    Ok(format!("{bytes} bytes written to {}", file.display()))
}

async fn write_all(file: &mut File, store: SqlStore, user: &UserClaims) -> io::Result<usize> {
    let (owner, now) = (Owner::of(user), Environment::system().now());
    let accepted = store.accepted_by(&owner).await.map_err(io::Error::other)?;
    let everything = Everything::of(Arc::new(store), owner, accepted, ExportLanguage::default(), now);
    let everything = everything.await.map_err(io::Error::other)?;
    let pieces = everything.into_pieces();
    pin_mut!(pieces);
    let mut bytes = 0;
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(io::Error::other)?;
        file.write_all(&piece)?;
        bytes += piece.len();
    }
    file.sync_all()?;
    Ok(bytes)
}

/// The conversations first: where they can't be deleted, what the user has accepted stays known.
async fn erase_user(store: &SqlStore, user: &UserClaims) -> io::Result<String> {
    let owner = Owner::of(user);
    let deleted = erase(store, &owner).await.map_err(io::Error::other)?;
    audit::record(Event::ConversationsDeletedByOperator, Some(user), Some(&format_args!("{deleted} conversations")));
    let accepted = store.forget(&owner).await.map_err(io::Error::other)?;
    let conversations = format!("{deleted} conversation{} deleted", if deleted == 1 { "" } else { "s" });
    Ok(match accepted {
        0 => conversations,
        1 => format!("{conversations}, and 1 acceptance of a notice"),
        _ => format!("{conversations}, and {accepted} acceptances of notices"),
    })
}
