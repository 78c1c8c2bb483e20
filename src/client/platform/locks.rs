//! Mutual exclusion among all tabs of this browser, by Web Locks. The browser releases the lock of a tab that is closed or
//! crashes. Where a browser lacks Web Locks, or refuses them, the caller goes on without one.

use std::{pin::pin, time::Duration};

use futures_channel::oneshot;
use futures_util::future::{Either, select};
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::window;

use super::clock;

/// Released when it is dropped.
#[must_use]
pub struct WebLock {
    /// Whether another tab held it first.
    pub was_taken: bool,
    /// The browser holds the lock until the other end of this channel resolves; `None` without a lock.
    _held: Option<oneshot::Sender<()>>,
}

enum Request {
    Granted(oneshot::Sender<()>),
    /// Another tab holds it.
    Taken,
    /// There are no Web Locks, or the browser refuses them.
    Refused,
}

// web-sys has these only with `--cfg=web_sys_unstable_apis`.
#[wasm_bindgen]
extern "C" {
    type LockManager;

    /// <https://w3c.github.io/web-locks/#dom-lockmanager-request>
    #[wasm_bindgen(method, catch)]
    fn request(this: &LockManager, name: &str, options: &Object, callback: &Function) -> Result<Promise, JsValue>;
}

/// Waits until the lock is granted.
pub async fn acquire(name: &str) -> WebLock {
    match request(name, false).await {
        Request::Granted(held) => WebLock { was_taken: false, _held: Some(held) },
        Request::Taken | Request::Refused => WebLock { was_taken: false, _held: None },
    }
}

/// Waits until the lock is granted, but no longer than `timeout`; then the caller goes on without it.
pub async fn acquire_within(name: &str, timeout: Duration) -> WebLock {
    match request(name, true).await {
        Request::Granted(held) => WebLock { was_taken: false, _held: Some(held) },
        Request::Refused => WebLock { was_taken: false, _held: None },
        Request::Taken => {
            let held = match select(pin!(request(name, false)), pin!(clock::sleep(timeout))).await {
                Either::Left((Request::Granted(held), _)) => Some(held),
                Either::Left(_) | Either::Right(_) => None,
            };
            WebLock { was_taken: true, _held: held }
        }
    }
}

async fn request(name: &str, only_if_free: bool) -> Request {
    let (grant, granted) = oneshot::channel();
    let callback = Closure::once_into_js(move |lock: JsValue| {
        let (held, released) = oneshot::channel::<()>();
        let answer = if lock.is_null() { Request::Taken } else { Request::Granted(held) };
        // Fails when the caller was dropped: `held` is dropped with the message, which releases the lock.
        let _ = grant.send(answer);
        future_to_promise(async move {
            let _ = released.await;
            Ok(JsValue::UNDEFINED)
        })
    });
    let Some(settled) = requested(name, only_if_free, callback.unchecked_ref()) else { return Request::Refused };
    match select(granted, JsFuture::from(settled)).await {
        Either::Left((answer, _)) => answer.unwrap_or(Request::Refused),
        // Settled without a grant: refused, as in a page that is being unloaded.
        Either::Right(_) => Request::Refused,
    }
}

/// `None` where there are no Web Locks.
fn requested(name: &str, only_if_free: bool, callback: &Function) -> Option<Promise> {
    let navigator = window()?.navigator();
    let locks = Reflect::get(&navigator, &"locks".into()).ok().filter(JsValue::is_object)?;
    let options = Object::new();
    Reflect::set(&options, &"ifAvailable".into(), &only_if_free.into()).ok()?;
    locks.unchecked_ref::<LockManager>().request(name, &options, callback).ok()
}
