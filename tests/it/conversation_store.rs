//! The contract of conversation stores. Every database runs all of it.

use std::{
    num::NonZeroU64,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures_util::{StreamExt, future::join_all, stream};
use oracle_ai::{
    server::conversations::{
        ConversationStore, Owner,
        search::Search,
        sql::{DatabaseUrl, SqlStore},
        store::{
            AnswerStatus, BeginError, Begun, Earlier, Ending, LOST_AFTER, ListPage, ListPosition, MAX_MESSAGES,
            NewQuestion,
        },
        text::folded,
    },
    wire::{
        auth::UserClaims,
        chat::{AnswerError, AnswerErrorKind, ConversationId, EndReason, IdempotencyKey, MessageId, Usage, is_refused},
        conversations::{Conversation, ConversationSummary, Role},
        error::Limit,
    },
};
use sqlx::{AnyConnection, Connection as _, Executor};

use crate::support::postgres;

const MOMENT: Duration = Duration::from_millis(1);

pub type Store = Arc<dyn ConversationStore>;

pub fn in_memory() -> Store {
    store(DatabaseUrl::in_memory().unwrap())
}

pub fn store(url: DatabaseUrl) -> Store {
    Arc::new(SqlStore::new(url))
}

/// A database with its tables, and a store of it.
pub async fn postgresql() -> (String, Store) {
    let database = postgres::new_database().await;
    let sql = SqlStore::new(postgres::address(&database).parse().unwrap());
    sql.ready().await.unwrap();
    (database, Arc::new(sql))
}

/// A new SQLite file, removed at the end of the test.
pub struct SqliteFile(PathBuf);

impl SqliteFile {
    pub fn new() -> Self {
        static FILES: AtomicU32 = AtomicU32::new(0);
        let name = format!("oracle-ai-{}-{}.db", std::process::id(), FILES.fetch_add(1, Ordering::Relaxed));
        Self(std::env::temp_dir().join(name))
    }

    pub fn url(&self) -> DatabaseUrl {
        self.address().parse().unwrap()
    }

    pub fn address(&self) -> String {
        format!("sqlite://{}?mode=rwc", self.0.display())
    }
}

impl Drop for SqliteFile {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", self.0.display()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_in_memory_keeps_the_contract() {
    keeps_the_contract(in_memory()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sqlite_file_keeps_the_contract() {
    let file = SqliteFile::new();
    keeps_the_contract(store(file.url())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_keeps_the_contract() {
    keeps_the_contract(store(postgres::database().await)).await;
}

pub async fn keeps_the_contract(store: Store) {
    a_first_question_makes_the_conversation(&store).await;
    an_answer_is_touched_until_it_ends(&store).await;
    an_end_is_stored_once_and_whole(&store).await;
    an_idempotency_key_stores_once(&store).await;
    of_many_requests_with_the_same_idempotency_key_one_is_stored(&store).await;
    of_many_concurrent_questions_one_begins(&store).await;
    a_second_question_waits_for_the_first_answer(&store).await;
    the_title_is_the_first_question_until_it_is_renamed(&store).await;
    conversations_of_another_user_are_not_found(&store).await;
    the_same_id_is_another_conversation_for_another_user(&store).await;
    the_latest_conversation_comes_first(&store).await;
    search_ignores_case_and_accents_in_titles_and_texts(&store).await;
    a_deleted_conversation_is_gone_with_its_messages(&store).await;
    an_abandoned_answer_is_marked_as_interrupted(&store).await;
    a_stop_request_reaches_the_writer(&store).await;
    the_history_is_the_latest_messages_that_fit(&store).await;
    texts_are_stored_unchanged(&store).await;
    messages_of_a_conversation_are_bounded(&store).await;
    the_list_has_pages_without_an_end(&store).await;
    pinned_conversations_are_listed_apart(&store).await;
    a_search_finds_words_in_any_order_and_shows_where(&store).await;
    a_search_finds_all_versions_and_not_what_is_deleted(&store).await;
    everything_of_one_person_is_deleted_in_steps(&store).await;
}

/// A user without conversations.
pub fn new_owner() -> Owner {
    static PEOPLE: AtomicU32 = AtomicU32::new(0);
    let sub = PEOPLE.fetch_add(1, Ordering::Relaxed).to_string();
    let iss = "https://provider.example".into();
    Owner::of(&UserClaims { iss, sub, name: None, preferred_username: None, email: None, user_id: None })
}

/// Whole milliseconds, as they are stored.
pub fn now() -> SystemTime {
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    UNIX_EPOCH + Duration::from_millis(millis as u64)
}

fn unique(what: &str) -> String {
    static NAMES: AtomicU32 = AtomicU32::new(0);
    format!("{what}-{}", NAMES.fetch_add(1, Ordering::Relaxed))
}

pub fn id(text: &str) -> ConversationId {
    ConversationId::new(text)
}

pub fn question(conversation: &str, text: &str) -> NewQuestion {
    NewQuestion {
        conversation: id(conversation),
        idempotency_key: IdempotencyKey::new(unique("key")),
        version_of: None,
        after: None,
        text: text.into(),
        attachments: vec![],
        question: MessageId::new(unique("question")),
        answer: MessageId::new(unique("answer")),
        model: "a model".into(),
    }
}

pub fn whole(text: &str) -> Ending {
    Ending {
        text: text.into(),
        thinking: String::new(),
        reason: EndReason::Complete,
        error: None,
        usage: None,
        sent_from: None,
    }
}

pub async fn begin(store: &Store, owner: &Owner, new: &NewQuestion) {
    assert_eq!(store.begin(owner, new, now()).await.unwrap(), Begun::New);
}

/// A question and its whole answer.
pub async fn exchange(store: &Store, owner: &Owner, conversation: &str, text: &str, answer: &str) -> NewQuestion {
    let new = question(conversation, text);
    begin(store, owner, &new).await;
    store.end(&new.answer, &whole(answer)).await.unwrap();
    new
}

pub async fn read(store: &Store, owner: &Owner, conversation: &str) -> Conversation {
    store.conversation(owner, &id(conversation), now()).await.unwrap().unwrap()
}

pub async fn texts(store: &Store, owner: &Owner, conversation: &str) -> Vec<String> {
    read(store, owner, conversation).await.messages.into_iter().map(|message| message.text).collect()
}

/// The first page of the list.
pub async fn list(
    store: &Store,
    owner: &Owner,
    search: &str,
    limit: usize,
    at: SystemTime,
) -> Vec<ConversationSummary> {
    store.list(owner, &Search::parse(search), &ListPage::first(limit), at).await.unwrap().conversations
}

pub async fn found(store: &Store, owner: &Owner, search: &str) -> Vec<String> {
    let list = list(store, owner, search, 200, now()).await;
    list.into_iter().map(|summary| summary.id.to_string()).collect()
}

async fn a_first_question_makes_the_conversation(store: &Store) {
    let (owner, new, at) = (new_owner(), question("c", "Why?"), now());
    assert!(store.conversation(&owner, &id("c"), at).await.unwrap().is_none());
    assert_eq!(store.begin(&owner, &new, at).await.unwrap(), Begun::New);

    let Conversation { id: name, title, messages, running, .. } = read(store, &owner, "c").await;
    assert_eq!((name, title.as_str(), running), (id("c"), "Why?", Some(new.answer.clone())));
    let [question, answer] = messages.as_slice() else { panic!("{messages:?}") };
    assert_eq!((&question.id, question.role, question.text.as_str()), (&new.question, Role::Question, "Why?"));
    assert_eq!((question.end, question.is_running()), (None, false));
    assert_eq!((&answer.id, answer.role, answer.text.as_str()), (&new.answer, Role::Answer, ""));
    assert_eq!((answer.end, answer.is_running()), (None, true));
    let seconds = at.duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert_eq!((question.at, answer.at), (seconds, seconds));

    let list = list(store, &owner, "", 200, now()).await;
    assert_eq!(list.len(), 1);
    assert_eq!((&list[0].id, list[0].title.as_str(), list[0].updated_at), (&id("c"), "Why?", seconds));
    assert_eq!(list[0].running.as_ref(), Some(&new.answer));

    let stored = store.answer(&owner, &new.answer, now()).await.unwrap().unwrap();
    assert_eq!((stored.question, stored.model.as_str(), stored.message), (new.question, "a model", answer.clone()));
}

async fn an_answer_is_touched_until_it_ends(store: &Store) {
    let (owner, new) = (new_owner(), question("c", "Why?"));
    begin(store, &owner, &new).await;
    assert_eq!(store.touch(&new.answer, 0, "Becau", now()).await.unwrap(), AnswerStatus::Running);
    assert_eq!(texts(store, &owner, "c").await, ["Why?", "Becau"]);
    assert_eq!(store.touch(&new.answer, 5, "", now()).await.unwrap(), AnswerStatus::Running);
    assert_eq!(store.touch(&new.answer, 5, "se é", now()).await.unwrap(), AnswerStatus::Running);
    // Its answer was lost on the way, so it comes again.
    assert_eq!(store.touch(&new.answer, 5, "se été", now()).await.unwrap(), AnswerStatus::Running);
    assert_eq!(store.touch(&new.answer, 13, ".", now()).await.unwrap(), AnswerStatus::Running);
    assert_eq!(texts(store, &owner, "c").await, ["Why?", "Because été."]);
    store.end(&new.answer, &whole("Because.")).await.unwrap();
    assert_eq!(store.touch(&new.answer, 0, "late", now()).await.unwrap(), AnswerStatus::Gone);
    assert_eq!(texts(store, &owner, "c").await, ["Why?", "Because."]);
    assert_eq!(store.touch(&MessageId::new("unknown"), 0, "", now()).await.unwrap(), AnswerStatus::Gone);
}

async fn an_end_is_stored_once_and_whole(store: &Store) {
    let (owner, new) = (new_owner(), question("c", "Why?"));
    begin(store, &owner, &new).await;
    let error = AnswerError { retry_after: Some(7), ..AnswerError::of(AnswerErrorKind::Limit) };
    let usage =
        Usage { input_tokens: Some(1), first_token_ms: Some(2), tokens_per_second: Some(3.5), ..Usage::default() };
    let (reason, thinking) = (EndReason::Interrupted, "Hm, why?".to_owned());
    let sent_from = Some(new.question.clone());
    let (text, error, usage) = ("Beca".to_owned(), Some(error), Some(usage));
    let ending = Ending { text, thinking, reason, error, usage, sent_from: sent_from.clone() };
    assert!(store.end(&new.answer, &ending).await.unwrap());
    assert!(!store.end(&new.answer, &whole("another")).await.unwrap());
    assert!(!store.end(&MessageId::new("unknown"), &whole("another")).await.unwrap());
    let Conversation { messages, running, .. } = read(store, &owner, "c").await;
    let answer = &messages[1];
    assert_eq!((answer.text.as_str(), answer.end), ("Beca", Some(EndReason::Interrupted)));
    assert_eq!((answer.error, answer.usage, running), (error, usage, None));
    assert_eq!((&answer.sent_from, answer.model.as_ref()), (&sent_from, Some(&new.model)));
    assert_eq!((&messages[0].sent_from, &messages[0].model), (&None, &None));
    assert_eq!((messages[0].thinking.as_str(), answer.thinking.as_str()), ("", "Hm, why?"));
    assert!(list(store, &owner, "Hm", 200, now()).await.is_empty(), "thinking is not searched");
    assert_eq!(list(store, &owner, "", 200, now()).await[0].running, None);
}

async fn an_idempotency_key_stores_once(store: &Store) {
    let (owner, new) = (new_owner(), question("c", "Why?"));
    begin(store, &owner, &new).await;
    // Also with another text.
    for conversation in ["c", "d"] {
        let again = NewQuestion { idempotency_key: new.idempotency_key.clone(), ..question(conversation, "Again?") };
        let before = Begun::AlreadyStored { answer: new.answer.clone() };
        assert_eq!(store.begin(&owner, &again, now()).await.unwrap(), before);
    }
    assert_eq!(texts(store, &owner, "c").await, ["Why?", ""]);
    assert_eq!(found(store, &owner, "").await, ["c"]);
    // The keys of different users are separate.
    let theirs = NewQuestion { idempotency_key: new.idempotency_key.clone(), ..question("c", "Why?") };
    begin(store, &new_owner(), &theirs).await;
}

async fn of_many_requests_with_the_same_idempotency_key_one_is_stored(store: &Store) {
    let (owner, key) = (new_owner(), IdempotencyKey::new(unique("key")));
    let attempts: Vec<_> =
        (0..20).map(|_| NewQuestion { idempotency_key: key.clone(), ..question("c", "Why?") }).collect();
    let outcomes = join_all(attempts.iter().map(|new| store.begin(&owner, new, now()))).await;
    let outcomes: Vec<Begun> = outcomes.into_iter().map(Result::unwrap).collect();
    let stored: Vec<usize> = (0..20).filter(|n| outcomes[*n] == Begun::New).collect();
    let [winner] = stored.as_slice() else { panic!("{outcomes:?}") };
    let before = Begun::AlreadyStored { answer: attempts[*winner].answer.clone() };
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == before).count(), 19);
    assert_eq!(texts(store, &owner, "c").await, ["Why?", ""]);
}

async fn of_many_concurrent_questions_one_begins(store: &Store) {
    let owner = new_owner();
    let attempts: Vec<_> = (0..10).map(|n| question("c", &n.to_string())).collect();
    let outcomes = join_all(attempts.iter().map(|new| store.begin(&owner, new, now()))).await;
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Ok(Begun::New))).count(), 1, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Err(BeginError::Running))).count(), 9);
    assert_eq!(read(store, &owner, "c").await.messages.len(), 2);
}

