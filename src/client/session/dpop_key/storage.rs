//! What IndexedDB stores: the key pair, the session id, which is useless without the key, the latest revision of the
//! session that was received, and the pending logouts.
//!
//! The key lives as long as the session that is bound to it: both are removed in the same transaction, unless a login in
//! progress uses the key.

use std::collections::BTreeMap;

use super::seen_revision::{later_revision, revision_of};
use crate::{
    client::platform::{
        crypto::KeyPair,
        indexed_db::{self, IndexedDbError, RecordNames, Store},
    },
    wire::auth::SessionId,
};

const DATABASE: &str = "oracle-ai";
const STORE: &str = "browser";
const KEY_PAIR: &str = "key_pair";
const SESSION: &str = "session";
/// The latest revision of the session that was received.
const REVISION: &str = "session_revision";
/// The pending logouts.
const LOGOUTS: &str = "ending";
const LOGOUT: RecordNames = RecordNames { text: SESSION, key_pair: KEY_PAIR };
/// The logins in progress, as JSON: the tab, and when it began, in Unix seconds.
const LOGINS: &str = "logins";

/// A login can't be finished after this time: the server removes it (ten minutes).
const LOGIN_LIFETIME: u64 = 10 * 60;

/// A session that the person has left, and whose end the server has not confirmed.
#[derive(Clone, Debug)]
pub struct PendingLogout {
    pub session: SessionId,
    /// The key pair that the session is bound to.
    pub(super) pair: KeyPair,
}

/// When each tab began its login, in Unix seconds.
type Logins = BTreeMap<String, u64>;

pub async fn key_pair() -> Result<Option<KeyPair>, IndexedDbError> {
    indexed_db::run(async { read_only().await?.key_pair(KEY_PAIR).await }).await
}

/// The key pair for a login that `tab` begins at `now`: the stored one where a session or another login uses it, or else
/// `new`. So two tabs that begin at the same time share one key, and nobody gets the key of a person who has signed out.
pub async fn begin_login(tab: String, now: u64, new: KeyPair) -> Result<KeyPair, IndexedDbError> {
    indexed_db::run(async move {
        let store = read_write().await?;
        let mut logins = logins_in_progress(&store, now).await?;
        let is_used = !logins.is_empty() || store.text(SESSION).await?.is_some();
        let pair = match store.key_pair(KEY_PAIR).await?.filter(|_| is_used) {
            Some(stored) => stored,
            None => {
                store.set_key_pair(KEY_PAIR, &new).await?;
                new
            }
        };
        logins.insert(tab, now);
        set_logins(&store, &logins).await?;
        store.commit().await?;
        Ok(pair)
    })
    .await
}

/// The login of `tab` has begun this session, whose record has this revision.
pub async fn finish_login(tab: String, now: u64, session: &SessionId, revision: Option<u64>) {
    let session = session.clone();
    let finished = indexed_db::run(async move {
        let store = read_write().await?;
        store.set_text(SESSION, session.secret()).await?;
        match revision.and_then(|revision| later_revision("", &session, revision)) {
            Some(json) => store.set_text(REVISION, &json).await?,
            None => store.remove(REVISION).await?,
        }
        let mut logins = logins_in_progress(&store, now).await?;
        logins.remove(&tab);
        set_logins(&store, &logins).await?;
        store.commit().await
    });
    // A session that can't be stored costs a sign-in at the next reload, nothing more.
    let _ = finished.await;
}

/// The session that this browser was last signed in to.
pub async fn session() -> Option<SessionId> {
    let session = indexed_db::run(async { stored_session(&read_only().await?).await });
    session.await.ok().flatten()
}

/// The highest revision of this session's record that was received.
pub async fn seen_revision(session: &SessionId) -> Option<u64> {
    let json = indexed_db::run(async { Ok(read_only().await?.text(REVISION).await?.unwrap_or_default()) });
    revision_of(&json.await.ok()?, session)
}

/// Stores a revision that was received, unless a higher one is stored, or another session.
pub async fn set_seen_revision(session: &SessionId, revision: u64) {
    let session = session.clone();
    let stored = indexed_db::run(async move {
        let store = read_write().await?;
        let json = store.text(REVISION).await?.unwrap_or_default();
        if stored_session(&store).await?.is_some_and(|stored| stored == session)
            && let Some(later) = later_revision(&json, &session, revision)
        {
            store.set_text(REVISION, &later).await?;
        }
        store.commit().await
    });
    // Without it, the server does not notice if its store has lost later revisions than the one that is stored.
    let _ = stored.await;
}

/// Removes a session that has ended, and its key; not a session that another tab has begun since.
pub async fn remove_ended_session(session: &SessionId, now: u64) {
    let ended = session.clone();
    let removed = indexed_db::run(async move {
        let store = read_write().await?;
        if stored_session(&store).await?.is_some_and(|stored| stored == ended) {
            take_session_and_key(&store, now).await?;
        }
        store.commit().await
    });
    let _ = removed.await;
}

