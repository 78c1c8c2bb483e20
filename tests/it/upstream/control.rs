//! The mock upstream's control plane.

use reqwest::{StatusCode, header};

use super::*;

#[tokio::test]
async fn scenarios_are_for_the_conversations_that_mention_their_text() {
    let asker = Asker::start().await;
    let url = format!("{}/__control/scenario", asker.mock.origin());
    let rule = json!({ "when": "mine", "name": "length" });
    asker.http.post(&url).body(rule.to_string()).send().await.unwrap();
    assert_eq!(asker.ask("/empty yours").await.end, Ok(Some(FinishReason::Complete)));
    let earlier = [message(Role::User, "mine"), message(Role::User, "/empty")];
    assert_eq!(asker.ask_about(earlier.to_vec()).await.end, Ok(Some(FinishReason::Length)));
    assert_eq!(asker.ask("/empty mine").await.end, Ok(Some(FinishReason::Complete)), "it was for one request");

    let mine = asker.http.get(format!("{}/__control/requests?containing=mine", asker.mock.origin()));
    let mine: Vec<Value> = serde_json::from_str(&mine.send().await.unwrap().text().await.unwrap()).unwrap();
    assert_eq!(mine.len(), 2);
    assert_eq!(mine[0]["scenario"]["name"], "length");
    assert_eq!(mine[0]["outcome"], "played");
    assert!(!format!("{mine:?}").contains(API_KEY));
}

#[tokio::test]
async fn a_reset_forgets_scenarios_and_requests() {
    let asker = Asker::start().await;
    asker.play("unauthorized", 0, 0).await;
    asker.ask("/empty").await;
    let reset = asker.http.post(format!("{}/__control/reset", asker.mock.origin())).send().await.unwrap();
    assert_eq!(reset.status(), StatusCode::NO_CONTENT);
    assert_eq!(asker.requests().await, [Value::Null; 0]);
    asker.ask("/empty").await.is("", Ok(Some(FinishReason::Complete)));
}

#[tokio::test]
async fn what_is_no_scenario_is_refused() {
    let asker = Asker::start().await;
    let url = format!("{}/__control/scenario", asker.mock.origin());
    for rule in ["", "[]", r#"{"when":""}"#, r#"{"when":"","name":"odd"}"#, r#"{"when":"","name":"cut","colour":1}"#] {
        let answer = asker.http.post(&url).body(rule).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{rule}");
    }
}

#[tokio::test]
async fn only_loopback_is_served() {
    let asker = Asker::start().await;
    let health = format!("{}/__control/health", asker.mock.origin());
    assert_eq!(asker.http.get(&health).send().await.unwrap().status(), StatusCode::OK);
    let elsewhere = asker.http.get(&health).header(header::HOST, "evil.example").send().await.unwrap();
    assert_eq!(elsewhere.status(), StatusCode::MISDIRECTED_REQUEST);
    assert!(MockUpstream::start(SocketAddr::from(([0, 0, 0, 0], 0)), API_KEY).await.is_err());
}
