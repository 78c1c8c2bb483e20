//! The introspection endpoint (RFC 7662), and access tokens that are JWTs (RFC 9068).

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::relying_party::*;

async fn introspect(party: &RelyingParty, tokens: &Value) -> Value {
    let token = tokens["access_token"].as_str().unwrap();
    let answer = ProviderResponse::of(party.authenticated("/introspect", &[("token", token)])).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.json()
}

#[tokio::test]
async fn a_valid_token_is_active_until_it_is_revoked() {
    let party = start().await;
    party.set("alice", json!({ "roles": ["chat"], "access_token_claims": { "cnf": { "jkt": "x" } } })).await;
    let tokens = party.sign_in("alice").await;
    let claims = introspect(&party, &tokens).await;
    assert_eq!(claims["active"], true);
    assert_eq!(claims["client_id"], CLIENT_ID);
    assert_eq!(claims["scope"], "openid profile email");
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 300);
    assert_eq!(claims["roles"], json!(["chat"]));
    assert_eq!(claims["cnf"]["jkt"], "x");
    party.control(Method::POST, "/users/alice/revoke", json!({})).await;
    assert_eq!(introspect(&party, &tokens).await, json!({ "active": false }));
    let calls = party.calls("alice").await;
    let outcomes: Vec<_> =
        calls.iter().filter(|call| call["endpoint"] == "introspect").map(|call| &call["outcome"]).collect();
    assert_eq!(outcomes, ["ok", "inactive"]);
}

#[tokio::test]
async fn introspection_requires_the_client_and_reports_other_tokens_as_inactive() {
    let party = start().await;
    let tokens = party.sign_in("alice").await;
    let token = tokens["access_token"].as_str().unwrap();
    party.post("/introspect", &[("token", token)]).await.assert_error(401, "invalid_client");
    ProviderResponse::of(party.authenticated("/introspect", &[])).await.assert_error(400, "invalid_request");
    for other in ["unknown", tokens["refresh_token"].as_str().unwrap(), tokens["id_token"].as_str().unwrap()] {
        assert_eq!(introspect(&party, &json!({ "access_token": other })).await, json!({ "active": false }));
    }
}

#[tokio::test]
async fn the_members_of_an_introspection_response_can_be_changed() {
    let party = start().await;
    let settings =
        json!({ "introspection_numbers_as_strings": true, "introspection_members": { "scope": ["a"], "iss": null } });
    party.set("alice", settings).await;
    let claims = introspect(&party, &party.sign_in("alice").await).await;
    assert!(claims["exp"].as_str().unwrap().parse::<u64>().is_ok());
    assert_eq!(claims["scope"], json!(["a"]));
    assert_eq!(claims.get("iss"), None);
}

#[tokio::test]
async fn introspections_can_be_made_to_fail() {
    let party = start().await;
    party.set("alice", json!({ "introspection_faults": [{ "kind": "server_error" }] })).await;
    let tokens = party.sign_in("alice").await;
    let token = tokens["access_token"].as_str().unwrap();
    let failed = ProviderResponse::of(party.authenticated("/introspect", &[("token", token)])).await;
    assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(introspect(&party, &tokens).await["active"], true);
}

#[tokio::test]
async fn an_access_token_may_be_a_jwt() {
    let party = start().await;
    let settings = json!({
        "access_token_format": "jwt", "access_token_header": { "typ": "JWT" },
        "access_token_claims": { "aud": ["a", "b"], "client_id": null }, "granted_scope": "openid",
        "scope_in_token_response": false,
    });
    party.set("alice", settings).await;
    let tokens = party.sign_in("alice").await;
    assert_eq!(tokens.get("scope"), None);
    let token = &tokens["access_token"];
    let header = token.as_str().unwrap().split('.').next().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&decode(header)).unwrap()["typ"], "JWT");
    let claims = party.verify(token).await.unwrap();
    assert_eq!(claims["aud"], json!(["a", "b"]));
    assert_eq!(claims["scope"], "openid");
    assert_eq!(claims.get("client_id"), None);
    assert_eq!(party.userinfo(&tokens).await.json()["sub"], claims["sub"]);
    assert_eq!(introspect(&party, &tokens).await["active"], true);
}
