//! Several clients of one issuer: what one was given is of no use to another.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::relying_party::*;

const PUBLIC_CALLBACK: &str = "http://localhost:8081/cb";

async fn start_with_public_client() -> RelyingParty {
    let public = json!({ "client_id": "public", "redirect_uris": [PUBLIC_CALLBACK, CALLBACK] });
    serve(json!({ "": { "clients": [registration(), public], "any_user": true } })).await
}

/// The token response of the public client.
async fn public_tokens(party: &RelyingParty) -> Value {
    let mut request = request_with("client_id", "public");
    request.push(("login_hint", "alice"));
    let code = party.authorize(&request).await.redirect()["code"].clone();
    let grant = [("code", &*code), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER), ("client_id", "public")];
    let answer = party.post("/token", &[&grant[..], &[("grant_type", "authorization_code")]].concat()).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.json()
}

#[tokio::test]
async fn a_public_client_exchanges_and_refreshes_with_its_id_alone() {
    let party = start_with_public_client().await;
    let tokens = public_tokens(&party).await;
    assert_eq!(party.verify(&tokens["id_token"]).await.unwrap()["aud"], "public");
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    let grant = [("grant_type", "refresh_token"), ("refresh_token", refresh_token), ("client_id", "public")];
    assert_eq!(party.post("/token", &grant).await.status, StatusCode::OK);
    let metadata = party.get("/.well-known/openid-configuration").await.json();
    let methods = json!(["client_secret_basic", "client_secret_post", "none"]);
    assert_eq!(metadata["token_endpoint_auth_methods_supported"], methods);
}

#[tokio::test]
async fn tokens_of_one_client_are_refused_from_another() {
    let party = start_with_public_client().await;
    let tokens = public_tokens(&party).await;
    party.refresh(&tokens).await.assert_error(400, "invalid_grant");
    let token = [("token", tokens["refresh_token"].as_str().unwrap())];
    ProviderResponse::of(party.authenticated("/revoke", &token)).await.assert_error(400, "invalid_grant");
    assert_eq!(party.userinfo(&tokens).await.status, StatusCode::OK, "nothing has ended");

    let hint = tokens["id_token"].as_str().unwrap();
    let params = form(&[("id_token_hint", hint), ("post_logout_redirect_uri", SIGNED_OUT)]);
    let answer = party.get(&format!("/end_session?{params}")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "the URI of another client");
}

#[tokio::test]
async fn a_code_of_one_client_is_refused_from_another_and_used_up() {
    let party = start_with_public_client().await;
    let mut request = request_with("client_id", "public");
    request.push(("login_hint", "alice"));
    let code = party.authorize(&request).await.redirect()["code"].clone();
    party.exchange(&code).await.assert_error(400, "invalid_grant");
    let grant = [("code", &*code), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER), ("client_id", "public")];
    let again = party.post("/token", &[&grant[..], &[("grant_type", "authorization_code")]].concat()).await;
    again.assert_error(400, "invalid_grant");
}
