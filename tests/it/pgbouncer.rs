//! PostgreSQL behind a PgBouncer in transaction mode, which gives each transaction any of a few connections.

use futures_util::future::join_all;
use oracle_ai::server::conversations::sql::SqlStore;

use crate::{
    conversation_store::{keeps_the_contract, store},
    doctor::{doctor, line},
    support::{
        chat_client::{ChatClient, LONG_GRACE, send_as},
        pgbouncer::PgBouncer,
        postgres,
        provider::MockProvider,
    },
};

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_behind_a_pooler_of_transactions_keeps_the_contract() {
    let pooler = PgBouncer::start("transaction", 3);
    keeps_the_contract(store(pooler.address(&postgres::new_database().await).parse().unwrap())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_at_two_servers_are_answered_over_two_connections_of_a_pooler() {
    let (pooler, database) = (PgBouncer::start("transaction", 2), postgres::new_database().await);
    let address = pooler.address(&database);
    let first = ChatClient::with(store(address.parse().unwrap()), LONG_GRACE).await;
    let second = first.on_other_server(store(address.parse().unwrap())).await;
    let people = (0..8).map(|n| if n % 2 == 0 { first.other_user() } else { second.other_user() });
    let people = join_all(people).await;
    let chats = people.iter().map(|person| async move {
        for id in ["a", "b", "c"] {
            person.exchange(&send_as(id, "one", &format!("{id}-1")), "1").await;
            person.exchange(&send_as(id, "two", &format!("{id}-2")), "1").await;
            assert_eq!(person.texts(id).await, ["one", "1", "two", "1"]);
        }
        assert_eq!(person.conversations("").await.len(), 3);
    });
    join_all(chats).await;
    // Nothing is left behind at the connections that other clients of the pooler get.
    let locks = "SELECT 1 FROM pg_locks JOIN pg_database d ON d.oid = database \
                 WHERE locktype = 'advisory' AND d.datname = current_database()";
    let left = sqlx::query(locks).fetch_all(&mut postgres::connect(&database).await).await;
    assert!(left.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_start_at_once_behind_a_pooler_create_the_tables_once() {
    let pooler = PgBouncer::start("transaction", 3);
    let address = pooler.address(&postgres::new_database().await);
    // Twice: the second time there is nothing left to do.
    for _ in 0..2 {
        let stores: Vec<_> = (0..8).map(|_| SqlStore::new(address.parse().unwrap())).collect();
        for ready in join_all(stores.iter().map(SqlStore::ready)).await {
            ready.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_tries_what_messages_need_and_names_what_a_pooler_refuses() {
    let (provider, database) = (MockProvider::shared(), postgres::new_database().await);
    let pooler = PgBouncer::start("transaction", 1);
    let output = doctor(&provider.issuer, &[("DATABASE_URL", &pooler.address(&database))]).await;
    line(&output, "proven", "database");
    for (lines, named) in [
        ("pool_mode = transaction", "startup parameter: extra_float_digits"),
        ("pool_mode = statement\nignore_startup_parameters = extra_float_digits", "statement pooling"),
    ] {
        let pooler = PgBouncer::start_with(lines);
        let address = pooler.address(&database);
        let output = doctor(&provider.issuer, &[("DATABASE_URL", &address)]).await;
        let line = line(&output, "REFUSED", "database");
        assert!(line.contains(named) && line.contains("-> DATABASE_URL"), "{line}");
        let refused = SqlStore::new(address.parse().unwrap()).ready().await.unwrap_err();
        assert!(refused.to_string().contains(named), "{refused}");
    }
}
