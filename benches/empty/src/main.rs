//! An empty Dioxus fullstack app: a router, a server function and a stream of events. `scripts/bench` compares our page
//! with its page, and our endpoints with its server functions.

use dioxus::{fullstack::ServerEvents, prelude::*};

fn main() {
    dioxus::launch(App);
}

#[derive(Clone, Debug, PartialEq, Routable)]
enum Route {
    #[route("/")]
    Home {},
    #[route("/numbers")]
    Numbers {},
}

#[component]
fn App() -> Element {
    rsx! { Router::<Route> {} }
}

#[component]
fn Home() -> Element {
    let mut answer = use_signal(String::new);
    let call = move |_| async move {
        if let Ok(text) = empty().await {
            answer.set(text);
        }
    };
    rsx! {
        button { onclick: call, "Call" }
        p { "{answer}" }
        Link { to: Route::Numbers {}, "Numbers" }
    }
}

#[component]
fn Numbers() -> Element {
    let mut latest = use_signal(|| 0);
    use_future(move || async move {
        let Ok(mut events) = numbers().await else { return };
        while let Some(Ok(number)) = events.recv().await {
            latest.set(number);
        }
    });
    rsx! {
        p { "{latest}" }
        Link { to: Route::Home {}, "Home" }
    }
}

#[get("/api/empty")]
async fn empty() -> Result<String> {
    Ok("empty".into())
}

#[get("/api/numbers")]
async fn numbers() -> Result<ServerEvents<u32>> {
    Ok(ServerEvents::new(|mut events| async move {
        for number in 0..10 {
            if events.send(number).await.is_err() {
                return;
            }
        }
    }))
}

/// Verifies the signature of the `DPoP` header, and nothing else. Only the bench calls it.
#[allow(dead_code)]
#[get("/api/verified", headers: dioxus::fullstack::HeaderMap)]
async fn verified() -> Result<String> {
    signature::verify(&headers)?;
    Ok("verified".into())
}

#[cfg(feature = "server")]
mod signature {
    use std::{env, sync::LazyLock};

    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    use dioxus::{fullstack::HeaderMap, prelude::*};
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    /// A point (SEC 1 §2.3.3) in base64url.
    static PUBLIC_KEY: LazyLock<Vec<u8>> =
        LazyLock::new(|| env::var("PUBLIC_KEY").ok().and_then(|key| decoded(&key)).unwrap_or_default());

    pub fn verify(headers: &HeaderMap) -> Result<(), HttpError> {
        is_signed(headers).unwrap_or(false).or_unauthorized("the signature does not verify")
    }

    fn is_signed(headers: &HeaderMap) -> Option<bool> {
        let (signed, signature) = headers.get("dpop")?.to_str().ok()?.rsplit_once('.')?;
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &*PUBLIC_KEY);
        Some(key.verify(signed.as_bytes(), &decoded(signature)?).is_ok())
    }

    fn decoded(text: &str) -> Option<Vec<u8>> {
        BASE64_URL_SAFE_NO_PAD.decode(text).ok()
    }
}
