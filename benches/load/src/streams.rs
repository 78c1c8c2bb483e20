//! Streamed answers: what the server adds to each token's time, beside the upstream read directly, in turns.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::{Client, Response};
use serde_json::{Value, json};

use crate::{
    browser::{Browser, SignedIn},
    external::{random_text, upstream::now},
    process::{Process, Servers},
    report::{Aim, Line, Report, Runs},
};

pub struct Settings {
    pub rounds: u32,
    /// At a time.
    pub answers: u32,
    pub tokens: u32,
}

const TOKENS_PER_SECOND: u32 = 50;

pub async fn measure(servers: &Servers, report: &mut Report, settings: &Settings) {
    let (server, _) = servers.start(None).await;
    let people = sign_in(&server, settings.answers).await;
    let question = format!("{} {TOKENS_PER_SECOND}", settings.tokens);
    let (mut direct, mut through, mut added) = (Runs::default(), Runs::default(), Runs::default());
    let (mut direct_p99, mut through_p99) = (Runs::default(), Runs::default());
    let (mut cpu, mut cpu_per_token) = (Runs::default(), Runs::default());
    for _ in 0..settings.rounds {
        let of_direct = all(people.iter().map(|_| read_directly(&servers.upstream, &question))).await;
        let before = server.cpu();
        let of_through = all(people.iter().map(|person| read_through(person, &question))).await;
        let took = server.cpu() - before;
        let expected = (settings.answers * settings.tokens) as usize;
        assert_eq!((of_direct.len(), of_through.len()), (expected, expected), "tokens are missing");
        direct.add(percentile(&of_direct, 50));
        through.add(percentile(&of_through, 50));
        added.add(percentile(&of_through, 50) - percentile(&of_direct, 50));
        direct_p99.add(percentile(&of_direct, 99));
        through_p99.add(percentile(&of_through, 99));
        let seconds = f64::from(settings.tokens) / f64::from(TOKENS_PER_SECOND);
        cpu.add(took.as_secs_f64() * 1e3 / f64::from(settings.answers) / seconds);
        cpu_per_token.add(took.as_secs_f64() * 1e6 / expected as f64);
    }
    report.budget("added to a token at the median, ms, 200 streams", Aim::Below(1.0), added.median());
    let lines = vec![
        Line::new("upstream, read directly").with("p50, ms", direct).with("p99, ms", direct_p99),
        Line::new("the same through the server")
            .with("p50, ms", through)
            .with("p99, ms", through_p99)
            .with("added at the median, ms", added)
            .with("CPU per answer, ms a second", cpu)
            .with("CPU per token, µs", cpu_per_token),
    ];
    report.add("Answers", lines);
}

/// So many people, each with a browser.
pub async fn sign_in(server: &Process, people: u32) -> Vec<(Browser, SignedIn)> {
    let mut signed_in = vec![];
    for n in 0..people {
        let browser = Browser::at(server.port);
        let login = browser.sign_in(&format!("reader-{n}"), 3600).await;
        signed_in.push((browser, login));
    }
    signed_in
}

/// From the upstream to here, for each token, in milliseconds.
pub async fn read_through((browser, signed_in): &(Browser, SignedIn), question: &str) -> Vec<f64> {
    let response = browser.ask(&signed_in.access_token, &random_text(), question).await;
    times(response, |event| event["text"].as_str().map(str::to_owned)).await
}

async fn read_directly(upstream: &str, question: &str) -> Vec<f64> {
    let body = json!({ "model": "bench", "stream": true, "messages": [{ "role": "user", "content": question }] });
    let request = Client::new().post(format!("{upstream}/chat/completions"));
    let response = request.header("Content-Type", "application/json").body(body.to_string()).send().await.unwrap();
    times(response, |chunk| chunk["choices"][0]["delta"]["content"].as_str().map(str::to_owned)).await
}

async fn all(readers: impl Iterator<Item = impl Future<Output = Vec<f64>>>) -> Vec<f64> {
    join_all(readers).await.concat()
}

/// Reads to the end; `text` finds the tokens in an event.
async fn times(mut response: Response, text: fn(&Value) -> Option<String>) -> Vec<f64> {
    let (mut times, mut unread) = (vec![], Vec::new());
    while let Some(bytes) = response.chunk().await.unwrap() {
        let received = now();
        unread.extend_from_slice(&bytes);
        while let Some(end) = unread.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = unread.drain(..=end).collect();
            let event = line.strip_prefix(b"data: ").and_then(|data| serde_json::from_slice::<Value>(data).ok());
            let text = event.as_ref().and_then(text).unwrap_or_default();
            let sent = text.split_whitespace().map(|sent| sent.parse::<u64>().unwrap());
            times.extend(sent.map(|sent| Duration::from_micros(received.saturating_sub(sent)).as_secs_f64() * 1e3));
        }
    }
    times
}

fn percentile(times: &[f64], percentile: usize) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(sorted.len() * percentile / 100).min(sorted.len() - 1)]
}
