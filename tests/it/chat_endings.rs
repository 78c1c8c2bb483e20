//! How an answer ends: once, honestly, and as it is found later.

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
    support::chat_client::{Chatter, LONG_GRACE, ended, message, send_as, told},
};

async fn stored(chatter: &Chatter, answer: &MessageId) -> Message {
    let messages = chatter.conversation("c").await.messages;
    messages.into_iter().find(|message| message.id == *answer).unwrap()
}

#[tokio::test]
async fn each_finish_of_the_upstream_is_told_and_stored_as_it_is() {
    let chatter = Chatter::start().await;
    for (finish, reason) in [
        (FinishReason::Complete, EndReason::Complete),
        (FinishReason::Length, EndReason::Length),
        (FinishReason::Filtered, EndReason::Filtered),
    ] {
        let (reading, _, answer) = chatter.ask("hello").await;
        let call = chatter.upstream.asked().await;
        call.say("an answer");
        call.finish(finish);
        let events = reading.rest().await;
        assert_eq!((ended(&events), told(&events).as_str()), (reason, "an answer"));
        let stored = stored(&chatter, &answer).await;
        assert_eq!((stored.end, stored.text.as_str(), stored.error), (Some(reason), "an answer", None));
    }
}

#[tokio::test]
async fn an_upstream_that_just_stops_has_not_finished() {
    let chatter = Chatter::start().await;
    for text in ["", "half an ans"] {
        let (reading, _, answer) = chatter.ask("hello").await;
        let call = chatter.upstream.asked().await;
        if !text.is_empty() {
            call.say(text);
        }
        drop(call);
        let events = reading.rest().await;
        assert_eq!((ended(&events), told(&events).as_str()), (EndReason::Interrupted, text));
        let stored = stored(&chatter, &answer).await;
        assert_eq!((stored.end, stored.text.as_str()), (Some(EndReason::Interrupted), text));
    }
}

#[tokio::test]
async fn each_error_of_the_upstream_is_told_once_before_the_end_with_what_was_said_until_then() {
    let chatter = Chatter::start().await;
    let retry_after = Some(Duration::from_millis(2500));
    for (error, kind, seconds) in [
        (UpstreamError::Auth, AnswerErrorKind::Auth, None),
        (UpstreamError::Limit { retry_after }, AnswerErrorKind::Limit, Some(3)),
        (UpstreamError::Busy { retry_after: None }, AnswerErrorKind::Busy, None),
        (UpstreamError::Upstream, AnswerErrorKind::Upstream, None),
        (UpstreamError::Filtered, AnswerErrorKind::Filtered, None),
        (UpstreamError::TooLong, AnswerErrorKind::TooLong, None),
        (UpstreamError::Network, AnswerErrorKind::Network, None),
        (UpstreamError::Timeout, AnswerErrorKind::Timeout, None),
    ] {
        for text in ["", "so far"] {
            let (reading, _, answer) = chatter.ask("hello").await;
            let call = chatter.upstream.asked().await;
            if !text.is_empty() {
                call.say(text);
            }
            call.fail(error);
            let events = reading.rest().await;
            let reason = if error == UpstreamError::Filtered { EndReason::Filtered } else { EndReason::Interrupted };
            assert_eq!((ended(&events), told(&events).as_str()), (reason, text), "{error:?}");
            let error = AnswerError { kind, retry_after: seconds };
            assert_eq!(events[events.len() - 2].kind, ChatEventKind::Error(error));
            let stored = stored(&chatter, &answer).await;
            assert_eq!((stored.end, stored.text.as_str(), stored.error), (Some(reason), text, Some(error)));
        }
    }
}

#[tokio::test]
async fn a_panic_ends_the_answer_and_nothing_else() {
    let chatter = Chatter::start().await;
    let (mut reading, _, answer) = chatter.ask("hello").await;
    let call = chatter.upstream.asked().await;
    call.say("so far");
    reading.until("so far").await;
    call.panic();
    let events = reading.rest().await;
    assert_eq!(ended(&events), EndReason::Interrupted);
    let error = AnswerError { kind: AnswerErrorKind::Upstream, retry_after: None };
    assert_eq!(events[events.len() - 2].kind, ChatEventKind::Error(error));
    let stored = stored(&chatter, &answer).await;
    assert_eq!((stored.end, stored.text.as_str()), (Some(EndReason::Interrupted), "so far"));
    chatter.exchange(&message("and now?"), "well").await;
}

#[tokio::test]
async fn a_text_without_end_is_cut_and_the_upstream_let_go() {
    let chatter = Chatter::start().await;
    let (reading, _, answer) = chatter.ask("hello").await;
    let call = chatter.upstream.asked().await;
    let piece = "x".repeat(1024 * 1024);
    for _ in 0..3 {
        call.say(&piece);
    }
    call.closed().await;
    let events = reading.rest().await;
    assert_eq!((ended(&events), told(&events).len()), (EndReason::Length, 2 * piece.len()));
    assert_eq!(stored(&chatter, &answer).await.text.len(), 2 * piece.len());
}

