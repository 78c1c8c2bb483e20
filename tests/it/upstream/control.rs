//! The mock upstream's control plane.

use reqwest::{StatusCode, header};

use super::*;

#[tokio::test]
async fn a_scenario_applies_to_conversations_that_contain_its_text() {
    let upstream = TestUpstream::start().await;
    let url = format!("{}/__control/scenario", upstream.mock.origin());
    let rule = json!({ "when": "mine", "name": "length" });
    upstream.http.post(&url).body(rule.to_string()).send().await.unwrap();
    assert_eq!(upstream.ask("/empty yours").await.end, Ok(Some(FinishReason::Complete)));
    let earlier = [message(Role::User, "mine"), message(Role::User, "/empty")];
    assert_eq!(upstream.ask_with_history(earlier.to_vec()).await.end, Ok(Some(FinishReason::Length)));
    assert_eq!(upstream.ask("/empty mine").await.end, Ok(Some(FinishReason::Complete)), "it was for one request");

    let mine = upstream.http.get(format!("{}/__control/requests?containing=mine", upstream.mock.origin()));
    let mine: Vec<Value> = serde_json::from_str(&mine.send().await.unwrap().text().await.unwrap()).unwrap();
    assert_eq!(mine.len(), 2);
    assert_eq!(mine[0]["scenario"]["name"], "length");
    assert_eq!(mine[0]["outcome"], "played");
    assert!(!format!("{mine:?}").contains(API_KEY));
}

#[tokio::test]
async fn a_reset_clears_scenarios_and_requests() {
    let upstream = TestUpstream::start().await;
    upstream.play("unauthorized", 0, 0).await;
    upstream.ask("/empty").await;
    let reset = upstream.http.post(format!("{}/__control/reset", upstream.mock.origin())).send().await.unwrap();
    assert_eq!(reset.status(), StatusCode::NO_CONTENT);
    assert_eq!(upstream.requests().await, [Value::Null; 0]);
    upstream.ask("/empty").await.assert_is("", Ok(Some(FinishReason::Complete)));
}

#[tokio::test]
async fn an_invalid_scenario_is_refused() {
    let upstream = TestUpstream::start().await;
    let url = format!("{}/__control/scenario", upstream.mock.origin());
    for rule in ["", "[]", r#"{"when":""}"#, r#"{"when":"","name":"odd"}"#, r#"{"when":"","name":"cut","colour":1}"#] {
        let answer = upstream.http.post(&url).body(rule).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{rule}");
    }
}

#[tokio::test]
async fn only_loopback_is_served() {
    let upstream = TestUpstream::start().await;
    let health = format!("{}/__control/health", upstream.mock.origin());
    assert_eq!(upstream.http.get(&health).send().await.unwrap().status(), StatusCode::OK);
    let answer = upstream.http.get(&health).header(header::HOST, "evil.example").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::MISDIRECTED_REQUEST);
    assert!(MockUpstream::start(SocketAddr::from(([0, 0, 0, 0], 0)), API_KEY).await.is_err());
}
