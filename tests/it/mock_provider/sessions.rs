//! The end of a grant: revocation, end of the session, an administrator.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::relying_party::*;

async fn revoke(party: &RelyingParty, token: &Value) -> ProviderResponse {
    let token = [("token", token.as_str().unwrap())];
    ProviderResponse::of(party.authenticated("/revoke", &token)).await
}

async fn end_session(party: &RelyingParty, params: &[(&str, &str)]) -> ProviderResponse {
    party.get(&format!("/end_session?{}", form(params))).await
}

#[tokio::test]
async fn a_revoked_refresh_token_takes_the_grant_along() {
    let party = start().await;
    let tokens = party.sign_in("alice").await;
    let answer = revoke(&party, &tokens["refresh_token"]).await;
    assert_eq!(answer.status, StatusCode::OK);
    party.refresh(&tokens).await.assert_error(400, "invalid_grant");
    assert_eq!(party.userinfo(&tokens).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_revoked_access_token_goes_alone() {
    let party = start().await;
    let tokens = party.sign_in("alice").await;
    revoke(&party, &tokens["access_token"]).await;
    assert_eq!(party.userinfo(&tokens).await.status, StatusCode::UNAUTHORIZED);
    assert!(party.refresh(&tokens).await.status.is_success());
}

#[tokio::test]
async fn revoking_an_unknown_token_succeeds_but_requires_client_authentication() {
    let party = start().await;
    let answer = revoke(&party, &json!("never issued")).await;
    assert_eq!(answer.status, StatusCode::OK);
    let tokens = party.sign_in("alice").await;
    let token = tokens["refresh_token"].as_str().unwrap();
    let stranger = party.post("/revoke", &[("token", token)]).await;
    stranger.assert_error(401, "invalid_client");
    assert!(party.refresh(&tokens).await.status.is_success());
}

#[tokio::test]
async fn ending_the_session_returns_to_the_relying_party_and_ends_the_grant() {
    let party = start().await;
    let tokens = party.sign_in("alice").await;
    let params = [
        ("id_token_hint", tokens["id_token"].as_str().unwrap()),
        ("post_logout_redirect_uri", SIGNED_OUT),
        ("state", "a b"),
    ];
    let answer = end_session(&party, &params).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let location = answer.header(header::LOCATION);
    assert_eq!(location, format!("{SIGNED_OUT}?state=a+b"));
    party.refresh(&tokens).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn another_session_of_the_same_user_goes_on() {
    let party = start().await;
    let [here, there] = [party.sign_in("alice").await, party.sign_in("alice").await];
    let hint = here["id_token"].as_str().unwrap();
    let answer = party.post("/end_session", &[("id_token_hint", hint)]).await;
    assert!(answer.text.contains("You are signed out."));
    party.refresh(&here).await.assert_error(400, "invalid_grant");
    assert!(party.refresh(&there).await.status.is_success());
}

#[tokio::test]
async fn offline_access_outlives_the_session() {
    let party = start().await;
    let request = request_with("scope", "openid offline_access");
    let answer = party.choose(&request, ("user", "alice")).await;
    let tokens = party.exchange(&answer.redirect()["code"]).await.json();
    let hint = tokens["id_token"].as_str().unwrap();
    end_session(&party, &[("id_token_hint", hint)]).await;
    assert!(party.refresh(&tokens).await.status.is_success());
}

#[tokio::test]
async fn an_expired_id_token_is_a_good_hint() {
    let party = start().await;
    party.set("alice", json!({"id_token_ttl": 0})).await;
    let tokens = party.sign_in("alice").await;
    let hint = tokens["id_token"].as_str().unwrap();
    let answer = end_session(&party, &[("id_token_hint", hint)]).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn an_unregistered_post_logout_redirect_uri_is_refused() {
    let party = start().await;
    let tokens = party.sign_in("alice").await;
    let hint = ("id_token_hint", tokens["id_token"].as_str().unwrap());
    let forged = format!("{}AAAA", hint.1.trim_end_matches(|c| c != '.'));
    for params in [
        &[hint, ("post_logout_redirect_uri", "http://localhost:8080/")][..],
        &[("post_logout_redirect_uri", SIGNED_OUT)],
        &[("id_token_hint", &forged), ("post_logout_redirect_uri", SIGNED_OUT)],
        &[hint, ("client_id", "another")],
    ] {
        let answer = end_session(&party, params).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{params:?}");
        assert_eq!(answer.header(header::LOCATION), "");
    }
    assert!(party.refresh(&tokens).await.status.is_success());
}

#[tokio::test]
async fn a_client_id_without_a_hint_is_enough_to_return() {
    let party = start().await;
    let params = [("client_id", CLIENT_ID), ("post_logout_redirect_uri", SIGNED_OUT)];
    let answer = end_session(&party, &params).await;
    assert_eq!(answer.header(header::LOCATION), SIGNED_OUT);
}

#[tokio::test]
async fn an_administrator_ends_every_grant_of_one_user() {
    let party = start().await;
    let [first, second] = [party.sign_in("alice").await, party.sign_in("alice").await];
    let code = party.code("alice").await;
    let bob = party.sign_in("bob").await;
    let answer = party.control(Method::POST, "/users/alice/revoke", json!({})).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    for tokens in [&first, &second] {
        party.refresh(tokens).await.assert_error(400, "invalid_grant");
        assert_eq!(party.userinfo(tokens).await.status, StatusCode::UNAUTHORIZED);
    }
    party.exchange(&code).await.assert_error(400, "invalid_grant");
    assert!(party.refresh(&bob).await.status.is_success());
    let again = party.sign_in("alice").await;
    assert!(party.refresh(&again).await.status.is_success());
}