#[tokio::test]
async fn thinking_is_told_and_kept_and_usage_comes_before_the_end() {
    let chatter = Chatter::start().await;
    let (reading, _, answer) = chatter.ask("hello").await;
    let call = chatter.upstream.asked().await;
    call.think("hm\0m");
    call.say("well\0");
    call.count(3, 4);
    call.finish(FinishReason::Complete);
    let events = reading.rest().await;
    assert_eq!(ended(&events), EndReason::Complete);
    let [thinking, delta, usage, _] = events.as_slice() else { panic!("{events:?}") };
    assert!(matches!(thinking.kind, ChatEventKind::Thinking { .. }));
    // PostgreSQL keeps no U+0000.
    assert_eq!(delta.kind, ChatEventKind::Delta { text: "well\u{FFFD}".into() });
    let ChatEventKind::Usage(usage) = usage.kind else { panic!("{usage:?}") };
    assert_eq!((usage.input_tokens, usage.output_tokens), (Some(3), Some(4)));
    assert!(usage.first_token_ms.is_some() && usage.tokens_per_second.is_some(), "{usage:?}");
    let stored = stored(&chatter, &answer).await;
    assert_eq!((stored.text.as_str(), stored.usage), ("well\u{FFFD}", Some(usage)));
    assert_eq!(stored.thinking, "hm\u{FFFD}m");
}

#[tokio::test]
async fn stop_ends_an_answer_before_its_first_word() {
    let chatter = Chatter::start().await;
    let (reading, _, answer) = chatter.ask("hello").await;
    let call = chatter.upstream.asked().await;
    chatter.stop(&answer).await.assert_ok();
    assert!(call.is_closed(), "the upstream is let go before Stop is answered");
    assert_eq!(ended(&reading.rest().await), EndReason::Stopped);
    assert_eq!(stored(&chatter, &answer).await.end, Some(EndReason::Stopped));
}

#[tokio::test]
async fn stop_ends_an_answer_in_the_middle_and_keeps_what_was_said() {
    let chatter = Chatter::start().await;
    let (mut reading, _, answer) = chatter.ask("hello").await;
    let call = chatter.upstream.asked().await;
    call.say("half an");
    reading.until("half an").await;
    chatter.stop(&answer).await.assert_ok();
    assert!(call.is_closed());
    assert_eq!(ended(&reading.rest().await), EndReason::Stopped);
    let stored = stored(&chatter, &answer).await;
    assert_eq!((stored.end, stored.text.as_str()), (Some(EndReason::Stopped), "half an"));
    // The next question is not held up.
    chatter.exchange(&message("and now?"), "well").await;
}

#[tokio::test]
async fn stop_after_the_end_changes_nothing_however_often() {
    let chatter = Chatter::start().await;
    let (_, answer) = chatter.exchange(&message("hello"), "an answer").await;
    for _ in 0..2 {
        let stopped = chatter.stop(&answer).await;
        stopped.assert_ok();
        assert_eq!(stopped.json(), json!({}));
    }
    assert_eq!(stored(&chatter, &answer).await.end, Some(EndReason::Complete));
}

#[tokio::test]
async fn without_grace_the_upstream_is_let_go_as_soon_as_nobody_reads() {
    let chatter = Chatter::with(in_memory(), ChatSettings { grace: Duration::ZERO, ..LONG_GRACE }).await;
    for text in [None, Some("half an")] {
        let (mut reading, _, answer) = chatter.ask("hello").await;
        let call = chatter.upstream.asked().await;
        if let Some(text) = text {
            call.say(text);
            reading.until(text).await;
        }
        let left = std::time::Instant::now();
        drop(reading);
        call.closed().await;
        assert!(left.elapsed() < Duration::from_secs(1), "{:?}", left.elapsed());
        let events = chatter.follow(&answer, None).await.rest().await;
        assert_eq!((ended(&events), told(&events)), (EndReason::Interrupted, text.unwrap_or_default().to_owned()));
    }
}

#[tokio::test]
async fn with_a_grace_the_answer_goes_on_for_a_reader_who_returns_and_no_longer_than_that() {
    let grace = Duration::from_millis(300);
    let chatter = Chatter::with(in_memory(), ChatSettings { grace, ..LONG_GRACE }).await;
    let (reading, _, answer) = chatter.ask("hello").await;
    let call = chatter.upstream.asked().await;
    drop(reading);
    let mut returned = chatter.follow(&answer, Some(0)).await;
    tokio::time::sleep(grace * 2).await;
    call.say("still here");
    returned.until("still here").await;

    let left = std::time::Instant::now();
    drop(returned);
    call.closed().await;
    assert!(left.elapsed() >= grace, "{:?}", left.elapsed());
}

#[tokio::test]
async fn a_deleted_conversation_lets_its_upstream_go() {
    let chatter = Chatter::start().await;
    let (reading, _, answer) = chatter.ask("hello").await;
    let call = chatter.upstream.asked().await;
    chatter.post("/api/conversation/delete", &json!({ "id": "c" })).await.assert_ok();
    call.closed().await;
    assert_eq!(ended(&reading.rest().await), EndReason::Interrupted);
    chatter.get("/api/conversation?id=c").await.assert_refused(404, "not_found");
    assert!(chatter.conversations("").await.is_empty());
    // As long as it is remembered, its end is told.
    assert_eq!(ended(&chatter.follow(&answer, None).await.rest().await), EndReason::Interrupted);
}

#[tokio::test]
async fn one_person_has_so_many_answers_written_at_a_time() {
    let chatter = Chatter::start().await;
    let mut running = vec![];
    for n in 0..8 {
        running.push(chatter.begin(&send_as(&format!("c{n}"), "hello", &format!("busy-{n}"))).await);
    }
    let another = send_as("another", "hello", "busy");
    chatter.post("/api/chat", &another).await.assert_refused(429, "too_many_requests");
    let (_, _, answer) = &running[0];
    chatter.stop(answer).await.assert_ok();
    chatter.begin(&another).await;
}
