//! The fault board, as a browser without scripts sends its forms.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::relying_party::*;

async fn press(party: &RelyingParty, name: &str, value: &str) -> ProviderResponse {
    party.post("/__control/board", &[("user", "alice"), (name, value)]).await
}

async fn settings(party: &RelyingParty) -> Value {
    party.control(Method::GET, "/users/alice", json!({})).await.json()
}

#[tokio::test]
async fn a_switch_is_turned_on_shown_and_turned_off() {
    let party = start().await;
    let tokens = party.sign_in("alice").await;
    let defaults = settings(&party).await;
    let pressed = |page: ProviderResponse| page.text.contains(r#"value="Refresh answers 500" aria-pressed="true""#);

    let answer = press(&party, "switch", "Refresh answers 500").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header(header::LOCATION), "/__control/?user=alice");
    assert!(pressed(party.get("/__control/?user=alice").await));
    assert!(!pressed(party.get("/__control/?user=bob").await));
    for _ in 0..2 {
        assert_eq!(party.refresh(&tokens).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    }
    press(&party, "switch", "Refresh answers 500").await;
    assert_eq!(settings(&party).await, defaults);
    assert!(party.refresh(&tokens).await.status.is_success());
}

#[tokio::test]
async fn the_actions_replay_a_stolen_token_revoke_grants_and_reset_settings() {
    let party = start().await;
    let first = party.sign_in("alice").await;
    assert_eq!(press(&party, "action", "steal").await.status, StatusCode::BAD_REQUEST, "nothing to steal yet");
    let second = party.refresh(&first).await.json();
    press(&party, "action", "steal").await;
    party.refresh(&second).await.assert_error(400, "invalid_grant");

    let tokens = party.sign_in("alice").await;
    press(&party, "action", "end everything").await;
    party.refresh(&tokens).await.assert_error(400, "invalid_grant");

    let save = [("user", "alice"), ("action", "save"), ("settings", r#"{"deny":true}"#)];
    assert_eq!(party.post("/__control/board", &save).await.status, StatusCode::SEE_OTHER);
    assert_eq!(settings(&party).await["deny"], true);
    press(&party, "action", "reset").await;
    assert_eq!(settings(&party).await["deny"], false);
}

#[tokio::test]
async fn an_outage_is_toggled_for_everyone() {
    let party = start().await;
    press(&party, "outage", "jwks").await;
    assert_eq!(party.get("/jwks").await.status, StatusCode::SERVICE_UNAVAILABLE);
    press(&party, "outage", "jwks").await;
    assert_eq!(party.get("/jwks").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_support_of_dpop_is_chosen_for_everyone() {
    let party = start().await;
    assert_eq!(press(&party, "dpop", "nonce").await.status, StatusCode::SEE_OTHER);
    assert!(party.get("/__control/?user=bob").await.text.contains(r#"value="nonce" aria-pressed="true""#));
    let discovery = party.get("/.well-known/openid-configuration").await.json();
    assert!(discovery["dpop_signing_alg_values_supported"].is_array());
    assert_eq!(press(&party, "dpop", "some").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_input_of_the_board_is_validated_and_escaped() {
    let party = start().await;
    assert_eq!(press(&party, "switch", "No such switch").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(press(&party, "outage", "kitchen").await.status, StatusCode::BAD_REQUEST);
    let save = [("user", "alice"), ("action", "save"), ("settings", r#"{"<b>colour":"blue"}"#)];
    let answer = party.post("/__control/board", &save).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.text.contains("&lt;b&gt;colour") && !answer.text.contains("<b>"), "{}", answer.text);
    assert_eq!(party.get("/__control/?user=%3Cb%3E").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(party.get("/__control").await.header(header::LOCATION), "/__control/");

    let form = party.http.post(party.url("/__control/board")).header("sec-fetch-site", "cross-site");
    let answer = ProviderResponse::of(form.body("user=alice&action=reset")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_replay_over_http_returns_the_response_of_the_token_endpoint() {
    let party = start().await;
    let first = party.sign_in("alice").await;
    let replay = async || party.control(Method::POST, "/users/alice/replay", json!({})).await;
    assert_eq!(replay().await.status, StatusCode::CONFLICT);
    let second = party.refresh(&first).await.json();
    assert_eq!(replay().await.json(), json!({"status": 400, "error": "invalid_grant"}));
    party.refresh(&second).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn an_authorization_response_may_be_spoiled() {
    let party = start().await;
    for (fault, name, value) in [
        ("wrong_state", "state", Some("of-another-login")),
        ("missing_state", "state", None),
        ("wrong_iss", "iss", Some("https://another.example")),
        ("missing_iss", "iss", None),
    ] {
        party.set("alice", json!({"authorize_response_fault": fault})).await;
        let answer = party.choose(&request(), ("user", "alice")).await;
        assert_eq!(answer.redirect().get(name).map(String::as_str), value, "{fault}");
        assert!(answer.redirect().contains_key("code"), "{fault}");
    }
    party.set("alice", json!({"authorize_response_fault": "repeated_code"})).await;
    let answer = party.choose(&request(), ("user", "alice")).await;
    assert_eq!(answer.header(header::LOCATION).matches("code=").count(), 2);
}

#[tokio::test]
async fn the_clock_of_id_tokens_may_be_wrong() {
    let party = start().await;
    let now = party.sign_in("alice").await;
    let now = party.verify(&now["id_token"]).await.unwrap();
    for offset in [300, -300] {
        party.set("alice", json!({"clock_offset": offset})).await;
        let tokens = party.sign_in("alice").await;
        let claims = party.verify(&tokens["id_token"]).await.unwrap();
        for name in ["iat", "exp"] {
            let moved = claims[name].as_i64().unwrap() - now[name].as_i64().unwrap();
            assert!((offset..offset + 10).contains(&moved), "{name} {moved}");
        }
    }
}
