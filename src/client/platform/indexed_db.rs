//! IndexedDB: one object store, whose values are texts, key pairs, and lists of records.

use std::{cell::Cell, pin::pin, time::Duration};

use futures_util::future::{Either, select};
use idb::{
    Database, ObjectStore, Transaction, TransactionMode,
    builder::{DatabaseBuilder, ObjectStoreBuilder},
};
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use super::{clock, crypto::KeyPair, tasks::run_to_completion};

/// How long a transaction may take, with the opening of the database. Some browsers never answer: WebKit after a start
/// (WebKit bug 226547), any browser while another tab holds the database open for a change.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The same, after a transaction that was not answered: the page makes several in a row, and the person waits for all.
const TIMEOUT_AFTER_SILENCE: Duration = Duration::from_millis(500);

thread_local! {
    /// Whether the last transaction was not answered in time.
    static IS_SILENT: Cell<bool> = const { Cell::new(false) };
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IndexedDbError {
    /// The browser stores nothing for this page, or an operation failed.
    #[error("IndexedDB is not available")]
    Unavailable,
    /// The browser stores values, but not this one: a `CryptoKey`, as texts can always be stored.
    #[error("IndexedDB can't store this value")]
    NotCloneable,
    #[error("IndexedDB does not answer")]
    Timeout,
}

/// Runs a transaction to its end, also where the page that asked is gone, or does not wait any longer: a change is made
/// completely, and the browser calls no callback that was dropped.
pub async fn run<T: 'static>(
    transaction: impl Future<Output = Result<T, IndexedDbError>> + 'static,
) -> Result<T, IndexedDbError> {
    let timeout = if IS_SILENT.get() { TIMEOUT_AFTER_SILENCE } else { TIMEOUT };
    let answered = run_to_completion(async move {
        let outcome = transaction.await;
        IS_SILENT.set(false);
        outcome
    });
    match select(pin!(answered), pin!(clock::sleep(timeout))).await {
        Either::Left((outcome, _)) => outcome.unwrap_or(Err(IndexedDbError::Unavailable)),
        Either::Right(_) => {
            IS_SILENT.set(true);
            Err(IndexedDbError::Timeout)
        }
    }
}

/// The object store within one transaction, to be used within [`run`]. The browser completes a transaction that is not used any more: nothing but
/// calls of the store may be awaited before the last of them.
pub struct Store {
    transaction: Transaction,
    store: ObjectStore,
}

/// What a stored record consists of, and what its members are called.
#[derive(Clone, Copy, Debug)]
pub struct RecordNames {
    pub text: &'static str,
    pub key_pair: &'static str,
}

impl Store {
    pub async fn open_read_only(database: &str, store: &str) -> Result<Self, IndexedDbError> {
        Self::open(database, store, TransactionMode::ReadOnly).await
    }

    /// What is written takes effect at [`Store::commit`].
    pub async fn open_read_write(database: &str, store: &str) -> Result<Self, IndexedDbError> {
        Self::open(database, store, TransactionMode::ReadWrite).await
    }

    pub async fn commit(self) -> Result<(), IndexedDbError> {
        self.transaction.commit()?.await?;
        Ok(())
    }

    pub async fn text(&self, name: &str) -> Result<Option<String>, IndexedDbError> {
        Ok(self.get(name).await?.and_then(|text| text.as_string()))
    }

    pub async fn set_text(&self, name: &str, text: &str) -> Result<(), IndexedDbError> {
        self.set(name, &text.into()).await
    }

    pub async fn key_pair(&self, name: &str) -> Result<Option<KeyPair>, IndexedDbError> {
        Ok(self.get(name).await?.map(KeyPair::from_js))
    }

    pub async fn set_key_pair(&self, name: &str, pair: &KeyPair) -> Result<(), IndexedDbError> {
        self.set(name, pair.as_js()).await
    }

    /// Records that can't be read are left out.
    pub async fn records(&self, name: &str, members: RecordNames) -> Result<Vec<(String, KeyPair)>, IndexedDbError> {
        let records = self.get(name).await?.and_then(|records| records.dyn_into::<Array>().ok());
        Ok(records.iter().flat_map(Array::iter).filter_map(|record| read(&record, members)).collect())
    }

    pub async fn set_records<'a>(
        &self,
        name: &str,
        members: RecordNames,
        records: impl Iterator<Item = (&'a str, &'a KeyPair)>,
    ) -> Result<(), IndexedDbError> {
        let records: Array = records.map(|(text, pair)| write(text, pair, members)).collect();
        self.set(name, &records).await
    }

    pub async fn remove(&self, name: &str) -> Result<(), IndexedDbError> {
        self.store.delete(JsValue::from(name))?.await?;
        Ok(())
    }

    async fn open(database: &str, store: &str, mode: TransactionMode) -> Result<Self, IndexedDbError> {
        let database: Database =
            DatabaseBuilder::new(database).version(1).add_object_store(ObjectStoreBuilder::new(store)).build().await?;
        let transaction = database.transaction(&[store], mode)?;
        let store = transaction.object_store(store)?;
        Ok(Self { transaction, store })
    }

    async fn get(&self, name: &str) -> Result<Option<JsValue>, IndexedDbError> {
        Ok(self.store.get(JsValue::from(name))?.await?)
    }

    async fn set(&self, name: &str, value: &JsValue) -> Result<(), IndexedDbError> {
        self.store.put(value, Some(&name.into()))?.await?;
        Ok(())
    }
}

impl From<idb::Error> for IndexedDbError {
    fn from(error: idb::Error) -> Self {
        let cause: JsValue = match error {
            idb::Error::UpdateFailed(cause) => cause,
            idb::Error::DomException(cause) => cause.into(),
            _ => return Self::Unavailable,
        };
        let name = Reflect::get(&cause, &"name".into()).ok().and_then(|name| name.as_string());
        if name.as_deref() == Some("DataCloneError") { Self::NotCloneable } else { Self::Unavailable }
    }
}

fn read(record: &JsValue, members: RecordNames) -> Option<(String, KeyPair)> {
    let text = Reflect::get(record, &members.text.into()).ok()?.as_string()?;
    let pair = Reflect::get(record, &members.key_pair.into()).ok()?;
    Some((text, KeyPair::from_js(pair)))
}

fn write(text: &str, pair: &KeyPair, members: RecordNames) -> JsValue {
    let record = Object::new();
    for (name, value) in [(members.text, &JsValue::from(text)), (members.key_pair, pair.as_js())] {
        // Fails only where the target is not an object.
        let _ = Reflect::set(&record, &name.into(), value);
    }
    record.into()
}
