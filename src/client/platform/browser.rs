//! What only a browser can do, in the few words that we need of it. Never called on the server.

use std::time::Duration;

use futures_channel::mpsc;
use futures_util::Stream;
use js_sys::{Date, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Storage, Url, VisibilityState, Window};

use crate::{
    client::markdown::destination::{Destination, Kind},
    wire::link_hosts::{LinkHosts, META_NAME},
};

/// `/path?query#fragment` of the page shown.
pub fn here() -> String {
    let Some(location) = window().map(|window| window.location()) else { return "/".into() };
    [location.pathname(), location.search(), location.hash()].into_iter().flatten().collect()
}

pub fn origin() -> String {
    window().and_then(|window| window.location().origin().ok()).unwrap_or_default()
}

/// The address of a link, if the browser can read it.
pub fn destination(address: &str) -> Option<Destination> {
    let url = Url::new(address).ok()?;
    let is_mail = url.protocol() == "mailto:";
    url.set_username("");
    url.set_password("");
    Some(Destination {
        address: url.href(),
        host: if is_mail { url.pathname() } else { url.hostname() },
        origin: url.origin(),
        kind: if is_mail { Kind::Mail } else { Kind::Page },
    })
}

/// The operator's list, which the server has put into the page.
pub fn link_hosts() -> LinkHosts {
    let element = window()
        .and_then(|window| window.document())
        .and_then(|document| document.query_selector(&format!("meta[name={META_NAME}]")).ok()?);
    let list = element.and_then(|element| element.get_attribute("content"));
    LinkHosts::from_page(&list.unwrap_or_default())
}

pub fn path() -> String {
    window().and_then(|window| window.location().pathname().ok()).unwrap_or_default()
}

/// The query with its `?`, or nothing.
pub fn query() -> String {
    window().and_then(|window| window.location().search().ok()).unwrap_or_default()
}

/// Puts `path` into the address bar and the history, in the place of what is there.
pub fn replace_address(path: &str) {
    if let Some(history) = window().and_then(|window| window.history().ok()) {
        // Fails only for an address of another origin.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(path));
    }
}

/// Leaves the app for another page, which takes the place of this one in the history: the Back button does not lead
/// to a page that would leave again.
pub fn go_to(url: &str) {
    if let Some(window) = window() {
        // Fails only for something that is no URL.
        let _ = window.location().replace(url);
    }
}

pub fn is_visible() -> bool {
    window()
        .and_then(|window| window.document())
        .is_none_or(|document| document.visibility_state() == VisibilityState::Visible)
}

/// Returns when somebody looks at the page.
pub async fn shown() {
    const LOOK_AGAIN: Duration = Duration::from_millis(250);
    while !is_visible() {
        sleep(LOOK_AGAIN).await;
    }
}

/// Tells, for as long as the page is there, when time may have passed unnoticed: the page is shown again, brought back
/// from the history or from a sleep, or the network is back.
pub fn wakes() -> impl Stream<Item = ()> {
    let (woken, wakes) = mpsc::unbounded();
    let on_event = Closure::<dyn Fn()>::new(move || {
        // Fails only when nobody listens any more.
        let _ = woken.unbounded_send(());
    })
    .into_js_value();
    let listener = on_event.unchecked_ref();
    if let Some(window) = window() {
        for event in ["pageshow", "online"] {
            let _ = window.add_event_listener_with_callback(event, listener);
        }
        if let Some(document) = window.document() {
            for event in ["visibilitychange", "resume"] {
                let _ = document.add_event_listener_with_callback(event, listener);
            }
        }
    }
    wakes
}

/// Time since the page was opened, by a clock that nobody sets.
pub fn monotonic() -> Duration {
    let milliseconds = window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now());
    Duration::from_secs_f64(milliseconds / 1000.0)
}

pub async fn sleep(duration: Duration) {
    // The browser counts in 31 bits, and takes more for nothing at all.
    const LONGEST: u32 = i32::MAX as u32;
    let milliseconds = u32::try_from(duration.as_millis()).unwrap_or(LONGEST).min(LONGEST);
    gloo_timers::future::TimeoutFuture::new(milliseconds).await;
}

/// Something to keep for this tab until it is closed; `None` where it was never kept, or the browser keeps nothing.
pub fn kept(name: &str) -> Option<String> {
    storage()?.get_item(name).ok()?
}

pub fn keep(name: &str, value: &str) {
    if let Some(storage) = storage() {
        // A full or forbidden storage loses a convenience, nothing more.
        let _ = storage.set_item(name, value);
    }
}

pub fn forget(name: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(name);
    }
}

/// Forgets everything that was kept for this tab: what was typed, above all.
pub fn forget_all() {
    if let Some(storage) = storage() {
        let _ = storage.clear();
    }
}

/// What this browser keeps for all its tabs, until the person clears it.
pub fn kept_for_ever(name: &str) -> Option<String> {
    window()?.local_storage().ok()??.get_item(name).ok()?
}

pub fn keep_for_ever(name: &str, value: &str) {
    if let Some(storage) = window().and_then(|window| window.local_storage().ok()?) {
        let _ = storage.set_item(name, value);
    }
}

pub fn forget_for_ever(name: &str) {
    if let Some(storage) = window().and_then(|window| window.local_storage().ok()?) {
        let _ = storage.remove_item(name);
    }
}

/// The languages that the person reads, best first (BCP 47).
pub fn languages() -> Vec<String> {
    let languages = window().map(|window| window.navigator().languages());
    languages.into_iter().flatten().filter_map(|tag| tag.as_string()).collect()
}

/// What assistive technology and hyphenation take the page's language to be.
pub fn set_document_language(tag: &str) {
    let root = window().and_then(|window| window.document()?.document_element());
    if let Some(root) = root {
        // Fails only for a name that is none.
        let _ = root.set_attribute("lang", tag);
    }
}

/// What the browser shows on the page's tab.
pub fn set_title(title: &str) {
    if let Some(document) = window().and_then(|window| window.document()) {
        document.set_title(title);
    }
}

/// Of what the page is shown in, in CSS pixels.
pub fn width() -> f64 {
    window().and_then(|window| window.inner_width().ok()?.as_f64()).unwrap_or_default()
}

/// Whether the browser offers this page what it keeps from others, WebCrypto above all.
pub fn is_secure_context() -> bool {
    window().is_some_and(|window| window.is_secure_context())
}

/// A moment as people of this language write it, by this browser's time zone.
pub fn local_time(unix_seconds: u64, language: &str) -> String {
    let options = Object::new();
    for (part, style) in [("dateStyle", "medium"), ("timeStyle", "short")] {
        // Fails only for what is no object.
        let _ = Reflect::set(&options, &part.into(), &style.into());
    }
    let time = Date::new(&(unix_seconds as f64 * 1000.0).into());
    time.to_locale_string(language, &options).into()
}

/// Time since 1970 by the browser's clock, which may be wrong.
pub fn wall_clock() -> Duration {
    Duration::try_from_secs_f64(Date::now() / 1000.0).unwrap_or_default()
}

/// [`wall_clock`] in seconds.
pub fn unix_time() -> u64 {
    wall_clock().as_secs()
}

/// A name that nobody else takes, for things that must not be taken twice.
pub fn random_name() -> String {
    window().and_then(|window| window.crypto().ok()).map(|crypto| crypto.random_uuid()).unwrap_or_default()
}

fn storage() -> Option<Storage> {
    window()?.session_storage().ok()?
}

fn window() -> Option<Window> {
    web_sys::window()
}
