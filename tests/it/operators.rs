//! `/api/operator/sessions`: operators find and end the sessions of others (T88).

use axum::{
    body::Body,
    http::{Method, header},
};
use oracle_ai::server::auth::access_token::GuardSettings;
use serde_json::{Value, json};

use crate::{
    audit::LoggedServer,
    support::{
        app::TestResponse,
        browser::{Browser, SignedIn},
        scripted_provider::SUB,
    },
};

const ROLE: &str = "Chat Operators";

/// An operator who is signed in, and somebody with two sessions, at a server with `OPERATOR_ROLE`.
struct Company {
    operator: (Browser, SignedIn),
    person: Browser,
    sessions: [(Browser, SignedIn); 2],
}

impl Company {
    async fn start() -> Self {
        let browser =
            Browser::with_guard(GuardSettings { operator_roles: vec![ROLE.into()], ..GuardSettings::default() });
        browser.set(json!({ "roles": ["Chat Users", ROLE] })).await;
        let person = browser.other_user();
        let mut sessions = vec![];
        for browser in [person.clone(), person.with_new_key()] {
            let signed_in = browser.sign_in().await;
            sessions.push((browser, signed_in));
        }
        let signed_in = browser.sign_in().await;
        let Ok(sessions) = sessions.try_into() else { unreachable!() };
        Self { operator: (browser, signed_in), person, sessions }
    }

    async fn as_operator(&self, path: &str, body: &Value) -> TestResponse {
        let (browser, SignedIn { access_token, .. }) = &self.operator;
        post(browser, access_token, path, body).await
    }

    async fn sub(&self) -> String {
        self.person.app.session(&self.sessions[0].1.session).await.unwrap().user.sub
    }

    /// Which of the person's sessions live.
    async fn live(&self) -> [bool; 2] {
        let [(one, first), (other, second)] = &self.sessions;
        [one.is_accepted(&first.access_token).await, other.is_accepted(&second.access_token).await]
    }
}

async fn post(browser: &Browser, token: &str, path: &str, body: &Value) -> TestResponse {
    let request = browser.request(Method::POST, path, Some(token)).header(header::CONTENT_TYPE, "application/json");
    browser.app.send(request.body(Body::from(body.to_string())).unwrap()).await
}

#[tokio::test]
async fn an_operator_can_list_the_sessions_of_anybody_and_end_one_or_all() {
    // T88
    let company = Company::start().await;
    let sub = company.sub().await;
    let listed = company.as_operator("/api/operator/sessions", &json!({ "sub": sub })).await;
    listed.assert_ok();
    let listed = listed.json()["sessions"].as_array().unwrap().clone();
    assert_eq!(listed.len(), 2);
    assert!(listed.iter().all(|session| session["is_this"] == false), "{listed:?}");
    let text = json!(listed).to_string();
    for (_, SignedIn { session, access_token, .. }) in &company.sessions {
        assert!(!text.contains(session) && !text.contains(access_token));
    }

    let one = json!({ "sub": sub, "session": listed[0]["session"] });
    let ended = company.as_operator("/api/operator/sessions/end", &one).await;
    ended.assert_ok();
    assert_eq!(ended.json(), json!({ "ended": 1 }));
    assert_eq!(company.live().await.into_iter().filter(|lives| *lives).count(), 1);
    company.as_operator("/api/operator/sessions/end", &one).await.assert_refused(404, "not_found");

    let issuer = &company.person.provider.issuer;
    let all = json!({ "sub": sub, "issuer": issuer });
    let ended = company.as_operator("/api/operator/sessions/end-all", &all).await;
    assert_eq!(ended.json(), json!({ "ended": 1 }), "the other was ended before");
    assert_eq!(company.live().await, [false, false]);
    for (browser, signed_in) in &company.sessions {
        browser.refresh(&signed_in.session).await.assert_refused(401, "session_ended");
    }
    // The operator's own session goes on.
    let again = company.as_operator("/api/operator/sessions", &json!({ "sub": sub })).await;
    assert_eq!(again.json(), json!({ "sessions": [] }));
}

