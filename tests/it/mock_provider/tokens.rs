//! The token endpoint without faults.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::{StatusCode, header};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::relying_party::*;

#[tokio::test]
async fn a_code_is_exchanged_for_tokens_whose_claims_and_signature_hold() {
    let party = start().await;
    let answer = party.exchange(&party.code("alice").await).await;
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
    let tokens = answer.json();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 300);
    assert_eq!(tokens["scope"], "openid profile email");

    let claims = party.verify(&tokens["id_token"]).await.unwrap();
    assert_eq!(claims["iss"], party.provider.issuer());
    assert_eq!(claims["aud"], CLIENT_ID);
    assert_eq!(claims["nonce"], NONCE);
    assert_eq!(claims["name"], "Alice");
    assert_eq!(claims["preferred_username"], "alice");
    assert_eq!(claims["email"], "alice@example.com");
    assert_ne!(claims["sub"], "alice");
    assert!(claims["sid"].is_string());
    let lifetime = claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap();
    assert_eq!(lifetime, 300);
    assert!(claims["auth_time"].as_u64() <= claims["iat"].as_u64());
    let hash = Sha256::digest(tokens["access_token"].as_str().unwrap());
    assert_eq!(claims["at_hash"], BASE64_URL_SAFE_NO_PAD.encode(&hash[..16]));

    let userinfo = party.userinfo(&tokens).await.json();
    for claim in ["sub", "name", "email", "preferred_username"] {
        assert_eq!(userinfo[claim], claims[claim]);
    }
}

