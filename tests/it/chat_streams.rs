//! Who reads an answer, and when: sent again, come back to, told again, asked elsewhere. And what the upstream is told.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use oracle_ai::{
    server::{
        chat::{
            ChatSettings,
            upstream::{FinishReason, Message, Role, UpstreamError},
        },
        conversations::sql::SqlStore,
    },
    wire::chat::{ChatEvent, ChatEventKind, EndReason, MessageId},
};
use serde_json::json;

use crate::{
    conversation_store::{File, in_memory, store},
    support::{
        app::until,
        chat_client::{Chatter, LONG_GRACE, ended, message, send_as, told},
        postgres,
    },
};

fn opened(events: &[ChatEvent]) -> MessageId {
    match events.first() {
        Some(ChatEvent { n: 0, kind: ChatEventKind::Open { answer, .. } }) => answer.clone(),
        other => panic!("{other:?} is first"),
    }
}

#[tokio::test]
async fn a_message_that_is_sent_again_is_stored_and_answered_once() {
    let chatter = Chatter::start().await;
    let sent = message("hello");
    let first = chatter.send(&sent).await;
    let call = chatter.upstream.asked().await;
    call.say("one ");
    let second = chatter.send(&sent).await;
    call.answer("two");
    let third = chatter.send(&sent).await;
    let (first, second, third) = (first.rest().await, second.rest().await, third.rest().await);
    assert_eq!((ended(&first), told(&first).as_str()), (EndReason::Complete, "one two"));
    assert_eq!(first, second);
    assert_eq!(first, third);
    assert_eq!(chatter.send(&sent).await.rest().await, first, "after the end");
    assert_eq!(chatter.texts("c").await, ["hello", "one two"]);
    assert!(!chatter.upstream.was_asked().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_sent_twenty_times_at_once_is_stored_and_answered_once() {
    for store in [in_memory(), store(postgres::database().await)] {
        let chatter = Chatter::with(store, LONG_GRACE).await;
        let sent = message("hello");
        let readings = async { join_all((0..8).map(|_| chatter.send(&sent))).await };
        let (readings, call) = tokio::join!(readings, chatter.upstream.asked());
        let more = join_all((0..12).map(|_| chatter.send(&sent))).await;
        call.answer("an answer");
        let all = join_all(readings.into_iter().chain(more).map(|reading| reading.rest())).await;
        for events in &all {
            assert_eq!((ended(events), told(events).as_str()), (EndReason::Complete, "an answer"));
            assert_eq!(opened(events), opened(&all[0]));
        }
        assert_eq!(chatter.texts("c").await, ["hello", "an answer"]);
        assert!(!chatter.upstream.was_asked().await);
    }
}

#[tokio::test]
async fn another_message_while_an_answer_is_running_is_a_conflict() {
    let chatter = Chatter::start().await;
    let (_reading, question, answer) = chatter.ask("hello").await;
    let call = chatter.upstream.asked().await;
    chatter.post("/api/chat", &message("and?")).await.assert_refused(409, "conflict");
    let mut replacing = message("instead");
    replacing["replaces"] = json!(question);
    chatter.post("/api/chat", &replacing).await.assert_refused(409, "conflict");
    assert!(!chatter.upstream.was_asked().await);
    assert_eq!(chatter.conversation("c").await.running, Some(answer.clone()));
    assert_eq!(chatter.conversations("").await[0].running, Some(answer.clone()));

    call.answer("well");
    ended(&chatter.follow(&answer, None).await.rest().await);
    assert_eq!(chatter.conversation("c").await.running, None);
    chatter.exchange(&message("and?"), "and").await;
}

#[tokio::test]
async fn whoever_comes_back_misses_nothing_and_is_told_nothing_twice() {
    let chatter = Chatter::start().await;
    let (mut reading, _, answer) = chatter.ask("hello").await;
    let call = chatter.upstream.asked().await;
    call.say("one ");
    let seen = reading.until("one ").await;
    drop(reading);
    call.say("two ");
    let mut returned = chatter.follow(&answer, Some(seen)).await;
    assert_eq!(returned.until("two ").await, seen + 1);
    call.answer("three");
    let rest = returned.rest().await;
    assert_eq!((ended(&rest), told(&rest).as_str(), rest[0].n), (EndReason::Complete, "three", seen + 2));

    let whole = chatter.follow(&answer, None).await.rest().await;
    assert_eq!((opened(&whole), told(&whole).as_str()), (answer.clone(), "one two three"));
    for after in 0..whole.len() {
        let rest = chatter.follow(&answer, Some(after as u64)).await.rest().await;
        assert_eq!(rest, whole[after + 1..], "{after}");
    }
    assert_eq!(chatter.follow(&answer, Some(1000)).await.rest().await, whole, "a place that never was");
}

#[tokio::test]
async fn readers_read_side_by_side_and_one_who_does_not_holds_nobody_up() {
    let chatter = Chatter::start().await;
    let (mut reading, _, answer) = chatter.ask("hello").await;
    let idle = chatter.follow(&answer, None).await;
    let call = chatter.upstream.asked().await;
    for n in 0..50 {
        let text = format!("{n} ").repeat(1000);
        call.say(&text);
        reading.until(&text).await;
    }
    call.finish(FinishReason::Complete);
    assert_eq!(ended(&reading.rest().await), EndReason::Complete);
    assert_eq!(ended(&idle.rest().await), EndReason::Complete);
}

#[tokio::test]
async fn an_answer_that_nobody_follows_is_found_whole() {
    let chatter = Chatter::start().await;
    let (reading, _, answer) = chatter.ask("hello").await;
    drop(reading);
    chatter.upstream.asked().await.answer("an answer");
    until("the answer is stored", async || chatter.conversation("c").await.running.is_none()).await;
    assert_eq!(chatter.texts("c").await, ["hello", "an answer"]);
    assert_eq!(told(&chatter.follow(&answer, None).await.rest().await), "an answer");
}

#[tokio::test]
async fn what_there_is_of_a_running_answer_can_be_read_within_a_second() {
    let chatter = Chatter::start().await;
    let (mut reading, ..) = chatter.ask("hello").await;
    let call = chatter.upstream.asked().await;
    call.say("half an");
    reading.until("half an").await;
    until("the store has it", async || chatter.texts("c").await[1] == "half an").await;
    assert!(!call.is_closed());
}

#[tokio::test]
async fn an_answer_of_somebody_else_can_be_neither_followed_nor_stopped() {
    let chatter = Chatter::start().await;
    let other = chatter.another().await;
    let (mut reading, question, answer) = chatter.ask("hello").await;
    let call = chatter.upstream.asked().await;
    let refused = async || {
        other.try_follow(&answer).await.assert_refused(404, "not_found");
        other.stop(&answer).await.assert_refused(404, "not_found");
        let mut replacing = message("mine");
        replacing["replaces"] = json!(question);
        other.post("/api/chat", &replacing).await.assert_refused(404, "not_found");
    };
    refused().await;
    call.say("still here");
    reading.until("still here").await;
    call.finish(FinishReason::Complete);
    reading.rest().await;
    refused().await;
    // The same names mean other things to them.
    other.exchange(&message("theirs"), "theirs").await;
    assert_eq!(other.texts("c").await, ["theirs", "theirs"]);
    assert_eq!(chatter.texts("c").await, ["hello", "still here"]);
    chatter.try_follow(&MessageId::new("unknown")).await.assert_refused(404, "not_found");
    chatter.stop(&MessageId::new("unknown")).await.assert_refused(404, "not_found");
    chatter.stop(&question).await.assert_refused(404, "not_found");
}

#[tokio::test]
async fn an_edited_question_takes_the_place_of_the_old_and_all_that_followed() {
    let chatter = Chatter::start().await;
    chatter.exchange(&message("one"), "1").await;
    let (question, answer) = chatter.exchange(&message("two"), "2").await;
    chatter.exchange(&message("three"), "3").await;
    let mut edited = message("deux");
    edited["replaces"] = json!(question);
    let (reading, ..) = chatter.begin(&edited).await;
    let call = chatter.upstream.asked().await;
    let told: Vec<_> = call.messages.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(told, ["one", "1", "deux"]);
    call.answer("II");
    reading.rest().await;
    assert_eq!(chatter.texts("c").await, ["one", "1", "deux", "II"]);
    // What was replaced can't be replaced again, nor can an answer.
    for replaced in [&question, &answer] {
        edited["replaces"] = json!(replaced);
        edited["idempotency_key"] = json!("another");
        chatter.post("/api/chat", &edited).await.assert_refused(404, "not_found");
    }
}

#[tokio::test]
async fn the_upstream_is_told_the_conversation_without_what_failed_and_no_more_than_fits() {
    let settings = ChatSettings { history_chars: 20, ..LONG_GRACE };
    let chatter = Chatter::with(in_memory(), settings).await;
    chatter.exchange(&message("oldest question"), "an answer").await;
    chatter.exchange(&message("two"), "2").await;
    let (reading, ..) = chatter.ask("failed").await;
    chatter.upstream.asked().await.fail(UpstreamError::Network);
    reading.rest().await;
    let (_reading, ..) = chatter.ask("now \0").await;
    let call = chatter.upstream.asked().await;
    let message = |role, text: &str| Message { role, text: text.into() };
    let told = [
        message(Role::User, "two"),
        message(Role::Assistant, "2"),
        // As it is stored: PostgreSQL keeps no U+0000.
        message(Role::User, "now \u{FFFD}"),
    ];
    assert_eq!(call.messages, told);
    let called = call.user.display_name().to_lowercase();
    assert_eq!((called, &call.user.email), (chatter.browser.user.clone(), &None), "no more than who it is");
}

#[tokio::test]
async fn a_question_is_told_however_little_history_there_is_room_for() {
    let settings = ChatSettings { history_chars: 0, ..LONG_GRACE };
    let chatter = Chatter::with(in_memory(), settings).await;
    chatter.exchange(&message("one"), "1").await;
    let (_reading, ..) = chatter.ask("two").await;
    let told = chatter.upstream.asked().await.messages;
    assert_eq!(told, [Message { role: Role::User, text: "two".into() }]);
}

#[tokio::test]
async fn what_can_not_be_stored_is_not_sent_to_the_upstream() {
    let nowhere = Arc::new(SqlStore::new("sqlite:///nowhere/at/all.db".parse().unwrap()));
    let chatter = Chatter::with(nowhere, LONG_GRACE).await;
    chatter.post("/api/chat", &message("hello")).await.assert_refused(503, "unavailable");
    assert!(!chatter.upstream.was_asked().await);
    for path in ["/api/conversations", "/api/conversation?id=c", "/api/conversation/export?id=c&format=json"] {
        chatter.get(path).await.assert_refused(503, "unavailable");
    }
    chatter.try_follow(&MessageId::new("a")).await.assert_refused(503, "unavailable");
    chatter.stop(&MessageId::new("a")).await.assert_refused(503, "unavailable");
}

#[tokio::test]
async fn after_a_restart_a_whole_answer_is_told_again_and_a_broken_one_is_interrupted() {
    let file = File::new();
    let chatter = Chatter::with(store(file.url()), LONG_GRACE).await;
    let sent = send_as("whole", "hello", "k");
    let (reading, _, whole) = chatter.begin(&sent).await;
    let call = chatter.upstream.asked().await;
    call.think("hm");
    call.say("an answer");
    call.finish(FinishReason::Complete);
    reading.rest().await;
    let (_reading, _, broken) = chatter.begin(&send_as("c", "hello", "l")).await;
    chatter.upstream.asked().await.say("half an");
    until("the store has it", async || chatter.texts("c").await[1] == "half an").await;

    let restarted = chatter.elsewhere(store(file.url())).await;
    // The place where a reader was is no longer known: `open` tells them to begin anew.
    for after in [None, Some(1), Some(1000)] {
        let events = restarted.follow(&whole, after).await.rest().await;
        assert_eq!((opened(&events), ended(&events)), (whole.clone(), EndReason::Complete));
        assert_eq!(told(&events), "an answer");
        assert_eq!(events[1].kind, ChatEventKind::Thinking { text: "hm".into() });
        assert!(matches!(events[3].kind, ChatEventKind::Usage(_)), "{events:?}");
    }
    assert_eq!(opened(&restarted.send(&sent).await.rest().await), whole, "sent again");
    assert!(!restarted.upstream.was_asked().await);

    let events = restarted.follow(&broken, None).await.rest().await;
    assert_eq!((ended(&events), told(&events).as_str()), (EndReason::Interrupted, "half an"));
    assert_eq!(restarted.conversation("c").await.running, None);
    restarted.exchange(&message("again"), "well").await;
}

#[tokio::test]
async fn an_answer_that_another_server_writes_can_be_read_and_stopped_but_followed_only_after_its_end() {
    let database = postgres::database().await;
    let chatter = Chatter::with(store(database.clone()), LONG_GRACE).await;
    let (mut reading, _, answer) = chatter.ask("hello").await;
    let call = chatter.upstream.asked().await;
    call.say("half an");
    reading.until("half an").await;

    let elsewhere = chatter.elsewhere(store(database)).await;
    elsewhere.try_follow(&answer).await.assert_refused(503, "unavailable");
    elsewhere.post("/api/chat", &message("and?")).await.assert_refused(409, "conflict");
    until("the store has it", async || elsewhere.texts("c").await[1] == "half an").await;
    let asked = std::time::Instant::now();
    elsewhere.stop(&answer).await.assert_ok();
    call.closed().await;
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    assert_eq!(ended(&reading.rest().await), EndReason::Stopped);
    let events = elsewhere.follow(&answer, None).await.rest().await;
    assert_eq!((ended(&events), told(&events).as_str()), (EndReason::Stopped, "half an"));
}
