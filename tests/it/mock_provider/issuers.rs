//! Several issuers by path, each with keys, a profile, clients and people of its own.

use oracle_ai::mock::provider::{Provider, Setup, StartError};
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::relying_party::*;

/// Two plain ones and one that plays Keycloak.
async fn start_three() -> RelyingParty {
    let clients = json!([registration()]);
    serve(json!({
        "/customers": { "clients": clients, "any_user": true },
        "/staff": { "clients": clients, "any_user": true },
        "/partners": { "clients": clients, "profile": "keycloak" },
    }))
    .await
}

#[tokio::test]
async fn each_issuer_has_endpoints_and_keys_of_its_own() {
    let mut party = start_three().await;
    let issuers = party.provider.issuers().to_vec();
    let paths = ["/customers", "/partners/realms/chat", "/staff"];
    assert!(issuers.iter().zip(paths).all(|(issuer, path)| issuer.ends_with(path)), "{issuers:?}");
    let mut kids = vec![];
    for issuer in issuers {
        party.issuer = issuer;
        let metadata = party.get("/.well-known/openid-configuration").await.json();
        assert_eq!(metadata["issuer"], party.issuer);
        assert!(metadata["token_endpoint"].as_str().unwrap().starts_with(&party.issuer));
        let response = party.authorize(&request_with("login_hint", "alice")).await.redirect();
        assert_eq!(response["iss"], party.issuer);
        let tokens = party.exchange(&response["code"]).await.json();
        assert_eq!(party.verify(&tokens["id_token"]).await.unwrap()["iss"], party.issuer);
        kids.push(party.get("/jwks").await.json()["keys"][0]["kid"].clone());
    }
    assert!(kids[0] != kids[1] && kids[1] != kids[2] && kids[0] != kids[2], "{kids:?}");
}

#[tokio::test]
async fn a_token_of_one_issuer_is_unknown_to_another() {
    let mut party = start_three().await;
    let tokens = party.sign_in("alice").await;
    party.issuer = party.provider.issuers()[2].clone();
    assert_eq!(party.userinfo(&tokens).await.status, StatusCode::UNAUTHORIZED);
    party.refresh(&tokens).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn settings_and_calls_are_those_of_one_issuer_and_the_clock_is_shared() {
    let mut party = start_three().await;
    party.set("alice", json!({ "deny": true })).await;
    party.sign_in("bob").await;
    party.control(Method::POST, "/clock", json!({ "advance": 60 })).await;
    let board = party.get("/__control/?user=alice").await.text;
    assert!(board.contains("action=\"/customers/__control/board\""), "{board}");

    party.issuer = party.provider.issuers()[2].clone();
    assert_eq!(party.control(Method::GET, "/users/alice", json!({})).await.json()["deny"], false);
    assert!(party.calls("bob").await.is_empty());
    assert_eq!(party.control(Method::GET, "/clock", json!({})).await.json()["offset"], 60);
}

#[tokio::test]
async fn the_forms_of_a_profile_below_a_path_lead_back_to_it() {
    let mut party = start_three().await;
    party.issuer = party.provider.issuers()[1].clone();
    let page = party.authorize(&request()).await.text;
    assert!(page.contains("action=\"/partners/realms/chat/login\""), "{page}");
    assert!(party.choose(&request(), ("user", "alice")).await.redirect().contains_key("session_state"));
}

#[tokio::test]
async fn issuers_that_can_not_be_set_up_stop_the_start() {
    let clients = json!([registration()]);
    let taken = json!({
        "": { "clients": clients, "profile": "keycloak" },
        "/realms/chat": { "clients": clients },
    });
    let start = async |issuers: serde_json::Value| {
        let issuers = serde_json::from_value(issuers).unwrap();
        Provider::serve(Setup { address: "127.0.0.1:0".parse().unwrap(), issuers, certificate: None }).await
    };
    for (issuers, path) in [
        (json!({ "staff": { "clients": clients } }), "staff"),
        (json!({ "/token": { "clients": clients } }), "/token"),
        (taken, "/realms/chat"),
    ] {
        let started = start(issuers).await;
        assert!(matches!(&started, Err(StartError::Path(refused)) if refused == path), "{started:?}");
    }
    assert!(matches!(start(json!({})).await, Err(StartError::NoIssuer)));
    let people = json!({ "": { "clients": clients, "people": { "Bob!": {} } } });
    assert!(matches!(start(people).await, Err(StartError::People(_))));
}
