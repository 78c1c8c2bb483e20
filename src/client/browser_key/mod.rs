//! The browser key: what takes the place of a cookie.
//!
//! A P-256 key pair made by WebCrypto, whose private half can't be exported, not even by this app (RFC 9449 §11.4). It
//! rests in IndexedDB and signs a proof for every call that begins a login or uses a session. A login is bound to it from
//! its first step, by the thumbprint that names it; it is removed with the session, and the next login begins with another.

pub(super) mod crypto;
mod storage;

use std::{cell::RefCell, rc::Rc};

use dioxus::fullstack::RequestError;
use futures_util::{
    FutureExt,
    future::{LocalBoxFuture, Shared},
};
use serde::Serialize;
use wasm_bindgen::JsValue;

use super::browser;
use crate::{api::ProofRequest, wire::auth::SessionId};

pub use storage::Ending;

/// Names this tab among those with a login under way.
const TAB: &str = "oracle-ai.login";

/// Why there is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Browsers offer WebCrypto only to pages that came over https, or from the machine itself.
    #[error("this page was not delivered securely")]
    InsecureContext,
    #[error("this browser has no WebCrypto with P-256")]
    NoWebCrypto,
    #[error("this browser keeps nothing for this page (IndexedDB)")]
    NoIndexedDb,
}

/// The key pair and its public half in the forms that proofs need.
struct BrowserKey {
    pair: JsValue,
    jwk: Jwk,
    thumbprint: String,
}

/// The public key as a JWK with the members that RFC 7638 §3.2 requires, in its order.
#[derive(Clone, Debug, Serialize)]
pub struct Jwk {
    crv: String,
    kty: String,
    x: String,
    y: String,
}

/// RFC 9449 §4.2
#[derive(Serialize)]
struct ProofHeader<'a> {
    typ: &'static str,
    alg: &'static str,
    jwk: &'a Jwk,
}

/// RFC 9449 §4.2
#[derive(Serialize)]
struct ProofClaims {
    jti: String,
    htm: String,
    htu: String,
    iat: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ath: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
}

type Loading = Shared<LocalBoxFuture<'static, Result<Rc<BrowserKey>, KeyError>>>;

thread_local! {
    /// Loaded once, and dropped when its session is over.
    static KEY: RefCell<Option<Loading>> = const { RefCell::new(None) };
    /// Sessions to be ended that could not be kept: they are lost with the page.
    static UNSAVED_ENDINGS: RefCell<Vec<Ending>> = const { RefCell::new(vec![]) };
    /// What [`sign_ending`] signs with.
    static ENDING_KEY: RefCell<Option<Rc<BrowserKey>>> = const { RefCell::new(None) };
}

/// Begins a login: gives the thumbprint (RFC 7638) of the key that it is bound to, a new one where no session and no
/// other login needs the one that is there.
pub async fn begin_login() -> Result<String, KeyError> {
    let loading = BrowserKey::for_login().boxed_local().shared();
    KEY.set(Some(loading.clone()));
    Ok(loaded(loading).await?.thumbprint.clone())
}

/// The login that this tab began has led to this session.
pub async fn finish_login(session: &SessionId) {
    storage::finish_login(tab(), browser::unix_time(), session).await;
    browser::forget(TAB);
}

/// The session that this browser was last signed in to, to go on with. Its key is loaded for the next proof, whatever
/// key this page knew.
pub async fn kept_session() -> Option<SessionId> {
    KEY.set(None);
    storage::kept_session().await
}

/// Whether this browser is signed in, as far as it knows.
pub async fn has_session() -> bool {
    storage::kept_session().await.is_some()
}

/// Removes a session that has ended, and its key, here and in storage.
pub async fn forget_ended_session(session: &SessionId) {
    forget_key();
    storage::forget_ended_session(session, browser::unix_time()).await;
}

/// The page's session is over: its key signs nothing any more. For every tab but the one that removed both from storage.
pub fn forget_key() {
    KEY.set(None);
}

/// Moves this session and its key to those that the server has still to end, in one transaction.
pub async fn begin_ending(session: &SessionId) -> Option<Ending> {
    let loaded = KEY.with_borrow(|key| key.as_ref().and_then(|key| key.peek().cloned()));
    let pair = loaded.and_then(Result::ok).map(|key| key.pair.clone());
    KEY.set(None);
    match storage::begin_ending(session, pair.clone(), browser::unix_time()).await {
        Ok(ending) => ending,
        Err(_) => {
            let ending = Ending { session: session.clone(), pair: pair? };
            UNSAVED_ENDINGS.with_borrow_mut(|unsaved| unsaved.push(ending.clone()));
            Some(ending)
        }
    }
}

