//! People and their claims.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::relying_party::*;

async fn introspect(party: &RelyingParty, tokens: &Value) -> Value {
    let token = tokens["access_token"].as_str().unwrap();
    ProviderResponse::of(party.authenticated("/introspect", &[("token", token)])).await.json()
}

/// The header of a JWT.
fn header(jwt: &Value) -> Value {
    serde_json::from_slice(&decode(jwt.as_str().unwrap().split('.').next().unwrap())).unwrap()
}

#[tokio::test]
async fn a_persons_claims_are_wherever_the_provider_sends_claims() {
    let party = start().await;
    let claims = json!({ "groups": "staff;admins", "sub": "zoe-1", "email": null, "name": ["Zoe"] });
    party.set("zoe", json!({ "access_token_format": "jwt", "claims": claims })).await;
    let tokens = party.sign_in("zoe").await;
    for found in [
        party.verify(&tokens["id_token"]).await.unwrap(),
        party.verify(&tokens["access_token"]).await.unwrap(),
        party.userinfo(&tokens).await.json(),
        introspect(&party, &tokens).await,
    ] {
        assert_eq!(found["groups"], "staff;admins", "{found}");
        assert_eq!(found["sub"], "zoe-1");
        assert_eq!(found["name"], json!(["Zoe"]));
        assert_eq!(found.get("email"), None);
    }
}

#[tokio::test]
async fn claims_of_one_token_override_those_of_the_person() {
    let party = start().await;
    let settings = json!({
        "access_token_format": "jwt",
        "claims": { "groups": ["staff"], "aud": "removed-below" },
        "id_token_claims": { "groups": null, "aud": [CLIENT_ID, "another"], "exp": "soon" },
        "userinfo_claims": { "groups": [["nested"], 5, null], "sub": null, "aud": null },
        "access_token_claims": { "groups": { "odd": true }, "iat": null },
    });
    party.set("zoe", settings).await;
    let tokens = party.sign_in("zoe").await;
    let id_token = party.verify(&tokens["id_token"]).await.unwrap();
    assert_eq!([&id_token["groups"], &id_token["exp"]], [&Value::Null, &json!("soon")]);
    assert_eq!(id_token["aud"], json!([CLIENT_ID, "another"]));
    let userinfo = party.userinfo(&tokens).await.json();
    assert_eq!(userinfo["groups"], json!([["nested"], 5, null]));
    assert_eq!([userinfo.get("sub"), userinfo.get("aud")], [None, None]);
    let access_token = party.verify(&tokens["access_token"]).await.unwrap();
    assert_eq!(access_token["groups"], json!({ "odd": true }));
    assert_eq!(access_token.get("iat"), None);
}

#[tokio::test]
async fn the_claims_of_one_person_are_not_those_of_another_and_change_at_a_refresh() {
    let party = start().await;
    let tokens = party.sign_in("alice").await;
    party.set("bob", json!({ "claims": { "groups": "bobs" } })).await;
    assert_eq!(party.userinfo(&tokens).await.json().get("groups"), None);
    party.set("alice", json!({ "claims": { "groups": "new" } })).await;
    let refreshed = party.refresh(&tokens).await.json();
    assert_eq!(party.verify(&refreshed["id_token"]).await.unwrap()["groups"], "new");
}

#[tokio::test]
async fn members_of_the_id_tokens_header_may_be_replaced_and_removed() {
    let party = start().await;
    party.set("zoe", json!({ "id_token_header": { "kid": null, "typ": "at+jwt", "crit": ["x"] } })).await;
    let tokens = party.sign_in("zoe").await;
    assert_eq!(header(&tokens["id_token"]), json!({ "alg": "RS256", "typ": "at+jwt", "crit": ["x"] }));
}

#[tokio::test]
async fn the_end_of_a_session_needs_no_claim_that_a_test_has_removed() {
    let party = start().await;
    party.set("zoe", json!({ "claims": { "preferred_username": null, "sub": "zoe-1" } })).await;
    let tokens = party.sign_in("zoe").await;
    let hint = tokens["id_token"].as_str().unwrap();
    let answer = party.get(&format!("/end_session?{}", form(&[("id_token_hint", hint)]))).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    party.refresh(&tokens).await.assert_error(400, "invalid_grant");
    assert_eq!(party.calls("zoe").await.last().unwrap()["grant_type"], "refresh_token");
    let calls = party.calls("zoe").await;
    assert!(calls.iter().any(|call| call["endpoint"] == "end_session" && call["outcome"] == "ok"), "{calls:?}");
}

#[tokio::test]
async fn a_logout_token_names_the_person_as_the_id_token_did() {
    let party = start().await;
    party.set("zoe", json!({ "claims": { "sub": "zoe-1" } })).await;
    party.sign_in("zoe").await;
    let sent = party.control(Method::POST, "/users/zoe/backchannel-logout", json!({ "keep": true })).await.json();
    let claims = party.verify(&sent[0]["logout_token"]).await.unwrap();
    assert_eq!(claims["sub"], "zoe-1");
}

#[tokio::test]
async fn people_from_a_file_are_offered_and_known_and_others_are_not() {
    let people = json!({ "dan": { "claims": { "groups": 5 } }, "eve": { "deny": true } });
    let party = serve(json!({ "": { "clients": [registration()], "people": people } })).await;
    let page = party.authorize(&request()).await.text;
    assert!(page.contains("Sign in as Dan</button>") && page.contains("Sign in as Eve</button>"), "{page}");
    assert!(!page.contains("Sign in as Alice</button>"), "{page}");

    let response = party.authorize(&request_with("login_hint", "dan")).await.redirect();
    let tokens = party.exchange(&response["code"]).await.json();
    assert_eq!(party.userinfo(&tokens).await.json()["groups"], 5);
    assert_eq!(party.authorize(&request_with("login_hint", "eve")).await.redirect()["error"], "access_denied");
    let page = party.authorize(&request_with("login_hint", "frank")).await;
    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    assert!(page.text.contains(r#"value="frank""#));

    // Whom a test registers is known from then on, until a reset.
    let more = json!({ "frank": {}, "dan": { "claims": {} } });
    assert_eq!(party.control(Method::PUT, "/users", more).await.status, StatusCode::NO_CONTENT);
    assert!(party.authorize(&request_with("login_hint", "frank")).await.redirect().contains_key("code"));
    assert_eq!(party.userinfo(&tokens).await.json().get("groups"), None);
    party.control(Method::POST, "/reset", json!({})).await;
    assert_eq!(party.authorize(&request_with("login_hint", "frank")).await.status, StatusCode::OK);
    let users = party.control(Method::GET, "/users", json!({})).await.json();
    assert_eq!(users["dan"]["claims"], json!({ "groups": 5 }));
    assert_eq!(users.as_object().unwrap().len(), 2);
}

#[tokio::test]
async fn people_who_do_not_fit_are_refused_and_nobody_is_changed() {
    let party = start().await;
    for people in [json!({ "zoe": {}, "No Name": {} }), json!({ "zoe": {}, "bob": { "colour": 1 } }), json!([])] {
        let answer = party.control(Method::PUT, "/users", people.clone()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{people}");
    }
    assert_eq!(party.control(Method::GET, "/users", json!({})).await.json().get("zoe"), None);
}
