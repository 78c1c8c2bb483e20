//! Actions that ask for a more recent or a stronger sign-in (`STEP_UP_…`, RFC 9470).

use std::{collections::BTreeMap, time::Duration};

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use oracle_ai::{
    server::auth::{
        access_token::{GuardSettings, StepUpSettings},
        oidc::AskedAuthentication,
    },
    wire::step_up::GuardedAction,
};
use serde_json::{Value, json};

use crate::{
    jwt_access_token::{self, with_bearer_tokens},
    support::{
        app::{TestResponse, request},
        browser::{Browser, PendingLogin, SignedIn},
        chat_client::message,
    },
};

/// There is no such conversation: who may export it is answered 404.
const EXPORT: &str = "/api/conversation/export?id=x&format=json";

fn asking(action: GuardedAction, acr_values: &[&str], max_age: Option<u64>) -> GuardSettings {
    let acr_values = acr_values.iter().map(|acr| (*acr).to_owned()).collect();
    let asked = AskedAuthentication { acr_values, max_age: max_age.map(Duration::from_secs) };
    GuardSettings { step_up: StepUpSettings(BTreeMap::from([(action, asked)])), ..GuardSettings::default() }
}

/// Exports ask for one of the last five minutes, with a second factor.
fn asking_for_export() -> Browser {
    Browser::with_guard(asking(GuardedAction::Export, &["phr", "phrh"], Some(300)))
}

async fn call(browser: &Browser, token: &str, method: Method, path: &str, body: Value) -> TestResponse {
    let request = browser.request(method, path, Some(token)).header(header::CONTENT_TYPE, "application/json");
    browser.app.send(request.body(Body::from(body.to_string())).unwrap()).await
}

async fn export(browser: &Browser, token: &str) -> TestResponse {
    call(browser, token, Method::GET, EXPORT, json!(null)).await
}

/// Begins a login for this action, with further parameters in the query.
async fn begin(browser: &Browser, query: &str) -> TestResponse {
    browser.get(&format!("/api/authorize?dpop_jkt={}&{query}", browser.key.thumbprint())).await
}

fn begun(answer: &TestResponse) -> PendingLogin {
    answer.assert_ok();
    let answer = answer.json();
    PendingLogin {
        authorize_url: answer["authorize_url"].as_str().unwrap().parse().unwrap(),
        state: answer["state"].as_str().unwrap().to_owned(),
    }
}

/// A step-up for exports of a browser that has this session, with the sign-in of `person` at the provider.
async fn step_up_of(browser: &Browser, person: &Browser, session: &str) -> TestResponse {
    let mut response = person.authorize(&begun(&begin(browser, "action=export").await)).await;
    response["previous_session"] = session.into();
    browser.exchange(&response).await
}

fn signed_in(answer: &TestResponse) -> SignedIn {
    answer.assert_ok();
    let answer = answer.json();
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    SignedIn { access_token: text("access_token"), session: text("session") }
}

#[tokio::test]
async fn each_action_asks_for_what_its_setting_says_and_no_other_does() {
    // T73
    let calls = [
        (GuardedAction::Export, Method::GET, EXPORT, json!(null), 404),
        (GuardedAction::EndAllSessions, Method::POST, "/api/sessions/end-all", json!({ "keep_this": true }), 200),
        (GuardedAction::Delete, Method::POST, "/api/conversation/delete", json!({ "id": "x" }), 404),
    ];
    for guarded in GuardedAction::ALL {
        let browser = Browser::with_guard(asking(guarded, &[], Some(300)));
        browser.set(json!({ "signed_in_ago": 1_000 })).await;
        let token = browser.sign_in().await.access_token;
        for (action, method, path, body, allowed) in calls.clone() {
            let answer = call(&browser, &token, method, path, body).await;
            if action == guarded {
                answer.assert_refused(401, "step_up_required");
                assert_eq!(answer.json()["data"]["action"], action.name());
                assert_eq!(
                    answer.header(header::WWW_AUTHENTICATE),
                    r#"DPoP error="insufficient_user_authentication", error_description="sign in again, as this action asks for", max_age="300", algs="ES256""#
                );
            } else {
                assert_eq!(answer.status, allowed, "{guarded:?}: {answer:?}");
            }
        }
        let chat = browser
            .request(Method::POST, "/api/chat", Some(&token))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(message("May I?").to_string()));
        let is_refused = guarded == GuardedAction::Chat;
        assert_eq!(browser.app.status(chat.unwrap()).await == StatusCode::UNAUTHORIZED, is_refused, "{guarded:?}");
    }
}

#[tokio::test]
async fn an_age_and_a_kind_of_sign_in_are_both_judged_and_a_refresh_makes_neither_better() {
    // T73
    let browser = asking_for_export();
    for (settings, is_allowed) in [
        (json!({ "acr": "phr", "signed_in_ago": 0 }), true),
        (json!({ "acr": "phrh", "signed_in_ago": 200 }), true),
        (json!({ "acr": "phr", "signed_in_ago": 1_000 }), false),
        (json!({ "acr": "pwd", "signed_in_ago": 0 }), false),
        (json!({ "acr": "PHR", "signed_in_ago": 0 }), false),
        (json!({ "acr": null, "signed_in_ago": 0 }), false),
    ] {
        browser.set(settings.clone()).await;
        let first = browser.sign_in().await;
        // The refreshed ID token says something better.
        browser.set(json!({ "id_token_claims": { "acr": "phr", "auth_time": 4_000_000_000_u64 } })).await;
        let refreshed = browser.refresh_access_token(&first.session).await;
        browser.set(json!({ "id_token_claims": {} })).await;
        for token in [&first.access_token, &refreshed] {
            let answer = export(&browser, token).await;
            match is_allowed {
                true => answer.assert_refused(404, "not_found"),
                false => answer.assert_refused(401, "step_up_required"),
            }
        }
    }
}

