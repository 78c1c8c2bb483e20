//! Readers of an answer: repeated requests, reconnects, other servers. And the history that the upstream is sent.

use std::sync::Arc;

use futures_util::future::join_all;
use oracle_ai::{
    server::{
        chat::{
            ChatSettings,
            upstream::{FinishReason, Message, Role, UpstreamError},
        },
        conversations::sql::SqlStore,
    },
    wire::chat::{AnswerError, AnswerErrorKind, ChatEvent, ChatEventKind, EndReason, MessageId},
};
use serde_json::json;

use crate::{
    conversation_store::{SqliteFile, in_memory, store},
    support::{
        app::wait_until,
        chat_client::{ChatClient, LONG_GRACE, answer_text, end_reason, message, send_as},
        postgres,
    },
};

fn answer_id(events: &[ChatEvent]) -> MessageId {
    match events.first() {
        Some(ChatEvent { n: 0, kind: ChatEventKind::Open { answer, .. } }) => answer.clone(),
        other => panic!("{other:?} is first"),
    }
}

#[tokio::test]
async fn a_message_that_is_sent_again_is_stored_and_answered_once() {
    let client = ChatClient::start().await;
    let sent = message("hello");
    let first = client.send(&sent).await;
    let call = client.upstream.next_request().await;
    call.send_text("one ");
    let second = client.send(&sent).await;
    call.answer("two");
    let third = client.send(&sent).await;
    let (first, second, third) = (first.rest().await, second.rest().await, third.rest().await);
    assert_eq!((end_reason(&first), answer_text(&first).as_str()), (EndReason::Complete, "one two"));
    assert_eq!(first, second);
    assert_eq!(first, third);
    assert_eq!(client.send(&sent).await.rest().await, first, "after the end");
    assert_eq!(client.texts("c").await, ["hello", "one two"]);
    assert!(!client.upstream.has_request().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_sent_twenty_times_at_once_is_stored_and_answered_once() {
    for store in [in_memory(), store(postgres::database().await)] {
        let client = ChatClient::with(store, LONG_GRACE).await;
        let sent = message("hello");
        let readings = async { join_all((0..8).map(|_| client.send(&sent))).await };
        let (readings, call) = tokio::join!(readings, client.upstream.next_request());
        let more = join_all((0..12).map(|_| client.send(&sent))).await;
        call.answer("an answer");
        let all = join_all(readings.into_iter().chain(more).map(|stream| stream.rest())).await;
        for events in &all {
            assert_eq!((end_reason(events), answer_text(events).as_str()), (EndReason::Complete, "an answer"));
            assert_eq!(answer_id(events), answer_id(&all[0]));
        }
        assert_eq!(client.texts("c").await, ["hello", "an answer"]);
        assert!(!client.upstream.has_request().await);
    }
}

#[tokio::test]
async fn another_message_while_an_answer_is_running_is_a_conflict() {
    let client = ChatClient::start().await;
    let (_reading, question, answer) = client.ask("hello").await;
    let call = client.upstream.next_request().await;
    client.post("/api/chat", &message("and?")).await.assert_refused(409, "conflict");
    let mut replacing = message("instead");
    replacing["version_of"] = json!(question);
    client.post("/api/chat", &replacing).await.assert_refused(409, "conflict");
    assert!(!client.upstream.has_request().await);
    assert_eq!(client.conversation("c").await.running, Some(answer.clone()));
    assert_eq!(client.conversations("").await[0].running, Some(answer.clone()));

    call.answer("well");
    end_reason(&client.follow(&answer, None).await.rest().await);
    assert_eq!(client.conversation("c").await.running, None);
    client.exchange(&message("and?"), "and").await;
}

#[tokio::test]
async fn a_reader_that_reconnects_gets_every_event_exactly_once() {
    let client = ChatClient::start().await;
    let (mut stream, _, answer) = client.ask("hello").await;
    let call = client.upstream.next_request().await;
    call.send_text("one ");
    let seen = stream.read_until("one ").await;
    drop(stream);
    call.send_text("two ");
    let mut returned = client.follow(&answer, Some(seen)).await;
    assert_eq!(returned.read_until("two ").await, seen + 1);
    call.answer("three");
    let rest = returned.rest().await;
    assert_eq!((end_reason(&rest), answer_text(&rest).as_str(), rest[0].n), (EndReason::Complete, "three", seen + 2));

    let whole = client.follow(&answer, None).await.rest().await;
    assert_eq!((answer_id(&whole), answer_text(&whole).as_str()), (answer.clone(), "one two three"));
    for after in 0..whole.len() {
        let rest = client.follow(&answer, Some(after as u64)).await.rest().await;
        assert_eq!(rest, whole[after + 1..], "{after}");
    }
    assert_eq!(client.follow(&answer, Some(1000)).await.rest().await, whole, "a place that never was");
}

#[tokio::test]
async fn a_slow_reader_does_not_delay_other_readers() {
    let client = ChatClient::start().await;
    let (mut stream, _, answer) = client.ask("hello").await;
    let idle = client.follow(&answer, None).await;
    let call = client.upstream.next_request().await;
    for n in 0..50 {
        let text = format!("{n} ").repeat(1000);
        call.send_text(&text);
        stream.read_until(&text).await;
    }
    call.finish(FinishReason::Complete);
    assert_eq!(end_reason(&stream.rest().await), EndReason::Complete);
    assert_eq!(end_reason(&idle.rest().await), EndReason::Complete);
}

#[tokio::test]
async fn an_answer_without_readers_is_stored_whole() {
    let client = ChatClient::start().await;
    let (stream, _, answer) = client.ask("hello").await;
    drop(stream);
    client.upstream.next_request().await.answer("an answer");
    wait_until("the answer is stored", async || client.conversation("c").await.running.is_none()).await;
    assert_eq!(client.texts("c").await, ["hello", "an answer"]);
    assert_eq!(answer_text(&client.follow(&answer, None).await.rest().await), "an answer");
}

#[tokio::test]
async fn the_partial_text_of_a_running_answer_can_be_read() {
    let client = ChatClient::start().await;
    let (mut stream, ..) = client.ask("hello").await;
    let call = client.upstream.next_request().await;
    call.send_text("half an");
    stream.read_until("half an").await;
    wait_until("the store has it", async || client.texts("c").await[1] == "half an").await;
    assert!(!call.is_closed());
}

#[tokio::test]
async fn another_users_answer_can_be_neither_followed_nor_stopped() {
    let client = ChatClient::start().await;
    let other = client.other_user().await;
    let (mut stream, question, answer) = client.ask("hello").await;
    let call = client.upstream.next_request().await;
    let refused = async || {
        other.try_follow(&answer).await.assert_refused(404, "not_found");
        other.stop(&answer).await.assert_refused(404, "not_found");
        let mut replacing = message("mine");
        replacing["version_of"] = json!(question);
        other.post("/api/chat", &replacing).await.assert_refused(404, "not_found");
    };
    refused().await;
    call.send_text("still here");
    stream.read_until("still here").await;
    call.finish(FinishReason::Complete);
    stream.rest().await;
    refused().await;
    // The same names mean other things to them.
    other.exchange(&message("theirs"), "theirs").await;
    assert_eq!(other.texts("c").await, ["theirs", "theirs"]);
    assert_eq!(client.texts("c").await, ["hello", "still here"]);
    client.try_follow(&MessageId::new("unknown")).await.assert_refused(404, "not_found");
    client.stop(&MessageId::new("unknown")).await.assert_refused(404, "not_found");
    client.stop(&question).await.assert_refused(404, "not_found");
}

#[tokio::test]
async fn the_upstream_is_sent_the_history_up_to_the_limit_and_readers_learn_from_where() {
    let settings = ChatSettings { history_chars: 20, ..LONG_GRACE };
    let client = ChatClient::with(in_memory(), settings).await;
    client.exchange(&message("oldest question"), "an answer").await;
    let (two, _) = client.exchange(&message("two"), "2").await;
    let (stream, ..) = client.ask("failed").await;
    client.upstream.next_request().await.fail(UpstreamError::Network);
    stream.rest().await;
    let (reading, _, answer) = client.ask("now \0").await;
    let call = client.upstream.next_request().await;
    // As it is stored: PostgreSQL keeps no U+0000. The question whose answer failed is on the screen, so it is sent.
    let now = "failed\n\nnow \u{FFFD}";
    assert_eq!(call.messages, sent(&[(Role::User, "two"), (Role::Assistant, "2"), (Role::User, now)]));
    assert_eq!(call.user.display_name().to_lowercase(), client.browser.user);

    call.answer("done");
    assert_eq!(sent_from(&reading.rest().await), Some(two.clone()));
    let stored = client.conversation("c").await.messages;
    assert_eq!(stored.last().unwrap().sent_from, Some(two.clone()));
    assert_eq!(stored[1].sent_from, None, "nothing was left out then");
    // Read again after its end.
    assert_eq!(sent_from(&client.follow(&answer, None).await.rest().await), Some(two));
}

#[tokio::test]
async fn the_question_is_sent_even_if_no_history_fits() {
    let settings = ChatSettings { history_chars: 0, ..LONG_GRACE };
    let client = ChatClient::with(in_memory(), settings).await;
    client.exchange(&message("one"), "1").await;
    let (reading, question, _) = client.ask("two").await;
    let call = client.upstream.next_request().await;
    assert_eq!(call.messages, sent(&[(Role::User, "two")]));
    call.answer("2");
    assert_eq!(sent_from(&reading.rest().await), Some(question));
}

#[tokio::test]
async fn a_stopped_question_is_sent_with_the_next_and_a_refused_one_is_not() {
    let client = ChatClient::start().await;
    let (stream, _, answer) = client.ask("Here is my report.").await;
    let call = client.upstream.next_request().await;
    client.stop(&answer).await.assert_ok();
    stream.rest().await;
    call.closed().await;
    let (stream, ..) = client.ask("refused").await;
    client.upstream.next_request().await.fail(UpstreamError::Filtered);
    stream.rest().await;
    let (stream, ..) = client.ask("And its locks?").await;
    let call = client.upstream.next_request().await;
    assert_eq!(call.messages, sent(&[(Role::User, "Here is my report.\n\nAnd its locks?")]));
    call.answer("None.");
    assert_eq!(sent_from(&stream.rest().await), None, "the page marks the refused one");
}

#[tokio::test]
async fn where_the_model_finds_it_too_long_the_oldest_messages_are_left_out_and_never_the_question() {
    let client = ChatClient::start().await;
    let (one, _) = client.exchange(&message("one"), "1").await;
    let (two, _) = client.exchange(&message("two"), "2").await;
    let (stream, ..) = client.ask("three").await;
    let expected = [(Role::User, "one"), (Role::Assistant, "1"), (Role::User, "two"), (Role::Assistant, "2")];
    let now = [(Role::User, "three")];
    let call = client.upstream.next_request().await;
    assert_eq!(call.messages, sent(&[&expected[..], &now].concat()));
    call.fail(UpstreamError::TooLong);
    let call = client.upstream.next_request().await;
    assert_eq!(call.messages, sent(&[&expected[2..], &now].concat()));
    call.answer("3");
    let events = stream.rest().await;
    assert_eq!(end_reason(&events), EndReason::Complete);
    assert_eq!(sent_from(&events), Some(two));
    assert_ne!(sent_from(&events), Some(one));

    // Not even the question fits: it is refused, and said so.
    let (stream, ..) = client.begin(&send_as("d", "much", "much")).await;
    client.upstream.next_request().await.fail(UpstreamError::TooLong);
    let events = stream.rest().await;
    let error = ChatEventKind::Error(AnswerError::of(AnswerErrorKind::TooLong));
    assert!(events.iter().any(|event| event.kind == error), "{events:?}");
    assert!(!client.upstream.has_request().await, "there is nothing to leave out");
}

#[tokio::test]
async fn to_continue_an_answer_that_fills_the_window_its_question_and_end_are_sent() {
    let client = ChatClient::start().await;
    let (stream, _, answer) = client.ask("Write.").await;
    let call = client.upstream.next_request().await;
    call.send_text("1 2 3 4 ");
    call.finish(FinishReason::Length);
    stream.rest().await;
    let (stream, ..) = client.ask("Please continue.").await;
    client.upstream.next_request().await.fail(UpstreamError::TooLong);
    let call = client.upstream.next_request().await;
    let expected = [(Role::User, "Write."), (Role::Assistant, "3 4 "), (Role::User, "Please continue.")];
    assert_eq!(call.messages, sent(&expected));
    call.answer("5");
    assert_eq!(sent_from(&stream.rest().await), Some(answer));
}

fn sent(messages: &[(Role, &str)]) -> Vec<Message> {
    messages.iter().map(|(role, text)| Message { role: *role, text: (*text).into() }).collect()
}

/// What the last event of this kind says.
fn sent_from(events: &[ChatEvent]) -> Option<MessageId> {
    let opened = events.iter().rev().find_map(|event| match &event.kind {
        ChatEventKind::Open { sent_from, .. } => Some(sent_from.clone()),
        _ => None,
    });
    opened.flatten()
}

#[tokio::test]
async fn a_question_that_cannot_be_stored_is_not_sent_to_the_upstream() {
    let nowhere = Arc::new(SqlStore::new("sqlite:///nowhere/at/all.db".parse().unwrap()));
    let client = ChatClient::with(nowhere, LONG_GRACE).await;
    client.post("/api/chat", &message("hello")).await.assert_refused(503, "unavailable");
    assert!(!client.upstream.has_request().await);
    for path in ["/api/conversations", "/api/conversation?id=c", "/api/conversation/export?id=c&format=json"] {
        client.get(path).await.assert_refused(503, "unavailable");
    }
    client.try_follow(&MessageId::new("a")).await.assert_refused(503, "unavailable");
    client.stop(&MessageId::new("a")).await.assert_refused(503, "unavailable");
}

#[tokio::test]
async fn after_a_restart_a_whole_answer_is_replayed_and_an_unfinished_one_is_interrupted() {
    let file = SqliteFile::new();
    let client = ChatClient::with(store(file.url()), LONG_GRACE).await;
    let sent = send_as("whole", "hello", "k");
    let (stream, _, whole) = client.begin(&sent).await;
    let call = client.upstream.next_request().await;
    call.send_thinking("hm");
    call.send_text("an answer");
    call.finish(FinishReason::Complete);
    stream.rest().await;
    let (_reading, _, broken) = client.begin(&send_as("c", "hello", "l")).await;
    client.upstream.next_request().await.send_text("half an");
    wait_until("the store has it", async || client.texts("c").await[1] == "half an").await;

    let restarted = client.on_other_server(store(file.url())).await;
    // The position of the reader is lost: after `open`, it starts again.
    for after in [None, Some(1), Some(1000)] {
        let events = restarted.follow(&whole, after).await.rest().await;
        assert_eq!((answer_id(&events), end_reason(&events)), (whole.clone(), EndReason::Complete));
        assert_eq!(answer_text(&events), "an answer");
        assert_eq!(events[1].kind, ChatEventKind::Thinking { text: "hm".into() });
        assert!(matches!(events[3].kind, ChatEventKind::Usage(_)), "{events:?}");
    }
    assert_eq!(answer_id(&restarted.send(&sent).await.rest().await), whole, "sent again");
    assert!(!restarted.upstream.has_request().await);

    let events = restarted.follow(&broken, None).await.rest().await;
    assert_eq!((end_reason(&events), answer_text(&events).as_str()), (EndReason::Interrupted, "half an"));
    assert_eq!(restarted.conversation("c").await.running, None);
    restarted.exchange(&message("again"), "well").await;
}

#[tokio::test]
async fn without_a_shared_log_an_answer_can_be_read_and_stopped_elsewhere_but_followed_only_after_its_end() {
    let database = postgres::database().await;
    let client = ChatClient::with(store(database.clone()), LONG_GRACE).await;
    let (mut stream, _, answer) = client.ask("hello").await;
    let call = client.upstream.next_request().await;
    call.send_text("half an");
    stream.read_until("half an").await;

    let other_server = client.on_other_server(store(database)).await;
    other_server.try_follow(&answer).await.assert_refused(503, "unavailable");
    other_server.post("/api/chat", &message("and?")).await.assert_refused(409, "conflict");
    wait_until("the store has it", async || other_server.texts("c").await[1] == "half an").await;
    other_server.stop(&answer).await.assert_ok();
    call.closed().await;
    assert_eq!(end_reason(&stream.rest().await), EndReason::Stopped);
    let events = other_server.follow(&answer, None).await.rest().await;
    assert_eq!((end_reason(&events), answer_text(&events).as_str()), (EndReason::Stopped, "half an"));
}