async fn a_second_question_waits_for_the_first_answer(store: &Store) {
    let (owner, first, second) = (new_owner(), question("c", "one"), question("c", "two"));
    begin(store, &owner, &first).await;
    assert!(matches!(store.begin(&owner, &second, now()).await, Err(BeginError::Running)));
    // Other conversations are not blocked.
    begin(store, &owner, &question("d", "three")).await;
    store.end(&first.answer, &whole("1")).await.unwrap();
    begin(store, &owner, &second).await;
    assert_eq!(texts(store, &owner, "c").await, ["one", "1", "two", ""]);
}

async fn the_title_is_the_first_question_until_it_is_renamed(store: &Store) {
    let owner = new_owner();
    let title = async || read(store, &owner, "c").await.title;
    let first = exchange(store, &owner, "c", "\n  Why is it slow? \nSELECT 1", "1").await;
    assert_eq!(title().await, "Why is it slow?");
    exchange(store, &owner, "c", "two", "2").await;
    assert_eq!(title().await, "Why is it slow?");

    let new = NewQuestion { version_of: Some(first.question), ..question("c", "Why is it fast?") };
    begin(store, &owner, &new).await;
    store.end(&new.answer, &whole("")).await.unwrap();
    assert_eq!(title().await, "Why is it fast?");

    assert!(store.rename(&owner, &id("c"), "Speed").await.unwrap());
    begin(store, &owner, &NewQuestion { version_of: Some(new.question), ..question("c", "Again?") }).await;
    assert_eq!(title().await, "Speed");
    assert!(!store.rename(&owner, &id("unknown"), "Speed").await.unwrap());
}

