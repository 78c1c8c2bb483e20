//! The provider's clock, moved by a test.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::relying_party::*;

async fn move_clock(party: &RelyingParty, by: Value) -> ProviderResponse {
    party.control(Method::POST, "/clock", by).await
}

#[tokio::test]
async fn what_lasts_for_hours_ends_at_once_when_the_clock_is_moved() {
    let party = start().await;
    party.set("alice", json!({ "access_token_ttl": 28_800 })).await;
    let tokens = party.sign_in("alice").await;
    let code = party.code("alice").await;
    let before = party.verify(&tokens["id_token"]).await.unwrap();

    assert_eq!(move_clock(&party, json!({ "advance": 28_700 })).await.json()["offset"], 28_700);
    assert_eq!(party.userinfo(&tokens).await.status, StatusCode::OK);
    party.exchange(&code).await.assert_error(400, "invalid_grant");
    move_clock(&party, json!({ "advance": 100 })).await;
    assert_eq!(party.userinfo(&tokens).await.status, StatusCode::UNAUTHORIZED);

    let refreshed = party.refresh(&tokens).await.json();
    let after = party.verify(&refreshed["id_token"]).await.unwrap();
    let moved = after["iat"].as_u64().unwrap() - before["iat"].as_u64().unwrap();
    assert!((28_800..28_860).contains(&moved), "{moved}");
    assert_eq!(before["auth_time"], after["auth_time"]);
}

#[tokio::test]
async fn the_clock_is_shown_and_set_back_but_not_by_a_reset() {
    let party = start().await;
    move_clock(&party, json!({ "offset": -3600 })).await;
    party.control(Method::POST, "/reset", json!({})).await;
    let shown = party.control(Method::GET, "/clock", json!({})).await.json();
    assert_eq!(shown["offset"], -3600);
    let set_back = move_clock(&party, json!({ "offset": 0 })).await.json();
    assert_eq!(set_back["offset"], 0);
    let moved = set_back["now"].as_u64().unwrap() - shown["now"].as_u64().unwrap();
    assert!((3600..3660).contains(&moved), "{moved}");
}

#[tokio::test]
async fn a_move_that_does_not_fit_is_refused() {
    let party = start().await;
    for by in [json!({}), json!({ "advance": "1h" }), json!({ "advance": 1, "offset": 1 }), json!({ "back": 1 })] {
        assert_eq!(move_clock(&party, by.clone()).await.status, StatusCode::BAD_REQUEST, "{by}");
    }
    let too_far = move_clock(&party, json!({ "advance": i64::MAX })).await;
    assert_eq!(too_far.status, StatusCode::BAD_REQUEST);
    assert_eq!(too_far.json()["field"], "clock");
    assert_eq!(party.control(Method::GET, "/clock", json!({})).await.json()["offset"], 0);
}
