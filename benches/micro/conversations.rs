//! A conversation of 10, 100 and 1,000 messages in a SQLite file: listed, opened, and read for the model, which is sent
//! only the end of it.

use std::time::SystemTime;

use criterion::{BenchmarkId, Criterion};
use oracle_ai::{
    server::conversations::{
        ConversationStore, Owner,
        search::Search,
        sql::{DatabaseUrl, SqlStore},
        store::{Ending, ListPage, NewQuestion},
    },
    wire::{
        auth::UserClaims,
        chat::{ConversationId, EndReason, IdempotencyKey, MessageId},
    },
};

use crate::{external::random_text, server};

/// What the model is sent by default, in characters.
const HISTORY: usize = 60_000;

pub fn bench(criterion: &mut Criterion) {
    let runtime = server::runtime();
    let file = std::env::temp_dir().join(format!("oracle-ai-bench-{}.db", std::process::id()));
    let url: DatabaseUrl = format!("sqlite://{}?mode=rwc", file.display()).parse().unwrap();
    let store = SqlStore::new(url);
    runtime.block_on(store.ready()).unwrap();
    let mut group = criterion.benchmark_group("conversation");
    for messages in [10, 100, 1_000] {
        let (owner, id) = (somebody(), ConversationId::new(random_text()));
        let last = runtime.block_on(write(&store, &owner, &id, messages));
        let now = SystemTime::now();
        group.bench_function(BenchmarkId::new("list", messages), |bencher| {
            let (all, page) = (Search::default(), ListPage::first(200));
            bencher.to_async(&runtime).iter(async || store.list(&owner, &all, &page, now).await.unwrap());
        });
        group.bench_function(BenchmarkId::new("open", messages), |bencher| {
            bencher.to_async(&runtime).iter(async || store.conversation(&owner, &id, now).await.unwrap());
        });
        group.bench_function(BenchmarkId::new("read for the model", messages), |bencher| {
            bencher.to_async(&runtime).iter(async || store.exchanges_before(&owner, &last, HISTORY).await.unwrap());
        });
    }
    drop(group);
    std::fs::remove_file(file).unwrap();
}

fn somebody() -> Owner {
    Owner::of(&UserClaims {
        iss: "https://sso.example.com".into(),
        sub: random_text(),
        name: None,
        preferred_username: None,
        email: None,
        user_id: None,
    })
}

/// Questions and answers in turn, each answer of 600 characters; returns the last question.
async fn write(store: &SqlStore, owner: &Owner, id: &ConversationId, messages: u32) -> MessageId {
    let mut last = None;
    for n in 0..messages / 2 {
        let new = NewQuestion {
            conversation: id.clone(),
            idempotency_key: IdempotencyKey::new(random_text()),
            version_of: None,
            after: None,
            text: format!("What is {n}?"),
            attachments: vec![],
            question: MessageId::new(random_text()),
            answer: MessageId::new(random_text()),
            model: "bench".into(),
        };
        store.begin(owner, &new, SystemTime::now()).await.unwrap();
        let ending = Ending {
            text: "A number. ".repeat(60),
            thinking: String::new(),
            reason: EndReason::Complete,
            error: None,
            usage: None,
            sent_from: None,
        };
        store.end(&new.answer, &ending).await.unwrap();
        last = Some(new.question);
    }
    last.unwrap()
}
