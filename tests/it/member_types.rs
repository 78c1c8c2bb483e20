//! Members of another JSON type than specified, in all that the provider sends. Where no specification needs the member,
//! people can sign in, and stay signed in.

use std::sync::Arc;

use oracle_ai::server::store::MemoryStore;
use serde_json::{Value, json};

use crate::support::{
    app::{self, TestApp, TestResponse},
    browser::Browser,
    provider::{MockProvider, settings},
    redis::free_port,
    scripted_provider::{self, Change, Documents, SUB, Script, ScriptedProvider, unix_seconds},
    server_process::ServerProcess,
};

/// What a test changes in metadata or keys.
type ChangeOfDocuments = fn(&mut Documents);

/// Claims of an ID token, each set of another type.
fn odd_claims() -> Vec<Value> {
    vec![
        json!({ "amr": "pwd" }),
        json!({ "amr": 7 }),
        json!({ "email": ["alice@example.test", "a.adams@example.test"] }),
        json!({ "email": false }),
        json!({ "email_verified": 1 }),
        json!({ "email_verified": "yes" }),
        json!({ "address": "1 Example Street" }),
        json!({ "address": ["1 Example Street"] }),
        json!({ "phone_number": 44 }),
        json!({ "phone_number_verified": "false" }),
        json!({ "updated_at": "2026-01-01T00:00:00Z" }),
        json!({ "birthdate": 1990 }),
        json!({ "locale": ["en"] }),
        json!({ "locale": "" }),
        json!({ "zoneinfo": {} }),
        json!({ "gender": 2 }),
        json!({ "picture": "none" }),
        json!({ "picture": { "url": "https://example.test/a.png" } }),
        json!({ "website": [] }),
        json!({ "preferred_username": 4711 }),
        json!({ "nickname": ["a"] }),
        json!({ "acr": 1 }),
        json!({ "acr": ["urn:example:gold"] }),
        json!({ "auth_time": "yesterday" }),
        json!({ "auth_time": 0 }),
        json!({ "auth_time": true }),
        json!({ "azp": ["oracle-ai"] }),
        json!({ "c_hash": 7 }),
        json!({ "sid": 7 }),
        json!({ "jti": 7 }),
        json!({ "groups": { "a": true } }),
        json!({ "roles": 7 }),
    ]
}

#[tokio::test]
async fn a_claim_that_is_not_needed_may_have_any_type_at_the_login_and_in_a_refresh() {
    let provider = ScriptedProvider::start().await;
    for odd in odd_claims() {
        let answer = provider.login(|script| merge(&mut script.claims, &odd)).await;
        assert_eq!(answer.status, 200, "{odd}: {answer:?}");
        assert_eq!(answer.json()["user"]["sub"], SUB, "{odd}");
        assert_eq!(answer.json()["user"]["name"], "Ada", "{odd}");
        let session = answer.json()["session"].as_str().unwrap().to_owned();
        let answer = provider.refresh(&session, |script| merge(&mut script.claims, &odd)).await;
        assert_eq!(answer.status, 200, "{odd}: {answer:?}");
        end(&provider, &session).await;
    }
}

#[tokio::test]
async fn a_name_of_another_type_is_left_out_and_userinfo_is_asked_for_one() {
    let provider = ScriptedProvider::start().await;
    let answer = provider.login(|script| script.claims["name"] = json!(["Ada"])).await;
    answer.assert_ok();
    assert_eq!(answer.json()["user"]["name"], "Ada of userinfo");
    let answer = provider.login(|script| merge(&mut script.claims, &json!({ "email": ["a@example.test"] }))).await;
    assert_eq!(answer.json()["user"]["email"], Value::Null);
}

#[tokio::test]
async fn times_as_text_are_times() {
    // T72
    let provider = ScriptedProvider::start().await;
    let text = |seconds: u64| json!(seconds.to_string());
    let now = unix_seconds();
    let times = json!({ "exp": text(now + 300), "iat": text(now), "nbf": text(now), "auth_time": text(now) });
    provider.login(|script| merge(&mut script.claims, &times)).await.assert_ok();
    for late in [json!({ "exp": text(now - 60) }), json!({ "iat": text(now + 120) }), json!({ "nbf": text(now + 120) })]
    {
        provider.login(|script| merge(&mut script.claims, &late)).await.assert_refused(401, "login_failed");
    }
}

