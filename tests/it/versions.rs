//! Versions of questions and answers: what is kept, what the model is sent, and which one is shown.

use std::num::NonZeroU64;

use oracle_ai::{
    server::{
        chat::upstream::{Role, UpstreamError},
        conversations::{
            Owner,
            sql::SqlStore,
            store::{BeginError, Begun, Ending, LOST_AFTER, NewQuestion},
        },
    },
    wire::{
        chat::{ChatEventKind, EndReason, IdempotencyKey, MAX_VERSIONS, MessageId},
        conversations::{Conversation, Export},
        error::Limit,
    },
};
use serde_json::{Value, json};
use sqlx::{AnyConnection, Connection as _, Executor, Row};

use crate::{
    conversation_store::{
        SqliteFile, Store, begin, exchange, found, id, in_memory, list, new_owner, now, postgresql, question, read,
        store, texts, whole,
    },
    support::{
        chat_client::{ChatClient, LONG_GRACE, end_reason, message, send_as},
        postgres,
    },
};

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_in_memory_keeps_versions() {
    keeps_versions(in_memory()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sqlite_file_keeps_versions() {
    let file = SqliteFile::new();
    keeps_versions(store(file.url())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_keeps_versions() {
    keeps_versions(store(postgres::database().await)).await;
}

async fn keeps_versions(store: Store) {
    an_edited_question_is_another_version_and_the_earlier_one_stays(&store).await;
    a_question_asked_again_has_two_answers(&store).await;
    the_model_is_told_the_path_of_the_question(&store).await;
    a_question_follows_the_answer_that_the_page_shows(&store).await;
    a_chosen_version_is_shown_until_a_message_is_added(&store).await;
    a_version_is_chosen_while_an_answer_is_written(&store).await;
    an_answer_without_a_word_is_no_version(&store).await;
    the_key_of_a_question_asked_again_stores_once(&store).await;
    an_abandoned_answer_is_a_version_and_blocks_none(&store).await;
    versions_are_found_and_deleted_with_their_conversation(&store).await;
    only_questions_of_the_conversation_have_versions(&store).await;
    versions_are_bounded(&store).await;
}

/// Another version of a question.
fn version_of(replaced: &NewQuestion, text: &str) -> NewQuestion {
    NewQuestion { version_of: Some(replaced.question.clone()), ..question("c", text) }
}

/// The same question once more.
fn again(asked: &NewQuestion) -> NewQuestion {
    NewQuestion { question: asked.question.clone(), ..version_of(asked, &asked.text) }
}

async fn answered(store: &Store, owner: &Owner, new: NewQuestion, answer: &str) -> NewQuestion {
    begin(store, owner, &new).await;
    store.end(&new.answer, &whole(answer)).await.unwrap();
    new
}

/// As `1/2` for each message, empty where there is one version.
async fn versions(store: &Store, owner: &Owner) -> Vec<String> {
    numbers(&read(store, owner, "c").await)
}

fn numbers(conversation: &Conversation) -> Vec<String> {
    let number = |at: Option<usize>, of: usize| at.map_or(String::new(), |at| format!("{}/{of}", at + 1));
    let messages = conversation.messages.iter();
    messages.map(|it| number(it.versions.iter().position(|id| *id == it.id), it.versions.len())).collect()
}

async fn an_edited_question_is_another_version_and_the_earlier_one_stays(store: &Store) {
    let owner = new_owner();
    let one = exchange(store, &owner, "c", "one", "1").await;
    let two = exchange(store, &owner, "c", "two", "2").await;
    exchange(store, &owner, "c", "three", "3").await;
    let deux = version_of(&two, "deux");
    begin(store, &owner, &deux).await;
    assert_eq!(texts(store, &owner, "c").await, ["one", "1", "deux", ""]);
    assert_eq!(versions(store, &owner).await, ["", "", "2/2", ""]);
    store.end(&deux.answer, &whole("II")).await.unwrap();
    answered(store, &owner, version_of(&one, "un"), "I").await;
    assert_eq!(texts(store, &owner, "c").await, ["un", "I"]);
    // A version of a version is one more version.
    answered(store, &owner, version_of(&deux, "zwei"), "Zwei").await;
    assert_eq!(texts(store, &owner, "c").await, ["one", "1", "zwei", "Zwei"]);
    assert_eq!(versions(store, &owner).await, ["1/2", "", "3/3", ""]);

    let tree = store.tree(&owner, &id("c"), now()).await.unwrap().unwrap();
    assert_eq!(tree.messages.len(), 12);
    let others: Vec<_> = tree.others().into_iter().map(|it| it.message.text).collect();
    assert_eq!(others, ["two", "2", "three", "3", "deux", "II", "un", "I"]);
}

async fn a_question_asked_again_has_two_answers(store: &Store) {
    let owner = new_owner();
    let one = exchange(store, &owner, "c", "one", "1").await;
    let second = again(&one);
    begin(store, &owner, &second).await;
    let Conversation { messages, running, .. } = read(store, &owner, "c").await;
    assert_eq!((messages.len(), running.as_ref()), (2, Some(&second.answer)));
    assert_eq!(messages[0].id, one.question);
    assert_eq!(messages[1].versions, [one.answer.clone(), second.answer.clone()]);
    let stored = store.answer(&owner, &second.answer, now()).await.unwrap().unwrap();
    assert_eq!((stored.question, stored.message.versions), (one.question.clone(), vec![]));
    store.end(&second.answer, &whole("I")).await.unwrap();
    assert_eq!(texts(store, &owner, "c").await, ["one", "I"]);
    assert_eq!(versions(store, &owner).await, ["", "2/2"]);
    assert_eq!(store.question(&owner, &one.question).await.unwrap().as_deref(), Some("one"));
    assert_eq!(store.question(&owner, &one.answer).await.unwrap(), None);
}

async fn the_model_is_told_the_path_of_the_question(store: &Store) {
    let owner = new_owner();
    let one = exchange(store, &owner, "c", "one", "1").await;
    let two = exchange(store, &owner, "c", "two", "2").await;
    let second = answered(store, &owner, again(&one), "I").await;
    let three = NewQuestion { after: Some(second.answer.clone()), ..question("c", "three") };
    let three = answered(store, &owner, three, "3").await;
    let sent = async |new: &NewQuestion, budget: usize| {
        let earlier = store.exchanges_before(&owner, &new.question, budget).await.unwrap();
        let texts = earlier.exchanges.iter().map(|it| format!("{} {}", it.question.text, it.answer.text));
        (texts.collect::<Vec<_>>(), earlier.has_more)
    };
    assert_eq!(sent(&three, 1000).await, (vec!["one I".to_owned()], false));
    assert_eq!(sent(&two, 1000).await, (vec!["one 1".to_owned()], false));
    let four = answered(store, &owner, question("c", "four"), "4").await;
    assert_eq!(sent(&four, 1000).await, (vec!["one I".to_owned(), "three 3".to_owned()], false));
    assert_eq!(sent(&four, 6).await, (vec!["three 3".to_owned()], true));
    // Another answer is written from the same.
    assert_eq!(sent(&one, 1000).await, (vec![], false));
}

async fn a_question_follows_the_answer_that_the_page_shows(store: &Store) {
    let owner = new_owner();
    let one = exchange(store, &owner, "c", "one", "1").await;
    // Two pages show the first answer, and each is sent a question.
    let after = |text: &str, answer: &MessageId| NewQuestion { after: Some(answer.clone()), ..question("c", text) };
    answered(store, &owner, after("two", &one.answer), "2").await;
    answered(store, &owner, after("deux", &one.answer), "II").await;
    assert_eq!(texts(store, &owner, "c").await, ["one", "1", "deux", "II"]);
    assert_eq!(versions(store, &owner).await, ["", "", "2/2", ""]);
    // A page of the release before does not say what it shows, and another page something that is not there.
    answered(store, &owner, question("c", "three"), "3").await;
    for unknown in [&one.question, &MessageId::new("unknown")] {
        answered(store, &owner, after("more", unknown), "more").await;
    }
    let expected = ["one", "1", "deux", "II", "three", "3", "more", "more", "more", "more"];
    assert_eq!(texts(store, &owner, "c").await, expected);
}

async fn a_chosen_version_is_shown_until_a_message_is_added(store: &Store) {
    let owner = new_owner();
    let one = exchange(store, &owner, "c", "one", "1").await;
    let two = exchange(store, &owner, "c", "two", "2").await;
    let un = answered(store, &owner, version_of(&one, "un"), "I").await;
    let choose = async |version: &MessageId| store.choose(&owner, &id("c"), version).await.unwrap();
    assert!(choose(&one.question).await);
    assert_eq!(texts(store, &owner, "c").await, ["one", "1", "two", "2"], "with what came after it");
    assert!(choose(&un.answer).await);
    assert_eq!(texts(store, &owner, "c").await, ["un", "I"]);
    assert!(choose(&one.answer).await);
    assert_eq!(texts(store, &owner, "c").await, ["one", "1", "two", "2"]);
    for unknown in [&MessageId::new("unknown"), &exchange(store, &owner, "d", "other", "o").await.question] {
        assert!(!choose(unknown).await);
        assert!(!store.choose(&owner, &id("nowhere"), unknown).await.unwrap());
    }
    assert_eq!(texts(store, &owner, "c").await, ["one", "1", "two", "2"]);
    // The next question continues what is shown.
    answered(store, &owner, question("c", "three"), "3").await;
    assert_eq!(texts(store, &owner, "c").await, ["one", "1", "two", "2", "three", "3"]);
    // What is added elsewhere is shown, also after a choice.
    choose(&two.question).await;
    answered(store, &owner, again(&un), "Ι").await;
    assert_eq!(texts(store, &owner, "c").await, ["un", "Ι"]);
    let listed = list(store, &owner, "", 200, now()).await;
    assert!(listed.iter().all(|summary| summary.running.is_none()));
}

async fn a_version_is_chosen_while_an_answer_is_written(store: &Store) {
    let owner = new_owner();
    let one = exchange(store, &owner, "c", "one", "1").await;
    let second = again(&one);
    begin(store, &owner, &second).await;
    assert!(store.choose(&owner, &id("c"), &one.answer).await.unwrap());
    let conversation = read(store, &owner, "c").await;
    assert_eq!((conversation.running, conversation.running_elsewhere), (None, Some(second.answer.clone())));
    assert_eq!(conversation.messages.last().unwrap().text, "1");
    let listed = list(store, &owner, "", 200, now()).await;
    assert_eq!(listed[0].running.as_ref(), Some(&second.answer));
    let refused = store.begin(&owner, &question("c", "two"), now()).await;
    assert!(matches!(refused, Err(BeginError::Running)), "{refused:?}");
    store.end(&second.answer, &whole("I")).await.unwrap();
    assert_eq!(texts(store, &owner, "c").await, ["one", "1"], "the end is no new message");
    assert!(store.choose(&owner, &id("c"), &second.answer).await.unwrap());
    assert_eq!(texts(store, &owner, "c").await, ["one", "I"]);
}

async fn an_answer_without_a_word_is_no_version(store: &Store) {
    let owner = new_owner();
    let one = question("c", "one");
    begin(store, &owner, &one).await;
    let failed = Ending { reason: EndReason::Interrupted, ..whole("") };
    store.end(&one.answer, &failed).await.unwrap();
    let second = again(&one);
    begin(store, &owner, &second).await;
    assert!(store.answer(&owner, &one.answer, now()).await.unwrap().is_none());
    store.end(&second.answer, &Ending { thinking: "Hm.".into(), ..failed.clone() }).await.unwrap();
    let third = again(&one);
    begin(store, &owner, &third).await;
    store.end(&third.answer, &Ending { text: "Be".into(), ..failed.clone() }).await.unwrap();
    let fourth = again(&one);
    begin(store, &owner, &fourth).await;
    store.end(&fourth.answer, &failed).await.unwrap();
    answered(store, &owner, version_of(&one, "un"), "I").await;
    // It is not the newest message any more.
    answered(store, &owner, again(&one), "1").await;
    assert_eq!(texts(store, &owner, "c").await, ["one", "1"]);
    assert_eq!(versions(store, &owner).await, ["1/2", "4/4"]);
}

async fn the_key_of_a_question_asked_again_stores_once(store: &Store) {
    let owner = new_owner();
    let one = exchange(store, &owner, "c", "one", "1").await;
    let second = answered(store, &owner, again(&one), "I").await;
    let repeated = async |key: &IdempotencyKey| {
        let new = NewQuestion { idempotency_key: key.clone(), ..again(&one) };
        store.begin(&owner, &new, now()).await.unwrap()
    };
    assert_eq!(repeated(&second.idempotency_key).await, Begun::AlreadyStored { answer: second.answer.clone() });
    assert_eq!(repeated(&one.idempotency_key).await, Begun::AlreadyStored { answer: one.answer.clone() });
    assert_eq!(versions(store, &owner).await, ["", "2/2"]);
}

async fn an_abandoned_answer_is_a_version_and_blocks_none(store: &Store) {
    let (owner, begun) = (new_owner(), now());
    let one = question("c", "one");
    store.begin(&owner, &one, begun).await.unwrap();
    store.touch(&one.answer, 0, "Be", begun).await.unwrap();
    let later = begun + LOST_AFTER * 2;
    let second = again(&one);
    assert_eq!(store.begin(&owner, &second, later).await.unwrap(), Begun::New);
    store.end(&second.answer, &whole("1")).await.unwrap();
    assert_eq!(versions(store, &owner).await, ["", "2/2"]);
    assert!(store.choose(&owner, &id("c"), &one.answer).await.unwrap());
    let shown = read(store, &owner, "c").await;
    assert_eq!((shown.messages[1].text.as_str(), shown.messages[1].end), ("Be", Some(EndReason::Interrupted)));
}

async fn versions_are_found_and_deleted_with_their_conversation(store: &Store) {
    let owner = new_owner();
    let one = exchange(store, &owner, "c", "first words", "first answer").await;
    let second = answered(store, &owner, again(&one), "second answer").await;
    answered(store, &owner, version_of(&one, "other words"), "third answer").await;
    for search in ["first words", "first answer", "second answer", "other words", "third answer"] {
        assert_eq!(found(store, &owner, search).await, ["c"], "{search}");
    }
    assert!(store.delete(&owner, &id("c")).await.unwrap());
    assert!(store.tree(&owner, &id("c"), now()).await.unwrap().is_none());
    for answer in [&one.answer, &second.answer] {
        assert!(store.answer(&owner, answer, now()).await.unwrap().is_none());
    }
    assert_eq!(found(store, &owner, "answer").await, [""; 0]);
    exchange(store, &owner, "c", "new", "new").await;
    assert_eq!(texts(store, &owner, "c").await, ["new", "new"]);
}

async fn only_questions_of_the_conversation_have_versions(store: &Store) {
    let owner = new_owner();
    let one = exchange(store, &owner, "c", "one", "1").await;
    let elsewhere = exchange(store, &owner, "d", "one", "1").await;
    for unknown in [&one.answer, &elsewhere.question, &MessageId::new("unknown")] {
        let new = NewQuestion { version_of: Some(unknown.clone()), ..question("c", "un") };
        let again = NewQuestion { question: unknown.clone(), ..new.clone() };
        for refused in [new, again] {
            let refused = store.begin(&owner, &refused, now()).await;
            assert!(matches!(refused, Err(BeginError::NoSuchQuestion)), "{unknown}: {refused:?}");
        }
    }
    assert_eq!(versions(store, &owner).await, ["", ""]);
}

async fn versions_are_bounded(store: &Store) {
    let owner = new_owner();
    let one = exchange(store, &owner, "c", "one", "1").await;
    for _ in 1..MAX_VERSIONS {
        answered(store, &owner, again(&one), "more").await;
        answered(store, &owner, version_of(&one, "edited"), "e").await;
    }
    for new in [again(&one), version_of(&one, "edited")] {
        let refused = store.begin(&owner, &new, now()).await;
        assert!(matches!(refused, Err(BeginError::LimitReached(Limit::Versions))), "{refused:?}");
    }
    assert_eq!(versions(store, &owner).await, [format!("{MAX_VERSIONS}/{MAX_VERSIONS}"), String::new()]);
    answered(store, &owner, question("c", "two"), "2").await;
}

#[tokio::test]
async fn versions_count_in_what_a_person_may_have_stored() {
    // T106
    let (file, owner) = (SqliteFile::new(), new_owner());
    let store: Store = std::sync::Arc::new(SqlStore::new(file.url()).with_quota(NonZeroU64::new(10_000)));
    let text = "é".repeat(1_000);
    // 2,000 bytes and 1,000 of search text for each.
    let one = exchange(&store, &owner, "c", &text, &text).await;
    answered(&store, &owner, again(&one), &text).await;
    let refused = store.begin(&owner, &version_of(&one, &text), now()).await;
    assert!(matches!(refused, Err(BeginError::LimitReached(Limit::Storage))), "{refused:?}");
    assert_eq!(versions(&store, &owner).await, ["", "2/2"]);
}

/// What the release before this one does to messages.
struct Before(AnyConnection);

impl Before {
    async fn at(url: &str) -> Self {
        Self(AnyConnection::connect(url).await.unwrap())
    }

    async fn read(&mut self) -> Vec<String> {
        let rows = sqlx::query("SELECT text FROM messages WHERE conversation = 'c' ORDER BY position");
        rows.fetch_all(&mut self.0).await.unwrap().iter().map(|row| row.get("text")).collect()
    }

    /// Stores a question and its answer at the end, and touches the conversation.
    async fn ask(&mut self, owner: &Owner, name: &str) {
        let count = sqlx::query("SELECT COUNT(*) AS n FROM messages WHERE conversation = 'c'");
        let position: i64 = count.fetch_one(&mut self.0).await.unwrap().get("n");
        let owner = owner.as_str();
        for statement in [
            format!(
                "INSERT INTO messages (id, owner, conversation, position, role, text, folded, created_at, idempotency_key) \
                 VALUES ('q-{name}', '{owner}', 'c', {position}, 'question', '{name}', '{name}', 0, 'key-{name}')"
            ),
            format!(
                "INSERT INTO messages (id, owner, conversation, position, role, text, folded, created_at, touched_at, \
                 stop_wanted, end_reason) \
                 VALUES ('a-{name}', '{owner}', 'c', {position} + 1, 'answer', 'to {name}', '', 0, 0, 0, 'complete')"
            ),
        ] {
            self.0.execute(&*statement).await.unwrap();
        }
    }

    /// Replaces the question and everything after it.
    async fn replace(&mut self, owner: &Owner, replaced: &MessageId, name: &str) {
        let delete = format!(
            "DELETE FROM messages WHERE conversation = 'c' AND position >= \
             (SELECT position FROM messages WHERE id = '{replaced}')"
        );
        self.0.execute(&*delete).await.unwrap();
        self.ask(owner, name).await;
    }
}

async fn is_used_beside_the_release_before(store: Store, mut before: Before) {
    let owner = new_owner();
    // A conversation of the release before has one version.
    let one = exchange(&store, &owner, "c", "one", "1").await;
    before.0.execute("UPDATE messages SET parent = NULL").await.unwrap();
    before.ask(&owner, "two").await;
    assert_eq!(texts(&store, &owner, "c").await, ["one", "1", "two", "to two"]);
    assert_eq!(versions(&store, &owner).await, [""; 4]);
    let two = NewQuestion { question: MessageId::new("q-two"), ..question("c", "two") };
    let deux = answered(&store, &owner, version_of(&two, "deux"), "II").await;
    let second = answered(&store, &owner, again(&one), "I").await;
    assert_eq!(texts(&store, &owner, "c").await, ["one", "I"]);
    assert_eq!(versions(&store, &owner).await, ["", "2/2"]);
    store.choose(&owner, &id("c"), &MessageId::new("q-two")).await.unwrap();
    assert_eq!(texts(&store, &owner, "c").await, ["one", "1", "two", "to two"]);
    assert_eq!(versions(&store, &owner).await, ["", "1/2", "1/2", ""]);

    // It sees all versions, in the order in which they were made, and goes on after the newest.
    assert_eq!(before.read().await, ["one", "1", "two", "to two", "deux", "II", "I"]);
    before.ask(&owner, "three").await;
    assert_eq!(texts(&store, &owner, "c").await, ["one", "I", "three", "to three"]);
    let three = NewQuestion { question: MessageId::new("q-three"), ..question("c", "three") };
    let sent = store.exchanges_before(&owner, &three.question, 1000).await.unwrap().exchanges;
    assert_eq!((sent.len(), sent[0].answer.text.as_str()), (1, "I"));
    let key = NewQuestion { idempotency_key: IdempotencyKey::new("key-three"), ..question("c", "three") };
    let stored = Begun::AlreadyStored { answer: MessageId::new("a-three") };
    assert_eq!(store.begin(&owner, &key, now()).await.unwrap(), stored);
    answered(&store, &owner, version_of(&three, "drei"), "Drei").await;

    // What it deletes is gone, and the rest is whole.
    before.replace(&owner, &deux.question, "four").await;
    assert_eq!(before.read().await, ["one", "1", "two", "to two", "four", "to four"]);
    assert_eq!(texts(&store, &owner, "c").await, ["one", "1", "two", "to two", "four", "to four"]);
    assert!(store.answer(&owner, &second.answer, now()).await.unwrap().is_none());
    answered(&store, &owner, version_of(&one, "un"), "I").await;
    assert_eq!(texts(&store, &owner, "c").await, ["un", "I"]);
    assert_eq!(versions(&store, &owner).await, ["2/2", ""]);
}

#[tokio::test]
async fn a_sqlite_file_is_used_by_the_release_before_in_turns() {
    let file = SqliteFile::new();
    let store = store(file.url());
    begin(&store, &new_owner(), &question("other", "opens it")).await;
    is_used_beside_the_release_before(store, Before::at(&file.address()).await).await;
}

#[tokio::test]
async fn postgresql_is_used_by_servers_of_the_release_before_at_the_same_time() {
    let (database, store) = postgresql().await;
    is_used_beside_the_release_before(store, Before::at(&postgres::address(&database)).await).await;
}

async fn choose(client: &ChatClient, version: &MessageId) -> Conversation {
    let answer = client.post("/api/conversation/choose", &json!({ "id": "c", "version": version })).await;
    answer.assert_ok();
    serde_json::from_value(answer.json()).unwrap()
}

fn version(text: &str, of: &MessageId) -> Value {
    let mut message = message(text);
    message["version_of"] = json!(of);
    message
}

fn sent_texts(messages: &[oracle_ai::server::chat::upstream::Message]) -> Vec<&str> {
    messages.iter().map(|message| message.text.as_str()).collect()
}

#[tokio::test]
async fn an_edited_question_keeps_the_earlier_one_and_the_model_is_sent_what_is_chosen() {
    let client = ChatClient::start().await;
    client.exchange(&message("one"), "1").await;
    let (two, _) = client.exchange(&message("two"), "2").await;
    client.exchange(&message("three"), "3").await;
    let (stream, ..) = client.begin(&version("deux", &two)).await;
    let call = client.upstream.next_request().await;
    assert_eq!(sent_texts(&call.messages), ["one", "1", "deux"]);
    call.answer("II");
    stream.rest().await;
    assert_eq!(client.texts("c").await, ["one", "1", "deux", "II"]);

    let chosen = choose(&client, &two).await;
    assert_eq!(numbers(&chosen), ["", "", "1/2", "", "", ""]);
    assert_eq!(chosen, client.conversation("c").await);
    let (stream, ..) = client.ask("four").await;
    let call = client.upstream.next_request().await;
    assert_eq!(sent_texts(&call.messages), ["one", "1", "two", "2", "three", "3", "four"]);
    call.answer("4");
    stream.rest().await;
}

#[tokio::test]
async fn the_same_text_asks_the_same_question_again() {
    let client = ChatClient::start().await;
    let (one, first) = client.exchange(&message("one"), "1").await;
    let (stream, question, second) = client.begin(&version("one", &one)).await;
    assert_eq!(question, one);
    let call = client.upstream.next_request().await;
    assert_eq!(sent_texts(&call.messages), ["one"]);
    call.answer("I");
    assert_eq!(end_reason(&stream.rest().await), EndReason::Complete);
    let Conversation { messages, .. } = client.conversation("c").await;
    assert_eq!(messages[1].versions, [first.clone(), second.clone()]);
    let replayed = client.follow(&second, None).await.rest().await;
    assert!(matches!(&replayed[0].kind, ChatEventKind::Open { question, .. } if *question == one), "{replayed:?}");
    // Continued in the version that the page shows.
    let mut next = message("two");
    next["after"] = json!(first);
    let (stream, ..) = client.begin(&next).await;
    let call = client.upstream.next_request().await;
    assert_eq!(sent_texts(&call.messages), ["one", "1", "two"]);
    call.answer("2");
    stream.rest().await;
    assert_eq!(client.texts("c").await, ["one", "1", "two", "2"]);
}

#[tokio::test]
async fn a_failed_answer_makes_place_for_the_next() {
    let client = ChatClient::start().await;
    let (stream, one, _) = client.ask("one").await;
    client.upstream.next_request().await.fail(UpstreamError::Network);
    stream.rest().await;
    client.exchange(&version("one", &one), "1").await;
    assert_eq!(numbers(&client.conversation("c").await), ["", ""]);
}

#[tokio::test]
async fn an_answer_is_written_on_while_another_version_is_chosen_and_other_servers_know_the_choice() {
    let database = postgres::database().await;
    let client = ChatClient::with(store(database.clone()), LONG_GRACE).await;
    let other = client.on_other_server(store(database)).await;
    let (one, first) = client.exchange(&message("one"), "1").await;
    let (mut stream, _, second) = client.begin(&version("one", &one)).await;
    let call = client.upstream.next_request().await;
    call.send_text("half an ");
    stream.read_until("half an ").await;
    let chosen = choose(&other, &first).await;
    assert_eq!((chosen.running, chosen.running_elsewhere.as_ref()), (None, Some(&second)));
    assert_eq!(client.texts("c").await, ["one", "1"]);
    other.post("/api/chat", &message("two")).await.assert_refused(409, "conflict");
    call.answer("answer");
    assert_eq!(end_reason(&stream.rest().await), EndReason::Complete);
    let back = choose(&client, &second).await;
    assert_eq!(back.messages[1].text, "half an answer");
    assert_eq!(other.conversation("c").await, back);
}

#[tokio::test]
async fn a_page_of_the_release_before_deletes_nothing() {
    let client = ChatClient::start().await;
    let (one, _) = client.exchange(&message("one"), "1").await;
    let mut replacing = message("un");
    replacing["replaces"] = json!(one);
    client.exchange(&replacing, "I").await;
    assert_eq!(numbers(&client.conversation("c").await), ["2/2", ""]);
}

#[tokio::test]
async fn another_users_version_can_be_neither_made_nor_chosen() {
    let client = ChatClient::start().await;
    let other = client.other_user().await;
    let (one, _) = client.exchange(&message("one"), "1").await;
    client.exchange(&version("un", &one), "I").await;
    for user in [&other, &client] {
        let id = if std::ptr::eq(user, &client) { "elsewhere" } else { "c" };
        let body = json!({ "id": id, "version": one });
        user.post("/api/conversation/choose", &body).await.assert_refused(404, "not_found");
    }
    other.post("/api/chat", &version("one", &one)).await.assert_refused(404, "not_found");
    assert_eq!(client.texts("c").await, ["un", "I"]);
}

#[tokio::test]
async fn exports_have_all_versions() {
    let client = ChatClient::start().await;
    let (one, first) = client.exchange(&send_as("c", "one", "1"), "first").await;
    client.exchange(&version("one", &one), "second").await;
    client.exchange(&version("un", &one), "third").await;
    choose(&client, &one).await;
    let export = async |format: &str| {
        let answer = client.get(&format!("/api/conversation/export?id=c&format={format}")).await;
        answer.assert_ok();
        serde_json::from_value::<Export>(answer.json()).unwrap().text
    };
    let without_times = |text: String| {
        let lines = text.lines().map(|line| line.split_once(" UTC").map_or(line, |(_, rest)| rest).to_owned());
        lines.collect::<Vec<_>>().join("\n")
    };
    // The title is that of the newest first question.
    let expected = "# un\n\n## Question\n\n · version 1 of 2*\n\none\n\n## Answer\n\n · scripted · version 2 of 2*\n\nsecond\n\n\
                    # Other versions\n\n## Answer\n\n · scripted · version 1 of 2*\n\nfirst\n\n\
                    ## Question\n\n · version 2 of 2*\n\nun\n\n## Answer\n\n · scripted*\n\nthird";
    assert_eq!(without_times(export("markdown").await), expected);
    let french = export("markdown&language=fr").await;
    assert!(french.contains("# Autres versions") && french.contains("version 1 sur 2"), "{french}");

    let json: Value = serde_json::from_str(&export("json").await).unwrap();
    let whole: Conversation = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(whole, client.conversation("c").await);
    let others = json["other_versions"].as_array().unwrap();
    let parents: Vec<_> = others.iter().map(|it| (it["text"].as_str().unwrap(), it["parent"].as_str())).collect();
    let un = others[1]["id"].as_str();
    assert_eq!(parents, [("first", Some(one.as_str())), ("un", None), ("third", un)]);
    assert_eq!(others[0]["id"], json!(first));
}

#[tokio::test]
async fn the_model_is_asked_with_alternating_roles_in_every_version() {
    let client = ChatClient::start().await;
    let (stream, one, _) = client.ask("one").await;
    client.upstream.next_request().await.fail(UpstreamError::Network);
    stream.rest().await;
    let (_, second) = client.exchange(&message("two"), "2").await;
    // The first question is answered at last, and the second stays what it was.
    client.exchange(&version("one", &one), "1").await;
    let mut next = message("three");
    next["after"] = json!(second);
    let (stream, ..) = client.begin(&next).await;
    let call = client.upstream.next_request().await;
    let roles: Vec<_> = call.messages.iter().map(|message| message.role).collect();
    assert_eq!(roles, [Role::User, Role::Assistant, Role::User]);
    assert_eq!(sent_texts(&call.messages), ["one\n\ntwo", "2", "three"]);
    call.answer("3");
    stream.rest().await;
}
