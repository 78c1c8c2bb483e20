//! The log of running answers that all servers read: the contract of its implementations, and answers that are followed at
//! another server than the one that writes them.

use std::{sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use oracle_ai::{
    server::{
        auth::sessions::Storage,
        chat::{
            ChatSettings,
            answer_log::{AnswerLog, AnswerName, MemoryAnswerLog, RedisAnswerLog},
            upstream::FinishReason,
        },
        conversations::{
            Owner,
            store::{Ending, LOST_AFTER},
        },
        environment::Environment,
        store::{KeyRing, RedisAddress},
    },
    wire::{
        auth::UserClaims,
        chat::{ChatEvent, ChatEventKind, EndReason, MessageId},
    },
};

use crate::{
    conversation_store::{Store, in_memory, postgresql},
    support::{
        app::{TestApp, wait_until},
        browser::Browser,
        chat_client::{ChatClient, ChatStream, LONG_GRACE, answer_text, end_reason, message},
        postgres,
        provider::MockProvider,
        redis::Redis,
        scripted_upstream::Call,
        server_process::ServerProcess,
    },
};

const KEY: [u8; 32] = [42; 32];
const COMPLETE: ChatEventKind = ChatEventKind::End { reason: EndReason::Complete };
const LEASE: Duration = Duration::from_secs(600);

/// More than three seconds of tries.
const REFUSED_ENDS: u32 = 7;

/// A trigger that refuses to store the end of an answer so many times. A sequence counts on when a transaction is rolled back.
fn refusing_ends(times: u32) -> String {
    format!(
        "CREATE SEQUENCE tries; \
         CREATE FUNCTION refuse() RETURNS TRIGGER AS $$ BEGIN \
         IF nextval('tries') <= {times} THEN RAISE EXCEPTION 'the database is starting up' USING ERRCODE = '57P03'; END IF; \
         RETURN NEW; END $$ LANGUAGE plpgsql; \
         CREATE TRIGGER refuses BEFORE UPDATE ON messages FOR EACH ROW \
         WHEN (OLD.end_reason IS NULL AND NEW.end_reason IS NOT NULL) EXECUTE FUNCTION refuse()"
    )
}

/// An answer that has begun with "one " at one of two servers that share conversations and a log.
struct Begun {
    client: ChatClient,
    other_server: ChatClient,
    at_writer: ChatStream,
    answer: MessageId,
    call: Call,
}

impl Begun {
    async fn at_one_of_two_servers(conversations: Store) -> Self {
        let log: Arc<dyn AnswerLog> = Arc::new(MemoryAnswerLog::default());
        let client = ChatClient::sharing(conversations.clone(), log.clone(), LONG_GRACE).await;
        let other_server = client.on_other_server_sharing(conversations, log).await;
        let (mut at_writer, _, answer) = client.ask("hello").await;
        let call = client.upstream.next_request().await;
        call.send_text("one ");
        at_writer.read_until("one ").await;
        wait_until("it is in the log", async || other_server.follows(&answer).await).await;
        Self { client, other_server, at_writer, answer, call }
    }
}

fn in_redis(redis: &Redis) -> Arc<dyn AnswerLog> {
    let (address, ring) = (RedisAddress::parse(&redis.url()).unwrap(), KeyRing::new(KEY, []));
    Arc::new(RedisAnswerLog::new(&address, ring, Environment::system()).unwrap())
}

fn name(sub: &str, answer: &str) -> AnswerName {
    let (iss, sub) = ("https://sso.example.com".into(), sub.to_owned());
    let user = UserClaims { iss, sub, name: None, preferred_username: None, email: None, user_id: None };
    AnswerName { owner: Owner::of(&user), answer: MessageId::new(answer) }
}

fn delta(text: &str) -> ChatEventKind {
    ChatEventKind::Delta { text: text.into() }
}

fn event(n: u64, text: &str) -> ChatEvent {
    ChatEvent { n, kind: delta(text) }
}

#[tokio::test(start_paused = true)]
async fn a_log_in_memory_fulfils_the_contract() {
    let log: Arc<dyn AnswerLog> = Arc::new(MemoryAnswerLog::default());
    fulfils_the_contract(&*log, &*log).await;
}

#[tokio::test]
async fn a_log_in_redis_fulfils_the_contract() {
    let redis = Redis::start().await;
    fulfils_the_contract(&*in_redis(&redis), &*in_redis(&redis)).await;
}

#[tokio::test]
async fn a_log_in_a_redis_cluster_fulfils_the_contract() {
    let redis = Redis::start_cluster().await;
    fulfils_the_contract(&*in_redis(&redis), &*in_redis(&redis)).await;
}

/// `writer` and `reader` are the log at two servers.
pub async fn fulfils_the_contract(writer: &dyn AnswerLog, reader: &dyn AnswerLog) {
    let answer = name("ada", "a");
    assert_eq!(reader.read(&answer, 0).await.unwrap(), [], "before the first event");
    assert!(!writer.has_reader(&answer).await.unwrap());

    assert_eq!(writer.append(&answer, 0, &[delta("zero"), delta("one")]).await.unwrap(), 2);
    assert_eq!(writer.append(&answer, 2, &[delta("two")]).await.unwrap(), 3);
    let all = [event(0, "zero"), event(1, "one"), event(2, "two")];
    for from in 0..=3 {
        assert_eq!(reader.read(&answer, from as u64).await.unwrap(), all[from..], "from {from}");
    }
    assert_eq!(reader.read(&answer, 1000).await.unwrap(), [], "a number that was not reached");

    // The response to an append was lost, so it is repeated.
    assert_eq!(writer.append(&answer, 2, &[delta("two"), delta("three")]).await.unwrap(), 3);
    // A log that was lost has length 0.
    assert_eq!(writer.append(&name("ada", "lost"), 2, &[delta("two")]).await.unwrap(), 0);
    assert_eq!(reader.read(&answer, 0).await.unwrap(), all, "nothing was appended twice");

    for other in [name("ada", "b"), name("bob", "a")] {
        assert_eq!(reader.read(&other, 0).await.unwrap(), [], "another's log: {other:?}");
        assert!(!writer.has_reader(&other).await.unwrap());
    }

    reader.announce_reader(&answer, LEASE).await.unwrap();
    assert!(writer.has_reader(&answer).await.unwrap());
    reader.announce_reader(&answer, Duration::from_millis(1)).await.unwrap();
    wait_until("the lease has expired", async || !writer.has_reader(&answer).await.unwrap()).await;
}

#[tokio::test]
async fn a_dump_of_redis_contains_no_text_of_an_answer() {
    // T107
    let redis = Redis::start().await;
    let log = in_redis(&redis);
    log.append(&name("ada", "the-answer"), 0, &[delta("a secret of the company")]).await.unwrap();
    log.announce_reader(&name("ada", "the-answer"), LEASE).await.unwrap();
    let dump = redis.dump().await;
    for text in ["a secret", "the-answer", "ada"] {
        assert!(!dump.windows(text.len()).any(|window| window == text.as_bytes()), "{text}");
    }
    assert_eq!(redis.keys().await.len(), 2);
}

#[tokio::test]
async fn an_answer_is_followed_at_another_server_while_it_is_written() {
    let redis = Redis::start().await;
    let memory: Arc<dyn AnswerLog> = Arc::new(MemoryAnswerLog::default());
    for (writers, readers) in [(memory.clone(), memory), (in_redis(&redis), in_redis(&redis))] {
        let conversations = in_memory();
        let client = ChatClient::sharing(conversations.clone(), writers, LONG_GRACE).await;
        let other_server = client.on_other_server_sharing(conversations, readers).await;
        let (mut stream, _, answer) = client.ask("hello").await;
        let call = client.upstream.next_request().await;
        call.send_text("one ");
        let seen = stream.read_until("one ").await;
        drop(stream);
        wait_until("it is in the log", async || other_server.follows(&answer).await).await;

        let whole = other_server.follow(&answer, None).await;
        let mut resumed = other_server.follow(&answer, Some(seen)).await;
        let mut with_unknown_number = other_server.follow(&answer, Some(1000)).await;
        call.send_text("two ");
        assert_eq!(resumed.read_until("two ").await, seen + 1, "neither lost nor repeated");
        with_unknown_number.read_open().await;
        call.answer("three");
        for (events, text) in [(whole.rest().await, "one two three"), (resumed.rest().await, "three")] {
            assert_eq!((end_reason(&events), answer_text(&events).as_str()), (EndReason::Complete, text));
        }
        let events = other_server.follow(&answer, None).await.rest().await;
        assert_eq!((end_reason(&events), answer_text(&events).as_str()), (EndReason::Complete, "one two three"));
    }
}

#[tokio::test]
async fn an_answer_goes_on_as_long_as_it_has_a_reader_at_any_server() {
    let log: Arc<dyn AnswerLog> = Arc::new(MemoryAnswerLog::default());
    let conversations = in_memory();
    let settings = ChatSettings { grace: Duration::from_millis(1500), ..LONG_GRACE };
    let client = ChatClient::sharing(conversations.clone(), log.clone(), settings).await;
    let other_server = client.on_other_server_sharing(conversations, log.clone()).await;
    let (stream, _, answer) = client.ask("hello").await;
    let call = client.upstream.next_request().await;
    wait_until("it is in the log", async || other_server.follows(&answer).await).await;
    let mut elsewhere = other_server.follow(&answer, None).await;
    elsewhere.read_open().await;
    let reading = tokio::spawn(elsewhere.rest());
    drop(stream);
    for text in ["still ", "being ", "read"] {
        tokio::time::sleep(settings.grace).await;
        call.send_text(text);
    }
    call.finish(FinishReason::Complete);
    let events = reading.await.unwrap();
    assert_eq!(
        (events.last().map(|event| &event.kind), answer_text(&events).as_str()),
        (Some(&COMPLETE), "still being read")
    );
}

#[tokio::test]
async fn another_persons_running_answer_is_not_found_at_another_server() {
    let log: Arc<dyn AnswerLog> = Arc::new(MemoryAnswerLog::default());
    let conversations = in_memory();
    let client = ChatClient::sharing(conversations.clone(), log.clone(), LONG_GRACE).await;
    let other_server = client.on_other_server_sharing(conversations, log).await;
    let (_reading, _, answer) = client.ask("hello").await;
    wait_until("it is in the log", async || other_server.follows(&answer).await).await;
    other_server.other_user().await.try_follow(&answer).await.assert_refused(404, "not_found");
}

#[tokio::test]
async fn readers_at_another_server_lose_nothing_when_redis_loses_the_log() {
    let redis = Redis::start().await;
    let conversations = in_memory();
    let client = ChatClient::sharing(conversations.clone(), in_redis(&redis), LONG_GRACE).await;
    let other_server = client.on_other_server_sharing(conversations, in_redis(&redis)).await;
    let (_reading, _, answer) = client.ask("hello").await;
    let call = client.upstream.next_request().await;
    call.send_text("before ");
    wait_until("it is in the log", async || other_server.follows(&answer).await).await;
    let mut stream = other_server.follow(&answer, None).await;
    stream.read_open().await;
    stream.read_until("before ").await;
    redis.stop().await;
    call.send_text("during ");
    redis.restart().await;
    call.answer("after");
    let events = stream.rest().await;
    assert_eq!((end_reason(&events), answer_text(&events).as_str()), (EndReason::Complete, "during after"));
}

#[tokio::test]
async fn where_another_server_has_ended_an_answer_its_slow_writer_gives_readers_that_end() {
    // Found by the model: they saw an answer that went on, and another one after a reload.
    let conversations = in_memory();
    let Begun { client, other_server, at_writer, answer, call } =
        Begun::at_one_of_two_servers(conversations.clone()).await;
    let elsewhere = other_server.follow(&answer, None).await;

    // As a reader does, or the next message, when the writer has stored nothing for too long.
    let (text, thinking, reason) = ("one ".to_owned(), String::new(), EndReason::Interrupted);
    let ending = Ending { text, thinking, reason, error: None, usage: None, sent_from: None };
    assert!(conversations.end(&answer, &ending).await.unwrap());
    call.answer("two");

    for events in [at_writer.rest().await, elsewhere.rest().await] {
        let is_open = |event: &ChatEvent| matches!(event.kind, ChatEventKind::Open { .. });
        let whole = &events[events.iter().rposition(is_open).unwrap()..];
        assert_eq!((end_reason(whole), answer_text(whole).as_str()), (EndReason::Interrupted, "one "), "{events:?}");
    }
    let stored = &client.conversation("c").await.messages[1];
    assert_eq!((stored.end, stored.text.as_str()), (Some(EndReason::Interrupted), "one "));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_the_database_refuses_for_some_seconds_is_stored_and_then_shown() {
    // A restart of PostgreSQL takes that long.
    let (database, conversations) = postgresql().await;
    postgres::run(&database, &refusing_ends(REFUSED_ENDS)).await;
    let log: Arc<dyn AnswerLog> = Arc::new(MemoryAnswerLog::default());
    let client = ChatClient::sharing(conversations, log, LONG_GRACE).await;
    let (events, _, _) = client.ask("hello").await;
    client.upstream.next_request().await.answer("whole");
    let events = events.rest().await;
    assert_eq!((end_reason(&events), answer_text(&events).as_str()), (EndReason::Complete, "whole"));
    let stored = &client.conversation("c").await.messages[1];
    assert_eq!((stored.end, stored.text.as_str()), (Some(EndReason::Complete), "whole"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_counts_as_lost_is_shown_as_ended_only_once_that_is_stored() {
    let (database, conversations) = postgresql().await;
    let Begun { client, other_server, at_writer, answer, call: _call } =
        Begun::at_one_of_two_servers(conversations).await;

    other_server.browser.app.clock.jump(LOST_AFTER * 2);
    postgres::run(&database, &refusing_ends(1)).await;
    other_server.try_follow(&answer).await.assert_refused(503, "unavailable");
    let elsewhere = other_server.follow(&answer, None).await.rest().await;
    assert_eq!((end_reason(&elsewhere), answer_text(&elsewhere).as_str()), (EndReason::Interrupted, "one "));
    let events = at_writer.rest().await;
    assert_eq!(end_reason(&events), EndReason::Interrupted, "{events:?}");
    assert_eq!(client.conversation("c").await.messages[1].text, "one ");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_of_a_killed_server_ends_at_its_readers_and_in_the_store_with_the_same_text() {
    let (redis, provider) = (Redis::start().await, MockProvider::shared());
    let (url, keys, database) =
        (redis.url(), BASE64_STANDARD.encode(KEY), postgres::address(&postgres::new_database().await));
    let variables = [("REDIS_URL", &*url), ("SESSION_KEYS", &*keys), ("DATABASE_URL", &*database)];
    let (mut first, second) = tokio::join!(
        ServerProcess::start(&provider.issuer, &variables),
        ServerProcess::start(&provider.issuer, &variables),
    );
    let app = |server: &ServerProcess| {
        let address = RedisAddress::parse(&url).unwrap();
        let storage = Storage::in_redis(&address, KeyRing::new(KEY, [])).unwrap();
        TestApp::remote(server.port, provider.settings(), storage)
    };
    let client = ChatClient::of_process(Browser::at(app(&first), provider.clone())).await;
    let at_second = client.at(app(&second));
    let (stream, _, answer) = client.ask("/slow please").await;
    wait_until("it is in the log", async || at_second.follows(&answer).await).await;
    let mut followed = at_second.follow(&answer, None).await;
    followed.read_open().await;
    assert!(matches!(followed.next().await, Some(ChatEvent { kind: ChatEventKind::Delta { .. }, .. })));
    drop(stream);
    first.kill();

    let events = followed.rest().await;
    // After the end of the log, the whole answer comes once more.
    let whole = &events[events.iter().rposition(|event| event.n == 0).unwrap()..];
    assert_eq!(end_reason(whole), EndReason::Interrupted);
    let before = &events[..events.len() - whole.len()];
    assert!(answer_text(whole).ends_with(&answer_text(before)), "what was shown is what is stored");
    let stored = at_second.conversation("c").await;
    assert_eq!((stored.running, stored.messages[1].end), (None, Some(EndReason::Interrupted)));
    assert_eq!(stored.messages[1].text, answer_text(whole));
    // The conversation goes on.
    let again = at_second.send(&message("and again")).await.rest().await;
    assert_eq!(end_reason(&again), EndReason::Complete);
}
