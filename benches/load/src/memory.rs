//! Memory: at the start, for each session, for each open answer. And how long a start takes.

use std::time::Duration;

use futures_util::{StreamExt, stream};

use crate::{
    browser::Browser,
    external::random_text,
    process::{Process, Servers},
    report::{Aim, Line, Report, Runs, milliseconds, print},
    streams,
};

/// Logins at a time.
const AT_A_TIME: usize = 16;

/// Until the server is idle.
const SETTLED: Duration = Duration::from_secs(2);

/// The number of sessions that the budget is for.
const BUDGETED: u32 = 100_000;

pub async fn start(servers: &Servers, report: &mut Report, times: u32) {
    let (mut to_ready, mut resident) = (Runs::default(), Runs::default());
    for _ in 0..times {
        let (server, took) = servers.start(None).await;
        to_ready.add(milliseconds(took));
        resident.add(server.memory() as f64 / 1e6);
    }
    report.add("Start", vec![Line::new("start").with("to /readyz, ms", to_ready).with("memory, MB", resident)]);
}

/// Memory at each of these numbers of sessions, one for each person, and what a login and a call cost then.
pub async fn sessions(servers: &Servers, report: &mut Report, numbers: &[u32]) {
    let (server, _) = servers.start(None).await;
    let browser = Browser::at(server.port);
    // The first ones bring in what all share, such as the provider's keys.
    sign_in(&browser, 0..100).await;
    tokio::time::sleep(SETTLED).await;
    let (mut lines, mut there, empty) = (vec![], 100, server.memory());
    for &number in numbers {
        let (cpu, from) = (server.cpu(), there);
        sign_in(&browser, there..number).await;
        there = number;
        tokio::time::sleep(SETTLED).await;
        let per_login = (server.cpu() - cpu).as_secs_f64() * 1e6 / f64::from(number - from);
        let held = server.memory().saturating_sub(empty) as f64;
        let each = held / f64::from(number - 100);
        if number == BUDGETED {
            report.budget("an idle session in memory, bytes at 100,000", Aim::AtMost(2_000.0), each);
        }
        let line = Line::new(format!("{number} sessions"))
            .with("memory, MB", Runs::of(server.memory() as f64 / 1e6))
            .with("bytes each", Runs::of(each))
            .with("CPU per login, µs", Runs::of(per_login))
            .with("CPU per guarded call, µs", Runs::of(guarded_call(&server, &browser).await));
        print(&format!("  {number} sessions"));
        lines.push(line);
    }
    report.add("Sessions in memory", lines);
}

/// Open answers of one token a second.
pub async fn open_answers(servers: &Servers, report: &mut Report, number: u32) {
    let (server, _) = servers.start(None).await;
    let people = streams::sign_in(&server, number).await;
    tokio::time::sleep(SETTLED).await;
    let before = server.memory();
    let mut answers = vec![];
    for (browser, signed_in) in &people {
        answers.push(browser.ask(&signed_in.access_token, &random_text(), "1000 1").await);
    }
    tokio::time::sleep(SETTLED).await;
    let held = server.memory().saturating_sub(before) as f64;
    let each = Runs::of(held / f64::from(number));
    report.add("Open answers", vec![Line::new(format!("{number} open answers")).with("bytes each", each)]);
}

async fn sign_in(browser: &Browser, numbers: std::ops::Range<u32>) {
    let logins = numbers.map(async |n| {
        browser.another().sign_in(&format!("person-{n}"), 3600).await;
    });
    stream::iter(logins).buffer_unordered(AT_A_TIME).collect::<Vec<()>>().await;
}

async fn guarded_call(server: &Process, browser: &Browser) -> f64 {
    const CALLS: u32 = 2_000;
    let signed_in = browser.sign_in("caller", 3600).await;
    let before = server.cpu();
    for _ in 0..CALLS {
        browser.get("/api/chat", &signed_in.access_token).await;
    }
    (server.cpu() - before).as_secs_f64() * 1e6 / f64::from(CALLS)
}