async fn conversations_of_another_user_are_not_found(store: &Store) {
    let (owner, other) = (new_owner(), new_owner());
    let new = question("c", "secret");
    begin(store, &owner, &new).await;
    assert!(store.conversation(&other, &id("c"), now()).await.unwrap().is_none());
    assert!(store.answer(&other, &new.answer, now()).await.unwrap().is_none());
    assert!(store.exchanges_before(&other, &new.question, 1000).await.unwrap() == Earlier::default());
    assert_eq!(found(store, &other, "").await, [""; 0]);
    assert_eq!(found(store, &other, "secret").await, [""; 0]);
    assert!(!store.rename(&other, &id("c"), "mine").await.unwrap());
    assert!(!store.delete(&other, &id("c")).await.unwrap());
    store.request_stop(&other, &new.answer).await.unwrap();
    assert_eq!(store.touch(&new.answer, 0, "", now()).await.unwrap(), AnswerStatus::Running);
    assert_eq!(store.question(&other, &new.question).await.unwrap(), None);
    assert!(store.tree(&other, &id("c"), now()).await.unwrap().is_none());
    assert!(!store.choose(&other, &id("c"), &new.answer).await.unwrap());
    let version = NewQuestion { version_of: Some(new.question.clone()), ..question("c", "mine") };
    assert!(matches!(store.begin(&other, &version, now()).await, Err(BeginError::NoSuchQuestion)));
    assert_eq!(found(store, &other, "").await, [""; 0], "a refused question leaves nothing");
    assert_eq!(texts(store, &owner, "c").await, ["secret", ""]);
}