#[tokio::test]
async fn a_sign_in_that_was_recent_enough_gets_old() {
    // T73
    let browser = Browser::with_guard(asking(GuardedAction::Export, &[], Some(300)));
    browser.set(json!({ "id_token_ttl": 3_600 })).await;
    let signed_in = browser.sign_in().await;
    export(&browser, &signed_in.access_token).await.assert_refused(404, "not_found");
    browser.app.clock.jump(Duration::from_secs(331));
    let token = browser.refresh_access_token(&signed_in.session).await;
    export(&browser, &token).await.assert_refused(401, "step_up_required");
}

#[tokio::test]
async fn a_step_up_asks_the_provider_for_it_and_begins_a_session_in_place_of_the_old_one() {
    // T54, T73
    let browser = asking_for_export();
    browser.set(json!({ "signed_in_ago": 1_000 })).await;
    let old = browser.sign_in().await;
    export(&browser, &old.access_token).await.assert_refused(401, "step_up_required");
    let params = begun(&begin(&browser, "action=export").await).params();
    assert_eq!((params["acr_values"].as_str(), params["max_age"].as_str()), ("phr phrh", "300"));

    let new = signed_in(&step_up_of(&browser, &browser, &old.session).await);
    assert_ne!(new.session, old.session);
    export(&browser, &new.access_token).await.assert_refused(404, "not_found");
    assert!(!browser.is_accepted(&old.access_token).await);
    browser.refresh(&old.session).await.assert_refused(401, "session_ended");
    browser.app.sessions.finished().await;
    assert_eq!(browser.provider.calls_for(&browser.user, "revoke").await, 1, "the old refresh token");
}

#[tokio::test]
async fn a_step_up_that_does_not_bring_what_was_asked_for_is_refused_and_the_session_goes_on() {
    // T73
    for settings in [
        json!({ "acr": "0" }),
        json!({ "ignores_max_age": true }),
        json!({ "id_token_claims": { "acr": null } }),
        json!({ "id_token_claims": { "acr": ["phr"] } }),
        json!({ "id_token_claims": { "auth_time": null } }),
        json!({ "authorize_error": "unmet_authentication_requirements" }),
        json!({ "deny": true }),
    ] {
        let browser = asking_for_export();
        browser.set(json!({ "signed_in_ago": 1_000 })).await;
        let old = browser.sign_in().await;
        browser.set(settings.clone()).await;
        let answer = step_up_of(&browser, &browser, &old.session).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{settings}: {answer:?}");
        assert!(browser.is_accepted(&old.access_token).await, "{settings}");
        export(&browser, &old.access_token).await.assert_refused(401, "step_up_required");
        browser.refresh(&old.session).await.assert_ok();
    }
}

#[tokio::test]
async fn the_browser_says_for_which_action_and_nothing_else() {
    let browser = asking_for_export();
    let answer = begin(&browser, "action=export&acr_values=weak&max_age=99999&prompt=none").await;
    let params = begun(&answer).params();
    assert_eq!((params["acr_values"].as_str(), params["max_age"].as_str()), ("phr phrh", "300"));
    assert!(!params.contains_key("prompt"), "{params:?}");
    // An action that asks for nothing: a login like any other.
    let params = begun(&begin(&browser, "action=chat").await).params();
    assert!(!params.contains_key("acr_values") && !params.contains_key("max_age"), "{params:?}");
    for unknown in ["action=everything", "action=Export"] {
        begin(&browser, unknown).await.assert_field_refused("action");
    }
}

#[tokio::test]
async fn somebody_else_who_signs_in_does_not_take_the_session_over() {
    // T54
    let browser = asking_for_export();
    browser.set(json!({ "signed_in_ago": 1_000 })).await;
    let old = browser.sign_in().await;
    let answer = step_up_of(&browser, &browser.other_user(), &old.session).await;
    answer.assert_refused(401, "login_failed");
    assert!(browser.is_accepted(&old.access_token).await);
    // Where the session has ended meanwhile, it is a login like any other.
    browser.logout(&old.session).await.assert_ok();
    step_up_of(&browser, &browser.other_user(), &old.session).await.assert_ok();
}

#[tokio::test]
async fn a_token_that_was_not_issued_here_is_judged_by_its_own_claims() {
    // T73, RFC 9068 §2.2.1
    let guard = GuardSettings {
        step_up: asking(GuardedAction::Export, &["phr"], Some(300)).step_up,
        ..with_bearer_tokens(jwt_access_token::guard())
    };
    let browser = Browser::with_guard(guard);
    let elsewhere = browser.with_app(Browser::start().app);
    browser.set(json!({ "access_token_format": "jwt" })).await;
    for (settings, is_allowed) in [
        (json!({ "signed_in_ago": 0, "access_token_claims": { "acr": "phr" } }), true),
        (json!({ "signed_in_ago": 1_000, "access_token_claims": { "acr": "phr" } }), false),
        (json!({ "signed_in_ago": 0, "access_token_claims": { "acr": "pwd" } }), false),
        (json!({ "signed_in_ago": 0, "access_token_claims": { "acr": "phr", "auth_time": null } }), false),
    ] {
        browser.set(settings.clone()).await;
        let token = elsewhere.sign_in().await.access_token;
        let request = request(Method::GET, EXPORT).header(header::AUTHORIZATION, format!("Bearer {token}"));
        let answer = browser.app.send(request.body(Body::empty()).unwrap()).await;
        match is_allowed {
            true => answer.assert_refused(404, "not_found"),
            false => answer.assert_refused(401, "step_up_required"),
        }
    }
}