/// The same for whichever session is kept.
pub async fn begin_ending_of_kept() -> Option<Ending> {
    KEY.set(None);
    storage::begin_ending_of_kept(browser::unix_time()).await.ok().flatten()
}

/// The sessions that the server has still to end.
pub async fn endings() -> Vec<Ending> {
    let mut endings = UNSAVED_ENDINGS.with_borrow(Vec::clone);
    // Where nothing can be read, nothing was kept.
    endings.extend(storage::endings().await.unwrap_or_default());
    endings
}

/// The server has said that this session is over.
pub async fn remove_ending(session: &SessionId) {
    UNSAVED_ENDINGS.with_borrow_mut(|unsaved| unsaved.retain(|ending| ending.session != *session));
    storage::remove_ending(session).await;
}

/// From here on, [`sign_ending`] signs with the key of this session. One at a time.
pub async fn sign_for(ending: &Ending) -> Result<(), KeyError> {
    ENDING_KEY.set(Some(BrowserKey::of(ending.pair.clone()).await?));
    Ok(())
}

/// The signer of [`crate::api::transport::dpop`] for a session that is to be ended.
pub fn sign_ending(request: ProofRequest) -> LocalBoxFuture<'static, Result<String, RequestError>> {
    let key = ENDING_KEY.with_borrow(Option::clone);
    async move {
        let key = key.ok_or_else(|| RequestError::Builder("there is no session to be ended".into()))?;
        key.proof(request).await.map_err(|error| RequestError::Builder(error.to_string()))
    }
    .boxed_local()
}

/// The signer of [`crate::api::transport::dpop`].
pub fn sign(request: ProofRequest) -> LocalBoxFuture<'static, Result<String, RequestError>> {
    async move {
        let key = key().await.map_err(|error| RequestError::Builder(error.to_string()))?;
        key.proof(request).await.map_err(|error| RequestError::Builder(error.to_string()))
    }
    .boxed_local()
}

async fn key() -> Result<Rc<BrowserKey>, KeyError> {
    let loading =
        KEY.with_borrow_mut(|key| key.get_or_insert_with(|| BrowserKey::load().boxed_local().shared()).clone());
    loaded(loading).await
}

async fn loaded(loading: Loading) -> Result<Rc<BrowserKey>, KeyError> {
    let key = loading.await;
    if key.is_err() {
        // Whoever asks next asks again: the person may have allowed storage meanwhile.
        KEY.set(None);
    }
    key
}

fn tab() -> String {
    browser::kept(TAB).unwrap_or_else(|| {
        let name = browser::random_name();
        browser::keep(TAB, &name);
        name
    })
}

impl BrowserKey {
    async fn load() -> Result<Rc<Self>, KeyError> {
        let pair = match storage::key_pair().await? {
            Some(pair) => pair,
            // Removed with its session: a proof by any other key gets the answer that the session is over.
            None => crypto::new_key_pair().await?,
        };
        Self::of(pair).await
    }

    async fn for_login() -> Result<Rc<Self>, KeyError> {
        if !browser::is_secure_context() {
            return Err(KeyError::InsecureContext);
        }
        let new = crypto::new_key_pair().await?;
        Self::of(storage::begin_login(tab(), browser::unix_time(), new).await?).await
    }

    async fn of(pair: JsValue) -> Result<Rc<Self>, KeyError> {
        let jwk = crypto::public_jwk(&pair).await?;
        let canonical = serde_json::to_vec(&jwk).map_err(|_| KeyError::NoWebCrypto)?;
        let thumbprint = crypto::sha256(&canonical).await?;
        Ok(Rc::new(Self { pair, jwk, thumbprint }))
    }

    async fn proof(&self, request: ProofRequest) -> Result<String, KeyError> {
        let ath = match &request.access_token {
            Some(access_token) => Some(crypto::sha256(access_token.secret().as_bytes()).await?),
            None => None,
        };
        let header = ProofHeader { typ: "dpop+jwt", alg: "ES256", jwk: &self.jwk };
        let claims = ProofClaims {
            jti: browser::random_name(),
            htm: request.method.to_string(),
            htu: format!("{}{}", browser::origin(), request.path),
            iat: browser::unix_time(),
            ath,
            nonce: request.nonce,
        };
        let signed = format!("{}.{}", crypto::json_part(&header)?, crypto::json_part(&claims)?);
        let signature = crypto::sign(&self.pair, signed.as_bytes()).await?;
        Ok(format!("{signed}.{signature}"))
    }
}
