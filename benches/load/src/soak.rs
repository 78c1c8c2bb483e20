//! Memory, while people sign in, refresh, ask, read and sign out, again and again. By the second half of the time,
//! everything that is stored for some minutes has reached its full size: growth from then on is a leak.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{task::JoinSet, time::sleep};

use crate::{
    browser::Browser,
    external::random_text,
    process::{Process, Servers},
    report::{Line, Report, Runs, print},
};

/// People at a time.
const PEOPLE: u32 = 8;

/// A person's pause between two rounds, which leaves the machine to others too.
const PAUSE: Duration = Duration::from_millis(200);

/// Of access tokens, in seconds.
const LIFETIME: u64 = 120;

const SAMPLE_EVERY: Duration = Duration::from_secs(5);

pub async fn measure(servers: &Servers, report: &mut Report, time: Duration) {
    let (server, _) = servers.start(None).await;
    let (rounds, mut people) = (Arc::new(AtomicU64::new(0)), JoinSet::new());
    for person in 0..PEOPLE {
        let (browser, rounds) = (Browser::at(server.port), rounds.clone());
        people.spawn(async move {
            loop {
                round(&browser, &format!("soaked-{person}-{}", rounds.fetch_add(1, Ordering::Relaxed))).await;
                sleep(PAUSE).await;
            }
        });
    }
    let samples = tokio::select! {
        samples = watch(&server, time, &rounds) => samples,
        _ = people.join_next() => panic!("a request failed: see above"),
    };
    people.shutdown().await;

    let second_half: Vec<(f64, f64)> =
        samples.iter().copied().filter(|(at, _)| *at > time.as_secs_f64() / 2.0).collect();
    let rounds = rounds.load(Ordering::Relaxed) as f64;
    let slope = slope(&second_half);
    let line = Line::new(format!("{} minutes", time.as_secs() / 60))
        .with("logins", Runs::of(rounds))
        .with("memory, MB", samples.iter().map(|(_, bytes)| bytes / 1e6).collect())
        .with("growth in the second half, KB a minute", Runs::of(slope * 60.0 / 1e3))
        .with("bytes a login", Runs::of(slope * time.as_secs_f64() / rounds));
    report.add("Soak", vec![line]);
}

/// One person's visit.
async fn round(browser: &Browser, user: &str) {
    let signed_in = browser.sign_in(user, LIFETIME).await;
    browser.get("/api/chat", &signed_in.access_token).await;
    let answer = browser.ask(&signed_in.access_token, &random_text(), "200 0").await.text().await.unwrap();
    assert!(answer.contains(r#""end""#), "an answer did not end");
    let access_token = browser.refresh(&signed_in.session).await;
    browser.get("/api/conversations", &access_token).await;
    browser.sign_out(&signed_in.session).await;
}

/// Samples of memory: seconds since the start, and bytes.
async fn watch(server: &Process, time: Duration, rounds: &AtomicU64) -> Vec<(f64, f64)> {
    let (started, mut samples, mut printed) = (Instant::now(), vec![], 0);
    while started.elapsed() < time {
        sleep(SAMPLE_EVERY).await;
        let (at, bytes) = (started.elapsed().as_secs_f64(), server.memory() as f64);
        samples.push((at, bytes));
        let minute = started.elapsed().as_secs() / 60;
        if minute > printed {
            printed = minute;
            print(&format!("  {minute} min: {:.1} MB, {} logins", bytes / 1e6, rounds.load(Ordering::Relaxed)));
        }
    }
    samples
}

/// The slope of the line of least squares.
fn slope(samples: &[(f64, f64)]) -> f64 {
    let number = samples.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| samples.iter().map(of).sum::<f64>() / number;
    let (mean_x, mean_y) = (mean(|sample| sample.0), mean(|sample| sample.1));
    let covariance: f64 = samples.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let variance: f64 = samples.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    covariance / variance
}
