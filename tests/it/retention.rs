//! What is stored is deleted for its age, or because its person or an operator wants it; and it is exported whole.

use std::{
    io::{Cursor, Read},
    num::NonZeroU32,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use axum::http::header;
use futures_util::future::join_all;
use oracle_ai::{
    server::{
        conversations::{
            Owner,
            notice::Acceptances,
            retention::Retention,
            sql::{DatabaseUrl, SqlStore},
        },
        environment::Environment,
        store::MemoryStore,
    },
    wire::{auth::UserClaims, conversations::Conversation},
};
use serde_json::json;
use sqlx::Executor;
use zip::ZipArchive;

use crate::{
    conversation_store::{Store, begin, id, in_memory, new_owner, now, question, store, texts, whole},
    support::{
        app::{TestApp, TestClock, storage, wait_until},
        browser::Browser,
        chat_client::{ChatClient, LONG_GRACE, send_as},
        postgres,
        provider::MockProvider,
        redis::free_port,
        server_process::ServerProcess,
    },
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const MOMENT: Duration = Duration::from_millis(1);

/// What `oracle-ai` said, and how it ended.
struct Said {
    code: Option<i32>,
    log: String,
    errors: String,
}

fn days(days: u32) -> NonZeroU32 {
    NonZeroU32::new(days).unwrap()
}

async fn exchange_at(store: &Store, owner: &Owner, conversation: &str, at: SystemTime) {
    let new = question(conversation, "Why?");
    store.begin(owner, &new, at).await.unwrap();
    store.end(&new.answer, &whole("Because.")).await.unwrap();
}

async fn is_there(store: &Store, owner: &Owner, conversation: &str) -> bool {
    store.conversation(owner, &id(conversation), now()).await.unwrap().is_some()
}

/// The names and texts of the files in an archive.
pub fn files_of(archive: Vec<u8>) -> Vec<(String, String)> {
    let mut archive = ZipArchive::new(Cursor::new(archive)).unwrap();
    let count = archive.len();
    let read = (0..count).map(|number| {
        let mut file = archive.by_index(number).unwrap();
        let mut content = String::new();
        file.read_to_string(&mut content).unwrap();
        (file.name().to_owned(), content)
    });
    read.collect()
}

async fn run(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Said {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_oracle-ai"));
    let output = command.args(arguments).current_dir(folder).envs(variables.iter().copied()).output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code(), log: text(output.stdout), errors: text(output.stderr) }
}

async fn old_conversations_are_deleted_and_younger_ones_kept(url: DatabaseUrl) {
    let (store, owner, other) = (store(url), new_owner(), new_owner());
    let (clock, start) = (TestClock::default(), now());
    let environment = Environment { clock: Arc::new(clock.clone()), ..Environment::system() };
    let retention = Retention::new(store.clone(), environment, days(30));
    for n in 0..45 {
        exchange_at(&store, if n % 2 == 0 { &owner } else { &other }, &format!("old-{n}"), start).await;
    }
    exchange_at(&store, &owner, "asked again", start).await;
    store.pin(&owner, &id("old-0"), true).await.unwrap();
    assert_eq!(retention.sweep().await.unwrap(), 0);

    clock.jump(DAY * 15);
    exchange_at(&store, &owner, "asked again", clock.now()).await;
    store.rename(&owner, &id("old-2"), "A name is no question").await.unwrap();
    clock.jump(DAY * 15 - Duration::from_secs(60));
    assert_eq!(retention.sweep().await.unwrap(), 0);
    clock.jump(Duration::from_secs(120));
    let running = question("running", "Why?");
    store.begin(&owner, &running, start).await.unwrap();
    store.touch(&running.answer, 0, "Be", clock.now()).await.unwrap();

    assert_eq!(retention.sweep().await.unwrap(), 45);
    assert_eq!(retention.sweep().await.unwrap(), 0);
    assert!(!is_there(&store, &owner, "old-0").await && !is_there(&store, &other, "old-1").await);
    assert_eq!(texts(&store, &owner, "asked again").await.len(), 4);
    assert!(is_there(&store, &owner, "running").await, "its answer is being written");

    store.end(&running.answer, &whole("Because.")).await.unwrap();
    assert_eq!(retention.sweep().await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn conversations_are_deleted_so_many_days_after_their_last_question() {
    old_conversations_are_deleted_and_younger_ones_kept(DatabaseUrl::in_memory().unwrap()).await;
    old_conversations_are_deleted_and_younger_ones_kept(postgres::database().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_servers_that_delete_at_once_each_deletes_others() {
    let (database, owner, old) = (postgres::new_database().await, new_owner(), now() - DAY * 2);
    let stores: Vec<Store> = (0..4).map(|_| store(postgres::address(&database).parse().unwrap())).collect();
    for n in 0..60 {
        exchange_at(&stores[0], &owner, &n.to_string(), old).await;
    }
    let sweeps = stores
        .iter()
        .map(async |store| Retention::new(store.clone(), Environment::system(), days(1)).sweep().await.unwrap());
    assert_eq!(join_all(sweeps).await.into_iter().sum::<usize>(), 60);
    // Nobody waits for a conversation that another transaction has.
    exchange_at(&stores[0], &owner, "locked", old).await;
    exchange_at(&stores[0], &owner, "free", old + MOMENT).await;
    let mut other = postgres::connect(&database).await;
    other.execute("BEGIN").await.unwrap();
    other.execute("SELECT 1 FROM conversations WHERE id = 'locked' FOR UPDATE").await.unwrap();
    assert_eq!(stores[1].delete_expired(now(), 10, now()).await.unwrap(), 1);
    other.execute("ROLLBACK").await.unwrap();
    assert_eq!(stores[1].delete_expired(now(), 10, now()).await.unwrap(), 1);
}

#[tokio::test]
async fn people_are_told_how_long_their_conversations_are_kept() {
    let client = ChatClient::start().await;
    assert!(client.get("/api/conversations").await.json().get("kept_days").is_none());
    let provider = MockProvider::shared();
    let app = TestApp::keeping_conversations_for(provider.settings(), days(90));
    let client = ChatClient::of_process(Browser::at(app, provider)).await;
    assert_eq!(client.get("/api/conversations").await.json()["kept_days"], 90);
}

#[tokio::test]
async fn a_person_exports_everything_as_one_file() {
    let client = ChatClient::start().await;
    let other = client.other_user().await;
    assert_eq!(files_of(client.download("/api/conversations/export").await), []);
    for (conversation, key) in [("one", "1"), ("two", "2")] {
        client.exchange(&send_as(conversation, "Où est l’été ?", key), "Ici.").await;
    }
    other.exchange(&send_as("theirs", "secret", "3"), "secret").await;
    let archive = client.download("/api/conversations/export?language=fr").await;
    let files = files_of(archive);
    let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    let expected = ["markdown/0001-ou-est-l-ete.md", "json/0001-ou-est-l-ete.json"];
    assert_eq!(names[..2], expected);
    assert_eq!(names[2..], expected.map(|name| name.replace("0001", "0002")));
    assert!(files[0].1.starts_with("# Où est l’été ?\n") && files[0].1.contains("## Réponse\n"), "{files:?}");
    let exported: Conversation = serde_json::from_str(&files[1].1).unwrap();
    assert_eq!(exported, client.conversation("two").await);
    assert!(files.iter().all(|(_, text)| !text.contains("secret")));
    client.get("/api/conversations/export?language=de").await.assert_field_refused("language");
}

#[tokio::test]
async fn an_export_has_all_conversations_however_many_there_are() {
    let (store, clients) = (in_memory(), ChatClient::start().await);
    let client = clients.on_other_server(store.clone()).await;
    client.exchange(&send_as("first", "first", "1"), "a").await;
    let owner = client.owner();
    for n in 0..230 {
        exchange_at(&store, &owner, &format!("c{n}"), now()).await;
    }
    let files = files_of(client.download("/api/conversations/export").await);
    assert_eq!(files.len(), 2 * 231);
    let mut ids: Vec<String> = files
        .iter()
        .filter(|(name, _)| name.starts_with("json/"))
        .map(|(_, text)| serde_json::from_str::<Conversation>(text).unwrap())
        .map(|conversation| conversation.id.to_string())
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 231);
}

#[tokio::test]
async fn a_person_deletes_everything_and_running_answers_end() {
    let client = ChatClient::with(in_memory(), LONG_GRACE).await;
    let other = client.other_user().await;
    for n in 0..45 {
        client.exchange(&send_as(&format!("c{n}"), "mine", &n.to_string()), "mine").await;
    }
    other.exchange(&send_as("theirs", "theirs", "t"), "theirs").await;
    let (stream, ..) = client.begin(&send_as("running", "mine", "r")).await;
    let call = client.upstream.next_request().await;

    let refused = client.post("/api/conversations/delete", &json!({ "confirmed": false })).await;
    refused.assert_field_refused("confirmed");
    assert_eq!(client.conversations("").await.len(), 46);
    let deleted = client.post("/api/conversations/delete", &json!({ "confirmed": true })).await;
    deleted.assert_ok();
    assert_eq!(deleted.json(), json!({ "deleted": 46 }));
    assert!(client.conversations("").await.is_empty());
    // Its end comes without the model's.
    stream.rest().await;
    drop(call);
    assert_eq!(other.conversations("").await.len(), 1);
    let again = client.post("/api/conversations/delete", &json!({ "confirmed": true })).await;
    assert_eq!(again.json(), json!({ "deleted": 0 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_exports_and_erases_what_a_user_has_stored_beside_the_running_server() {
    let provider = MockProvider::shared();
    let variables = [("DATABASE_URL", "sqlite://chat.db?mode=rwc")];
    let server = ServerProcess::start(&provider.issuer, &variables).await;
    let app = TestApp::remote(server.port, provider.settings(), storage(Arc::new(MemoryStore::new())));
    let client = ChatClient::of_process(Browser::at(app, provider)).await;
    let other = client.other_user().await;
    let issuer = client.browser.provider.issuer.clone();
    for who in [&client, &other] {
        let (stream, ..) = who.begin(&send_as("c", "Why is it slow?", "1")).await;
        stream.rest().await;
    }
    let (running, ..) = client.begin(&send_as("slow", "/slow", "2")).await;
    let settings = [variables[0], ("OIDC_ISSUER", &issuer), ("CLIENT_ID", "chat"), ("CLIENT_SECRET", "not-for-anyone")];
    let sub = client.subject();
    let by_operator = async |command: &str, sub: &str, more: &[&str]| {
        let arguments = [&[command, "--issuer", &issuer, "--sub", sub], more].concat();
        run(server.folder(), &settings, &arguments).await
    };

    let database = format!("sqlite://{}", server.folder().join("chat.db").display());
    let acceptances = SqlStore::new(database.parse().unwrap()).beside_a_server();
    let owner = |sub: &str| {
        let (iss, sub) = (issuer.clone(), sub.to_owned());
        Owner::of(&UserClaims { iss, sub, name: None, preferred_username: None, email: None, user_id: None })
    };
    for who in [&sub, &other.subject()] {
        acceptances.accept(&owner(who), "2026-01", SystemTime::now()).await.unwrap();
    }
    let exported = by_operator("export-user", &sub, &["--file", "a.zip"]).await;
    assert_eq!(exported.code, Some(0), "{}{}", exported.log, exported.errors);
    assert!(exported.errors.contains("bytes written to a.zip"), "{}", exported.errors);
    let line = "event=\"conversations.exported_by_operator\" outcome=\"success\"";
    assert!(exported.log.contains(line) && exported.log.contains("operator=\"account "), "{}", exported.log);
    assert!(!exported.log.contains(&sub), "a person is named: {}", exported.log);
    let file = server.folder().join("a.zip");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let files = files_of(std::fs::read(&file).unwrap());
    assert_eq!(files.len(), 5, "{files:?}");
    assert!(files.iter().any(|(name, text)| name == "accepted-notices.json" && text.contains("2026-01")));
    assert!(files.iter().any(|(name, text)| name.ends_with("why-is-it-slow.md") && text.contains("Why is it slow?")));
    let again = by_operator("export-user", &sub, &["--file", "a.zip"]).await;
    assert_eq!(again.code, Some(1), "a file that exists is not overwritten");
    assert!(again.log.contains("operator.failed"), "{}", again.log);

    // The command has not taken the running answer for a lost one.
    assert_eq!(client.conversation("slow").await.messages[1].end, None);
    let nobody = by_operator("erase-user", "uid=nobody", &[]).await;
    assert_eq!((nobody.code, nobody.errors.as_str()), (Some(0), "oracle-ai: 0 conversations deleted\n"));
    let erased = by_operator("erase-user", &sub, &[]).await;
    let report = "oracle-ai: 2 conversations deleted, and 1 acceptance of a notice\n";
    assert_eq!((erased.code, erased.errors.as_str()), (Some(0), report));
    assert_eq!(acceptances.accepted_at(&owner(&sub), "2026-01").await.unwrap(), None);
    assert!(acceptances.accepted_at(&owner(&other.subject()), "2026-01").await.unwrap().is_some());
    assert!(erased.log.contains("conversations.deleted_by_operator"), "{}", erased.log);
    assert!(erased.log.contains("reason=\"2 conversations\""), "{}", erased.log);
    assert!(client.conversations("").await.is_empty());
    running.rest().await;
    assert_eq!(other.conversations("").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_deletes_for_its_age_is_counted_and_in_the_audit() {
    let file = std::env::temp_dir().join(format!("oracle-ai-retention-{}.db", std::process::id()));
    let address = format!("sqlite://{}?mode=rwc", file.display());
    let (before, owner) = (store(address.parse().unwrap()), new_owner());
    for n in 0..3 {
        exchange_at(&before, &owner, &n.to_string(), now() - DAY * 8).await;
    }
    begin(&before, &owner, &question("young", "Why?")).await;
    drop(before);
    let (port, issuer) = (free_port(), MockProvider::shared().issuer);
    let metrics = format!("127.0.0.1:{port}");
    let variables = [("DATABASE_URL", &*address), ("CHAT_RETENTION_DAYS", "7"), ("METRICS_ADDR", &*metrics)];
    let server = ServerProcess::start(&issuer, &variables).await;
    wait_until("they are deleted", async || server.log().contains("event=\"conversations.expired\"")).await;
    assert!(server.log().contains("reason=\"3 conversations, after 7 days\""), "{}", server.log());
    let page = reqwest::get(format!("http://{metrics}/metrics")).await.unwrap().text().await.unwrap();
    assert!(page.contains("\noracle_ai_conversations_expired_total 3\n"), "{page}");
    drop(server);
    let after = store(address.parse().unwrap());
    assert!(is_there(&after, &owner, "young").await && !is_there(&after, &owner, "0").await);
    drop(after);
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", file.display()));
    }
}

#[tokio::test]
async fn an_export_is_a_file_that_no_cache_keeps() {
    let client = ChatClient::start().await;
    let answer = client.get("/api/conversations/export").await;
    assert_eq!(answer.header(header::CONTENT_TYPE), "application/zip");
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
}