async fn the_same_id_is_another_conversation_for_another_user(store: &Store) {
    let (one, other) = (new_owner(), new_owner());
    exchange(store, &one, "c", "one", "1").await;
    exchange(store, &other, "c", "two", "2").await;
    assert_eq!(texts(store, &one, "c").await, ["one", "1"]);
    assert!(store.delete(&one, &id("c")).await.unwrap());
    assert_eq!(texts(store, &other, "c").await, ["two", "2"]);
}

async fn the_latest_conversation_comes_first(store: &Store) {
    let (owner, start) = (new_owner(), now());
    for (n, conversation) in (0..).zip(["a", "b", "c", "a"]) {
        let new = question(conversation, "hello");
        store.begin(&owner, &new, start + MOMENT * n).await.unwrap();
        store.end(&new.answer, &whole("hello")).await.unwrap();
    }
    assert_eq!(found(store, &owner, "").await, ["a", "c", "b"]);
    let two = list(store, &owner, "", 2, now()).await;
    assert_eq!(two.iter().map(|summary| summary.id.as_str()).collect::<Vec<_>>(), ["a", "c"]);
    // A name is no news.
    store.rename(&owner, &id("b"), "B").await.unwrap();
    assert_eq!(found(store, &owner, "").await, ["a", "c", "b"]);
}

async fn search_ignores_case_and_accents_in_titles_and_texts(store: &Store) {
    let owner = new_owner();
    exchange(store, &owner, "title", "L’Été à Noël", "-").await;
    exchange(store, &owner, "text", "-", "une ŒUVRE d'Élodie, 100% a_b\\c").await;
    store.rename(&owner, &id("text"), "Renommé").await.unwrap();
    let running = question("running", "en cours");
    begin(store, &owner, &running).await;
    for (search, hits) in [
        ("été", vec!["title"]),
        ("ETE A NOEL", vec!["title"]),
        ("l'ete", vec!["title"]),
        ("e\u{301}te\u{301}", vec!["title"]),
        ("oeuvre d'elodie", vec!["text"]),
        ("RENOMME", vec!["text"]),
        ("100%", vec!["text"]),
        ("10%%", vec!["text"]),
        ("00", vec![]),
        ("a_b", vec!["text"]),
        ("a_x", vec![]),
        ("\\", vec!["text"]),
        ("%", vec!["text"]),
        ("'", vec!["text", "title"]),
        ("en cours", vec!["running"]),
        ("nowhere", vec![]),
    ] {
        let mut found = found(store, &owner, search).await;
        found.sort();
        assert_eq!(found, hits, "{search} ({})", folded(search));
    }
}

async fn a_deleted_conversation_is_gone_with_its_messages(store: &Store) {
    let (owner, new) = (new_owner(), question("c", "Why?"));
    exchange(store, &owner, "d", "kept", "kept").await;
    begin(store, &owner, &new).await;
    assert!(store.delete(&owner, &id("c")).await.unwrap());
    assert!(!store.delete(&owner, &id("c")).await.unwrap());
    assert!(store.conversation(&owner, &id("c"), now()).await.unwrap().is_none());
    assert!(store.answer(&owner, &new.answer, now()).await.unwrap().is_none());
    assert_eq!(store.touch(&new.answer, 0, "", now()).await.unwrap(), AnswerStatus::Gone);
    store.end(&new.answer, &whole("late")).await.unwrap();
    assert_eq!(found(store, &owner, "").await, ["d"]);
    // The name is free again, and nothing of the old comes back with it.
    exchange(store, &owner, "c", "new", "new").await;
    assert_eq!(texts(store, &owner, "c").await, ["new", "new"]);
}

