//! IndexedDB: the browser key, and the name of the session, which is worthless without the key.

use std::future::Future;

use futures_channel::oneshot;
use idb::{
    Database, ObjectStore, TransactionMode,
    builder::{DatabaseBuilder, ObjectStoreBuilder},
};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::KeyError;
use crate::wire::auth::SessionId;

const DATABASE: &str = "oracle-ai";
const STORE: &str = "browser";
const KEY_PAIR: &str = "key_pair";
const SESSION: &str = "session";

/// The key pair, where there is one.
pub async fn key_pair() -> Result<Option<JsValue>, KeyError> {
    to_its_end(read(KEY_PAIR)).await
}

/// Keeps the key pair, unless there is one by now: gives the one that is kept.
pub async fn keep_key_pair(pair: JsValue) -> Result<JsValue, KeyError> {
    let keep = async move {
        let (transaction, store) = open(TransactionMode::ReadWrite).await?;
        let kept = match store.get(JsValue::from(KEY_PAIR))?.await? {
            Some(kept) => kept,
            None => {
                store.put(&pair, Some(&KEY_PAIR.into()))?.await?;
                pair
            }
        };
        transaction.commit()?.await?;
        Ok(kept)
    };
    to_its_end(keep).await
}

/// The session that this browser was last signed in to.
pub async fn kept_session() -> Option<SessionId> {
    to_its_end(read(SESSION)).await.ok().flatten()?.as_string().map(SessionId::new)
}

pub async fn keep_session(id: &SessionId) {
    // What can't be kept costs a sign-in at the next reload, nothing more.
    let id = id.secret().to_owned();
    let _ = to_its_end(change_session(|_| Some(id))).await;
}

/// Forgets a session that has ended, and none that another tab has begun since.
pub async fn forget_ended_session(id: &SessionId) {
    let ended = id.clone();
    let _ = to_its_end(change_session(move |kept| kept.filter(|kept| kept != ended.secret()))).await;
}

/// Forgets whatever session is kept.
pub async fn forget_session() {
    let _ = to_its_end(change_session(|_| None)).await;
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

/// Keeps what `change` makes of the session kept, in one transaction.
async fn change_session(change: impl FnOnce(Option<String>) -> Option<String>) -> Result<(), idb::Error> {
    let (transaction, store) = open(TransactionMode::ReadWrite).await?;
    let kept = store.get(JsValue::from(SESSION))?.await?.and_then(|id| id.as_string());
    match change(kept) {
        Some(id) => {
            store.put(&id.into(), Some(&SESSION.into()))?.await?;
        }
        None => store.delete(JsValue::from(SESSION))?.await?,
    }
    transaction.commit()?.await?;
    Ok(())
}

async fn read(name: &str) -> Result<Option<JsValue>, idb::Error> {
    let (_transaction, store) = open(TransactionMode::ReadOnly).await?;
    store.get(JsValue::from(name))?.await
}

async fn open(mode: TransactionMode) -> Result<(idb::Transaction, ObjectStore), idb::Error> {
    let database: Database =
        DatabaseBuilder::new(DATABASE).version(1).add_object_store(ObjectStoreBuilder::new(STORE)).build().await?;
    let transaction = database.transaction(&[STORE], mode)?;
    let store = transaction.object_store(STORE)?;
    Ok((transaction, store))
}
