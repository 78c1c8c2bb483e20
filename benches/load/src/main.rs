//! The server under load, as a release and from outside: run by `scripts/bench`.
//!
//! | file | measures, or helps to |
//! |---|---|
//! | `endpoints` | requests, each door beside its limit |
//! | `streams` | answers, beside the upstream read directly |
//! | `memory` | what a server holds, and how it starts |
//! | `growth` | what becomes of costs when there is more of everything |
//! | `soak` | memory, while people come and go |
//! | `bare` | (helps) the limit: axum, and nothing else |
//! | `browser`, `wrk` | (help) one caller with answers to read; many calls |
//! | `process` | (helps) what is measured, and what it takes |
//! | `report` | (helps) the table |
//!
//! Provider and upstream are in this process, not in the server's: what they take is not counted as the server's.

#![allow(clippy::panic, clippy::unwrap_used)]

#[path = "../../external/mod.rs"]
mod external;

mod bare;
mod browser;
mod endpoints;
mod growth;
mod memory;
mod process;
mod report;
mod soak;
mod streams;
mod wrk;

use std::{fs, path::PathBuf, time::Duration};

use endpoints::Rounds;
use external::{provider::Provider, upstream};
use process::Servers;
use report::{Report, say};

const USAGE: &str =
    "scripts/bench runs this: load <program> <folder> quick|full|growth|sessions [number]|soak [minutes]";

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (program, folder, what) = match arguments[..] {
        ["bare", port, recorded] => return bare::serve(port.parse().unwrap(), recorded.as_ref()).await,
        [program, folder, ref what @ ..] if !what.is_empty() => (program, PathBuf::from(folder), what),
        _ => return say(USAGE),
    };
    fs::create_dir_all(&folder).unwrap();
    let program = fs::canonicalize(program).unwrap();
    let public = program.parent().unwrap().join("public");
    let (provider, upstream) = (Provider::start().await, upstream::start().await);
    let servers = Servers { program, folder: fs::canonicalize(&folder).unwrap(), issuer: provider.issuer, upstream };
    let mut report = Report::default();
    match *what {
        ["quick"] => {
            let rounds = Rounds { rounds: 1, time: Duration::from_secs(1), sessions: 500 };
            report.add("Start", memory::start(&servers, 5).await);
            report.add("Requests", endpoints::measure(&servers, &public, &rounds).await);
            let settings = streams::Settings { rounds: 1, answers: 200, tokens: 100 };
            report.add("Answers", streams::measure(&servers, &settings).await);
            report.add("Sessions in memory", memory::sessions(&servers, &[2_000]).await);
            report.add("Open answers", memory::open_answers(&servers, 100).await);
        }
        ["full"] => {
            let rounds = Rounds { rounds: 5, time: Duration::from_secs(2), sessions: 2_000 };
            report.add("Start", memory::start(&servers, 15).await);
            report.add("Requests", endpoints::measure(&servers, &public, &rounds).await);
            let settings = streams::Settings { rounds: 3, answers: 200, tokens: 250 };
            report.add("Answers", streams::measure(&servers, &settings).await);
            report.add("Sessions in memory", memory::sessions(&servers, &[10_000]).await);
            report.add("Open answers", memory::open_answers(&servers, 500).await);
        }
        ["growth"] => growth::measure(&servers, &mut report).await,
        ["sessions", number] => {
            let number = number.parse().unwrap();
            report.add("Sessions in memory", memory::sessions(&servers, &[number]).await);
        }
        ["soak", minutes] => {
            let time = Duration::from_secs(60 * minutes.parse::<u64>().unwrap());
            report.add("Soak", soak::measure(&servers, time).await);
        }
        _ => return say(USAGE),
    }
    report.write(&folder.join(format!("{}.json", what[0])));
}