async fn an_abandoned_answer_is_marked_as_interrupted(store: &Store) {
    let (owner, new, begun) = (new_owner(), question("c", "Why?"), now());
    store.begin(&owner, &new, begun).await.unwrap();
    store.touch(&new.answer, 0, "Be", begun).await.unwrap();
    store.touch(&new.answer, 2, "cau", begun + MOMENT).await.unwrap();
    let seen = async |at| {
        let conversation = store.conversation(&owner, &id("c"), at).await.unwrap().unwrap();
        let stored = store.answer(&owner, &new.answer, at).await.unwrap().unwrap();
        assert_eq!(stored.message, conversation.messages[1]);
        let listed = list(store, &owner, "", 1, at).await.remove(0).running;
        assert_eq!(listed, conversation.running);
        (stored.message.text, stored.message.end, conversation.running)
    };
    let last = begun + MOMENT + LOST_AFTER;
    assert_eq!(seen(last).await, ("Becau".into(), None, Some(new.answer.clone())));
    let interrupted = ("Becau".into(), Some(EndReason::Interrupted), None);
    assert_eq!(seen(last + MOMENT).await, interrupted);

    // It no longer blocks the conversation, and stays interrupted.
    assert!(matches!(store.begin(&owner, &question("c", "two"), last).await, Err(BeginError::Running)));
    assert_eq!(store.begin(&owner, &question("c", "two"), last + MOMENT).await.unwrap(), Begun::New);
    store.end(&new.answer, &whole("late")).await.unwrap();
    assert_eq!(texts(store, &owner, "c").await, ["Why?", "Becau", "two", ""]);
}

async fn a_stop_request_reaches_the_writer(store: &Store) {
    let (owner, new) = (new_owner(), question("c", "Why?"));
    begin(store, &owner, &new).await;
    store.request_stop(&owner, &new.answer).await.unwrap();
    assert_eq!(store.touch(&new.answer, 0, "Be", now()).await.unwrap(), AnswerStatus::StopRequested);
    let stopped = Ending { reason: EndReason::Stopped, ..whole("Be") };
    store.end(&new.answer, &stopped).await.unwrap();
    store.request_stop(&owner, &new.answer).await.unwrap();
    assert_eq!(read(store, &owner, "c").await.messages[1].end, Some(EndReason::Stopped));
}

async fn the_history_is_the_latest_messages_that_fit(store: &Store) {
    let owner = new_owner();
    let texts = |earlier: &Earlier| -> Vec<(String, String)> {
        earlier.exchanges.iter().map(|it| (it.question.text.clone(), it.answer.text.clone())).collect()
    };
    let pairs =
        |pairs: &[(&str, &str)]| pairs.iter().map(|(q, a)| ((*q).to_owned(), (*a).to_owned())).collect::<Vec<_>>();
    let first = exchange(store, &owner, "c", "éé", "1111").await;
    let ended = async |text: &str, answer: &str, reason, kind: Option<AnswerErrorKind>| {
        let new = question("c", text);
        begin(store, &owner, &new).await;
        let error = kind.map(AnswerError::of);
        assert!(store.end(&new.answer, &Ending { reason, error, ..whole(answer) }).await.unwrap());
        new
    };
    // Whatever became of the answer, the person sees the question and what there is of the answer.
    let failed = ended("failed", "some", EndReason::Interrupted, Some(AnswerErrorKind::Network)).await;
    ended("lost", "", EndReason::Interrupted, Some(AnswerErrorKind::Limit)).await;
    ended("stopped", "", EndReason::Stopped, None).await;
    ended("withheld", "begun", EndReason::Filtered, None).await;
    ended("cut off", "begun", EndReason::Interrupted, Some(AnswerErrorKind::TooLong)).await;
    // They would be refused again.
    let refused = [
        ("bad", "", EndReason::Filtered, Some(AnswerErrorKind::Filtered)),
        ("bad", "begun", EndReason::Filtered, Some(AnswerErrorKind::Filtered)),
        ("bad", "", EndReason::Filtered, None),
        ("big", "", EndReason::Interrupted, Some(AnswerErrorKind::TooLong)),
    ];
    for (text, answer, reason, kind) in refused {
        assert!(is_refused(Some(reason), kind, answer));
        ended(text, answer, reason, kind).await;
    }
    ended("22", "2222", EndReason::Stopped, None).await;
    exchange(store, &owner, "d", "elsewhere", "elsewhere").await;
    let last = question("c", "last");
    begin(store, &owner, &last).await;

    let all = pairs(&[
        ("éé", "1111"),
        ("failed", "some"),
        ("lost", ""),
        ("stopped", ""),
        ("withheld", "begun"),
        ("cut off", "begun"),
        ("22", "2222"),
    ]);
    for (budget, sent) in [(1000, 7), (58, 7), (57, 6), (52, 6), (18, 2), (17, 1), (6, 1), (5, 1), (0, 1)] {
        let earlier = store.exchanges_before(&owner, &last.question, budget).await.unwrap();
        assert_eq!(texts(&earlier), all[7 - sent..], "{budget}");
        assert_eq!(earlier.has_more, sent < 7, "{budget}");
    }
    // What came later is no history.
    let earlier = store.exchanges_before(&owner, &failed.question, 1000).await.unwrap();
    assert_eq!((texts(&earlier), earlier.has_more), (all[..1].to_vec(), false));
    assert_eq!((&earlier.exchanges[0].question.id, &earlier.exchanges[0].answer.id), (&first.question, &first.answer));
    assert_eq!(store.exchanges_before(&owner, &first.question, 1000).await.unwrap(), Earlier::default());
}

