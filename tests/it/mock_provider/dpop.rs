//! DPoP (RFC 9449) at the mock provider, with proofs that share no code with it.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::relying_party::*;
use crate::support::dpop::{DpopKey, token_hash};

async fn started(support: &str) -> RelyingParty {
    let party = start().await;
    let answer = party.control(Method::POST, "/dpop", json!({ "support": support })).await;
    assert!(answer.status.is_success(), "{answer:?}");
    party
}

/// The claims of a good proof without a nonce.
fn claims(party: &RelyingParty, method: &str, path: &str) -> Value {
    let iat = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    json!({ "jti": format!("{:x}", rand::random::<u128>()), "htm": method, "htu": party.url(path), "iat": iat })
}

fn changed(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

async fn sent(request: RequestBuilder, proof: &str) -> ProviderResponse {
    ProviderResponse::of(request.header("DPoP", proof)).await
}

/// An exchange of a new code with this proof.
async fn exchanged(party: &RelyingParty, proof: &str) -> ProviderResponse {
    let code = party.code("alice").await;
    sent(party.exchange_request(&code, VERIFIER), proof).await
}

#[tokio::test]
async fn a_proof_binds_the_access_token_and_userinfo_needs_another_by_the_same_key() {
    let (party, key) = (started("bound").await, DpopKey::new());
    let discovery = party.get("/.well-known/openid-configuration").await.json();
    assert_eq!(discovery["dpop_signing_alg_values_supported"], json!(["ES256"]));
    let tokens = exchanged(&party, &key.sign(&claims(&party, "POST", "/token"))).await.json();
    assert_eq!(tokens["token_type"], "DPoP");
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(party.userinfo(&tokens).await.status, StatusCode::UNAUTHORIZED, "as a bearer token");
    let userinfo = async |key: &DpopKey, ath: String| {
        let claims = changed(claims(&party, "GET", "/userinfo"), "ath", ath.into());
        let request = party.http.get(party.url("/userinfo")).header("authorization", format!("DPoP {token}"));
        sent(request, &key.sign(&claims)).await.status
    };
    assert_eq!(userinfo(&key, token_hash(token)).await, StatusCode::OK);
    assert_eq!(userinfo(&key, token_hash("another")).await, StatusCode::UNAUTHORIZED);
    assert_eq!(userinfo(&DpopKey::new(), token_hash(token)).await, StatusCode::UNAUTHORIZED);
    let introspected = ProviderResponse::of(party.authenticated("/introspect", &[("token", token)])).await.json();
    assert_eq!(introspected["cnf"]["jkt"], key.thumbprint().to_string());
    assert_eq!(introspected["token_type"], "DPoP");
    // Without a proof, the tokens of the same provider are bearer tokens.
    assert_eq!(party.sign_in("alice").await["token_type"], "Bearer");
}

#[tokio::test]
async fn a_proof_for_another_request_and_one_that_was_used_are_refused() {
    let (party, key) = (started("bound").await, DpopKey::new());
    let good = || claims(&party, "POST", "/token");
    for (name, value) in [
        ("htm", json!("GET")),
        ("htu", json!(party.url("/par"))),
        ("iat", json!(1)),
        ("jti", Value::Null),
        ("nonce", json!("made up")),
    ] {
        let answer = exchanged(&party, &key.sign(&changed(good(), name, value))).await;
        answer.assert_error(400, if name == "nonce" { "use_dpop_nonce" } else { "invalid_dpop_proof" });
    }
    let proof = key.sign(&good());
    let (head, _) = proof.rsplit_once('.').unwrap();
    let by_another = DpopKey::new().sign(&good());
    let signature = by_another.rsplit_once('.').unwrap().1;
    exchanged(&party, &format!("{head}.{signature}")).await.assert_error(400, "invalid_dpop_proof");
    assert_eq!(exchanged(&party, &proof).await.status, StatusCode::OK);
    exchanged(&party, &proof).await.assert_error(400, "invalid_dpop_proof");
}

#[tokio::test]
async fn a_code_is_redeemed_by_the_key_of_its_request_alone() {
    let (party, key) = (started("bound").await, DpopKey::new());
    let jkt = key.thumbprint().to_string();
    for (redeeming, is_good) in [(&key, true), (&DpopKey::new(), false)] {
        let mut request: Vec<(&str, &str)> = request();
        request.push(("dpop_jkt", &jkt));
        let code = party.choose(&request, ("user", "alice")).await.redirect()["code"].clone();
        let proof = redeeming.sign(&claims(&party, "POST", "/token"));
        let answer = sent(party.exchange_request(&code, VERIFIER), &proof).await;
        assert_eq!(answer.status.is_success(), is_good, "{answer:?}");
    }
}

#[tokio::test]
async fn with_nonces_every_response_brings_one_and_a_proof_without_one_is_refused() {
    let (party, key) = (started("nonce").await, DpopKey::new());
    let good = || claims(&party, "POST", "/token");
    let first = exchanged(&party, &key.sign(&good())).await;
    first.assert_error(400, "use_dpop_nonce");
    let nonce = first.headers["dpop-nonce"].to_str().unwrap();
    let second = exchanged(&party, &key.sign(&changed(good(), "nonce", nonce.into()))).await;
    assert_eq!(second.json()["token_type"], "DPoP");
    assert_ne!(second.headers["dpop-nonce"].to_str().unwrap(), nonce);
    assert!(!party.get("/jwks").await.headers.contains_key("dpop-nonce"));
    // Set again, it has forgotten its nonces.
    party.control(Method::POST, "/dpop", json!({ "support": "nonce" })).await;
    exchanged(&party, &key.sign(&changed(good(), "nonce", nonce.into()))).await.assert_error(400, "use_dpop_nonce");
}

#[tokio::test]
async fn a_provider_that_ignores_dpop_issues_bearer_tokens_and_one_without_it_does_not_name_it() {
    for (support, is_named) in [("ignored", true), ("none", false)] {
        let party = started(support).await;
        let discovery = party.get("/.well-known/openid-configuration").await.json();
        assert_eq!(discovery.get("dpop_signing_alg_values_supported").is_some(), is_named);
        assert_eq!(exchanged(&party, "no proof at all").await.json()["token_type"], "Bearer");
    }
    let party = start().await;
    let wrong = party.control(Method::POST, "/dpop", json!({ "support": "some" })).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_client_may_be_registered_for_bound_tokens_only() {
    let mut client = registration();
    client["dpop_bound_access_tokens"] = true.into();
    let party = serve(json!({ "": { "clients": [client], "dpop": "bound", "any_user": true } })).await;
    party.exchange(&party.code("alice").await).await.assert_error(400, "invalid_dpop_proof");
    let proof = DpopKey::new().sign(&claims(&party, "POST", "/token"));
    assert_eq!(exchanged(&party, &proof).await.json()["token_type"], "DPoP");
}