#[tokio::test]
async fn userinfo_is_read_although_a_member_has_another_type() {
    let provider = ScriptedProvider::start_with(|settings| {
        settings.claims.user_id = "employeeNumber".parse().ok();
    })
    .await;
    for odd in odd_claims() {
        let mut userinfo = json!({ "sub": SUB, "name": "Ada of userinfo", "employeeNumber": "42" });
        merge(&mut userinfo, &odd);
        provider.change(|documents| documents.userinfo = userinfo);
        let answer = provider.login(|script| script.claims["name"] = Value::Null).await;
        assert_eq!(answer.status, 200, "{odd}: {answer:?}");
        assert_eq!(answer.json()["user"]["name"], "Ada of userinfo", "{odd}");
        assert_eq!(answer.json()["user"]["user_id"], "42", "{odd}");
    }
    // T37
    for sub in [json!("uid=eve"), json!([SUB]), json!(7), Value::Null] {
        provider.change(|documents| documents.userinfo["sub"] = sub.clone());
        provider.login(|script| script.claims["name"] = Value::Null).await.assert_refused(401, "login_failed");
    }
}

#[tokio::test]
async fn signed_userinfo_is_read_if_the_signature_issuer_and_audience_are_right() {
    // T37
    let provider = ScriptedProvider::start().await;
    let issuer = provider.issuer.clone();
    let good = json!({
        "iss": issuer, "aud": "oracle-ai", "sub": SUB, "name": "Ada of userinfo", "amr": "pwd", "address": "a street",
    });
    let header = json!({ "alg": "RS256", "kid": "1" });
    let name_from = async |jwt: String| {
        provider.change(|documents| documents.userinfo = jwt.into());
        let answer = provider.login(|script| script.claims["name"] = Value::Null).await;
        answer.assert_ok();
        answer.json()["user"]["name"].clone()
    };
    assert_eq!(name_from(scripted_provider::sign(&header, &good)).await, "Ada of userinfo");
    for changes in [
        json!({ "iss": "https://another.example" }),
        json!({ "aud": "another" }),
        json!({ "aud": null }),
        json!({ "sub": "uid=eve" }),
    ] {
        let mut wrong = good.clone();
        merge(&mut wrong, &changes);
        assert_eq!(name_from(scripted_provider::sign(&header, &wrong)).await, Value::Null, "{changes}");
    }
    for header in [json!({ "alg": "HS256" }), json!({ "alg": "none" }), json!({ "alg": "RS256", "crit": ["x"] })] {
        assert_eq!(name_from(scripted_provider::sign(&header, &good)).await, Value::Null, "{header}");
    }
}

#[tokio::test]
async fn metadata_and_keys_are_used_although_a_member_has_another_type() {
    let odd: [(&str, ChangeOfDocuments); 20] = [
        ("service_documentation", |all| all.metadata["service_documentation"] = "TBD".into()),
        ("scopes_supported", |all| all.metadata["scopes_supported"] = "openid profile email".into()),
        ("claims_supported", |all| all.metadata["claims_supported"] = json!({ "sub": true })),
        ("response_types_supported", |all| all.metadata["response_types_supported"] = "code".into()),
        ("id_token_signing_alg_values_supported", |all| {
            all.metadata["id_token_signing_alg_values_supported"] = "RS256".into();
        }),
        ("grant_types_supported", |all| all.metadata["grant_types_supported"] = 7.into()),
        ("ui_locales_supported", |all| all.metadata["ui_locales_supported"] = "en fr".into()),
        ("op_tos_uri", |all| all.metadata["op_tos_uri"] = "".into()),
        ("op_policy_uri", |all| all.metadata["op_policy_uri"] = "n/a".into()),
        ("registration_endpoint", |all| all.metadata["registration_endpoint"] = "-".into()),
        ("request_parameter_supported", |all| all.metadata["request_parameter_supported"] = "false".into()),
        ("iss announced as text", |all| {
            all.metadata["authorization_response_iss_parameter_supported"] = "false".into();
        }),
        ("pushed requests as text", |all| all.metadata["require_pushed_authorization_requests"] = "false".into()),
        ("end_session_endpoint", |all| all.metadata["end_session_endpoint"] = "TBD".into()),
        ("userinfo_endpoint", |all| all.metadata["userinfo_endpoint"] = json!([])),
        ("alg of the key", |all| all.jwks["keys"][0]["alg"] = json!(["RS256"])),
        ("use of the key", |all| all.jwks["keys"][0]["use"] = json!(["sig"])),
        ("x5c of the key", |all| all.jwks["keys"][0]["x5c"] = 7.into()),
        ("kid of the key", |all| all.jwks["keys"][0]["kid"] = 1.into()),
        ("another member of the set", |all| all.jwks["expires"] = "soon".into()),
    ];
    for (what, change) in odd {
        let provider = ScriptedProvider::start().await;
        provider.change(change);
        let answer = provider.login(|_| {}).await;
        assert_eq!(answer.status, 200, "{what}: {answer:?}");
    }
}

