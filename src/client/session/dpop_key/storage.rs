//! IndexedDB: the browser key, the name of the session, which is worthless without the key, and the sessions that the
//! server has still to end.
//!
//! The key lives as long as the session that is bound to it: it is removed in the transaction that removes the session.
//! Only a login that is under way keeps it.

use std::{collections::BTreeMap, future::Future};

use futures_channel::oneshot;
use idb::{
    Database, ObjectStore, TransactionMode,
    builder::{DatabaseBuilder, ObjectStoreBuilder},
};
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;

use super::KeyError;
use crate::wire::auth::SessionId;

const DATABASE: &str = "oracle-ai";
const STORE: &str = "browser";
const KEY_PAIR: &str = "key_pair";
const SESSION: &str = "session";
/// An array of sessions to be ended, each with its key pair.
const ENDING: &str = "ending";
/// The logins under way, as JSON: the name of the tab, and when it began in seconds since 1970.
const LOGINS: &str = "logins";

/// A login that was not finished within this time can't be finished any more: the server forgets it (ten minutes).
const LOGIN_LIFETIME: u64 = 10 * 60;

/// A session that the person has left and the server has not confirmed to be over.
#[derive(Clone, Debug)]
pub struct Ending {
    pub session: SessionId,
    /// The key pair that the session is bound to.
    pub(super) pair: JsValue,
}

type Logins = BTreeMap<String, u64>;

/// The key pair, where there is one.
pub async fn key_pair() -> Result<Option<JsValue>, KeyError> {
    to_its_end(async {
        let (_transaction, store) = open(TransactionMode::ReadOnly).await?;
        get(&store, KEY_PAIR).await
    })
    .await
}

/// The key pair for a login that `tab` begins at `now`: the one that a session or another login depends on, or else
/// `new`. So two tabs that begin at the same time share the key of the first, and nobody gets the key of somebody who
/// has signed out.
pub async fn begin_login(tab: String, now: u64, new: JsValue) -> Result<JsValue, KeyError> {
    to_its_end(async move {
        let (transaction, store) = open(TransactionMode::ReadWrite).await?;
        let mut logins = logins_under_way(&store, now).await?;
        let is_needed = !logins.is_empty() || get(&store, SESSION).await?.is_some();
        let pair = match get(&store, KEY_PAIR).await?.filter(|_| is_needed) {
            Some(kept) => kept,
            None => {
                put(&store, KEY_PAIR, &new).await?;
                new
            }
        };
        logins.insert(tab, now);
        put_logins(&store, &logins).await?;
        transaction.commit()?.await?;
        Ok(pair)
    })
    .await
}

/// The login of `tab` has led to this session.
pub async fn finish_login(tab: String, now: u64, session: &SessionId) {
    // What can't be kept costs a sign-in at the next reload, nothing more.
    let session = JsValue::from(session.secret());
    let finished = to_its_end(async move {
        let (transaction, store) = open(TransactionMode::ReadWrite).await?;
        put(&store, SESSION, &session).await?;
        let mut logins = logins_under_way(&store, now).await?;
        logins.remove(&tab);
        put_logins(&store, &logins).await?;
        transaction.commit()?.await?;
        Ok(())
    });
    let _ = finished.await;
}

/// The session that this browser was last signed in to.
pub async fn kept_session() -> Option<SessionId> {
    let kept = to_its_end(async {
        let (_transaction, store) = open(TransactionMode::ReadOnly).await?;
        get_session(&store).await
    });
    kept.await.ok().flatten()
}

/// Removes a session that has ended, and its key, and none that another tab has begun since.
pub async fn forget_ended_session(session: &SessionId, now: u64) {
    let ended = session.clone();
    let forgotten = to_its_end(async move {
        let (transaction, store) = open(TransactionMode::ReadWrite).await?;
        if get_session(&store).await?.is_some_and(|kept| kept == ended) {
            take_session_and_key(&store, now).await?;
        }
        transaction.commit()?.await?;
        Ok(())
    });
    let _ = forgotten.await;
}

/// Moves this session and its key to those that the server has to end. `pair` is what the page knows as its key, where
/// another tab has removed what was kept. Nothing is moved where no key is left to sign with.
pub async fn begin_ending(session: &SessionId, pair: Option<JsValue>, now: u64) -> Result<Option<Ending>, KeyError> {
    let session = session.clone();
    to_its_end(async move {
        let (transaction, store) = open(TransactionMode::ReadWrite).await?;
        let ending = move_to_endings(&store, session, pair, now).await?;
        transaction.commit()?.await?;
        Ok(ending)
    })
    .await
}

/// The same for whichever session is kept.
pub async fn begin_ending_of_kept(now: u64) -> Result<Option<Ending>, KeyError> {
    to_its_end(async move {
        let (transaction, store) = open(TransactionMode::ReadWrite).await?;
        let ending = match get_session(&store).await? {
            Some(session) => move_to_endings(&store, session, None, now).await?,
            None => None,
        };
        transaction.commit()?.await?;
        Ok(ending)
    })
    .await
}

/// The sessions that the server has still to end.
pub async fn endings() -> Result<Vec<Ending>, KeyError> {
    to_its_end(async {
        let (_transaction, store) = open(TransactionMode::ReadOnly).await?;
        get_endings(&store).await
    })
    .await
}