async fn texts_are_stored_unchanged(store: &Store) {
    let owner = new_owner();
    let text = "'; DROP TABLE messages; -- \" \\ %_ $1 ?1 {}\r\n\t\u{2028}\u{FFFD}🦀é日本\u{1}\u{10FFFF}";
    exchange(store, &owner, "c", text, text).await;
    store.rename(&owner, &id("c"), text).await.unwrap();
    assert_eq!(texts(store, &owner, "c").await, [text, text]);
    assert_eq!(read(store, &owner, "c").await.title, text);
    let long = "é".repeat(1024 * 1024);
    exchange(store, &owner, "d", "long", &long).await;
    assert_eq!(texts(store, &owner, "d").await[1], long);
}

async fn messages_of_a_conversation_are_bounded(store: &Store) {
    let owner = new_owner();
    for _ in 0..MAX_MESSAGES / 2 {
        exchange(store, &owner, "0", "q", "a").await;
    }
    let refused = store.begin(&owner, &question("0", "one more"), now()).await;
    assert!(matches!(refused, Err(BeginError::LimitReached(Limit::Messages))), "{refused:?}");
    begin(store, &owner, &question("another", "q")).await;
}

async fn the_list_has_pages_without_an_end(store: &Store) {
    const COUNT: usize = 2_100;
    let (owner, start) = (new_owner(), now());
    let fill = stream::iter(0..COUNT).for_each_concurrent(16, async |n| {
        // Some at the same time.
        let at = start + MOMENT * u32::try_from(n / 3).unwrap();
        let name = format!("c{n:04}");
        assert_eq!(store.begin(&owner, &question(&name, "q"), at).await.unwrap(), Begun::New);
    });
    fill.await;
    for search in ["", "q"] {
        let (mut seen, mut after) = (vec![], None);
        loop {
            let page = ListPage { after, limit: 200 };
            let listed = store.list(&owner, &Search::parse(search), &page, start).await.unwrap();
            assert!(listed.conversations.len() <= 200);
            seen.extend(listed.conversations.into_iter().map(|summary| summary.id.to_string()));
            let Some(next) = listed.next else { break };
            after = Some(next);
            if search.is_empty() && seen.len() == 400 {
                // What was deleted is a place in the list nevertheless.
                assert!(store.delete(&owner, &id(seen.last().unwrap())).await.unwrap());
            }
        }
        let mut once = seen.clone();
        once.sort();
        once.dedup();
        assert_eq!((seen.len(), once.len()), (COUNT - usize::from(!search.is_empty()), seen.len()));
        let times: Vec<usize> = seen.iter().map(|name| name[1..].parse::<usize>().unwrap() / 3).collect();
        assert!(times.is_sorted_by(|one, next| one >= next), "the latest first");
    }
    let beyond = ListPage { after: Some(ListPosition { updated_at: 0, id: id("c") }), limit: 1 };
    assert_eq!(store.list(&owner, &Search::default(), &beyond, start).await.unwrap(), Default::default());
}

async fn pinned_conversations_are_listed_apart(store: &Store) {
    let (owner, start) = (new_owner(), now());
    for (n, conversation) in (0..).zip(["a", "b", "c"]) {
        let new = question(conversation, "hello");
        store.begin(&owner, &new, start + MOMENT * n).await.unwrap();
    }
    let pinned = async || -> Vec<String> {
        let found = store.pinned(&owner, 200, now()).await.unwrap();
        assert!(found.iter().all(|summary| summary.pinned));
        found.into_iter().map(|summary| summary.id.to_string()).collect()
    };
    assert_eq!(pinned().await, [""; 0]);
    assert!(store.pin(&owner, &id("a"), true).await.unwrap());
    assert!(store.pin(&owner, &id("b"), true).await.unwrap());
    assert_eq!(pinned().await, ["b", "a"]);
    let all = list(store, &owner, "", 200, now()).await;
    assert_eq!(
        all.iter().map(|it| (it.id.as_str(), it.pinned)).collect::<Vec<_>>(),
        [("c", false), ("b", true), ("a", true)]
    );
    assert!(store.pin(&owner, &id("b"), false).await.unwrap());
    assert_eq!(pinned().await, ["a"]);
    assert!(!store.pin(&owner, &id("unknown"), true).await.unwrap());
    assert!(!store.pin(&new_owner(), &id("c"), true).await.unwrap());
    assert_eq!(store.pinned(&new_owner(), 200, now()).await.unwrap(), []);
}

