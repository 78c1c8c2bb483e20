//! How long an access token is good here: as long as the browser was told, whatever the provider said.

use std::time::Duration;

use oracle_ai::server::auth::sessions::REPLAY_WINDOW;
use serde_json::{Value, json};

use crate::support::browser::Browser;

/// Half of the usual idle timeout: the longest that an access token lives.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// More than a test takes.
const A_WHILE: Duration = Duration::from_secs(30);

/// Where the provider's access tokens live for a day. The server accepted them for as long once, though it told browsers
/// an hour: proofs and tokens that were taken from a page were good for that much longer.
async fn where_tokens_live_for_a_day() -> Browser {
    let browser = Browser::start();
    browser.set(json!({ "access_token_ttl": 86_400, "id_token_ttl": 86_400 })).await;
    browser
}

/// Asserts that the token of this answer is good until its `expires_in` has passed, and not after.
async fn assert_ends_as_told(browser: &Browser, answer: &Value) {
    let token = answer["access_token"].as_str().unwrap();
    let told = Duration::from_secs(answer["expires_in"].as_u64().unwrap());
    assert!(told <= LONGEST, "{told:?}");
    browser.app.clock.jump(told - A_WHILE);
    assert!(browser.is_let_in(token).await);
    browser.app.clock.jump(A_WHILE);
    assert!(!browser.is_let_in(token).await);
}

#[tokio::test]
async fn the_access_token_of_a_login_ends_when_the_browser_was_told() {
    let browser = where_tokens_live_for_a_day().await;
    let login = browser.login().await.json();
    assert_eq!(login["expires_in"], LONGEST.as_secs());
    assert_ends_as_told(&browser, &login).await;
    // The session goes on.
    browser.refreshed(login["session"].as_str().unwrap()).await;
}

#[tokio::test]
async fn the_access_token_of_a_refresh_ends_when_the_browser_was_told() {
    let browser = where_tokens_live_for_a_day().await;
    let session = browser.sign_in().await.session;
    let refreshed = browser.refresh(&session).await.json();
    assert_eq!(refreshed["expires_in"], LONGEST.as_secs());
    assert_ends_as_told(&browser, &refreshed).await;
}

#[tokio::test]
async fn the_access_token_of_an_answer_given_again_ends_when_the_browser_was_told() {
    let browser = where_tokens_live_for_a_day().await;
    let session = browser.sign_in().await.session;
    let first = browser.refresh(&session).await.json();
    browser.app.clock.jump(REPLAY_WINDOW / 2);
    let again = browser.refresh(&session).await.json();
    assert_eq!(again["access_token"], first["access_token"]);
    assert!(again["expires_in"].as_u64().unwrap() <= (LONGEST - REPLAY_WINDOW / 2).as_secs(), "{again}");
    assert_ends_as_told(&browser, &again).await;
}
