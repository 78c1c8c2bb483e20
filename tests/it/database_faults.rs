//! Faults of the database of conversations: what comes after them is stored again.

use std::{
    fs::{self, File},
    io::Write,
    num::NonZeroU32,
    path::Path,
    sync::Arc,
};

use axum::http::{Method, header};
use futures_util::{
    FutureExt,
    future::{join_all, select_all},
};
use oracle_ai::server::{
    conversations::{
        Owner,
        sql::SqlStore,
        store::{BeginError, Begun},
    },
    store::MemoryStore,
};
use serde_json::json;
use sqlx::{Executor, PgConnection, Row};
use tokio::task::JoinHandle;

use crate::{
    conversation_store::{Store, begin, new_owner, now, postgresql, question, texts, whole},
    support::{
        app::{self, TestApp, wait_until},
        browser::Browser,
        postgres,
        provider::MockProvider,
        server_process::ServerProcess,
    },
};

/// More than the pool has.
const MANY: usize = 40;

const THREE: NonZeroU32 = NonZeroU32::new(3).unwrap();

/// After it, each call hangs at its first statement, until this transaction ends.
const LOCK_ALL: &str = "BEGIN; LOCK TABLE conversations, messages IN ACCESS EXCLUSIVE MODE";

/// A trigger that makes each transaction with a new message fail when it commits.
const FAIL_AT_COMMIT: &str = "CREATE FUNCTION fail() RETURNS TRIGGER AS $$ \
     BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$ \
     LANGUAGE plpgsql; \
     CREATE CONSTRAINT TRIGGER fails AFTER INSERT ON messages DEFERRABLE INITIALLY DEFERRED \
     FOR EACH ROW EXECUTE FUNCTION fail()";

const NO_LONGER: &str = "DROP TRIGGER fails ON messages";

#[tokio::test(flavor = "multi_thread")]
async fn after_a_full_disk_messages_are_stored_again_without_a_restart() {
    // T105
    let provider = MockProvider::shared();
    let variables = [("DATABASE_URL", "sqlite://disk/chat.db?mode=rwc")];
    let server = ServerProcess::start_with_a_small_disk(&provider.issuer, &variables).await;
    let app = TestApp::remote(server.port, provider.settings(), app::storage(Arc::new(MemoryStore::new())));
    let browser = Browser::at(app, provider);
    let token = browser.sign_in().await.access_token;
    let send = async |conversation: String| {
        let message = json!({ "conversation": conversation, "message": "Hello", "idempotency_key": conversation });
        let request = browser
            .request(Method::POST, "/api/chat", Some(&token))
            .header(header::CONTENT_TYPE, "application/json")
            .body(message.to_string().into());
        browser.app.send(request.unwrap()).await
    };
    let list = async || {
        let request = browser.request(Method::GET, "/api/conversations", Some(&token)).body(Default::default());
        browser.app.send(request.unwrap()).await
    };
    send("before".into()).await.assert_ok();
    assert_eq!(server.readiness().await, (200, "ready".into()));

    let filler = server.disk().join("filler");
    fill(&filler);
    for n in 0..20 {
        send(format!("full-{n}")).await.assert_refused(503, "unavailable");
    }
    wait_until("it is not ready", async || server.readiness().await == (503, "unavailable".into())).await;
    let (_, report) = server.readiness_report().await;
    assert_eq!(report["conversations"], json!({ "read": "ok", "write": "failed" }));
    assert_eq!(report["reason"], "the conversation store takes no writes");
    list().await.assert_ok();

    fs::remove_file(&filler).unwrap();
    wait_until("it is ready again", async || server.readiness().await == (200, "ready".into())).await;
    for n in 0..5 {
        send(format!("after-{n}")).await.assert_ok();
    }
    let listed = list().await.json()["conversations"].as_array().unwrap().len();
    assert_eq!(listed, 6, "what was refused left nothing, and neither did the checks");
}