/// The server has said that this session is over.
pub async fn remove_ending(session: &SessionId) {
    let ended = session.clone();
    let removed = to_its_end(async move {
        let (transaction, store) = open(TransactionMode::ReadWrite).await?;
        let mut endings = get_endings(&store).await?;
        endings.retain(|ending| ending.session != ended);
        put_endings(&store, &endings).await?;
        transaction.commit()?.await?;
        Ok(())
    });
    let _ = removed.await;
}

async fn move_to_endings(
    store: &ObjectStore,
    session: SessionId,
    pair: Option<JsValue>,
    now: u64,
) -> Result<Option<Ending>, idb::Error> {
    let mut endings = get_endings(store).await?;
    let is_kept = get_session(store).await?.is_some_and(|kept| kept == session);
    let kept_pair = if is_kept { take_session_and_key(store, now).await? } else { None };
    if let Some(known) = endings.iter().find(|ending| ending.session == session) {
        return Ok(Some(known.clone()));
    }
    let Some(pair) = kept_pair.or(pair) else { return Ok(None) };
    let ending = Ending { session, pair };
    endings.push(ending.clone());
    put_endings(store, &endings).await?;
    Ok(Some(ending))
}

/// Removes the session that is kept, and its key unless a login is under way with it; gives the key.
async fn take_session_and_key(store: &ObjectStore, now: u64) -> Result<Option<JsValue>, idb::Error> {
    let pair = get(store, KEY_PAIR).await?;
    delete(store, SESSION).await?;
    if logins_under_way(store, now).await?.is_empty() {
        delete(store, KEY_PAIR).await?;
    }
    Ok(pair)
}

async fn get_session(store: &ObjectStore) -> Result<Option<SessionId>, idb::Error> {
    Ok(get(store, SESSION).await?.and_then(|id| id.as_string()).map(SessionId::new))
}

async fn logins_under_way(store: &ObjectStore, now: u64) -> Result<Logins, idb::Error> {
    let json = get(store, LOGINS).await?.and_then(|json| json.as_string()).unwrap_or_default();
    Ok(under_way(&json, now))
}

fn under_way(json: &str, now: u64) -> Logins {
    let mut logins: Logins = serde_json::from_str(json).unwrap_or_default();
    // A clock that was set back makes times of the future: they count for nothing.
    logins.retain(|_, begun| (now.saturating_sub(LOGIN_LIFETIME)..=now).contains(begun));
    logins
}

async fn put_logins(store: &ObjectStore, logins: &Logins) -> Result<(), idb::Error> {
    match serde_json::to_string(logins) {
        Ok(json) if !logins.is_empty() => put(store, LOGINS, &json.into()).await,
        _ => delete(store, LOGINS).await,
    }
}

async fn get_endings(store: &ObjectStore) -> Result<Vec<Ending>, idb::Error> {
    let kept = get(store, ENDING).await?.and_then(|kept| kept.dyn_into::<Array>().ok());
    Ok(kept.iter().flat_map(Array::iter).filter_map(|record| Ending::read(&record)).collect())
}

async fn put_endings(store: &ObjectStore, endings: &[Ending]) -> Result<(), idb::Error> {
    match endings.is_empty() {
        true => delete(store, ENDING).await,
        false => put(store, ENDING, &endings.iter().map(Ending::write).collect::<Array>()).await,
    }
}

impl Ending {
    fn read(record: &JsValue) -> Option<Self> {
        let session = SessionId::new(Reflect::get(record, &SESSION.into()).ok()?.as_string()?);
        let pair = Reflect::get(record, &KEY_PAIR.into()).ok()?;
        Some(Self { session, pair })
    }

    fn write(&self) -> JsValue {
        let record = Object::new();
        for (name, value) in [(SESSION, &JsValue::from(self.session.secret())), (KEY_PAIR, &self.pair)] {
            // Fails only for what is no object.
            let _ = Reflect::set(&record, &name.into(), value);
        }
        record.into()
    }
}

/// Also where the page that asked is gone: a change is made whole, and the browser calls nothing of ours that has been
/// dropped.
async fn to_its_end<T: 'static>(work: impl Future<Output = Result<T, idb::Error>> + 'static) -> Result<T, KeyError> {
    let (done, outcome) = oneshot::channel();
    spawn_local(async move {
        // Fails only when nobody waits any more.
        let _ = done.send(work.await);
    });
    outcome.await.ok().and_then(Result::ok).ok_or(KeyError::NoIndexedDb)
}

async fn get(store: &ObjectStore, name: &str) -> Result<Option<JsValue>, idb::Error> {
    store.get(JsValue::from(name))?.await
}

async fn put(store: &ObjectStore, name: &str, value: &JsValue) -> Result<(), idb::Error> {
    store.put(value, Some(&name.into()))?.await?;
    Ok(())
}

async fn delete(store: &ObjectStore, name: &str) -> Result<(), idb::Error> {
    store.delete(JsValue::from(name))?.await
}

async fn open(mode: TransactionMode) -> Result<(idb::Transaction, ObjectStore), idb::Error> {
    let database: Database =
        DatabaseBuilder::new(DATABASE).version(1).add_object_store(ObjectStoreBuilder::new(STORE)).build().await?;
    let transaction = database.transaction(&[STORE], mode)?;
    let store = transaction.object_store(STORE)?;
    Ok((transaction, store))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_under_way_for_ten_minutes_and_no_longer() {
        let json = r#"{ "old": 399, "young": 400, "now": 1000, "of the future": 1001 }"#;
        assert_eq!(under_way(json, 1000).into_keys().collect::<Vec<_>>(), ["now", "young"]);
        assert!(under_way("", 1000).is_empty());
        assert!(under_way("nonsense", 1000).is_empty());
    }
}