/// Moves this session and its key to the pending logouts. `pair` is the key that the page holds, for where another tab
/// has removed the stored one. `None` where no key is left to sign with.
pub async fn begin_logout(
    session: &SessionId,
    pair: Option<KeyPair>,
    now: u64,
) -> Result<Option<PendingLogout>, IndexedDbError> {
    let session = session.clone();
    indexed_db::run(async move {
        let store = read_write().await?;
        let logout = move_to_logouts(&store, session, pair, now).await?;
        store.commit().await?;
        Ok(logout)
    })
    .await
}

/// Like [`begin_logout`], for the stored session.
pub async fn begin_logout_of_stored_session(now: u64) -> Result<Option<PendingLogout>, IndexedDbError> {
    indexed_db::run(async move {
        let store = read_write().await?;
        let logout = match stored_session(&store).await? {
            Some(session) => move_to_logouts(&store, session, None, now).await?,
            None => None,
        };
        store.commit().await?;
        Ok(logout)
    })
    .await
}

/// The sessions that the server has still to end.
pub async fn pending_logouts() -> Result<Vec<PendingLogout>, IndexedDbError> {
    indexed_db::run(async { stored_logouts(&read_only().await?).await }).await
}

/// The server has confirmed that this session has ended.
pub async fn remove_pending_logout(session: &SessionId) {
    let ended = session.clone();
    let removed = indexed_db::run(async move {
        let store = read_write().await?;
        let mut logouts = stored_logouts(&store).await?;
        logouts.retain(|logout| logout.session != ended);
        set_logouts(&store, &logouts).await?;
        store.commit().await
    });
    let _ = removed.await;
}

async fn move_to_logouts(
    store: &Store,
    session: SessionId,
    pair: Option<KeyPair>,
    now: u64,
) -> Result<Option<PendingLogout>, IndexedDbError> {
    let mut logouts = stored_logouts(store).await?;
    let is_stored = stored_session(store).await?.is_some_and(|stored| stored == session);
    let stored_pair = if is_stored { take_session_and_key(store, now).await? } else { None };
    if let Some(known) = logouts.iter().find(|logout| logout.session == session) {
        return Ok(Some(known.clone()));
    }
    let Some(pair) = stored_pair.or(pair) else { return Ok(None) };
    let logout = PendingLogout { session, pair };
    logouts.push(logout.clone());
    set_logouts(store, &logouts).await?;
    Ok(Some(logout))
}

/// Removes the stored session, and its key unless a login in progress uses it; returns the key.
async fn take_session_and_key(store: &Store, now: u64) -> Result<Option<KeyPair>, IndexedDbError> {
    let pair = store.key_pair(KEY_PAIR).await?;
    store.remove(SESSION).await?;
    store.remove(REVISION).await?;
    if logins_in_progress(store, now).await?.is_empty() {
        store.remove(KEY_PAIR).await?;
    }
    Ok(pair)
}

async fn stored_session(store: &Store) -> Result<Option<SessionId>, IndexedDbError> {
    Ok(store.text(SESSION).await?.map(SessionId::new))
}

async fn logins_in_progress(store: &Store, now: u64) -> Result<Logins, IndexedDbError> {
    let json = store.text(LOGINS).await?.unwrap_or_default();
    Ok(in_progress(&json, now))
}

fn in_progress(json: &str, now: u64) -> Logins {
    let mut logins: Logins = serde_json::from_str(json).unwrap_or_default();
    // A time in the future was written before the clock was set back: it counts as expired.
    logins.retain(|_, began| (now.saturating_sub(LOGIN_LIFETIME)..=now).contains(began));
    logins
}

async fn set_logins(store: &Store, logins: &Logins) -> Result<(), IndexedDbError> {
    match serde_json::to_string(logins) {
        Ok(json) if !logins.is_empty() => store.set_text(LOGINS, &json).await,
        _ => store.remove(LOGINS).await,
    }
}

async fn stored_logouts(store: &Store) -> Result<Vec<PendingLogout>, IndexedDbError> {
    let records = store.records(LOGOUTS, LOGOUT).await?;
    Ok(records.into_iter().map(|(session, pair)| PendingLogout { session: SessionId::new(session), pair }).collect())
}

async fn set_logouts(store: &Store, logouts: &[PendingLogout]) -> Result<(), IndexedDbError> {
    if logouts.is_empty() {
        return store.remove(LOGOUTS).await;
    }
    let records = logouts.iter().map(|logout| (logout.session.secret(), &logout.pair));
    store.set_records(LOGOUTS, LOGOUT, records).await
}

async fn read_only() -> Result<Store, IndexedDbError> {
    Store::open_read_only(DATABASE, STORE).await
}

async fn read_write() -> Result<Store, IndexedDbError> {
    Store::open_read_write(DATABASE, STORE).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_in_progress_for_ten_minutes_and_no_longer() {
        let json = r#"{ "old": 399, "young": 400, "now": 1000, "of the future": 1001 }"#;
        assert_eq!(in_progress(json, 1000).into_keys().collect::<Vec<_>>(), ["now", "young"]);
        assert!(in_progress("", 1000).is_empty());
        assert!(in_progress("nonsense", 1000).is_empty());
    }
}