async fn a_search_finds_words_in_any_order_and_shows_where(store: &Store) {
    let (owner, other) = (new_owner(), new_owner());
    exchange(store, &owner, "one", "Why is the Library cache slow?", "Look at the LATCHES, and at V$SESSION_WAIT.")
        .await;
    exchange(store, &owner, "two", "ORA-00600 [kcratr_nab]", "An internal error: 日本語のメッセージです").await;
    exchange(store, &owner, "three", "Where is /u01/app/oracle/alert.log?", "In 19c: diag/rdbms, user@db.example")
        .await;
    exchange(store, &other, "theirs", "latch library", "latch library").await;
    for (search, hits) in [
        ("latch library", vec!["one"]),
        ("library latch", vec!["one"]),
        ("lib lat slo", vec!["one"]),
        ("ibrary", vec!["one"]),
        ("atch", vec![]),
        ("latch index", vec![]),
        ("session_wait", vec!["one"]),
        ("wait session", vec!["one"]),
        ("ora-00600", vec!["two"]),
        ("00600", vec!["two"]),
        ("kcratr", vec!["two"]),
        ("nab", vec!["two"]),
        ("日本語", vec!["two"]),
        ("メッセージ internal", vec!["two"]),
        ("alert.log", vec!["three"]),
        ("u01 oracle", vec!["three"]),
        ("19c", vec!["three"]),
        ("example", vec!["three"]),
        ("rdbms diag", vec!["three"]),
        ("at the", vec!["one"]),
        ("is", vec!["one", "three"]),
        ("\"latch\" OR (library)", vec![]),
        ("NOT", vec![]),
        ("'; DROP TABLE messages; --", vec![]),
        ("owner : x", vec![]),
        ("latch* & !library:*", vec!["one"]),
    ] {
        let mut found = found(store, &owner, search).await;
        found.sort();
        let mut hits = hits;
        hits.sort_unstable();
        assert_eq!(found, hits, "{search}");
    }
    let place = async |search: &str| list(store, &owner, search, 1, now()).await.remove(0).found;
    let found = place("latch library").await.unwrap();
    // The latest of the messages that have most of the words.
    assert_eq!(found.pieces, ["Look at the ", "LATCHES", ", and at V$SESSION_WAIT."]);
    assert!(found.at > 0);
    assert_eq!(place("").await, None);
    store.rename(&owner, &id("one"), "Buffers").await.unwrap();
    assert_eq!(place("buffers").await, None, "only its title has it");
}

async fn a_search_finds_all_versions_and_not_what_is_deleted(store: &Store) {
    // Owners are indexed with the words, and none is found by its beginning.
    let owner = new_owner();
    exchange(store, &owner, "other", "-", "-").await;
    for beginning in "0123456789abcdefghijklmnopqrstuvwxyz".chars() {
        assert_eq!(found(store, &owner, &beginning.to_string()).await, [""; 0], "{beginning}");
    }
    let owner = new_owner();
    let first = exchange(store, &owner, "c", "apples", "pears").await;
    assert_eq!(
        (found(store, &owner, "apples").await, found(store, &owner, "pears").await),
        (vec!["c".into()], vec!["c".into()])
    );
    let new = NewQuestion { version_of: Some(first.question), ..question("c", "plums") };
    begin(store, &owner, &new).await;
    store.end(&new.answer, &whole(&format!("{} {}", "grapes", "figs ".repeat(60_000)))).await.unwrap();
    assert_eq!(found(store, &owner, "plums grapes figs").await, ["c"]);
    assert_eq!(found(store, &owner, "apples pears").await, ["c"]);
    store.delete(&owner, &id("c")).await.unwrap();
    for gone in ["apples", "pears", "plums"] {
        assert_eq!(found(store, &owner, gone).await, [""; 0], "{gone}");
    }
    // A text with more words than PostgreSQL's index has of it.
    let words: String = (0..50_000).map(|n| format!("w{n:x} ")).collect();
    exchange(store, &owner, "long", "many words", &words).await;
    assert_eq!(found(store, &owner, "w1f").await, ["long"]);
}

async fn everything_of_one_person_is_deleted_in_steps(store: &Store) {
    let (owner, other) = (new_owner(), new_owner());
    for n in 0..5 {
        exchange(store, &owner, &n.to_string(), "mine", "mine").await;
    }
    let running = question("running", "mine");
    begin(store, &owner, &running).await;
    exchange(store, &other, "0", "theirs", "theirs").await;
    assert_eq!(store.delete_some(&owner, 4).await.unwrap(), 4);
    assert_eq!(list(store, &owner, "", 200, now()).await.len(), 2);
    assert_eq!(store.delete_some(&owner, 4).await.unwrap(), 2);
    assert_eq!(store.delete_some(&owner, 4).await.unwrap(), 0);
    assert_eq!(found(store, &owner, "mine").await, [""; 0]);
    assert_eq!(store.touch(&running.answer, 0, "", now()).await.unwrap(), AnswerStatus::Gone);
    assert_eq!(texts(store, &other, "0").await, ["theirs", "theirs"]);
}

