//! How an answer ends: with exactly one end event, which is also stored.

use std::time::Duration;

use oracle_ai::{
    server::chat::{
        ChatSettings,
        upstream::{FinishReason, UpstreamError},
    },
    wire::{
        chat::{AnswerError, AnswerErrorKind, ChatEventKind, EndReason, MessageId},
        conversations::Message,
    },
};
use serde_json::json;

use crate::{
    conversation_store::in_memory,
    support::chat_client::{ChatClient, LONG_GRACE, answer_text, end_reason, message, send_as, uuid},
};

async fn stored(client: &ChatClient, answer: &MessageId) -> Message {
    let messages = client.conversation("c").await.messages;
    messages.into_iter().find(|message| message.id == *answer).unwrap()
}

#[tokio::test]
async fn each_finish_reason_of_the_upstream_is_sent_and_stored() {
    let client = ChatClient::start().await;
    for (finish, reason) in [
        (FinishReason::Complete, EndReason::Complete),
        (FinishReason::Length, EndReason::Length),
        (FinishReason::Filtered, EndReason::Filtered),
    ] {
        let (stream, _, answer) = client.ask("hello").await;
        let call = client.upstream.next_request().await;
        call.send_text("an answer");
        call.finish(finish);
        let events = stream.rest().await;
        assert_eq!((end_reason(&events), answer_text(&events).as_str()), (reason, "an answer"));
        let stored = stored(&client, &answer).await;
        assert_eq!((stored.end, stored.text.as_str(), stored.error), (Some(reason), "an answer", None));
    }
}

#[tokio::test]
async fn an_upstream_stream_without_a_finish_reason_is_interrupted() {
    let client = ChatClient::start().await;
    for text in ["", "half an ans"] {
        let (stream, _, answer) = client.ask("hello").await;
        let call = client.upstream.next_request().await;
        if !text.is_empty() {
            call.send_text(text);
        }
        drop(call);
        let events = stream.rest().await;
        assert_eq!((end_reason(&events), answer_text(&events).as_str()), (EndReason::Interrupted, text));
        let stored = stored(&client, &answer).await;
        assert_eq!((stored.end, stored.text.as_str()), (Some(EndReason::Interrupted), text));
    }
}

#[tokio::test]
async fn each_upstream_error_is_sent_once_after_the_partial_answer() {
    let client = ChatClient::start().await;
    let retry_after = Some(Duration::from_millis(2500));
    for (error, kind, seconds) in [
        (UpstreamError::Auth, AnswerErrorKind::Auth, None),
        (UpstreamError::Misconfigured, AnswerErrorKind::Auth, None),
        (UpstreamError::Limit { retry_after }, AnswerErrorKind::Limit, Some(3)),
        (UpstreamError::Busy { retry_after: None }, AnswerErrorKind::Busy, None),
        (UpstreamError::Upstream, AnswerErrorKind::Upstream, None),
        (UpstreamError::Filtered, AnswerErrorKind::Filtered, None),
        (UpstreamError::TooLong, AnswerErrorKind::TooLong, None),
        (UpstreamError::Network, AnswerErrorKind::Network, None),
        (UpstreamError::Timeout, AnswerErrorKind::Timeout, None),
    ] {
        for text in ["", "so far"] {
            // Without earlier messages, with fewer of which one that is too long would be sent again.
            let conversation = uuid().to_string();
            let (stream, _, answer) = client.begin(&send_as(&conversation, "hello", &conversation)).await;
            let call = client.upstream.next_request().await;
            if !text.is_empty() {
                call.send_text(text);
            }
            call.fail(error);
            let events = stream.rest().await;
            let reason = if error == UpstreamError::Filtered { EndReason::Filtered } else { EndReason::Interrupted };
            assert_eq!((end_reason(&events), answer_text(&events).as_str()), (reason, text), "{error:?}");
            let misconfigured = error == UpstreamError::Misconfigured;
            let error = AnswerError { kind, retry_after: seconds, misconfigured };
            assert_eq!(events[events.len() - 2].kind, ChatEventKind::Error(error));
            let stored = client.conversation(&conversation).await.messages.remove(1);
            assert_eq!((&stored.id, stored.end), (&answer, Some(reason)));
            assert_eq!((stored.text.as_str(), stored.error), (text, Some(error)));
        }
    }
}

