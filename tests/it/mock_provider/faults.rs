//! Injected faults, each for one user.

use std::time::Duration;

use reqwest::{StatusCode, header};
use serde_json::{Value, json};

use super::relying_party::*;
use crate::support::app::wait_until;

fn refresh_fault(kind: &str) -> Value {
    json!({"refresh_faults": [{"kind": kind}]})
}

fn claims_without_verifying(id_token: &Value) -> Value {
    let claims = id_token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&decode(claims)).unwrap()
}

#[tokio::test]
async fn a_fault_in_place_of_the_response_leaves_the_refresh_token_valid() {
    let party = start().await;
    for (kind, status, content_type, body) in [
        ("invalid_grant", 400, "application/json", "invalid_grant"),
        ("server_error", 500, "text/html; charset=utf-8", "<h1>"),
        ("unavailable", 503, "", ""),
        ("garbage", 200, "application/json", "not JSON"),
        ("empty", 400, "", ""),
    ] {
        let tokens = party.sign_in("alice").await;
        party.set("alice", refresh_fault(kind)).await;
        let answer = party.refresh(&tokens).await;
        assert_eq!(answer.status, status, "{kind}");
        assert_eq!(answer.header(header::CONTENT_TYPE), content_type, "{kind}");
        assert!(answer.text.contains(body), "{kind}");
        assert_eq!(answer.text.is_empty(), body.is_empty(), "{kind}");
        let retry_after = answer.header(header::RETRY_AFTER);
        assert_eq!(retry_after.is_empty(), status != 503, "{kind}");
        assert!(party.refresh(&tokens).await.status.is_success(), "{kind}");
    }
}

#[tokio::test]
async fn a_reset_closes_the_connection_and_the_next_try_succeeds() {
    let party = start().await;
    let tokens = party.sign_in("alice").await;
    party.set("alice", refresh_fault("reset")).await;
    let error = party.refresh_request(&tokens).send().await.unwrap_err();
    assert!(error.is_request(), "{error:?}");
    assert_eq!(error.status(), None);
    assert!(party.refresh(&tokens).await.status.is_success());
}

