//! Access tokens expire when the response says, even if the provider's own lifetime is longer.

use std::time::Duration;

use oracle_ai::server::auth::sessions::REPLAY_WINDOW;
use serde_json::{Value, json};

use crate::support::browser::Browser;

/// Half of the usual idle timeout: the longest that an access token lives.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// More than a test takes.
const A_WHILE: Duration = Duration::from_secs(30);

/// A browser whose access tokens the provider issues for a day. The server must not accept them for longer than it
/// announced to the browser: that is how long a stolen token and proofs signed in advance can be used.
async fn browser_with_day_long_tokens() -> Browser {
    let browser = Browser::start();
    browser.set(json!({ "access_token_ttl": 86_400, "id_token_ttl": 86_400 })).await;
    browser
}

/// Asserts that the token of this answer is good until its `expires_in` has passed, and not after.
async fn assert_expires_as_announced(browser: &Browser, answer: &Value) {
    let token = answer["access_token"].as_str().unwrap();
    let expires_in = Duration::from_secs(answer["expires_in"].as_u64().unwrap());
    assert!(expires_in <= LONGEST, "{expires_in:?}");
    browser.app.clock.jump(expires_in - A_WHILE);
    assert!(browser.is_accepted(token).await);
    browser.app.clock.jump(A_WHILE);
    assert!(!browser.is_accepted(token).await);
}

#[tokio::test]
async fn the_access_token_of_a_login_expires_as_announced() {
    let browser = browser_with_day_long_tokens().await;
    let login = browser.login().await.json();
    assert_eq!(login["expires_in"], LONGEST.as_secs());
    assert_expires_as_announced(&browser, &login).await;
    // The session goes on.
    browser.refresh_access_token(login["session"].as_str().unwrap()).await;
}

#[tokio::test]
async fn the_access_token_of_a_refresh_expires_as_announced() {
    let browser = browser_with_day_long_tokens().await;
    let session = browser.sign_in().await.session;
    let refreshed = browser.refresh(&session).await.json();
    assert_eq!(refreshed["expires_in"], LONGEST.as_secs());
    assert_expires_as_announced(&browser, &refreshed).await;
}

#[tokio::test]
async fn the_access_token_of_a_replayed_response_expires_as_announced() {
    let browser = browser_with_day_long_tokens().await;
    let session = browser.sign_in().await.session;
    let first = browser.refresh(&session).await.json();
    browser.app.clock.jump(REPLAY_WINDOW / 2);
    let again = browser.refresh(&session).await.json();
    assert_eq!(again["access_token"], first["access_token"]);
    assert!(again["expires_in"].as_u64().unwrap() <= (LONGEST - REPLAY_WINDOW / 2).as_secs(), "{again}");
    assert_expires_as_announced(&browser, &again).await;
}
