//! The DPoP key, which replaces a cookie.
//!
//! A P-256 key pair made by WebCrypto. The private key can't be exported, not even by this app (RFC 9449 §11.4). It is
//! stored in IndexedDB, and signs a proof for every request that begins a login or uses a session. A login is bound to
//! the key from the start, by its thumbprint. The key is removed with its session; the next login begins with a new one.

mod error;
mod key;
mod seen_revision;
mod storage;

use std::{cell::RefCell, rc::Rc};

use dioxus::fullstack::RequestError;
use futures_util::{
    FutureExt,
    future::{LocalBoxFuture, Shared},
};

use self::key::DpopKey;
use crate::{
    api::ProofRequest,
    client::platform::{
        clock,
        crypto::{self, KeyPair},
        web_storage::SESSION_STORAGE,
    },
    wire::auth::SessionId,
};

pub use error::KeyError;
pub use storage::{PendingLogout, seen_revision, set_seen_revision};

/// In the session storage: identifies this tab among those with a login in progress.
const TAB: &str = "oracle-ai.login";

/// A key that is being loaded, or was.
type LoadedKey = Shared<LocalBoxFuture<'static, Result<Rc<DpopKey>, KeyError>>>;

thread_local! {
    /// Loaded once, and dropped when its session has ended.
    static KEY: RefCell<Option<LoadedKey>> = const { RefCell::new(None) };
    /// Pending logouts that could not be stored: they are lost with the page.
    static UNSTORED_LOGOUTS: RefCell<Vec<PendingLogout>> = const { RefCell::new(vec![]) };
    /// The key of [`sign_logout`].
    static LOGOUT_KEY: RefCell<Option<Rc<DpopKey>>> = const { RefCell::new(None) };
}

/// Begins a login, and returns the thumbprint of the key it is bound to: the stored key where a session or another login
/// uses it, or else a new one.
pub async fn begin_login() -> Result<String, KeyError> {
    let loading = load_for_login().boxed_local().shared();
    KEY.set(Some(loading.clone()));
    Ok(loaded(loading).await?.thumbprint.clone())
}

/// Loads the key, so that a page which can't have it says why instead of failing at its first request.
pub async fn ensure_loaded() -> Result<(), KeyError> {
    current_key().await.map(drop)
}

/// The login of this tab has begun this session, whose record at the server has this revision.
pub async fn finish_login(session: &SessionId, revision: Option<u64>) {
    storage::finish_login(tab(), clock::unix_time(), session, revision).await;
    SESSION_STORAGE.remove(TAB);
}

/// The session that this browser was last signed in to, to be resumed. Its key is loaded again for the next proof: the
/// page may hold another one.
pub async fn session_to_resume() -> Option<SessionId> {
    KEY.set(None);
    storage::session().await
}

/// Whether this is the session that this browser was last signed in to.
pub async fn is_stored(session: &SessionId) -> bool {
    storage::session().await.as_ref() == Some(session)
}

pub async fn has_session() -> bool {
    storage::session().await.is_some()
}

/// Removes a session that has ended, and its key, from memory and from storage.
pub async fn remove_ended_session(session: &SessionId) {
    drop_key();
    storage::remove_ended_session(session, clock::unix_time()).await;
}

/// Drops the key from memory: its session has ended, and another tab has removed both from storage.
pub fn drop_key() {
    KEY.set(None);
}

/// Moves this session and its key to the pending logouts, in one transaction. `None` where no key is left to sign with.
pub async fn begin_logout(session: &SessionId) -> Option<PendingLogout> {
    let loaded = KEY.with_borrow(|key| key.as_ref().and_then(|key| key.peek().cloned()));
    let pair = loaded.and_then(Result::ok).map(|key| key.pair.clone());
    KEY.set(None);
    match storage::begin_logout(session, pair.clone(), clock::unix_time()).await {
        Ok(logout) => logout,
        Err(_) => {
            let logout = PendingLogout { session: session.clone(), pair: pair? };
            UNSTORED_LOGOUTS.with_borrow_mut(|unstored| unstored.push(logout.clone()));
            Some(logout)
        }
    }
}

/// Like [`begin_logout`], for the stored session.
pub async fn begin_logout_of_stored_session() -> Option<PendingLogout> {
    KEY.set(None);
    storage::begin_logout_of_stored_session(clock::unix_time()).await.ok().flatten()
}

/// The sessions that the server has still to end.
pub async fn pending_logouts() -> Vec<PendingLogout> {
    let mut logouts = UNSTORED_LOGOUTS.with_borrow(Vec::clone);
    // A storage that can't be read has stored none.
    logouts.extend(storage::pending_logouts().await.unwrap_or_default());
    logouts
}

/// The server has confirmed that this session has ended.
pub async fn remove_pending_logout(session: &SessionId) {
    UNSTORED_LOGOUTS.with_borrow_mut(|unstored| unstored.retain(|logout| logout.session != *session));
    storage::remove_pending_logout(session).await;
}

/// Makes [`sign_logout`] sign with the key of this session. One at a time.
pub async fn sign_for(logout: &PendingLogout) -> Result<(), KeyError> {
    LOGOUT_KEY.set(Some(DpopKey::new(logout.pair.clone()).await?));
    Ok(())
}

/// The [`crate::api::ProofSigner`] of a pending logout.
pub fn sign_logout(request: ProofRequest) -> LocalBoxFuture<'static, Result<String, RequestError>> {
    let key = LOGOUT_KEY.with_borrow(Option::clone);
    async move {
        let key = key.ok_or_else(|| RequestError::Builder("there is no session to be ended".into()))?;
        key.proof(request).await.map_err(|error| RequestError::Builder(error.to_string()))
    }
    .boxed_local()
}

/// The [`crate::api::ProofSigner`] of every other request.
pub fn sign(request: ProofRequest) -> LocalBoxFuture<'static, Result<String, RequestError>> {
    async move {
        let key = current_key().await.map_err(|error| RequestError::Builder(error.to_string()))?;
        key.proof(request).await.map_err(|error| RequestError::Builder(error.to_string()))
    }
    .boxed_local()
}

async fn current_key() -> Result<Rc<DpopKey>, KeyError> {
    let loading = KEY.with_borrow_mut(|key| key.get_or_insert_with(|| load().boxed_local().shared()).clone());
    loaded(loading).await
}

async fn loaded(loading: LoadedKey) -> Result<Rc<DpopKey>, KeyError> {
    let key = loading.await;
    if key.is_err() {
        // The next request tries again: the person may have allowed storage meanwhile.
        KEY.set(None);
    }
    key
}

async fn load() -> Result<Rc<DpopKey>, KeyError> {
    let pair = match storage::key_pair().await? {
        Some(pair) => pair,
        // Removed with its session: a proof by any other key is answered with `session_ended`.
        None => KeyPair::generate().await?,
    };
    DpopKey::new(pair).await
}

async fn load_for_login() -> Result<Rc<DpopKey>, KeyError> {
    if !crypto::is_secure_context() {
        return Err(KeyError::InsecureContext);
    }
    let new = KeyPair::generate().await?;
    DpopKey::new(storage::begin_login(tab(), clock::unix_time(), new).await?).await
}

fn tab() -> String {
    SESSION_STORAGE.get(TAB).unwrap_or_else(|| {
        let tab = crypto::random_uuid();
        SESSION_STORAGE.set(TAB, &tab);
        tab
    })
}
