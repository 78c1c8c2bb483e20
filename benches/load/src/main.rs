//! Measures a release under load, from outside: run by `scripts/bench`.
//!
//! | file | measures |
//! |---|---|
//! | `endpoints` | requests, beside a bare axum server and an empty Dioxus app |
//! | `streams` | streamed answers, beside the upstream read directly |
//! | `memory` | start-up time, and memory: at the start, per session, per open answer |
//! | `page` | the size of the download, beside an empty Dioxus app's |
//! | `pages` | open pages that do nothing, and how soon they are notified of the end of their sessions |
//! | `capacity` | what people, open pages, answers and refreshes cost a replica, Redis and PostgreSQL |
//! | `growth` | how costs grow with replicas, tokens and sessions |
//! | `soak` | memory over time, while people come and go |
//!
//! | file | helps |
//! |---|---|
//! | `bare` | the bare axum server |
//! | `browser`, `wrk` | one client that reads its answers; a load generator |
//! | `process`, `redis_info` | processes, with their processor time and memory; what Redis says of itself |
//! | `report` | the tables, and the budgets |
//!
//! Provider and upstream run in this process, so their cost is not counted as the server's.

#![allow(clippy::panic, clippy::unwrap_used)]

#[path = "../../external/mod.rs"]
mod external;

mod bare;
mod browser;
mod capacity;
mod endpoints;
mod growth;
mod memory;
mod page;
mod pages;
mod process;
mod redis_info;
mod report;
mod soak;
mod streams;
mod wrk;

use std::{fs, path::PathBuf, time::Duration};

use endpoints::Rounds;
use external::{provider::Provider, upstream};
use process::Servers;
use report::{Report, print};

const USAGE: &str = "scripts/bench runs this: load <release> <empty app> <output folder> \
                     quick|full|growth|capacity|sessions [number]|pages [number]|soak [minutes]";

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (release, empty, output, what) = match arguments[..] {
        ["bare", port, recorded] => return bare::serve(port.parse().unwrap(), recorded.as_ref()).await,
        [release, empty, output, ref what @ ..] if !what.is_empty() => (release, PathBuf::from(empty), output, what),
        _ => return print(USAGE),
    };
    fs::create_dir_all(output).unwrap();
    let (release, output) = (fs::canonicalize(release).unwrap(), fs::canonicalize(output).unwrap());
    let (provider, upstream) = (Provider::start().await, upstream::start().await);
    let servers = Servers { release, empty, output, issuer: provider.issuer, upstream };
    let mut report = Report::default();
    match *what {
        ["quick"] => {
            page::measure(&servers, &mut report);
            memory::start(&servers, &mut report, 5).await;
            let rounds = Rounds { rounds: 1, time: Duration::from_secs(1), sessions: 500 };
            endpoints::measure(&servers, &mut report, &rounds).await;
            let settings = streams::Settings { rounds: 1, answers: 200, tokens: 100 };
            streams::measure(&servers, &mut report, &settings).await;
            memory::sessions(&servers, &mut report, &[2_000]).await;
            memory::open_answers(&servers, &mut report, 100).await;
        }
        ["full"] => {
            page::measure(&servers, &mut report);
            memory::start(&servers, &mut report, 15).await;
            let rounds = Rounds { rounds: 5, time: Duration::from_secs(2), sessions: 2_000 };
            endpoints::measure(&servers, &mut report, &rounds).await;
            let settings = streams::Settings { rounds: 3, answers: 200, tokens: 250 };
            streams::measure(&servers, &mut report, &settings).await;
            memory::sessions(&servers, &mut report, &[10_000, 100_000]).await;
            memory::open_answers(&servers, &mut report, 500).await;
        }
        ["capacity"] => capacity::measure(&servers, &mut report).await,
        ["growth"] => growth::measure(&servers, &mut report).await,
        ["sessions", number] => memory::sessions(&servers, &mut report, &[number.parse().unwrap()]).await,
        ["pages", number] => {
            let number = number.parse().unwrap();
            let numbers: Vec<u32> = [1_000, 9_000].into_iter().filter(|less| *less < number).chain([number]).collect();
            pages::measure(&servers, &mut report, &numbers).await;
        }
        ["soak", minutes] => {
            let time = Duration::from_secs(60 * minutes.parse::<u64>().unwrap());
            soak::measure(&servers, &mut report, time).await;
        }
        _ => return print(USAGE),
    }
    report.finish(&servers.output.join(format!("{}.json", what[0])));
}
