//! Key rotation, and the age of sign-ins.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::relying_party::*;

async fn rotate(party: &RelyingParty, how: Value) -> Vec<Value> {
    let answer = party.control(Method::POST, "/rotate-keys", how).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{answer:?}");
    keys(party).await
}

async fn keys(party: &RelyingParty) -> Vec<Value> {
    party.get("/jwks").await.json()["keys"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_new_key_signs_and_the_old_one_stays_published() {
    let party = start().await;
    let old = keys(&party).await.remove(0);
    let [new, kept] = <[Value; 2]>::try_from(rotate(&party, json!({})).await).unwrap();
    assert_eq!(kept, old);
    assert_ne!(new["kid"], old["kid"]);
    assert_ne!(new["n"], old["n"]);
    // By the first key, which is the new one.
    assert!(party.verify(&party.sign_in("alice").await["id_token"]).await.is_some());
}

#[tokio::test]
async fn the_old_keys_may_go_and_their_kid_may_come_again() {
    let party = start().await;
    let old = keys(&party).await.remove(0);
    let [new, kept] = <[Value; 2]>::try_from(rotate(&party, json!({"same_kid": true})).await).unwrap();
    assert_eq!((&new["kid"], &kept), (&old["kid"], &old));
    assert_ne!(new["n"], old["n"]);

    let alone = rotate(&party, json!({"same_kid": true, "remove_old": true})).await;
    assert_eq!((alone.len(), &alone[0]["kid"]), (1, &old["kid"]));
    assert_ne!(alone[0]["n"], new["n"]);
    assert!(party.verify(&party.sign_in("alice").await["id_token"]).await.is_some());
}

#[tokio::test]
async fn an_id_token_hint_signed_with_a_removed_key_is_accepted() {
    let party = start().await;
    let id_token = party.sign_in("alice").await["id_token"].as_str().unwrap().to_owned();
    rotate(&party, json!({"remove_old": true})).await;
    let answer = party.get(&format!("/end_session?{}", form(&[("id_token_hint", &id_token)]))).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
}

#[tokio::test]
async fn a_rotation_that_is_misspelt_is_refused() {
    let party = start().await;
    let answer = party.control(Method::POST, "/rotate-keys", json!({"kid": "same"})).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(keys(&party).await.len(), 1);
}

/// The claims of an ID token that came of the good request with these parameters besides.
async fn claims(party: &RelyingParty, more: &[(&'static str, &'static str)]) -> Value {
    let request: Vec<_> = request().into_iter().chain(more.iter().copied()).collect();
    let code = party.choose(&request, ("user", "alice")).await.redirect()["code"].clone();
    let tokens = party.exchange(&code).await.json();
    party.verify(&tokens["id_token"]).await.unwrap()
}

#[tokio::test]
async fn auth_time_is_reported_and_max_age_forces_a_new_sign_in() {
    let party = start().await;
    party.set("alice", json!({"signed_in_ago": 600})).await;
    let age = |claims: Value| claims["iat"].as_u64().unwrap() - claims["auth_time"].as_u64().unwrap();
    for (more, is_old) in [
        (&[][..], true),
        (&[("max_age", "600")], true),
        (&[("max_age", "599")], false),
        (&[("max_age", "0")], false),
        (&[("prompt", "login")], false),
    ] {
        assert_eq!(age(claims(&party, more).await) >= 600, is_old, "{more:?}");
    }
    party.set("alice", json!({"ignores_max_age": true})).await;
    assert!(age(claims(&party, &[("max_age", "0")]).await) >= 600);
    let answer = party.choose(&request_with("max_age", "soon"), ("user", "alice")).await;
    assert_eq!(answer.redirect()["error"], "invalid_request");
}

#[tokio::test]
async fn the_first_authentication_context_asked_for_is_met_unless_the_user_has_another() {
    let party = start().await;
    assert_eq!(claims(&party, &[]).await["acr"], Value::Null);
    assert_eq!(claims(&party, &[("acr_values", "phr phrh")]).await["acr"], "phr");
    party.set("alice", json!({"acr": "0"})).await;
    assert_eq!(claims(&party, &[("acr_values", "phr phrh")]).await["acr"], "0");
}