#[tokio::test]
async fn a_session_is_ended_only_under_the_user_whom_the_operator_names() {
    let company = Company::start().await;
    let sub = company.sub().await;
    let listed = company.as_operator("/api/operator/sessions", &json!({ "sub": sub })).await.json();
    let session = &listed["sessions"][0]["session"];
    for other in [
        json!({ "sub": "somebody else", "session": session }),
        json!({ "sub": sub, "issuer": "https://another.example.com", "session": session }),
    ] {
        company.as_operator("/api/operator/sessions/end", &other).await.assert_refused(404, "not_found");
    }
    let elsewhere = json!({ "sub": sub, "issuer": "https://another.example.com" });
    let ended = company.as_operator("/api/operator/sessions/end-all", &elsewhere).await;
    assert_eq!(ended.json(), json!({ "ended": 0 }));
    assert_eq!(company.live().await, [true, true]);
    for (wrong, field) in [
        (json!({ "sub": "" }), "sub"),
        (json!({ "sub": "x".repeat(1_025) }), "sub"),
        (json!({ "sub": sub, "issuer": "" }), "issuer"),
        (json!({ "issuer": "https://a.example" }), "sub"),
    ] {
        company.as_operator("/api/operator/sessions/end-all", &wrong).await.assert_field_refused(field);
    }
}

#[tokio::test]
async fn nobody_else_may_and_without_the_setting_the_endpoints_do_not_exist() {
    // T88
    let company = Company::start().await;
    let (without_setting, sub) = (Browser::start(), company.sub().await);
    without_setting.set(json!({ "roles": [ROLE] })).await;
    let stranger = without_setting.sign_in().await;
    let (person, signed_in) = &company.sessions[0];
    let body = json!({ "sub": sub, "session": "s" });
    for path in ["/api/operator/sessions", "/api/operator/sessions/end", "/api/operator/sessions/end-all"] {
        // Also about their own sessions.
        let refused = post(person, &signed_in.access_token, path, &body).await;
        refused.assert_refused(403, "forbidden");
        assert!(refused.header(header::WWW_AUTHENTICATE).contains("insufficient_scope"));
        post(&without_setting, &stranger.access_token, path, &body).await.assert_refused(404, "not_found");
    }
    assert_eq!(company.live().await, [true, true]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_act_of_an_operator_is_recorded_with_the_operator_and_the_user() {
    // T88, T99
    let variables = [("LOG", "error"), ("AUDIT_FORMAT", "ocsf"), ("OPERATOR_ROLE", ROLE)];
    let mut logged = LoggedServer::start_with(&variables).await;
    let sign_in = async |logged: &mut LoggedServer, roles: Value| {
        let answer = logged.provider.login(|script| script.claims["roles"] = roles).await;
        answer.json()["access_token"].as_str().unwrap().to_owned()
    };
    let token = sign_in(&mut logged, json!([])).await;
    let browser = logged.browser().clone();
    let sub = json!({ "sub": "uid=the-user" });
    post(&browser, &token, "/api/operator/sessions", &sub).await.assert_refused(403, "forbidden");
    let token = sign_in(&mut logged, json!([ROLE])).await;
    post(&browser, &token, "/api/operator/sessions", &sub).await.assert_ok();
    let list = post(&browser, &token, "/api/operator/sessions", &json!({ "sub": SUB })).await.json();
    let own = &list["sessions"][0]["session"];
    let end = json!({ "sub": "uid=the-user", "session": own });
    post(&browser, &token, "/api/operator/sessions/end", &end).await.assert_refused(404, "not_found");
    let end = json!({ "sub": SUB, "session": own });
    post(&browser, &token, "/api/operator/sessions/end", &end).await.assert_ok();
    logged.server.terminate();
    let log = logged.server.exit().await.log;
    assert!(!log.contains("the-user"), "a person is named: {log}");

    let events: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let named =
        |name: &str| -> Vec<&Value> { events.iter().filter(|event| event["metadata"]["event_code"] == name).collect() };
    let operator = &named("login.succeeded")[0]["user"]["uid"];
    assert_eq!(&named("operator.refused")[0]["actor"]["user"]["uid"], operator);
    let [of_other, of_own] = named("session.listed_by_operator")[..] else { panic!("{log}") };
    let [not_found] = named("session.not_found_by_operator")[..] else { panic!("{log}") };
    let [ended] = named("session.ended_by_operator")[..] else { panic!("{log}") };
    for event in [of_other, of_own, not_found, ended] {
        assert_eq!(event["actor"]["user"], json!({ "uid": operator, "type_id": 2 }), "{event}");
    }
    assert_ne!(&of_other["resources"][0]["uid"], operator);
    assert_eq!(&of_own["resources"][0]["uid"], operator);
    assert_eq!(not_found["user"]["uid"], of_other["resources"][0]["uid"]);
    assert!(not_found.get("session").is_none(), "the operator's own is not meant: {not_found}");
    assert_eq!(ended["session"]["uid"].as_str(), own.as_str().map(|handle| &handle[..16]));
}
