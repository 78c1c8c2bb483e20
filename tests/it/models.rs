//! Models by configuration: who may ask which, and what answers and conversations say of them.

use std::{collections::BTreeMap, time::Duration};

use oracle_ai::{
    server::{
        auth::{
            access_token::{GuardSettings, StepUpSettings},
            oidc::AskedAuthentication,
        },
        chat::models::{Model, Models},
    },
    wire::{
        chat::{ChatEvent, ChatEventKind},
        options::LocalText,
        step_up::GuardedAction,
    },
};
use serde_json::{Value, json};

use crate::{
    conversation_store::in_memory,
    support::{
        app::TestApp,
        browser::Browser,
        chat_client::{ChatClient, ChatStream, LONG_GRACE, message},
        provider::MockProvider,
        scripted_upstream::ScriptedUpstream,
    },
};

/// `large` is for those with the role `dba`; both answer by the same upstream.
async fn start(roles: Value) -> ChatClient {
    start_behind(GuardSettings::default(), roles).await
}

/// The same, where `large` asks for what the guard says of models.
async fn start_behind(guard: GuardSettings, roles: Value) -> ChatClient {
    let upstream = ScriptedUpstream::new();
    let model = |id: &str, roles: &[&str], history_chars| Model {
        id: id.into(),
        name: LocalText { en: format!("The {id} one"), fr: format!("Le {id}") },
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        history_chars,
        step_up: id == "large",
        upstream: upstream.clone(),
    };
    let models = Models::listed(model("large", &["dba"], None), [model("small", &[], Some(20))]);
    let provider = MockProvider::shared();
    let app = TestApp::with_guarded_services(provider.settings(), guard, |services, environment| {
        services.with_chat(in_memory(), models, LONG_GRACE, environment)
    });
    let browser = Browser::at(app, provider);
    browser.set(json!({ "roles": roles })).await;
    ChatClient::of_browser(browser, upstream).await
}

fn asking(model: &str, text: &str) -> Value {
    let mut message = message(text);
    message["model"] = model.into();
    message
}

async fn model_of(stream: &mut ChatStream) -> String {
    match stream.next().await {
        Some(ChatEvent { kind: ChatEventKind::Open { model, .. }, .. }) => model,
        other => panic!("{other:?} in the place of `open`"),
    }
}

async fn offered(client: &ChatClient) -> Vec<String> {
    let answer = client.get("/api/chat/options").await;
    answer.assert_ok();
    let models = answer.json()["models"].as_array().cloned().unwrap_or_default();
    models.iter().map(|model| model["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_person_is_offered_the_models_that_their_roles_allow_and_no_other_answers() {
    let dba = start(json!(["dba"])).await;
    assert_eq!(offered(&dba).await, ["large", "small"]);
    let options = dba.get("/api/chat/options").await.json();
    assert_eq!(
        (&options["models"][0]["history_chars"], &options["models"][1]["history_chars"]),
        (&Value::Null, &json!(20))
    );
    let everybody = start(json!(["staff"])).await;
    assert_eq!(offered(&everybody).await, ["small"]);
    everybody.post("/api/chat", &asking("large", "why?")).await.assert_refused(403, "model_unavailable");
    everybody.post("/api/chat", &asking("gone", "why?")).await.assert_refused(403, "model_unavailable");
    assert!(everybody.conversations("").await.is_empty(), "nothing was stored");
}

#[tokio::test]
async fn the_chosen_model_answers_or_else_the_first_that_the_person_may_ask_and_the_answer_says_which() {
    for (roles, asked, expected) in [
        (json!(["dba"]), message("why?"), "large"),
        (json!(["dba"]), asking("small", "why?"), "small"),
        (json!([]), message("why?"), "small"),
    ] {
        let client = start(roles).await;
        let mut stream = client.send(&asked).await;
        assert_eq!(model_of(&mut stream).await, expected);
        client.upstream.next_request().await.answer("Because.");
        stream.rest().await;
        let stored = client.conversation("c").await;
        assert_eq!(stored.messages[1].model.as_deref(), Some(expected));
        assert_eq!(stored.messages[0].model, None);
    }
}

#[tokio::test]
async fn a_role_that_is_lost_is_checked_at_the_next_question() {
    let client = start(json!(["dba"])).await;
    client.exchange(&asking("large", "one"), "1").await;
    client.browser.set(json!({ "roles": [] })).await;
    let client = client.signed_in_again().await;
    client.post("/api/chat", &asking("large", "two")).await.assert_refused(403, "model_unavailable");
    client.exchange(&asking("small", "two"), "2").await;
}

#[tokio::test]
async fn a_model_that_asks_for_a_recent_sign_in_answers_only_after_one_and_other_models_do_not_ask() {
    // T73
    let asked = AskedAuthentication { acr_values: vec![], max_age: Some(Duration::from_secs(300)) };
    let step_up = StepUpSettings(BTreeMap::from([(GuardedAction::Model, asked)]));
    let guard = GuardSettings { step_up, ..GuardSettings::default() };
    let client = start_behind(guard, json!(["dba"])).await;
    client.browser.set(json!({ "signed_in_ago": 1_000 })).await;
    let client = client.signed_in_again().await;
    for message in [asking("large", "why?"), message("why?")] {
        let answer = client.post("/api/chat", &message).await;
        answer.assert_refused(401, "step_up_required");
        assert_eq!(answer.json()["data"]["action"], "model");
    }
    assert!(client.conversations("").await.is_empty(), "nothing was stored");
    client.exchange(&asking("small", "why?"), "Because.").await;
    client.browser.set(json!({ "signed_in_ago": 0 })).await;
    client.signed_in_again().await.exchange(&asking("large", "why?"), "Because.").await;
}

#[tokio::test]
async fn a_model_is_sent_as_much_of_a_conversation_as_its_own_limit_allows() {
    let client = start(json!(["dba"])).await;
    client.exchange(&asking("large", "a question of some length"), "an answer of some length").await;
    client.exchange(&asking("large", "second"), "2").await;
    let (stream, ..) = client.begin(&asking("small", "third")).await;
    let call = client.upstream.next_request().await;
    let texts: Vec<_> = call.messages.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts, ["second", "2", "third"]);
    call.answer("3");
    stream.rest().await;
}

#[tokio::test]
async fn without_a_list_there_is_nothing_to_choose_from() {
    let client = ChatClient::start().await;
    assert!(offered(&client).await.is_empty());
    let mut stream = client.send(&message("why?")).await;
    assert_eq!(model_of(&mut stream).await, "scripted");
    client.upstream.next_request().await.answer("Because.");
    stream.rest().await;
}
