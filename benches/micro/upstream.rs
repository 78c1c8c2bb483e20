//! The upstream's stream, from the socket to tokens: server-sent events, and the JSON in them, parsed.

use criterion::{Criterion, Throughput};
use futures_util::StreamExt;
use oracle_ai::{
    server::{
        chat::upstream::{
            ApiStyle, Asker, ChatCompletions, Message, Role, Timeouts, Upstream, UpstreamEvent, UpstreamSettings,
        },
        environment::Environment,
    },
    wire::{auth::UserClaims, chat::ConversationId},
};

use crate::{external::upstream, server};

const TOKENS: u64 = 10_000;

pub fn bench(criterion: &mut Criterion) {
    let runtime = server::runtime();
    let upstream = runtime.block_on(async { completions(&upstream::start().await) });
    let mut group = criterion.benchmark_group("upstream");
    group.throughput(Throughput::Elements(TOKENS)).sample_size(20);
    group.bench_function("10,000 tokens read", |bencher| {
        bencher.to_async(&runtime).iter(async || assert_eq!(read(&upstream).await, TOKENS));
    });
}

fn completions(base_url: &str) -> ChatCompletions {
    let settings = UpstreamSettings {
        base_url: base_url.parse().unwrap(),
        api_key: None,
        model: "bench".into(),
        system_prompt: None,
        style: ApiStyle::OpenAi,
        timeouts: Timeouts::default(),
        max_tokens: None,
        takes_user_token: true,
        tls: Default::default(),
    };
    ChatCompletions::new(settings, Environment::system()).unwrap()
}

/// Returns the number of pieces of text.
async fn read(upstream: &ChatCompletions) -> u64 {
    let question = Message { role: Role::User, text: format!("{TOKENS} 0") };
    let somebody = UserClaims {
        iss: "https://sso.example.com".into(),
        sub: "ada".into(),
        name: None,
        preferred_username: None,
        email: None,
        user_id: None,
    };
    let asker = Asker { user: somebody, roles: vec![], conversation: ConversationId::new("c") };
    let mut events = upstream.answer(vec![question], &asker).await.unwrap();
    let mut pieces = 0;
    while let Some(event) = events.next().await {
        pieces += u64::from(matches!(event.unwrap(), UpstreamEvent::Delta(_)));
    }
    pieces
}
