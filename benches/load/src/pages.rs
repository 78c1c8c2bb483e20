//! Open pages that do nothing: memory and processor time of the server that holds them, commands at Redis, and how soon
//! they are notified when another server ends their sessions.

use std::{
    collections::HashMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpSocket,
    process::Command,
    sync::mpsc,
    time::{sleep, timeout},
};

use crate::{
    browser::{Browser, SignedIn},
    process::{Process, Servers},
    report::{Aim, Line, Report, Runs, print},
    wrk::get,
};

/// Two rounds in which the server checks all sessions.
const IDLE: Duration = Duration::from_secs(60);
const SETTLED: Duration = Duration::from_secs(3);
/// Opened first: they bring in what all share.
const FIRST: u32 = 200;
/// Sessions that are ended, one after the other.
const ENDED: usize = 200;
/// Between two of them, so that they fall on different moments between two readings.
const BETWEEN_ENDS: Duration = Duration::from_millis(53);
const AT_A_TIME: usize = 16;
/// More connections from one address would run out of ports.
const PER_ADDRESS: u32 = 10_000;

const PATH: &str = "/api/session/events";

/// A page that is open, and what ends its session.
struct Page {
    browser: Browser,
    signed_in: SignedIn,
}

/// Which page was notified of its session's end, and when.
type Notified = (u32, Instant);

/// At each of these numbers of open pages, one for each person.
pub async fn measure(servers: &Servers, report: &mut Report, numbers: &[u32]) {
    let redis = Process::redis(&servers.output).await;
    let (holder, _) = servers.start(Some(&redis)).await;
    // Signs in and ends sessions, so that the other one only holds pages.
    let (other, _) = servers.start(Some(&redis)).await;
    let template = Browser::at(other.port);
    let (sender, mut notified) = mpsc::unbounded_channel();

    let mut pages = vec![];
    open(&holder, &template, &sender, 0..FIRST, &mut pages).await;
    sleep(SETTLED).await;
    let (before, mut lines) = (holder.memory(), vec![]);
    for &number in numbers {
        open(&holder, &template, &sender, FIRST..number, &mut pages).await;
        sleep(SETTLED).await;
        let each = holder.memory().saturating_sub(before) as f64 / f64::from(number - FIRST);
        let (cpu, redis_cpu, calls) = (holder.cpu(), redis.cpu(), calls(&redis).await);
        sleep(IDLE).await;
        let per_second = |time: Duration| Runs::of(time.as_secs_f64() * 1e3 / IDLE.as_secs_f64());
        let commands = commands_per_second(&calls, &self::calls(&redis).await);
        print(&format!("  {number} pages: {commands:.2?}"));
        let total = commands.values().sum();
        if number == 9_000 {
            report.budget("Redis commands a second from a server with 9,000 idle pages", Aim::AtMost(200.0), total);
            report.budget("memory of an idle page, KiB at 9,000", Aim::AtMost(13.8), each / 1024.0);
        }
        lines.push(
            Line::new(format!("{number} idle pages"))
                .with("Redis commands a second", Runs::of(total))
                .with("memory of each, KiB", Runs::of(each / 1024.0))
                .with("CPU, ms a second", per_second(holder.cpu() - cpu))
                .with("Redis's, ms a second", per_second(redis.cpu() - redis_cpu)),
        );
    }
    report.add("Idle pages", lines);

    let delays = end_some(&mut pages, &mut notified).await;
    let at = |share: f64| Runs::of(delays[((delays.len() - 1) as f64 * share).round() as usize]);
    report.budget("from the end of a session to its open page, ms at p99", Aim::Below(2_000.0), at(0.99).median());
    let line = Line::new(format!("{} sessions ended at another server", delays.len()));
    let line = line.with("p50, ms", at(0.5)).with("p99, ms", at(0.99)).with("most, ms", at(1.0));
    report.add("Notification of open pages", vec![line]);
}

/// Opens pages, until there are as many as the end of this range.
async fn open(
    holder: &Process,
    template: &Browser,
    notified: &mpsc::UnboundedSender<Notified>,
    numbers: std::ops::Range<u32>,
    pages: &mut Vec<Page>,
) {
    let there = numbers.start.max(u32::try_from(pages.len()).unwrap());
    let opened = (there..numbers.end).map(async |n| {
        let browser = template.another();
        let signed_in = browser.sign_in(&format!("reader-{n}"), 3600).await;
        let proof = browser.key.proof("GET", PATH, Some(&signed_in.access_token));
        let authorization = format!("DPoP {}", signed_in.access_token);
        let request = get(PATH, &[("DPoP", &proof), ("Authorization", &authorization)]);
        listen(n, holder.port, &request, notified.clone()).await;
        Page { browser, signed_in }
    });
    let mut opened = stream::iter(opened).buffered(AT_A_TIME);
    while let Some(page) = opened.next().await {
        pages.push(page);
        if pages.len().is_multiple_of(3_000) {
            print(&format!("  {} pages are open", pages.len()));
        }
    }
}

/// Connects, and returns when the server says that the session is live. A task reads on.
async fn listen(n: u32, port: u16, request: &str, notified: mpsc::UnboundedSender<Notified>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 2 + u8::try_from(n / PER_ADDRESS).unwrap()], 0))).unwrap();
    let mut connection = socket.connect(SocketAddr::from(([127, 0, 0, 1], port))).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    // Small, as there are thousands.
    let mut lines = BufReader::with_capacity(512, connection).lines();
    let mut answer = String::new();
    loop {
        let line = lines.next_line().await.unwrap().unwrap_or_else(|| panic!("the stream ended: {answer}"));
        if line.contains("lives") {
            break;
        }
        answer += &line;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    tokio::spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            if line.contains("ended") {
                let _ = notified.send((n, Instant::now()));
            }
        }
    });
}

/// Ends sessions at the other server. The milliseconds from each sign-out's request to the event at its page, sorted.
async fn end_some(pages: &mut [Page], notified: &mut mpsc::UnboundedReceiver<Notified>) -> Vec<f64> {
    let (step, mut begun) = (pages.len() / ENDED, HashMap::new());
    for n in 0..ENDED {
        let Page { browser, signed_in } = &pages[n * step];
        browser.renew_nonce().await;
        begun.insert(u32::try_from(n * step).unwrap(), Instant::now());
        browser.sign_out(&signed_in.session).await;
        sleep(BETWEEN_ENDS).await;
    }
    let mut delays = vec![];
    while delays.len() < ENDED {
        let next = timeout(Duration::from_secs(60), notified.recv()).await;
        let (n, at) = next.expect("a page was not notified").unwrap();
        delays.push((at - begun[&n]).as_secs_f64() * 1e3);
    }
    delays.sort_by(f64::total_cmp);
    delays
}

/// How often Redis has processed each command.
async fn calls(redis: &Process) -> HashMap<String, u64> {
    let port = redis.port.to_string();
    let output = Command::new("redis-cli").args(["-p", &port, "INFO", "commandstats"]).output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let entry = |line: &str| {
        let (name, figures) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
        Some((name.to_owned(), figures.split(',').next()?.parse().ok()?))
    };
    text.lines().filter_map(entry).filter(|(name, _)| name != "info").collect()
}

fn commands_per_second(before: &HashMap<String, u64>, after: &HashMap<String, u64>) -> HashMap<String, f64> {
    let during = |(name, calls): (&String, &u64)| {
        let during = calls - before.get(name).copied().unwrap_or_default();
        (during > 0).then(|| (name.clone(), during as f64 / IDLE.as_secs_f64()))
    };
    after.iter().filter_map(during).collect()
}