#[tokio::test]
async fn a_panic_ends_the_answer_and_nothing_else() {
    let client = ChatClient::start().await;
    let (mut stream, _, answer) = client.ask("hello").await;
    let call = client.upstream.next_request().await;
    call.send_text("so far");
    stream.read_until("so far").await;
    call.panic();
    let events = stream.rest().await;
    assert_eq!(end_reason(&events), EndReason::Interrupted);
    let error = AnswerError::of(AnswerErrorKind::Upstream);
    assert_eq!(events[events.len() - 2].kind, ChatEventKind::Error(error));
    let stored = stored(&client, &answer).await;
    assert_eq!((stored.end, stored.text.as_str()), (Some(EndReason::Interrupted), "so far"));
    client.exchange(&message("and now?"), "well").await;
}

#[tokio::test]
async fn an_endless_answer_is_cut_and_its_upstream_request_cancelled() {
    let client = ChatClient::start().await;
    let (stream, _, answer) = client.ask("hello").await;
    let call = client.upstream.next_request().await;
    let piece = "x".repeat(1024 * 1024);
    for _ in 0..3 {
        call.send_text(&piece);
    }
    call.closed().await;
    let events = stream.rest().await;
    assert_eq!((end_reason(&events), answer_text(&events).len()), (EndReason::Length, 2 * piece.len()));
    assert_eq!(stored(&client, &answer).await.text.len(), 2 * piece.len());
}

#[tokio::test]
async fn thinking_is_sent_and_stored_and_usage_comes_before_the_end() {
    let client = ChatClient::start().await;
    let (stream, _, answer) = client.ask("hello").await;
    let call = client.upstream.next_request().await;
    call.send_thinking("hm\0m");
    call.send_text("well\0");
    call.count(3, 4);
    call.finish(FinishReason::Complete);
    let events = stream.rest().await;
    assert_eq!(end_reason(&events), EndReason::Complete);
    let [thinking, delta, usage, _] = events.as_slice() else { panic!("{events:?}") };
    assert!(matches!(thinking.kind, ChatEventKind::Thinking { .. }));
    // PostgreSQL keeps no U+0000.
    assert_eq!(delta.kind, ChatEventKind::Delta { text: "well\u{FFFD}".into() });
    let ChatEventKind::Usage(usage) = usage.kind else { panic!("{usage:?}") };
    assert_eq!((usage.input_tokens, usage.output_tokens), (Some(3), Some(4)));
    assert!(usage.first_token_ms.is_some(), "{usage:?}");
    let stored = stored(&client, &answer).await;
    assert_eq!((stored.text.as_str(), stored.usage), ("well\u{FFFD}", Some(usage)));
    assert_eq!(stored.thinking, "hm\u{FFFD}m");
}

#[tokio::test]
async fn text_that_turns_out_to_be_thinking_is_neither_shown_nor_stored_nor_sent_back() {
    let client = ChatClient::start().await;
    let (mut stream, question, answer) = client.ask("hello").await;
    let call = client.upstream.next_request().await;
    call.send_text("a plan");
    stream.read_until("a plan").await;
    call.take_back_text();
    call.send_text("4");
    call.finish(FinishReason::Complete);
    let events = stream.rest().await;
    assert_eq!(end_reason(&events), EndReason::Complete);
    // A reader that has parts of the answer drops them at `open`.
    let [open, thinking, delta, _usage, _end] = events.as_slice() else { panic!("{events:?}") };
    assert!(matches!(&open.kind, ChatEventKind::Open { question: q, answer: a, .. } if (q, a) == (&question, &answer)));
    assert_eq!(thinking.kind, ChatEventKind::Thinking { text: "a plan".into() });
    assert_eq!(delta.kind, ChatEventKind::Delta { text: "4".into() });
    let stored = stored(&client, &answer).await;
    assert_eq!((stored.text.as_str(), stored.thinking.as_str()), ("4", "a plan"));
    let _second = client.ask("and now?").await;
    let sent = client.upstream.next_request().await.messages;
    assert!(sent.iter().all(|message| !message.text.contains("plan")), "{sent:?}");
}

#[tokio::test]
async fn stop_ends_an_answer_before_its_first_token() {
    let client = ChatClient::start().await;
    let (stream, _, answer) = client.ask("hello").await;
    let call = client.upstream.next_request().await;
    client.stop(&answer).await.assert_ok();
    assert!(call.is_closed(), "the upstream is let go before Stop is answered");
    assert_eq!(end_reason(&stream.rest().await), EndReason::Stopped);
    assert_eq!(stored(&client, &answer).await.end, Some(EndReason::Stopped));
}