#[tokio::test]
async fn iss_that_is_announced_by_text_must_come_with_the_response() {
    // T17
    let provider = ScriptedProvider::start().await;
    provider.change(|all| all.metadata["authorization_response_iss_parameter_supported"] = "true".into());
    provider.login(|_| {}).await.assert_refused(401, "login_failed");
}

#[tokio::test]
async fn a_token_response_is_used_although_a_member_has_another_type() {
    let provider = ScriptedProvider::start().await;
    let odd: [Change; 11] = [
        |script| script.members["expires_in"] = "300".into(),
        |script| script.members["expires_in"] = json!({ "seconds": 300 }),
        |script| script.members["expires_in"] = "five minutes".into(),
        |script| script.members["expires_in"] = true.into(),
        |script| script.members["scope"] = json!(["openid", "profile"]),
        |script| script.members["scope"] = 7.into(),
        |script| script.members["token_type"] = "BEARER".into(),
        |script| script.members["refresh_token"] = false.into(),
        |script| script.members["refresh_token"] = json!({}),
        |script| script.members["refresh_expires_in"] = json!([]),
        |script| script.members["error"] = Value::Null,
    ];
    for (index, change) in odd.into_iter().enumerate() {
        let login = provider.login(|_| {}).await;
        login.assert_ok();
        let session = login.json()["session"].as_str().unwrap().to_owned();
        let answer = provider.refresh(&session, change).await;
        assert_eq!(answer.status, 200, "{index}: {answer:?}");
        end(&provider, &session).await;
        let answer = provider.login(change).await;
        assert_eq!(answer.status, 200, "{index}: {answer:?}");
    }
    // A refresh need not have an ID token (OpenID Connect Core §12.2), a login must.
    let login = provider.login(|_| {}).await.json();
    let without = |script: &mut Script| script.members["id_token"] = false.into();
    provider.refresh(login["session"].as_str().unwrap(), without).await.assert_ok();
    provider.login(without).await.assert_refused(401, "login_failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_accepted_is_counted_and_logged_once_by_its_name_and_what_is_refused_is_named() {
    let mut provider = ScriptedProvider::start().await;
    // Before the start, which reads the metadata.
    provider.change(|all| all.metadata["end_session_endpoint"] = "TBD".into());
    let port = free_port();
    let address = format!("127.0.0.1:{port}");
    let server = ServerProcess::start(&provider.issuer, &[("METRICS_ADDR", &*address)]).await;
    let app = TestApp::remote(server.port, settings(&provider.issuer), app::storage(Arc::new(MemoryStore::new())));
    provider.browser = Browser::at(app, MockProvider::shared());

    let odd = json!({ "amr": "pwd", "email": ["a@example.test"], "email_verified": 1, "address": "1 Example Street" });
    for _ in 0..2 {
        provider.login(|script| merge(&mut script.claims, &odd)).await.assert_ok();
    }
    let figures = reqwest::get(format!("http://{address}/metrics")).await.unwrap().text().await.unwrap();
    for name in ["amr", "email", "email_verified", "address"] {
        let lines = log_lines(&server, &format!(r#"member="{name}""#));
        assert_eq!(lines.len(), 1, "{name}: {lines:?}");
        assert!(lines[0].contains(r#"document="id_token""#), "{lines:?}");
        let figure = format!(r#"oracle_ai_provider_deviations_total{{document="id_token",member="{name}"}} 2"#);
        assert!(figures.contains(&figure), "{figure} in {figures}");
    }
    assert_eq!(log_lines(&server, r#"member="end_session_endpoint""#).len(), 1);
    assert!(!server.log().contains("Example Street") && !server.log().contains("a@example.test"));

    provider.login(|script| script.claims["exp"] = "soon".into()).await.assert_refused(401, "login_failed");
    let refused = log_lines(&server, "login.id_token_refused");
    assert!(refused.len() == 1 && refused[0].contains("its `exp` is not a time"), "{refused:?}");
}

fn log_lines(server: &ServerProcess, part: &str) -> Vec<String> {
    server.log().lines().filter(|line| line.contains(part)).map(str::to_owned).collect()
}

/// Signs out, as one browser key has few sessions.
async fn end(provider: &ScriptedProvider, session: &str) -> TestResponse {
    provider.browser.logout(session).await
}

fn merge(members: &mut Value, changes: &Value) {
    members.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
}