#[tokio::test]
async fn a_user_at_the_storage_limit_gets_an_error_and_can_delete_conversations() {
    // T106: nothing but the number of messages was limited.
    let (file, owner) = (SqliteFile::new(), new_owner());
    let store: Store = Arc::new(SqlStore::new(file.url()).with_quota(NonZeroU64::new(10_000)));
    let text = "é".repeat(1_000);
    // 2,000 bytes and 1,000 of search text for each of both.
    exchange(&store, &owner, "a", &text, &text).await;
    begin(&store, &owner, &question("b", &text)).await;
    let refused = store.begin(&owner, &question("c", &text), now()).await;
    assert!(matches!(refused, Err(BeginError::LimitReached(Limit::Storage))), "{refused:?}");
    assert!(store.conversation(&owner, &id("c"), now()).await.unwrap().is_none());
    // A short one fits, and what others have stored takes none of this room.
    begin(&store, &owner, &question("d", "short")).await;
    begin(&store, &new_owner(), &question("c", &text)).await;
    store.delete(&owner, &id("a")).await.unwrap();
    begin(&store, &owner, &question("c", &text)).await;
}

#[tokio::test]
async fn a_sqlite_file_survives_a_restart_with_running_answers_interrupted() {
    let (file, owner, new) = (SqliteFile::new(), new_owner(), question("c", "Why?"));
    let first = store(file.url());
    exchange(&first, &owner, "d", "kept", "whole").await;
    begin(&first, &owner, &new).await;
    first.touch(&new.answer, 0, "Be", now()).await.unwrap();
    first.touch(&new.answer, 2, "cau", now()).await.unwrap();

    let second = store(file.url());
    assert_eq!(texts(&second, &owner, "d").await, ["kept", "whole"]);
    let Conversation { messages, running, .. } = read(&second, &owner, "c").await;
    assert_eq!((messages[1].text.as_str(), messages[1].end), ("Becau", Some(EndReason::Interrupted)));
    assert_eq!(running, None);
}

#[tokio::test]
async fn answers_that_the_previous_release_interrupted_are_whole() {
    let (file, owner, new) = (SqliteFile::new(), new_owner(), question("c", "Why?"));
    let store = store(file.url());
    begin(&store, &owner, &new).await;
    store.touch(&new.answer, 0, "Becau", now()).await.unwrap();
    // The previous release did not have pieces.
    let mut before = AnyConnection::connect(&file.address()).await.unwrap();
    before
        .execute("UPDATE messages SET end_reason = 'interrupted' WHERE end_reason IS NULL AND role = 'answer'")
        .await
        .unwrap();
    assert_eq!(texts(&store, &owner, "c").await, ["Why?", "Becau"]);
    // And so it is after the next start.
    let next = self::store(file.url());
    assert_eq!(texts(&next, &owner, "c").await, ["Why?", "Becau"]);
}

#[tokio::test]
async fn concurrent_writers_to_a_sqlite_file_wait_for_each_other() {
    let file = SqliteFile::new();
    let store = store(file.url());
    begin(&store, &new_owner(), &question("c", "first")).await;
    let mut other = AnyConnection::connect(&file.address()).await.unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let (done, order) = (Mutex::new(Vec::new()), 0..12);
    let writers = join_all(order.clone().map(async |turn| {
        begin(&store, &new_owner(), &question("c", "next")).await;
        done.lock().unwrap().push(turn);
    }));
    let release = async {
        // Who reads does not wait.
        assert_eq!(list(&store, &new_owner(), "", 1, now()).await, []);
        other.execute("COMMIT").await.unwrap();
    };
    tokio::join!(writers, release);
    assert_eq!(*done.lock().unwrap(), order.collect::<Vec<_>>());
}

#[tokio::test]
async fn running_answers_of_another_server_are_left_alone() {
    let (database, owner, new) = (postgres::database().await, new_owner(), question("c", "Why?"));
    let (one, other) = (store(database.clone()), store(database));
    begin(&one, &owner, &new).await;
    assert_eq!(read(&other, &owner, "c").await.running, Some(new.answer.clone()));
    assert_eq!(one.touch(&new.answer, 0, "", now()).await.unwrap(), AnswerStatus::Running);
}

#[tokio::test]
async fn servers_that_start_at_once_create_the_tables_once() {
    let database = postgres::database().await;
    let stores: Vec<_> = (0..8).map(|_| SqlStore::new(database.clone())).collect();
    for ready in join_all(stores.iter().map(SqlStore::ready)).await {
        ready.unwrap();
    }
}

#[tokio::test]
async fn an_unreachable_database_is_an_error() {
    for url in ["sqlite:///nowhere/at/all.db", "postgres://nobody@localhost/none?host=/nowhere"] {
        let store = SqlStore::new(url.parse().unwrap());
        assert!(store.ready().await.is_err(), "{url}");
        let listed = store.list(&new_owner(), &Search::default(), &ListPage::first(1), now()).await;
        assert!(listed.is_err(), "{url}");
    }
}
