//! How costs grow: with replicas on one Redis, with tokens in an answer, and with sessions (in `memory`). For messages in
//! a conversation, see `benches/micro`.

use std::time::{Duration, Instant};

use crate::{
    browser::Browser,
    memory,
    process::{Process, Servers},
    redis_info::RedisInfo,
    report::{Line, Report, Runs, milliseconds},
    streams,
};

pub async fn measure(servers: &Servers, report: &mut Report) {
    report.add("Growth: tokens in an answer", tokens(servers).await);
    report.add("Growth: replicas on one Redis", replicas(servers).await);
    memory::sessions(servers, report, &[1_000, 10_000, 100_000]).await;
}

/// Processor time and duration of one answer, as fast as the upstream sends it.
async fn tokens(servers: &Servers) -> Vec<Line> {
    let (server, _) = servers.start(None).await;
    let people = streams::sign_in(&server, 1).await;
    let mut lines = vec![];
    for tokens in [1_000, 10_000, 100_000] {
        let (mut cpu, mut took) = (Runs::default(), Runs::default());
        for _ in 0..(200_000 / tokens).min(20) {
            let (before, started) = (server.cpu(), Instant::now());
            let read = streams::read_through(&people[0], &format!("{tokens} 0")).await;
            assert_eq!(read.len(), tokens as usize, "tokens are missing");
            took.add(milliseconds(started.elapsed()));
            cpu.add((server.cpu() - before).as_secs_f64() * 1e6 / f64::from(tokens));
        }
        lines.push(Line::new(format!("{tokens} tokens")).with("ms", took).with("CPU per token, µs", cpu));
    }
    lines
}

/// One person calls all of them in turn: processor time of a guarded call, there and in Redis.
async fn replicas(servers: &Servers) -> Vec<Line> {
    const CALLS: u32 = 4_000;
    let mut lines = vec![];
    for number in [1, 2, 4] {
        let redis = Process::redis(&servers.output).await;
        let mut replicas = vec![];
        for _ in 0..number {
            replicas.push(servers.start(Some(&redis)).await.0);
        }
        let browsers: Vec<Browser> = replicas.iter().map(|replica| Browser::at(replica.port)).collect();
        let mut people = vec![];
        for browser in &browsers {
            people.push(browser.sign_in("ada", 3600).await);
        }
        let cpu = || replicas.iter().map(Process::cpu).sum::<Duration>();
        let (before, of_redis, commands) = (cpu(), redis.cpu(), RedisInfo::of(&redis).await.commands);
        for (browser, signed_in) in browsers.iter().zip(&people).cycle().take(CALLS as usize) {
            browser.get("/api/chat", &signed_in.access_token).await;
        }
        let each = |time: Duration| Runs::of(time.as_secs_f64() * 1e6 / f64::from(CALLS));
        let processed = RedisInfo::of(&redis).await.commands - commands;
        lines.push(
            Line::new(format!("{number} replicas"))
                .with("CPU per guarded call, µs", each(cpu() - before))
                .with("Redis's, µs", each(redis.cpu() - of_redis))
                .with("commands per call", Runs::of(processed / f64::from(CALLS))),
        );
    }
    lines
}