/// Until nothing fits any more.
fn fill(file: &Path) {
    let mut file = File::create(file).unwrap();
    for size in [4096, 1] {
        while file.write_all(&vec![b'x'; size]).is_ok() {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_failed_commits_the_next_ones_succeed() {
    let (database, store) = postgresql().await;
    postgres::run(&database, FAIL_AT_COMMIT).await;
    let failed =
        join_all((0..MANY).map(async |_| store.begin(&new_owner(), &question("c", "Why?"), now()).await)).await;
    assert!(failed.iter().all(|outcome| matches!(outcome, Err(BeginError::Store(_)))), "{failed:?}");
    assert!(store.check().await.is_ok() && store.check_writes().await.is_err());

    postgres::run(&database, NO_LONGER).await;
    store.check_writes().await.unwrap();
    all_is_well(&database, &store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_is_replaced() {
    let (database, store) = postgresql().await;
    let (owner, mut other) = (new_owner(), postgres::connect(&database).await);
    let blocked = blocked_begin(&database, &store, &owner, &mut other).await;
    let all_others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                      WHERE datname = current_database() AND pid <> pg_backend_pid()";
    other.execute(all_others).await.unwrap();
    assert!(matches!(blocked.await.unwrap(), Err(BeginError::Store(_))));
    other.execute("ROLLBACK").await.unwrap();
    all_is_well(&database, &store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_transaction_leaves_nothing_at_its_connection() {
    let (database, store) = postgresql().await;
    let (owner, mut other) = (new_owner(), postgres::connect(&database).await);
    let blocked = blocked_begin(&database, &store, &owner, &mut other).await;
    blocked.abort();
    assert!(blocked.await.unwrap_err().is_cancelled());
    other.execute("ROLLBACK").await.unwrap();
    wait_until("no transaction is open", async || open_transactions(&database).await == 0).await;
    all_is_well(&database, &store).await;
    // Nothing of the cancelled one is stored.
    assert_eq!(store.begin(&owner, &question("c", "next"), now()).await.unwrap(), Begun::New);
    assert_eq!(texts(&store, &owner, "c").await, ["first", "", "next", ""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_opens_as_many_connections_as_its_settings_say() {
    let database = postgres::new_database().await;
    let sql = SqlStore::new(postgres::address(&database).parse().unwrap()).with_connections(THREE);
    sql.ready().await.unwrap();
    let store: Store = Arc::new(sql);
    let (mut other, owner) = (postgres::connect(&database).await, new_owner());
    other.execute(LOCK_ALL).await.unwrap();
    let calls = (0..MANY).map(|_| store.pinned(&owner, 1, now()).boxed());
    // The first to end has got no connection in time.
    let (first, ..) = select_all(calls).await;
    assert!(first.is_err());
    assert_eq!(count(&format!("datname = '{database}' AND pid <> {}", pid(&mut other).await)).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelled_calls_do_not_use_up_the_connections() {
    let (database, store) = postgresql().await;
    let mut other = postgres::connect(&database).await;
    other.execute(LOCK_ALL).await.unwrap();
    let calls: Vec<_> = (0..MANY)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.pinned(&new_owner(), 1, now()).await })
        })
        .collect();
    wait_until("the pool is used up", async || waiting(&database).await == 16).await;
    calls.iter().for_each(JoinHandle::abort);
    join_all(calls).await;
    other.execute("ROLLBACK").await.unwrap();
    all_is_well(&database, &store).await;
}

/// A question of `owner` that waits for a lock that `other` has.
async fn blocked_begin(
    database: &str,
    store: &Store,
    owner: &Owner,
    other: &mut PgConnection,
) -> JoinHandle<Result<Begun, BeginError>> {
    let first = question("c", "first");
    begin(store, owner, &first).await;
    store.end(&first.answer, &whole("")).await.unwrap();
    other.execute("BEGIN; SELECT * FROM conversations FOR UPDATE").await.unwrap();
    let blocked = tokio::spawn({
        let (store, owner) = (store.clone(), owner.clone());
        async move { store.begin(&owner, &question("c", "blocked"), now()).await }
    });
    wait_until("it waits for the lock", async || waiting(database).await == 1).await;
    blocked
}

/// More messages at once than the pool has connections are stored, and no connection is in a transaction afterwards.
async fn all_is_well(database: &str, store: &Store) {
    let stored = join_all((0..MANY).map(async |_| {
        let (owner, new) = (new_owner(), question("c", "Why?"));
        begin(store, &owner, &new).await;
        store.end(&new.answer, &whole("Because.")).await.unwrap();
        store.conversation(&owner, &new.conversation, now()).await.unwrap().unwrap().messages[1].text.clone()
    }));
    assert!(stored.await.iter().all(|text| text == "Because."));
    wait_until("no transaction is open", async || open_transactions(database).await == 0).await;
}

async fn open_transactions(database: &str) -> i64 {
    count(&format!("state LIKE 'idle in transaction%' AND datname = '{database}'")).await
}

/// How many statements wait for a lock.
async fn waiting(database: &str) -> i64 {
    count(&format!("wait_event_type = 'Lock' AND datname = '{database}'")).await
}

async fn pid(connection: &mut PgConnection) -> i32 {
    sqlx::query("SELECT pg_backend_pid()").fetch_one(connection).await.unwrap().get(0)
}

async fn count(condition: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM pg_stat_activity WHERE {condition}");
    let row = sqlx::query(&sql).fetch_one(&mut postgres::connect("postgres").await).await.unwrap();
    row.get(0)
}