#[tokio::test]
async fn a_lost_response_has_used_up_the_refresh_token() {
    let party = start().await;
    let tokens = party.sign_in("alice").await;
    party.set("alice", refresh_fault("lost_answer")).await;
    assert!(party.refresh_request(&tokens).send().await.is_err());
    party.refresh(&tokens).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_slow_response_succeeds_after_its_delay() {
    let party = start().await;
    let tokens = party.sign_in("alice").await;
    let slow = json!({"refresh_faults": [{"kind": "slow", "ms": 1_000}]});
    party.set("alice", slow).await;
    let (answer, ()) = tokio::join!(
        party.refresh(&tokens),
        wait_until("the refresh is delayed", async || {
            party.calls("alice").await.last().is_some_and(|call| call["outcome"] == "pending")
        }),
    );
    assert!(answer.status.is_success());
    assert_eq!(party.calls("alice").await.last().unwrap()["outcome"], "ok");
}

#[tokio::test]
async fn a_client_that_gives_up_on_a_slow_response_can_use_its_refresh_token_again() {
    let party = start().await;
    let tokens = party.sign_in("alice").await;
    let slow = json!({"refresh_faults": [{"kind": "slow", "ms": 60_000}]});
    party.set("alice", slow).await;
    let impatient = party.refresh_request(&tokens);
    let given_up = impatient.timeout(Duration::from_millis(100)).send().await;
    assert!(given_up.unwrap_err().is_timeout());
    assert!(party.refresh(&tokens).await.status.is_success());
}

#[tokio::test]
async fn an_id_token_may_carry_a_wrong_claim_under_a_good_signature() {
    let party = start().await;
    for (kind, claim) in
        [("wrong_nonce", "nonce"), ("wrong_iss", "iss"), ("wrong_aud", "aud"), ("expired_id_token", "exp")]
    {
        let good = party.sign_in("alice").await;
        let good = claims_without_verifying(&good["id_token"]);
        party.set("alice", json!({"token_faults": [{"kind": kind}]})).await;
        let spoiled = party.sign_in("alice").await;
        let spoiled = party.verify(&spoiled["id_token"]).await.unwrap();
        let differs = |claim: &&str| spoiled[*claim] != good[*claim];
        let wrong: Vec<_> = ["nonce", "iss", "aud", "sub"].into_iter().filter(differs).collect();
        match kind {
            "expired_id_token" => {
                assert!(spoiled["exp"].as_u64() < good["iat"].as_u64());
                assert!(spoiled["iat"].as_u64() < spoiled["exp"].as_u64());
                assert!(wrong.is_empty());
            }
            _ => assert_eq!(wrong, [claim], "{kind}"),
        }
    }
}

#[tokio::test]
async fn an_id_token_may_have_a_bad_signature_or_none() {
    let party = start().await;
    for kind in ["bad_signature", "alg_none"] {
        party.set("alice", json!({"token_faults": [{"kind": kind}]})).await;
        let tokens = party.sign_in("alice").await;
        let id_token = &tokens["id_token"];
        assert_eq!(party.verify(id_token).await, None, "{kind}");
        let claims = claims_without_verifying(id_token);
        assert_eq!(claims["iss"], party.provider.issuer());
        assert_eq!(claims["nonce"], NONCE);
        let is_unsigned = id_token.as_str().unwrap().ends_with('.');
        assert_eq!(is_unsigned, kind == "alg_none");
    }
}

#[tokio::test]
async fn id_token_faults_reach_the_refresh_as_well() {
    let party = start().await;
    let tokens = party.sign_in("alice").await;
    party.set("alice", refresh_fault("wrong_iss")).await;
    let refreshed = party.refresh(&tokens).await.json();
    let claims = party.verify(&refreshed["id_token"]).await.unwrap();
    assert_ne!(claims["iss"], party.provider.issuer());
}

#[tokio::test]
async fn a_token_may_be_missing_from_the_response() {
    let party = start().await;
    for (kind, member) in [("missing_id_token", "id_token"), ("missing_access_token", "access_token")] {
        party.set("alice", json!({"token_faults": [{"kind": kind}]})).await;
        let tokens = party.sign_in("alice").await;
        let all = ["id_token", "access_token", "refresh_token"];
        let missing: Vec<_> = all.into_iter().filter(|name| tokens.get(name).is_none()).collect();
        assert_eq!(missing, [member]);
    }
}

#[tokio::test]
async fn faults_are_played_in_order_and_as_often_as_configured() {
    let party = start().await;
    let tokens = party.sign_in("alice").await;
    let faults = json!({"refresh_faults": [
        {"kind": "unavailable", "times": 2},
        {"kind": "server_error"},
    ]});
    party.set("alice", faults).await;
    for expected in [503, 503, 500, 200] {
        assert_eq!(party.refresh(&tokens).await.status, expected);
    }
}

#[tokio::test]
async fn a_fault_zero_times_stays_until_it_is_changed() {
    let party = start().await;
    let tokens = party.sign_in("alice").await;
    let faults = json!({"refresh_faults": [{"kind": "unavailable", "times": 0}]});
    party.set("alice", faults).await;
    for _ in 0..3 {
        assert_eq!(party.refresh(&tokens).await.status, 503);
    }
    party.set("alice", json!({"refresh_faults": []})).await;
    assert!(party.refresh(&tokens).await.status.is_success());
}

#[tokio::test]
async fn one_users_faults_and_settings_do_not_affect_another() {
    let party = start().await;
    let settings = json!({
        "deny": true,
        "token_faults": [{"kind": "server_error", "times": 0}],
        "access_token_ttl": 1,
    });
    party.set("alice", settings).await;
    let bob = party.sign_in("bob").await;
    assert_eq!(bob["expires_in"], 300);
    let alice = party.choose(&request(), ("user", "alice")).await;
    assert_eq!(alice.redirect()["error"], "access_denied");
}

#[tokio::test]
async fn the_authorization_endpoint_answers_the_error_that_is_set() {
    let party = start().await;
    party.set("alice", json!({"authorize_error": "temporarily_unavailable"})).await;
    let answer = party.choose(&request(), ("user", "alice")).await;
    let response = answer.redirect();
    assert_eq!(response["error"], "temporarily_unavailable");
    assert_eq!(response["state"], STATE);
    party.set("alice", json!({"authorize_error": null})).await;
    assert!(!party.code("alice").await.is_empty());
}

#[tokio::test]
async fn an_error_has_the_description_that_is_set_and_may_lack_the_state() {
    let party = start().await;
    let error = json!({
        "authorize_error": "temporarily_unavailable",
        "authorize_error_description": "authentication_expired",
        "authorize_response_fault": "missing_state",
    });
    party.set("alice", error).await;
    let answer = party.choose(&request(), ("user", "alice")).await;
    let response = answer.redirect();
    assert_eq!(response["error_description"], "authentication_expired");
    assert!(!response.contains_key("state"), "{response:?}");
}

#[tokio::test]
async fn a_response_can_be_written_out() {
    let party = start().await;
    let tokens = party.sign_in("alice").await;
    let fault = json!({"kind": "response", "status": 401, "content_type": "text/plain", "body": "error=x"});
    party.set("alice", json!({"refresh_faults": [fault, {"kind": "response", "body": "{}"}]})).await;
    let answer = party.refresh(&tokens).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::UNAUTHORIZED, "error=x"));
    assert_eq!(answer.header(header::CONTENT_TYPE), "text/plain");
    let answer = party.refresh(&tokens).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, "{}"));
    assert!(party.refresh(&tokens).await.status.is_success());
}

#[tokio::test]
async fn faults_of_a_code_exchange_leave_the_code_good() {
    let party = start().await;
    let code = party.code("alice").await;
    party.set("alice", json!({"token_faults": [{"kind": "unavailable"}]})).await;
    let answer = party.exchange(&code).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(party.exchange(&code).await.status.is_success());
}
