//! The control plane itself.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::relying_party::*;

async fn control(party: &RelyingParty, method: Method, path: &str) -> ProviderResponse {
    party.control(method, path, json!({})).await
}

fn outline(calls: &[Value]) -> Vec<[&str; 3]> {
    let names = ["endpoint", "grant_type", "outcome"];
    let outline_call = |call| names.map(|name| member(call, name));
    calls.iter().map(outline_call).collect()
}

fn member<'a>(call: &'a Value, name: &str) -> &'a str {
    call[name].as_str().unwrap_or_default()
}

#[tokio::test]
async fn it_is_healthy_from_the_start() {
    let party = start().await;
    assert_eq!(control(&party, Method::GET, "/health").await.status, 200);
}

#[tokio::test]
async fn settings_are_shown_changed_in_part_and_reset() {
    let party = start().await;
    let show = async || control(&party, Method::GET, "/users/zoe").await.json();
    let defaults = show().await;
    assert_eq!(defaults["access_token_ttl"], 300);
    party.set("zoe", json!({"access_token_ttl": 5})).await;
    party.set("zoe", json!({"deny": true})).await;
    let changed = show().await;
    assert_eq!(changed["access_token_ttl"], 5);
    assert_eq!(changed["deny"], true);
    control(&party, Method::DELETE, "/users/zoe").await;
    assert_eq!(show().await, defaults);
}

#[tokio::test]
async fn what_does_not_fit_is_refused_by_name() {
    let party = start().await;
    for (settings, field) in [
        (json!({"colour": "blue"}), json!("colour")),
        (json!({"deny": "yes"}), json!("deny")),
        (json!({"refresh_faults": [{"kind": "odd"}]}), json!("refresh_faults")),
        (json!([]), Value::Null),
    ] {
        let answer = party.control(Method::PUT, "/users/alice", settings).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.json()["field"], field, "{answer:?}");
    }
    let answer = party.control(Method::PUT, "/users/Alice!", json!({})).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let answer = control(&party, Method::GET, "/nothing").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn calls_are_listed_in_order_per_user_and_without_secrets() {
    let party = start().await;
    let code = party.code("alice").await;
    let tokens = party.exchange(&code).await.json();
    party.sign_in("bob").await;
    party.userinfo(&tokens).await;
    party.set("alice", json!({"refresh_faults": [{"kind": "empty"}]})).await;
    party.refresh(&tokens).await;
    let refreshed = party.refresh(&tokens).await.json();
    party.refresh(&tokens).await;
    let calls = party.calls("alice").await;
    assert_eq!(
        outline(&calls),
        [
            ["authorize", "", "ok"],
            ["token", "authorization_code", "ok"],
            ["userinfo", "", "ok"],
            ["token", "refresh_token", "empty"],
            ["token", "refresh_token", "ok"],
            ["token", "refresh_token", "invalid_grant"],
        ]
    );
    assert!(calls.is_sorted_by_key(|call| call["at_ms"].as_u64()));
    let listed = control(&party, Method::GET, "/calls").await.text;
    for tokens in [&tokens, &refreshed] {
        for name in ["access_token", "refresh_token", "id_token"] {
            assert!(!listed.contains(tokens[name].as_str().unwrap()));
        }
    }
    assert!(!listed.contains(&code));
}

#[tokio::test]
async fn cleared_calls_are_those_of_the_user() {
    let party = start().await;
    party.sign_in("alice").await;
    party.sign_in("bob").await;
    control(&party, Method::DELETE, "/calls?user=alice").await;
    assert!(party.calls("alice").await.is_empty());
    assert_eq!(party.calls("bob").await.len(), 2);
}

#[tokio::test]
async fn concurrent_calls_are_recorded_as_concurrent() {
    let party = start().await;
    let alice = party.sign_in("alice").await;
    let bob = party.sign_in("bob").await;
    let slow = json!({"refresh_faults": [{"kind": "slow", "ms": 500, "times": 2}]});
    party.set("alice", slow.clone()).await;
    party.set("bob", slow).await;
    tokio::join!(party.refresh(&alice), party.refresh(&alice), party.refresh(&bob),);
    let overlaps = async |user| -> Vec<Value> {
        let calls = party.calls(user).await;
        let token = calls.iter().filter(|call| call["endpoint"] == "token");
        token.map(|call| call["in_flight_with"].clone()).collect()
    };
    assert_eq!(overlaps("alice").await, [0, 1, 1]);
    assert_eq!(overlaps("bob").await, [0, 0]);
}

#[tokio::test]
async fn an_outage_affects_everyone_until_it_is_cleared() {
    let party = start().await;
    let code = party.code("alice").await;
    let outage = json!({"endpoints": ["token", "discovery"]});
    party.control(Method::POST, "/outage", outage).await;
    let discovery = "/.well-known/openid-configuration";
    assert_eq!(party.get(discovery).await.status, 503);
    assert_eq!(party.exchange(&code).await.status, 503);
    assert_eq!(party.get("/jwks").await.status, 200);
    let healed = json!({"endpoints": []});
    party.control(Method::POST, "/outage", healed).await;
    assert_eq!(party.get(discovery).await.status, 200);
    assert!(party.exchange(&code).await.status.is_success());
    let unknown = json!({"endpoints": ["kitchen"]});
    let answer = party.control(Method::POST, "/outage", unknown).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let calls = control(&party, Method::GET, "/calls").await.json();
    let outcomes: Vec<_> = outline(calls.as_array().unwrap())
        .into_iter()
        .filter(|[endpoint, ..]| *endpoint == "discovery")
        .map(|[.., outcome]| outcome)
        .collect();
    assert_eq!(outcomes, ["unavailable", "ok"]);
}

#[tokio::test]
async fn a_reset_clears_everything_but_the_key() {
    let party = start().await;
    party.set("alice", json!({"access_token_ttl": 5})).await;
    let tokens = party.sign_in("alice").await;
    let outage = json!({"endpoints": ["userinfo"]});
    party.control(Method::POST, "/outage", outage).await;
    let keys = party.get("/jwks").await.json();
    control(&party, Method::POST, "/reset").await;
    assert!(party.calls("alice").await.is_empty());
    party.refresh(&tokens).await.assert_error(400, "invalid_grant");
    let again = party.sign_in("alice").await;
    assert_eq!(again["expires_in"], 300);
    assert!(party.userinfo(&again).await.status.is_success());
    assert_eq!(party.get("/jwks").await.json(), keys);
}