#[tokio::test]
async fn stop_ends_an_answer_in_the_middle_and_keeps_the_partial_text() {
    let client = ChatClient::start().await;
    let (mut stream, _, answer) = client.ask("hello").await;
    let call = client.upstream.next_request().await;
    call.send_text("half an");
    stream.read_until("half an").await;
    client.stop(&answer).await.assert_ok();
    assert!(call.is_closed());
    assert_eq!(end_reason(&stream.rest().await), EndReason::Stopped);
    let stored = stored(&client, &answer).await;
    assert_eq!((stored.end, stored.text.as_str()), (Some(EndReason::Stopped), "half an"));
    // The next question is not held up.
    client.exchange(&message("and now?"), "well").await;
}

#[tokio::test]
async fn stop_after_the_end_has_no_effect() {
    let client = ChatClient::start().await;
    let (_, answer) = client.exchange(&message("hello"), "an answer").await;
    for _ in 0..2 {
        let stopped = client.stop(&answer).await;
        stopped.assert_ok();
        assert_eq!(stopped.json(), json!({}));
    }
    assert_eq!(stored(&client, &answer).await.end, Some(EndReason::Complete));
}

#[tokio::test]
async fn without_a_grace_period_the_upstream_request_is_cancelled_when_the_last_reader_leaves() {
    let client = ChatClient::with(in_memory(), ChatSettings { grace: Duration::ZERO, ..LONG_GRACE }).await;
    for text in [None, Some("half an")] {
        let (mut stream, _, answer) = client.ask("hello").await;
        let call = client.upstream.next_request().await;
        if let Some(text) = text {
            call.send_text(text);
            stream.read_until(text).await;
        }
        drop(stream);
        call.closed().await;
        let events = client.follow(&answer, None).await.rest().await;
        assert_eq!(
            (end_reason(&events), answer_text(&events)),
            (EndReason::Interrupted, text.unwrap_or_default().to_owned())
        );
    }
}

#[tokio::test]
async fn within_the_grace_period_a_reader_can_return_and_after_it_the_answer_ends() {
    let grace = Duration::from_millis(300);
    let client = ChatClient::with(in_memory(), ChatSettings { grace, ..LONG_GRACE }).await;
    let (stream, _, answer) = client.ask("hello").await;
    let call = client.upstream.next_request().await;
    drop(stream);
    let mut returned = client.follow(&answer, Some(0)).await;

    // No reader returns to this answer. When its grace period is over, so is the earlier one of the other answer.
    let (abandoned, ..) = client.begin(&send_as("abandoned", "hello", "abandoned")).await;
    let abandoned_call = client.upstream.next_request().await;
    drop(abandoned);
    abandoned_call.closed().await;
    call.send_text("still here");
    returned.read_until("still here").await;

    drop(returned);
    call.closed().await;
}

#[tokio::test]
async fn deleting_a_conversation_cancels_its_upstream_request() {
    let client = ChatClient::start().await;
    let (stream, _, answer) = client.ask("hello").await;
    let call = client.upstream.next_request().await;
    client.post("/api/conversation/delete", &json!({ "id": "c" })).await.assert_ok();
    call.closed().await;
    assert_eq!(end_reason(&stream.rest().await), EndReason::Interrupted);
    client.get("/api/conversation?id=c").await.assert_refused(404, "not_found");
    assert!(client.conversations("").await.is_empty());
    // While the answer is in memory, its end is still sent.
    assert_eq!(end_reason(&client.follow(&answer, None).await.rest().await), EndReason::Interrupted);
}

#[tokio::test]
async fn concurrent_answers_per_user_are_limited() {
    let client = ChatClient::start().await;
    let mut running = vec![];
    for n in 0..8 {
        running.push(client.begin(&send_as(&format!("c{n}"), "hello", &format!("busy-{n}"))).await);
    }
    let another = send_as("another", "hello", "busy");
    client.post("/api/chat", &another).await.assert_refused(429, "too_many_requests");
    let (_, _, answer) = &running[0];
    client.stop(answer).await.assert_ok();
    client.begin(&another).await;
}
