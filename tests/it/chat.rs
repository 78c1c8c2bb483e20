//! `POST /api/chat`: the answer as a stream of events.

use axum::{
    body::Body,
    http::{Method, header},
};
use oracle_ai::wire::chat::{ChatEvent, ChatEventKind, EndReason, MAX_MESSAGE_CHARS};
use serde_json::{Value, json};

use crate::support::{app::TestResponse, browser::Browser};

fn message(text: &str) -> Value {
    json!({ "conversation": "c", "message": text, "idempotency_key": "k" })
}

async fn send(browser: &Browser, access_token: &str, chat_request: &Value) -> TestResponse {
    let request =
        browser.request(Method::POST, "/api/chat", Some(access_token)).header(header::CONTENT_TYPE, "application/json");
    browser.app.send(request.body(Body::from(chat_request.to_string())).unwrap()).await
}

/// The events of a `text/event-stream` (HTML Standard §9.2.6), as far as we use it: data only, one line each.
fn events(answer: &TestResponse) -> Vec<ChatEvent> {
    answer.assert_ok();
    let blocks = answer.text.split_terminator("\n\n").filter(|block| !block.starts_with(':'));
    blocks
        .map(|block| {
            let data = block.strip_prefix("data:").unwrap_or_else(|| panic!("{block:?}"));
            serde_json::from_str(data).unwrap()
        })
        .collect()
}

#[tokio::test]
async fn an_answer_is_a_stream_of_events_numbered_without_gaps_with_one_end() {
    let browser = Browser::start();
    let token = browser.sign_in().await.access_token;
    let answer = send(&browser, &token, &message("is anybody there?")).await;
    assert_eq!(answer.header(header::CONTENT_TYPE), "text/event-stream");
    assert_eq!(answer.header("x-accel-buffering".parse().unwrap()), "no");

    let events = events(&answer);
    assert!(events.iter().map(|event| event.n).eq(0..events.len() as u64), "{events:?}");
    let (open, rest) = events.split_first().unwrap();
    let (end, rest) = rest.split_last().unwrap();
    let (usage, deltas) = rest.split_last().unwrap();
    assert!(matches!(usage.kind, ChatEventKind::Usage(_)), "{usage:?}");
    assert!(matches!(open.kind, ChatEventKind::Open { .. }), "{open:?}");
    assert_eq!(end.kind, ChatEventKind::End { reason: EndReason::Complete });
    let text: String = deltas
        .iter()
        .map(|event| match &event.kind {
            ChatEventKind::Delta { text } => text.as_str(),
            other => panic!("{other:?} in the middle"),
        })
        .collect();
    assert!(deltas.len() > 1, "one piece is no stream");
    assert!(text.contains("is anybody there?"), "{text}");
}

#[tokio::test]
async fn any_message_is_echoed_unchanged() {
    let browser = Browser::start();
    let token = browser.sign_in().await.access_token;
    let said = "data: x\n\nevent: end\r\n\u{2028}\u{0}<script>“🦀”";
    let events = events(&send(&browser, &token, &message(said)).await);
    let text: String = events
        .iter()
        .filter_map(|event| match &event.kind {
            ChatEventKind::Delta { text } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    // U+0000 is the one letter that not every database keeps.
    assert!(text.contains(&said.replace('\0', "\u{FFFD}")), "{text:?}");
}

#[tokio::test]
async fn an_invalid_message_is_refused_with_the_name_of_its_field() {
    let browser = Browser::start();
    let token = browser.sign_in().await.access_token;
    for (field, value) in [
        ("message", json!("")),
        ("message", json!(" \n\t ")),
        ("message", json!("é".repeat(MAX_MESSAGE_CHARS + 1))),
        ("message", json!(["a"])),
        ("conversation", json!("")),
        ("conversation", json!("c".repeat(65))),
        ("idempotency_key", json!("")),
        ("idempotency_key", json!("k".repeat(65))),
        ("idempotency_key", Value::Null),
    ] {
        let mut request = message("hello");
        request[field] = value;
        send(&browser, &token, &request).await.assert_field_refused(field);
    }
}

#[tokio::test]
async fn the_first_event_comes_before_the_answer_is_complete_and_dropping_the_stream_keeps_the_session() {
    let browser = Browser::start();
    let token = browser.sign_in().await.access_token;
    let first = browser.first_event(&token, &message("/slow")).await;
    // One event, and not the whole answer.
    let first: ChatEvent = serde_json::from_str(first.trim().strip_prefix("data:").unwrap()).unwrap();
    assert!(matches!(first, ChatEvent { n: 0, kind: ChatEventKind::Open { .. } }), "{first:?}");
    assert!(browser.is_accepted(&token).await);
}