#[tokio::test]
async fn a_wrong_verifier_is_refused_and_uses_up_the_code() {
    let party = start().await;
    let code = party.code("alice").await;
    let wrong = party.exchange_request(&code, CHALLENGE);
    ProviderResponse::of(wrong).await.assert_error(400, "invalid_grant");
    party.exchange(&code).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn another_redirect_uri_than_the_requested_one_is_refused() {
    let party = start().await;
    let code = party.code("alice").await;
    let grant = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", SIGNED_OUT),
        ("code_verifier", VERIFIER),
    ];
    let answer = ProviderResponse::of(party.authenticated("/token", &grant)).await;
    answer.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_reused_code_revokes_its_grant() {
    let party = start().await;
    let code = party.code("alice").await;
    let tokens = party.exchange(&code).await.json();
    assert!(party.userinfo(&tokens).await.status.is_success());
    party.exchange(&code).await.assert_error(400, "invalid_grant");
    assert_eq!(party.userinfo(&tokens).await.status, StatusCode::UNAUTHORIZED);
    party.refresh(&tokens).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn the_client_may_authenticate_in_the_body() {
    let party = start().await;
    let code = party.code("alice").await;
    let grant = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        ("client_id", CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
    ];
    let answer = party.post("/token", &grant).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
}

#[tokio::test]
async fn a_client_that_does_not_authenticate_is_refused_and_the_code_stays_good() {
    let party = start().await;
    let code = party.code("alice").await;
    let grant = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        ("client_id", CLIENT_ID),
    ];
    let nothing = party.post("/token", &grant).await;
    let wrong_post = [&grant[..], &[("client_secret", "wrong")]].concat();
    let wrong_post = party.post("/token", &wrong_post).await;
    let wrong_basic = party.authenticated("/token", &grant);
    let authorization = header::HeaderValue::from_static("Basic b3JhY2xlLWFpOndyb25n");
    let mut wrong_basic = wrong_basic.build().unwrap();
    wrong_basic.headers_mut().insert(header::AUTHORIZATION, authorization);
    let wrong_basic = party.http.execute(wrong_basic).await.unwrap();
    assert_eq!(wrong_basic.status(), StatusCode::UNAUTHORIZED);
    for answer in [nothing, wrong_post] {
        answer.assert_error(401, "invalid_client");
        assert!(answer.header(header::WWW_AUTHENTICATE).starts_with("Basic "));
    }
    assert!(party.exchange(&code).await.status.is_success());
}

#[tokio::test]
async fn two_methods_of_client_authentication_are_refused() {
    let party = start().await;
    let grant = [("grant_type", "refresh_token"), ("client_secret", "again")];
    let answer = ProviderResponse::of(party.authenticated("/token", &grant)).await;
    answer.assert_error(400, "invalid_request");
}

#[tokio::test]
async fn a_malformed_token_request_is_answered_by_its_error_code() {
    let party = start().await;
    for (grant, error) in [
        (&[][..], "invalid_request"),
        (&[("grant_type", "password")], "unsupported_grant_type"),
        (&[("grant_type", "authorization_code")], "invalid_request"),
        (&[("grant_type", "refresh_token"), ("refresh_token", "x")], "invalid_grant"),
        (&[("grant_type", "a"), ("grant_type", "b")], "invalid_request"),
    ] {
        let answer = ProviderResponse::of(party.authenticated("/token", grant)).await;
        answer.assert_error(400, error);
    }
    let json = party.http.post(party.url("/token")).body("{}");
    ProviderResponse::of(json).await.assert_error(400, "invalid_request");
}

#[tokio::test]
async fn a_refresh_rotates_the_token_within_the_same_session() {
    let party = start().await;
    let first = party.sign_in("alice").await;
    let second = party.refresh(&first).await.json();
    for token in ["access_token", "refresh_token"] {
        assert!(second[token].is_string());
        assert_ne!(second[token], first[token]);
    }
    let [before, after] =
        [party.verify(&first["id_token"]).await.unwrap(), party.verify(&second["id_token"]).await.unwrap()];
    for claim in ["iss", "sub", "aud", "auth_time", "sid"] {
        assert_eq!(before[claim], after[claim]);
    }
    assert_eq!(after.get("nonce"), None);
    assert!(party.userinfo(&second).await.status.is_success());
    assert!(party.refresh(&second).await.status.is_success());
}

#[tokio::test]
async fn a_superseded_refresh_token_ends_the_whole_grant() {
    let party = start().await;
    let first = party.sign_in("alice").await;
    let second = party.refresh(&first).await.json();
    party.refresh(&first).await.assert_error(400, "invalid_grant");
    party.refresh(&second).await.assert_error(400, "invalid_grant");
    let userinfo = party.userinfo(&second).await;
    assert_eq!(userinfo.status, StatusCode::UNAUTHORIZED);
    assert!(userinfo.header(header::WWW_AUTHENTICATE).contains("invalid_token"));
}

#[tokio::test]
async fn without_rotation_the_same_refresh_token_comes_again() {
    let party = start().await;
    party.set("alice", json!({"rotate_refresh_tokens": false})).await;
    let first = party.sign_in("alice").await;
    let second = party.refresh(&first).await.json();
    assert_eq!(second["refresh_token"], first["refresh_token"]);
    assert!(party.refresh(&first).await.status.is_success());
}

#[tokio::test]
async fn a_refresh_may_leave_out_the_refresh_token_and_the_id_token() {
    let party = start().await;
    let settings = json!({"refresh_token_in_refresh": false, "id_token_in_refresh": false});
    party.set("alice", settings).await;
    let first = party.sign_in("alice").await;
    assert!(first["id_token"].is_string());
    for _ in 0..2 {
        let refreshed = party.refresh(&first).await.json();
        assert!(refreshed["access_token"].is_string());
        assert_eq!(refreshed.get("refresh_token"), None);
        assert_eq!(refreshed.get("id_token"), None);
    }
}

#[tokio::test]
async fn a_refresh_may_narrow_the_scope_but_not_widen_it() {
    let party = start().await;
    let tokens = party.sign_in("alice").await;
    let with_scope = |scope| {
        let refresh_token = tokens["refresh_token"].as_str().unwrap();
        let grant = [("grant_type", "refresh_token"), ("refresh_token", refresh_token), ("scope", scope)];
        ProviderResponse::of(party.authenticated("/token", &grant))
    };
    let wider = with_scope("openid offline_access").await;
    wider.assert_error(400, "invalid_scope");
    assert_eq!(with_scope("openid").await.json()["scope"], "openid");
}

#[tokio::test]
async fn expires_in_is_written_as_set() {
    let party = start().await;
    for (written, expected) in [("number", Some(json!(7))), ("string", Some(json!("7"))), ("absent", None)] {
        let settings = json!({"expires_in": written, "access_token_ttl": 7});
        party.set("alice", settings).await;
        let tokens = party.sign_in("alice").await;
        assert_eq!(tokens.get("expires_in"), expected.as_ref());
    }
}

#[tokio::test]
async fn an_access_token_ends_with_its_lifetime() {
    let party = start().await;
    party.set("alice", json!({"access_token_ttl": 0})).await;
    let expired = party.sign_in("alice").await;
    assert_eq!(party.userinfo(&expired).await.status, StatusCode::UNAUTHORIZED);
    party.set("alice", json!({"access_token_ttl": 60})).await;
    let refreshed = party.refresh(&expired).await.json();
    assert!(party.userinfo(&refreshed).await.status.is_success());
}
