//! Why there is no DPoP key.

use crate::client::platform::{crypto::NoWebCrypto, indexed_db::IndexedDbError};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Browsers offer WebCrypto to pages from https or localhost only.
    #[error("this page was not delivered securely")]
    InsecureContext,
    #[error("this browser has no WebCrypto with P-256")]
    NoWebCrypto,
    #[error("this browser keeps nothing for this page (IndexedDB)")]
    NoIndexedDb,
    #[error("the storage of this browser (IndexedDB) can't hold a CryptoKey")]
    KeyNotStorable,
    #[error("the storage of this browser does not answer (IndexedDB)")]
    IndexedDbTimeout,
}

impl From<NoWebCrypto> for KeyError {
    fn from(_: NoWebCrypto) -> Self {
        Self::NoWebCrypto
    }
}

impl From<IndexedDbError> for KeyError {
    fn from(error: IndexedDbError) -> Self {
        match error {
            IndexedDbError::Unavailable => Self::NoIndexedDb,
            IndexedDbError::NotCloneable => Self::KeyNotStorable,
            IndexedDbError::Timeout => Self::IndexedDbTimeout,
        }
    }
}
